//! Nothing here: a mark, a sentence, and one thing to do.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::ui::erase::Erase;

/// The place of something that is not there.
#[component]
pub fn Empty(
    /// Its icon.
    mark: Icon,
    /// What is the case, as a heading of the third level.
    #[prop(into)]
    title: String,
    /// What it means for the reader.
    #[prop(into)]
    text: String,
    /// Whether it is there because something broke.
    #[prop(optional)]
    broken: bool,
    /// The one thing to do.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class=if broken { "empty empty--error" } else { "empty" } role=broken.then_some("alert")>
            {icon(mark)}
            <h3 class="empty__title">{title}</h3>
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
    .erase()
}
