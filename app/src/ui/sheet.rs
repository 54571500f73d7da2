//! A sheet: a popover that rises from the bottom edge of a phone, and a card in the side column of a desk.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::ui::erase::Erase;

/// A section that is a popover where there is no room for it. Opens by any button with its id as `popovertarget`.
#[component]
pub fn Sheet(
    /// Its id.
    id: &'static str,
    /// Its classes, `sheet` among them.
    class: &'static str,
    /// Its heading.
    title: &'static str,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    let labelled = title_id.clone();
    view! {
        <section class=class id=id popover="auto" aria-labelledby=labelled>
            <div class="sheet__head">
                <h2 class="sheet__title" id=title_id>
                    {title}
                </h2>
                <button
                    type="button"
                    class="btn btn--quiet btn--icon sheet__close"
                    popovertarget=id
                    popovertargetaction="hide"
                    aria-label="Close"
                >
                    {icon(Icon::X)}
                </button>
            </div>
            {children()}
        </section>
    }
    .erase()
}
