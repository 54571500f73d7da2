//! Views without their other half: leptos can wake a page up in one go, or piece by piece as lazily loaded routes
//! arrive. Every page of ours wakes up in one go, yet a type-erased view carries the code for both. `Whole` leaves
//! the second one out, which is a sixth of everything the browser would have to load.

use leptos::attr::Attribute;
use leptos::prelude::*;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::ssr::StreamBuilder;
use leptos::tachys::view::{Position, PositionState};

/// A view that is woken up in one go.
struct Whole<T>(T);

/// Erases a view's type.
pub trait IntoWhole {
    /// As `into_any`, for views that are woken up in one go.
    fn whole(self) -> AnyView;
}

impl<T: RenderHtml> IntoWhole for T {
    fn whole(self) -> AnyView {
        Whole(self).into_any()
    }
}

/// A part of a view that is drawn again when what it reads changes. One type for all of them: each closure of its own
/// type would bring its own copy of the code that draws it.
pub fn part<V: RenderHtml>(mut draw: impl FnMut() -> V + Send + 'static) -> Box<dyn FnMut() -> AnyView + Send> {
    Box::new(move || draw().whole())
}

impl<T: Render> Render for Whole<T> {
    type State = T::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        self.0.rebuild(state);
    }
}

impl<T: RenderHtml> AddAnyAttr for Whole<T> {
    type Output<A: Attribute> = Whole<T::Output<A>>;

    fn add_any_attr<A: Attribute>(self, attribute: A) -> Self::Output<A>
    where
        Self::Output<A>: RenderHtml,
    {
        Whole(self.0.add_any_attr(attribute))
    }
}

impl<T: RenderHtml> RenderHtml for Whole<T> {
    type AsyncOutput = T::AsyncOutput;
    type Owned = Whole<T::Owned>;

    const MIN_LENGTH: usize = T::MIN_LENGTH;
    const EXISTS: bool = T::EXISTS;

    fn dry_resolve(&mut self) {
        self.0.dry_resolve();
    }

    async fn resolve(self) -> Self::AsyncOutput {
        self.0.resolve().await
    }

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0.to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        buf: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        self.0.to_html_async_with_buf::<OUT_OF_ORDER>(buf, position, escape, mark_branches, extra_attrs);
    }

    // `hydrate_async` is left as the trait has it: it does what this does.
    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        self.0.hydrate::<FROM_SERVER>(cursor, position)
    }

    fn into_owned(self) -> Self::Owned {
        Whole(self.0.into_owned())
    }
}
