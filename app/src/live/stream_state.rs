//! How a page's stream stands, for whoever shows it.

use leptos::prelude::*;

/// How the stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Not opened yet: the page was drawn a moment ago, or runs without script.
    #[default]
    Connecting,
    /// Everything shown is as it is.
    Live,
    /// No stream comes through: the page asks every few seconds.
    Polling,
    /// Open, but the server cannot tell what is new.
    Delayed,
    /// Lost; it is being opened again.
    Reconnecting,
    /// The browser has no network.
    Offline,
}

#[cfg(feature = "browser")]
impl Connection {
    /// Nothing comes: because there is no network, as far as the browser knows, or for another reason.
    pub(super) fn lost() -> Self {
        if window().navigator().on_line() { Self::Reconnecting } else { Self::Offline }
    }
}

/// The state of one page's stream. `Copy`.
#[derive(Clone, Copy)]
pub struct StreamState {
    /// How the stream stands.
    pub connection: RwSignal<Connection>,
    /// When the latest message came, heartbeats included, in milliseconds since 1970 by the browser's clock.
    pub fresh_at: RwSignal<Option<f64>>,
}

/// Nothing was opened yet.
impl Default for StreamState {
    fn default() -> Self {
        Self { connection: RwSignal::new(Connection::Connecting), fresh_at: RwSignal::new(None) }
    }
}
