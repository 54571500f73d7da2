//! Short messages at the edge of the page: what went wrong or was done, each with at most one thing to do about it.

use leptos::prelude::*;
use std::sync::Arc;

/// How long a message without an action stays, in milliseconds.
pub const TOAST_MS: u32 = 8_000;
/// How long what was done can be taken back by one press, in milliseconds.
pub const UNDO_MS: u32 = 10_000;

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
pub struct Toast {
    /// Its number; never used twice on a page.
    pub id: u32,
    /// What it is about.
    pub kind: ToastKind,
    /// A sentence for people.
    pub text: String,
    /// What can be done about it. A message with an action stays until it is dismissed, unless the action is to
    /// take something back.
    pub action: Option<ToastAction>,
}

/// The messages on the page now, oldest first.
#[derive(Clone, Copy)]
pub struct Toasts {
    list: RwSignal<Vec<Toast>>,
    last: StoredValue<u32>,
}

impl Toasts {
    pub(super) fn new() -> Self {
        Self { list: RwSignal::new(Vec::new()), last: StoredValue::new(0) }
    }

    /// The messages, oldest first.
    #[must_use]
    pub fn list(&self) -> Signal<Vec<Toast>> {
        self.list.into()
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
            crate::platform::after(ms, move || this.dismiss(id));
        }
    }

    /// Takes a message away.
    pub fn dismiss(&self, id: u32) {
        if self.list.try_with_untracked(|list| list.iter().any(|toast| toast.id == id)) == Some(true) {
            self.list.update(|list| list.retain(|toast| toast.id != id));
        }
    }
}
