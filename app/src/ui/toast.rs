//! What just happened, and the way back: short messages at the edge of the page, each with at most one thing to do about it.

use leptos::prelude::*;
use std::sync::Arc;

use super::erase::Erase;
use super::icon::{Icon, icon};
use crate::platform;

/// How long a message without an action stays, in milliseconds.
pub const TOAST_MS: u32 = 8_000;
/// How long what was done can be taken back by one press, in milliseconds.
pub const UNDO_MS: u32 = 10_000;
/// How many messages there is room for.
const ROOM: usize = 3;

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// Something was done.
    Done,
    /// Something was not done.
    Trouble,
}

/// A thing to do about a message.
#[derive(Clone)]
pub struct ToastAction {
    /// The button's words.
    pub label: &'static str,
    /// What it does.
    pub run: Arc<dyn Fn() + Send + Sync>,
}

/// One message.
#[derive(Clone)]
struct Toast {
    /// Its number; never used twice on a page.
    id: u32,
    /// What it is about.
    kind: ToastKind,
    /// A sentence for people.
    text: String,
    /// What can be done about it. A message with an action stays until it is dismissed, unless the action is to
    /// take something back.
    action: Option<ToastAction>,
}

/// The messages on the page now, oldest first. `Copy`.
#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    last: StoredValue<u32>,
}

impl Toasts {
    /// No message yet.
    #[must_use]
    pub fn new() -> Self {
        Self { list: RwSignal::new(Vec::new()), last: StoredValue::new(0) }
    }

    /// Says something. The same sentence is not said twice at a time: the newer takes the older's place.
    pub fn push(&self, kind: ToastKind, text: String, action: Option<ToastAction>) {
        let lasts = action.is_none().then_some(TOAST_MS);
        self.put(kind, text, action, lasts);
    }

    /// Says that something was done which can be taken back for a while.
    pub fn push_undo(&self, text: String, undo: ToastAction) {
        self.put(ToastKind::Done, text, Some(undo), Some(UNDO_MS));
    }

    fn put(&self, kind: ToastKind, text: String, action: Option<ToastAction>, lasts_ms: Option<u32>) {
        let this = *self;
        let Some(id) = this.last.try_update_value(|last| {
            *last += 1;
            *last
        }) else {
            return;
        };
        this.list.update(|list| {
            list.retain(|toast| toast.text != text);
            list.push(Toast { id, kind, text, action });
        });
        if let Some(ms) = lasts_ms {
            platform::after(ms, move || this.expire(id));
        }
    }

    /// Takes a message away when its time is over, but not from under a pointer or the keyboard.
    fn expire(self, id: u32) {
        if platform::has(".toasts:is(:hover, :focus-within)") {
            platform::after(TOAST_MS, move || self.expire(id));
        } else {
            self.dismiss(id);
        }
    }

    fn dismiss(self, id: u32) {
        if self.list.try_with_untracked(|list| list.iter().any(|toast| toast.id == id)) == Some(true) {
            self.list.update(|list| list.retain(|toast| toast.id != id));
        }
    }
}

impl Default for Toasts {
    fn default() -> Self {
        Self::new()
    }
}

/// The place of the messages. It is always in the page, so that what comes into it is read out.
#[component]
pub fn ToastRegion(
    /// The messages.
    toasts: Toasts,
) -> impl IntoView {
    let latest = move || {
        let mut list = toasts.list.get();
        list.split_off(list.len().saturating_sub(ROOM))
    };
    view! {
        <div class="toasts" role="region" aria-label="Notifications" aria-live="polite">
            // Keyed: a toast that goes must not be read out as a change of those that stay.
            <For each=latest key=|toast| toast.id let:toast>
                {one(toast, toasts)}
            </For>
        </div>
    }
    .erase()
}

fn one(toast: Toast, toasts: Toasts) -> impl IntoView {
    let Toast { id, kind, text, action } = toast;
    let (class, mark) = match kind {
        ToastKind::Done => ("toast", Icon::Check),
        ToastKind::Trouble => ("toast toast--error", Icon::Alert),
    };
    view! {
        <div class=class>
            {icon(mark)}
            <p>{text}</p>
            {action
                .map(|action| {
                    let run = move |_| {
                        toasts.dismiss(id);
                        (action.run)();
                    };
                    view! {
                        <button type="button" class="btn btn--quiet btn--small" on:click=run>
                            {action.label}
                        </button>
                    }.erase()
                })}
            <button
                type="button"
                class="btn btn--quiet btn--icon btn--small"
                aria-label="Dismiss"
                on:click=move |_| toasts.dismiss(id)
            >
                {icon(Icon::X)}
            </button>
        </div>
    }
    .erase()
}
