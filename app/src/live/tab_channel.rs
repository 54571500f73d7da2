//! A channel to the other tabs of this browser (Broadcast Channel API).

use wasm_bindgen::JsCast;
use web_sys::{BroadcastChannel, MessageEvent};

use super::listener::Listener;

/// A channel. It is closed when it is dropped.
pub(super) struct TabChannel {
    channel: BroadcastChannel,
    _listener: Listener,
}

impl TabChannel {
    /// Opens the channel of this name; nothing where this browser has none.
    pub(super) fn open(name: &str, heard: impl Fn(&str) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let _listener = Listener::new(&channel, "message", move |event| {
            let text = event.dyn_into::<MessageEvent>().ok().and_then(|event| event.data().as_string());
            heard(&text.unwrap_or_default());
        });
        Some(Self { channel, _listener })
    }

    /// Says this to all other tabs.
    pub(super) fn post(&self, text: &str) {
        // A text can always be cloned, and the channel is open.
        let _ = self.channel.post_message(&text.into());
    }
}

impl Drop for TabChannel {
    fn drop(&mut self) {
        self.channel.close();
    }
}
