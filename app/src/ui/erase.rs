//! One type for all views, so that code which draws them is there once.
//!
//! A view's type spells out its whole markup, and everything leptos does with a view is compiled anew for each type.
//! The application is built with `erase_components`, which makes elements forget their attributes and children; here
//! they forget the rest. What is left is one type for each HTML tag.

use leptos::prelude::*;

/// Erases what `view!` made.
pub trait Erase {
    /// The view without its type.
    fn erase(self) -> AnyView;
}

impl<T: RenderHtml + Send> Erase for View<T> {
    // Without the wrapper that `view!` puts around the outermost element, it is of the same type as the inner ones.
    fn erase(self) -> AnyView {
        self.into_inner().into_any()
    }
}

/// A part of a view that is drawn again when what it reads changes: one type for all of them, too.
pub fn part<V: RenderHtml + Send>(mut draw: impl FnMut() -> V + Send + 'static) -> Box<dyn FnMut() -> AnyView + Send> {
    Box::new(move || draw().into_any())
}
