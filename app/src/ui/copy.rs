//! A button that copies a link, and what to do where the browser does not let it.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::web_sys::HtmlInputElement;

use crate::platform;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};

/// What became of a link that was to be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Copied {
    /// It is in the clipboard.
    Yes,
    /// The browser has no clipboard for pages over plain HTTP, or the reader allowed none: the link, to be copied by hand.
    ByHand(String),
}

/// Copies the whole address of a path of this site.
#[component]
pub fn CopyLink(
    /// The path.
    path: String,
) -> impl IntoView {
    let copied = RwSignal::new(None::<Copied>);
    let field = NodeRef::<Input>::new();
    let select = |field: Option<HtmlInputElement>| {
        if let Some(field) = field {
            // A field that cannot have the keyboard is selected all the same.
            let _ = field.focus();
            field.select();
        }
    };
    Effect::new(move || select(field.get()));
    let copy = move |_| {
        let link = platform::whole_address(&path);
        platform::spawn(async move {
            let outcome = if platform::copy(&link).await { Copied::Yes } else { Copied::ByHand(link) };
            let _gone = copied.try_set(Some(outcome));
            select(field.try_get_untracked().flatten());
        });
    };
    let by_hand = move || match copied.get() {
        Some(Copied::ByHand(link)) => {
            Some(view! { <input class="input" value=link readonly aria-label="Link" node_ref=field /> }.erase())
        }
        _ => None,
    };
    view! {
        <button class="btn btn--small" type="button" on:click=copy>
            {icon(Icon::Check)}
            "Copy the link"
        </button>
        {part(by_hand)}
        <span class="field__hint" role="status">
            {move || copied.get().map(|copied| match copied {
                Copied::Yes => "Copied",
                Copied::ByHand(_) => "Press Ctrl+C (on a Mac ⌘C) to copy.",
            })}
        </span>
    }
    .erase()
}
