//! A short list behind a button. It is a `<details>`, so it opens without a script; with one it closes by itself too.

use leptos::ev::{KeyboardEvent, MouseEvent};
use leptos::html::{Details, ElementType};
use leptos::prelude::*;

use super::dom;
use crate::ui::erase::Erase;

/// A button and the list that it opens. Escape, a press beside it, and choosing a link close it again.
#[component]
pub fn Menu(
    /// The classes of the whole, `menu` among them.
    class: &'static str,
    /// The classes of the button.
    button: &'static str,
    /// The name of the button, when its content has no words.
    #[prop(optional, into)]
    label: Option<String>,
    /// What is on the button.
    #[prop(into)]
    face: ViewFnOnce,
    /// The list.
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<Details>::new();
    let close = move || {
        if let Some(root) = root.get_untracked() {
            root.set_open(false);
        }
    };
    let keydown = move |event: KeyboardEvent| {
        let Some(root) = root.get_untracked().filter(|root| event.key() == "Escape" && root.open()) else { return };
        event.prevent_default();
        root.set_open(false);
        focus_button(&root);
    };
    let click = move |event: MouseEvent| {
        if dom::closest(&event, "a").is_some() {
            close();
        }
    };
    Effect::new(move || {
        let listener = window_event_listener(leptos::ev::pointerdown, move |event| {
            if root.get_untracked().is_some_and(|root| root.open() && !dom::inside(&root, &event)) {
                close();
            }
        });
        on_cleanup(move || listener.remove());
    });
    view! {
        <details class=class node_ref=root on:keydown=keydown on:click=click>
            <summary class=button aria-label=label>
                {face.run()}
            </summary>
            {children()}
        </details>
    }
    .erase()
}

fn focus_button(root: &<Details as ElementType>::Output) {
    use leptos::wasm_bindgen::JsCast;
    let button = root.first_element_child().and_then(|button| button.dyn_into::<leptos::web_sys::HtmlElement>().ok());
    if let Some(button) = button {
        let _ = button.focus();
    }
}
