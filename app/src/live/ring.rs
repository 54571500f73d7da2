//! The bell in the browser: an `EventSource` that is kept open whatever happens, as a board's stream is, but that only
//! rings. What changed while it was closed is not told again; whoever listens loads everything when it opens.

use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{EventSource, EventTarget, MessageEvent};

use super::listener::Listener;
use super::patience::{Watchdog, backoff_ms};
use super::stream::heartbeat_ms;
use crate::platform;

/// How long a bell waits for more of the same, in milliseconds: many changes in a moment are loaded once.
const BELL_MS: u32 = 200;

/// One page's bell. `Copy`.
#[derive(Clone, Copy)]
struct Ring {
    address: StoredValue<String>,
    changed: StoredValue<Rc<dyn Fn()>, LocalStorage>,
    line: StoredValue<Option<Line>, LocalStorage>,
}

/// Everything it holds of the browser.
struct Line {
    source: Option<(EventSource, [Listener; 2])>,
    retry: Option<Timeout>,
    attempt: u32,
    watchdog: Watchdog,
    due: Option<Timeout>,
    _tick: Interval,
    _listeners: [Listener; 3],
}

/// Opens a stream of what moderators are told once the page is hydrated, and closes it with the page.
pub(super) fn run(slug: &str, changed: impl Fn() + 'static) {
    let address = format!("/sse?tenantId={slug}&events=question:moderated,question:created,question:answered");
    let ring = Ring {
        address: StoredValue::new(address),
        changed: StoredValue::new_local(Rc::new(changed)),
        line: StoredValue::new_local(None),
    };
    Effect::new(move || {
        let (watchdog, page) = (Watchdog::new(heartbeat_ms(), platform::now_ms()), EventTarget::from(window()));
        let line = Line {
            source: None,
            retry: None,
            attempt: 0,
            watchdog,
            due: None,
            _tick: Interval::new(watchdog.interval_ms(), move || ring.look_after()),
            _listeners: [
                Listener::new(&page, "online", move |_| ring.open()),
                Listener::new(&page, "pagehide", move |_| ring.close()),
                // Also the first time a page is shown, when the stream is open already.
                Listener::new(&page, "pageshow", move |_| ring.open_if_closed()),
            ],
        };
        ring.line.set_value(Some(line));
        ring.open();
    });
    on_cleanup(move || {
        ring.close();
        drop(ring.line.try_update_value(Option::take));
    });
}

impl Ring {
    fn with_line<T>(self, act: impl FnOnce(&mut Line) -> T) -> Option<T> {
        self.line.try_update_value(|line| line.as_mut().map(act)).flatten()
    }

    /// Opens a stream in place of the one there was.
    fn open(self) {
        self.close();
        let Some(source) = self.address.try_with_value(|address| EventSource::new(address).ok()).flatten() else {
            return;
        };
        let listeners = [
            Listener::new(&source, "message", move |event| {
                let text = event.dyn_into::<MessageEvent>().ok().and_then(|message| message.data().as_string());
                self.on_message(&text.unwrap_or_default());
            }),
            Listener::new(&source, "error", move |_| self.on_error()),
        ];
        self.with_line(|line| {
            line.watchdog.opened(platform::now_ms());
            line.source = Some((source, listeners));
        });
    }

    fn open_if_closed(self) {
        if self.with_line(|line| line.source.is_none() && line.retry.is_none()) == Some(true) {
            self.open();
        }
    }

    /// Closes the stream and forgets any attempt to open one.
    fn close(self) {
        let old = self.with_line(|line| {
            line.retry = None;
            line.source.take()
        });
        if let Some((source, listeners)) = old.flatten() {
            source.close();
            // This may run inside one of the listeners, which must outlive the call.
            platform::spawn(async move { drop(listeners) });
        }
    }

    /// Everything but a heartbeat is news; the greeting is, too: something may have changed before it.
    fn on_message(self, data: &str) {
        let is_beat = data.starts_with(r#"{"type":"heartbeat""#);
        self.with_line(|line| {
            line.watchdog.sign_of_life(platform::now_ms());
            line.attempt = 0;
            if !is_beat && line.due.is_none() {
                line.due = Some(Timeout::new(BELL_MS, move || self.ring()));
            }
        });
    }

    fn ring(self) {
        let due = self.with_line(|line| line.due.take());
        // Not inside the timer's own call, which a dropped timer would end.
        platform::spawn(async move { drop(due) });
        if let Some(changed) = self.changed.try_get_value() {
            changed();
        }
    }

    /// The browser reconnects by itself, or it has given up and this does.
    fn on_error(self) {
        let is_closed = |line: &mut Line| {
            line.source.as_ref().is_none_or(|(source, _)| source.ready_state() == EventSource::CLOSED)
        };
        if self.with_line(is_closed) != Some(true) {
            return;
        }
        self.close();
        self.with_line(|line| {
            let wait = backoff_ms(line.attempt, platform::random());
            line.attempt = line.attempt.saturating_add(1);
            line.retry = Some(Timeout::new(wait, move || self.open()));
        });
    }

    /// The watchdog's round.
    fn look_after(self) {
        let now = platform::now_ms();
        if self.with_line(|line| line.source.is_some() && line.watchdog.is_overdue(now)) == Some(true) {
            self.open();
        }
    }
}
