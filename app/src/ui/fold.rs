//! Something that is folded away until it is wanted. It is a `<details>`, so it opens without a script.

use leptos::html::Details;
use leptos::prelude::*;

use crate::ui::erase::Erase;

/// A part of a card behind a line, which tells whether it is open: also when it was opened before the page woke up.
#[component]
pub fn Fold(
    /// Whether it is open. Nobody else writes it.
    open: RwSignal<bool>,
    /// The line.
    #[prop(into)]
    face: ViewFnOnce,
    /// What is folded away.
    children: Children,
) -> impl IntoView {
    let details = NodeRef::<Details>::new();
    let look = move || {
        // The browser tells of it a moment later: the part may be gone by then.
        let is_open = details.try_get_untracked().flatten().is_some_and(|details| details.open());
        if open.try_get_untracked().is_some_and(|was_open| was_open != is_open) {
            open.set(is_open);
        }
    };
    Effect::new(move || {
        details.track();
        look();
    });
    view! {
        <details class="more" node_ref=details on:toggle=move |_| look()>
            <summary>{face.run()}</summary>
            {children()}
        </details>
    }
    .erase()
}
