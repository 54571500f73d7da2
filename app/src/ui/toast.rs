//! What just happened, and the way back. The region is always in the page, so that what comes into it is heard.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::ui::erase::Erase;

/// Whether it went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// It was done.
    Done,
    /// It was not.
    Trouble,
}

/// One toast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// Tells it from the others.
    pub id: u32,
    /// Whether it went well.
    pub mood: Mood,
    /// What happened.
    pub text: String,
    /// What can be done about it, as the word on a button.
    pub action: Option<&'static str>,
}

/// The toasts of the page, oldest first.
#[component]
pub fn Toasts(
    /// What is to be seen now.
    #[prop(into)]
    toasts: Signal<Vec<Toast>>,
    /// The reader wants what the button of this toast says.
    on_action: Callback<u32>,
    /// The reader has seen this toast.
    on_dismiss: Callback<u32>,
) -> impl IntoView {
    view! {
        <div class="toasts" role="region" aria-label="Notifications" aria-live="polite">
            // Keyed: a toast that goes must not be read out as a change of those that stay.
            <For each=move || latest(toasts.get()) key=|toast| toast.id let:toast>
                {one(toast, on_action, on_dismiss)}
            </For>
        </div>
    }
    .erase()
}

/// As many as there is room for.
const ROOM: usize = 3;

fn latest(mut toasts: Vec<Toast>) -> Vec<Toast> {
    toasts.split_off(toasts.len().saturating_sub(ROOM))
}

fn one(toast: Toast, on_action: Callback<u32>, on_dismiss: Callback<u32>) -> impl IntoView {
    let Toast { id, mood, text, action } = toast;
    let (class, mark) = match mood {
        Mood::Done => ("toast", Icon::Check),
        Mood::Trouble => ("toast toast--error", Icon::Alert),
    };
    view! {
        <div class=class>
            {icon(mark)}
            <p>{text}</p>
            {action
                .map(|word| {
                    view! {
                        <button
                            type="button"
                            class="btn btn--quiet btn--small"
                            on:click=move |_| on_action.run(id)
                        >
                            {icon(Icon::Undo)}
                            {word}
                        </button>
                    }.erase()
                })}
            <button
                type="button"
                class="btn btn--quiet btn--icon btn--small"
                aria-label="Dismiss"
                on:click=move |_| on_dismiss.run(id)
            >
                {icon(Icon::X)}
            </button>
        </div>
    }
    .erase()
}
