//! The stream of a page that holds no board: it tells what has changed, and the page looks that up.

use pulsestage::event::Event;
#[cfg(feature = "browser")]
use pulsestage::event::{Envelope, EventKind, EventType};

use super::stream_state::StreamState;

/// Calls this with each fact and tally of a tenant's stream until the page's owner is cleaned up, and with nothing whenever
/// something may have been missed: each time the stream is opened, where it cannot go on, and for a message that this version
/// cannot read. Does nothing on the server.
#[cfg_attr(not(feature = "browser"), expect(unused_variables, reason = "the server opens no stream"))]
pub(super) fn listen(slug: &str, state: StreamState, on_change: impl Fn(Option<&Event>) + 'static) {
    #[cfg(feature = "browser")]
    super::updates::listen(
        state,
        std::rc::Rc::new(ChangeListener { address: format!("/sse?tenantId={slug}"), on_change }),
    );
}

impl StreamState {
    /// The state of a stream that is open while the page is, for a page that shows nothing that the stream tells.
    #[must_use]
    pub fn of_page(slug: &str) -> Self {
        let state = Self::default();
        listen(slug, state, |_| ());
        state
    }
}

#[cfg(feature = "browser")]
struct ChangeListener<F> {
    address: String,
    on_change: F,
}

#[cfg(feature = "browser")]
impl<F: Fn(Option<&Event>)> super::event_source::StreamReader for ChangeListener<F> {
    fn address(&self) -> Option<String> {
        Some(self.address.clone())
    }

    fn on_message(&self, _id: &str, message: Option<Envelope>) {
        let event = message.map(|message| message.event);
        match event.as_ref().map(|event| (event, event.event_type())) {
            None | Some((_, EventType::Connected | EventType::Resync)) => (self.on_change)(None),
            Some((_, of)) if of.kind() == EventKind::Signal => {}
            Some((event, _)) => (self.on_change)(Some(event)),
        }
    }
}
