//! Keeps one `EventSource` open for as long as its page lives.
//!
//! The browser reconnects by itself after a clean end; it gives up for good after any answer that is no stream, and never
//! notices a link that died in silence. The keeper opens a new `EventSource` then: after a wait with jitter, or at once when
//! the network or the page comes back. What the messages mean is the business of its [`StreamReader`].

use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::*;
use pulsestage::event::{Envelope, Event};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{EventSource, EventTarget, MessageEvent, PageTransitionEvent};

use super::listener::Listener;
use super::patience::{Watchdog, backoff_ms};
use super::set_if_other;
use super::stream_state::{Connection, StreamState};
use crate::api::HEARTBEAT_MS;
use crate::platform;
use crate::ui::time::Now;

/// What a page does with its stream.
pub(super) trait StreamReader {
    /// Where to open the stream now; nothing while it is to stay closed.
    fn address(&self) -> Option<String>;

    /// A message, with its `id:`; no message when this version cannot read it. It is called in the browser's own listener:
    /// two messages of one tick are two calls.
    fn on_message(&self, id: &str, message: Option<Envelope>);

    /// The network, the page or the stream is back: whatever waits for it may go on.
    fn on_wake(&self) {}
}

/// The keeper of a page's stream. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct EventSourceKeeper {
    state: StreamState,
    clock: Option<Now>,
    kept: StoredValue<Option<KeeperState>, LocalStorage>,
}

/// Everything it holds of the browser; all of it ends with it.
struct KeeperState {
    reader: Rc<dyn StreamReader>,
    source: Option<Source>,
    retry: Option<Timeout>,
    attempt: u32,
    watchdog: Watchdog,
    _tick: Interval,
    _listeners: [Listener; 5],
}

impl EventSourceKeeper {
    /// Nothing is opened yet. What the messages say of the time sets the page's clock.
    pub(super) fn new(state: StreamState) -> Self {
        Self { state, clock: use_context(), kept: StoredValue::new_local(None) }
    }

    /// Opens the stream once the page is hydrated, and closes it when the owner is cleaned up.
    pub(super) fn run(self, reader: impl StreamReader + 'static) {
        let reader: Rc<dyn StreamReader> = Rc::new(reader);
        Effect::new(move || {
            let watchdog = Watchdog::new(heartbeat_ms(), platform::now_ms());
            let kept = KeeperState {
                reader: reader.clone(),
                source: None,
                retry: None,
                attempt: 0,
                watchdog,
                _tick: Interval::new(watchdog.interval_ms(), move || self.look_after()),
                _listeners: self.listeners(),
            };
            self.kept.set_value(Some(kept));
            self.open();
        });
        on_cleanup(move || drop(self.kept.try_update_value(Option::take)));
    }

    fn listeners(self) -> [Listener; 5] {
        let page: EventTarget = window().into();
        [
            Listener::new(&page, "online", move |_| self.reopen()),
            Listener::new(&page, "offline", move |_| self.state.connection.set(Connection::Offline)),
            // A page that goes into the back-forward cache must hold no connection, and comes back with an old board.
            Listener::new(&page, "pagehide", move |_| self.close()),
            Listener::new(&page, "pageshow", move |event| {
                if event.dyn_into::<PageTransitionEvent>().is_ok_and(|shown| shown.persisted()) {
                    self.reopen();
                }
            }),
            Listener::new(&document().into(), "visibilitychange", move |_| {
                let state = self.state.connection.try_get_untracked();
                let lost = state.is_some_and(|state| !matches!(state, Connection::Live | Connection::Delayed));
                if !document().hidden() && (lost || self.is_overdue()) {
                    self.reopen();
                }
            }),
        ]
    }

    fn with<T>(self, act: impl FnOnce(&mut KeeperState) -> T) -> Option<T> {
        self.kept.try_update_value(|kept| kept.as_mut().map(act)).flatten()
    }

    /// What reads the stream. It is not called while this is borrowed, as it may call back.
    fn reader(self) -> Option<Rc<dyn StreamReader>> {
        self.with(|kept| kept.reader.clone())
    }

    /// Opens a stream in place of the one there was.
    pub(super) fn open(self) {
        let Some(address) = self.reader().and_then(|reader| reader.address()) else { return };
        self.close();
        let source = Source::open(&address, self);
        let opened = source.is_some();
        self.with(|kept| {
            kept.watchdog.opened(platform::now_ms());
            kept.source = source;
        });
        if !opened {
            self.open_later();
        }
    }

    /// Opens at once: the network or the page is back.
    fn reopen(self) {
        self.wake();
        self.with(|kept| kept.attempt = 0);
        self.lost();
        self.open();
    }

    /// Opens again after a wait that grows with each failure.
    fn open_later(self) {
        self.with(|kept| {
            let wait = backoff_ms(kept.attempt, platform::random());
            kept.attempt = kept.attempt.saturating_add(1);
            kept.retry = Some(Timeout::new(wait, move || self.open()));
        });
    }

    /// Closes the stream and forgets any attempt to open one.
    pub(super) fn close(self) {
        let old = self.with(|kept| {
            kept.retry = None;
            kept.source.take()
        });
        if let Some(source) = old.flatten() {
            source.events.close();
            // This may run inside one of the source's own listeners, which must outlive the call.
            platform::spawn(async move { drop(source) });
        }
    }

    /// The page no longer says that all is live.
    pub(super) fn lost(self) {
        let state = if window().navigator().on_line() { Connection::Reconnecting } else { Connection::Offline };
        set_if_other(self.state.connection, state);
    }

    fn wake(self) {
        if let Some(reader) = self.reader() {
            reader.on_wake();
        }
    }

    /// The browser reports trouble: it reconnects by itself, or it has given up.
    fn on_error(self) {
        self.lost();
        let is_closed = |source: &Source| source.events.ready_state() == EventSource::CLOSED;
        if self.with(|kept| kept.source.as_ref().is_none_or(is_closed)) == Some(true) {
            self.close();
            self.open_later();
        }
    }

    fn on_message(self, data: &str, id: &str) {
        let now = platform::now_ms();
        self.with(|kept| {
            kept.watchdog.sign_of_life(now);
            kept.attempt = 0;
        });
        // Read from bytes, like everything that the browser reads: a reader from text would be a second copy of all of them.
        let message = serde_json::from_slice::<Envelope>(data.as_bytes()).ok();
        if let Some(Envelope { event: Event::Connected | Event::Heartbeat(_), timestamp, .. }) = message
            && let Some(clock) = self.clock
        {
            clock.told(timestamp);
        }
        match message.as_ref().map(|message| &message.event) {
            // It ends: that the stream is live would be said in vain.
            Some(Event::Closing) => return,
            // Whatever waits goes on waiting, and what is shown is as old as it was.
            Some(Event::Stale(_)) => return set_if_other(self.state.connection, Connection::Delayed),
            Some(_) => {
                if self.state.connection.try_get_untracked() != Some(Connection::Live) {
                    self.state.connection.set(Connection::Live);
                    self.wake();
                }
                self.state.fresh_at.set(Some(now));
            }
            None => {}
        }
        if let Some(reader) = self.reader() {
            reader.on_message(id, message);
        }
    }

    fn is_overdue(self) -> bool {
        let now = platform::now_ms();
        self.with(|kept| kept.source.is_some() && kept.watchdog.is_overdue(now)) == Some(true)
    }

    /// The watchdog's round.
    fn look_after(self) {
        if self.is_overdue() {
            self.lost();
            self.open();
        }
    }
}

/// The heartbeat's interval as the server wrote it into the page's head, in milliseconds.
fn heartbeat_ms() -> f64 {
    let told = document()
        .query_selector("meta[name=heartbeat-ms]")
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"));
    // Whole milliseconds: to read any decimal number takes tables of 10 KB.
    told.and_then(|text| text.parse::<u32>().ok())
        .filter(|ms| (100..=3_600_000).contains(ms))
        .map_or(HEARTBEAT_MS as f64, f64::from)
}

/// An `EventSource` with its listeners.
struct Source {
    events: EventSource,
    _listeners: [Listener; 2],
}

impl Source {
    fn open(address: &str, keeper: EventSourceKeeper) -> Option<Self> {
        let events = EventSource::new(address).ok()?;
        let on_message = Listener::new(&events, "message", move |event| {
            if let Ok(message) = event.dyn_into::<MessageEvent>() {
                keeper.on_message(&message.data().as_string().unwrap_or_default(), &message.last_event_id());
            }
        });
        let on_error = Listener::new(&events, "error", move |_| keeper.on_error());
        Some(Self { events, _listeners: [on_message, on_error] })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.events.close();
    }
}
