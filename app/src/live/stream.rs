//! The stream in the browser: one `EventSource`, opened at the board's cursor and kept open whatever happens.
//!
//! The browser reconnects by itself after a clean end; it gives up for good after any answer that is no stream, and
//! never notices a link that died in silence. Those two are ours: a fresh `EventSource` at the current cursor, after a
//! wait with jitter or at once when the network or the page comes back. Everything is owned by [`Line`] and ends
//! with it.

use gloo_timers::callback::{Interval, Timeout};
use leptos::prelude::*;
use pulsestage::board::Applied;
use pulsestage::event::{Cursor, Event as Said};
use pulsestage::tenant::Tenant;
use wasm_bindgen::JsCast;
use web_sys::{EventSource, EventTarget, MessageEvent, PageTransitionEvent};

use super::listener::Listener;
use super::patience::{Watchdog, answer_ms, backoff_ms};
use super::{Connection, Live, wire_event};
use crate::api::{self, HEARTBEAT_MS};
use crate::platform;

/// Streams that resync again within this time of the last one wait longer and longer, in milliseconds.
const CALM_MS: f64 = 60_000.0;

/// Everything the page holds of the browser for its stream.
pub(super) struct Line {
    source: Option<Source>,
    retry: Option<Timeout>,
    attempt: u32,
    watchdog: Watchdog,
    reloading: bool,
    resyncs: u32,
    last_resync: f64,
    _tick: Interval,
    _listeners: [Listener; 5],
}

/// Opens the stream once the page is hydrated, and closes it with the page.
pub(super) fn run(live: Live) {
    Effect::new(move || {
        let now = platform::now_ms();
        let watchdog = Watchdog::new(heartbeat_ms(), now);
        let line = Line {
            source: None,
            retry: None,
            attempt: 0,
            watchdog,
            reloading: false,
            resyncs: 0,
            last_resync: 0.0,
            _tick: Interval::new(watchdog.interval_ms(), move || live.look_after()),
            _listeners: listeners(live),
        };
        live.inner.line.set_value(Some(line));
        live.open();
    });
    on_cleanup(move || drop(live.inner.line.try_update_value(Option::take)));
}

/// The heartbeat's interval as the server wrote it into the page's head, in milliseconds.
pub(super) fn heartbeat_ms() -> f64 {
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

fn listeners(live: Live) -> [Listener; 5] {
    let page: EventTarget = window().into();
    [
        Listener::new(&page, "online", move |_| live.reopen()),
        Listener::new(&page, "offline", move |_| live.inner.connection.set(Connection::Offline)),
        // A page that goes into the back-forward cache must hold no connection, and comes back with an old board.
        Listener::new(&page, "pagehide", move |_| live.close()),
        Listener::new(&page, "pageshow", move |event| {
            if event.dyn_into::<PageTransitionEvent>().is_ok_and(|shown| shown.persisted()) {
                live.reopen();
            }
        }),
        Listener::new(&document().into(), "visibilitychange", move |_| {
            let lost = live
                .inner
                .connection
                .try_get_untracked()
                .is_some_and(|state| !matches!(state, Connection::Live | Connection::Delayed));
            if !document().hidden() && (lost || live.is_overdue()) {
                live.reopen();
            }
        }),
    ]
}

impl Live {
    fn with_line<T>(self, act: impl FnOnce(&mut Line) -> T) -> Option<T> {
        self.inner.line.try_update_value(|line| line.as_mut().map(act)).flatten()
    }

    /// Opens a stream at the board's cursor in place of the one there was.
    fn open(self) {
        let Some(cursor) = self.inner.core.try_with_value(|core| core.board.cursor) else { return };
        let Some(slug) = self.inner.slug.try_get_value() else { return };
        if self.with_line(|line| line.reloading) != Some(false) {
            return;
        }
        self.close();
        // A slug and a cursor are letters, digits and hyphens: nothing to escape.
        let source = Source::open(&format!("/sse?tenantId={slug}&last_event_id={cursor}"), self);
        let opened = source.is_some();
        self.with_line(|line| {
            line.watchdog.opened(platform::now_ms());
            line.source = source;
        });
        if !opened {
            self.open_later();
        }
    }

    /// Opens at once: the network or the page is back.
    fn reopen(self) {
        self.wake();
        self.with_line(|line| line.attempt = 0);
        self.lost();
        self.open();
    }

    /// Opens again after a wait that grows with each failure.
    fn open_later(self) {
        self.with_line(|line| {
            let wait = backoff_ms(line.attempt, platform::random());
            line.attempt = line.attempt.saturating_add(1);
            line.retry = Some(Timeout::new(wait, move || self.open()));
        });
    }

    /// Closes the stream and forgets any attempt to open one.
    fn close(self) {
        let old = self.with_line(|line| {
            line.retry = None;
            line.source.take()
        });
        if let Some(source) = old.flatten() {
            source.close();
            // This may run inside one of the source's own listeners, which must outlive the call.
            platform::spawn(async move { drop(source) });
        }
    }

    /// The badge no longer says that all is live.
    fn lost(self) {
        let state = if window().navigator().on_line() { Connection::Reconnecting } else { Connection::Offline };
        super::set_if_other(self.inner.connection, state);
    }

    /// The browser reports trouble: it reconnects by itself, or it has given up.
    fn on_error(self) {
        self.lost();
        let given_up = self.with_line(|line| line.source.as_ref().is_none_or(|source| source.is_closed()));
        if given_up == Some(true) {
            self.close();
            self.open_later();
        }
    }

    /// Folds one message. Everything happens here, in the listener: two messages of one tick are two.
    fn on_message(self, data: &str, id: &str) {
        let now = platform::now_ms();
        self.with_line(|line| {
            line.watchdog.sign_of_life(now);
            line.attempt = 0;
        });
        let Some(envelope) = wire_event::read(data) else {
            // Another version of us speaks: its board will be readable or the page will be reloaded with it.
            return self.resync();
        };
        // It ends: that the stream is live would be said in vain.
        if matches!(envelope.event, Said::Closing) {
            return;
        }
        let applied = self.inner.core.try_update_value(|core| core.fold(id.parse::<Cursor>().ok(), &envelope));
        if matches!(envelope.event, Said::Stale(_)) {
            // Whatever waits goes on waiting, and what is shown is as old as it was.
            return super::set_if_other(self.inner.connection, Connection::Delayed);
        }
        if self.inner.connection.try_get_untracked() != Some(Connection::Live) {
            self.inner.connection.set(Connection::Live);
            self.wake();
        }
        self.inner.fresh_at.set(Some(now));
        match (applied, &envelope.event) {
            (Some(Applied::Changed), Said::TenantUpdated(tenant)) => self.follow(tenant),
            (Some(Applied::Changed), Said::Moderated(of)) => self.heard_of(of.question_id),
            (Some(Applied::Changed), Said::Reviewed(review)) => self.reviewed(review.standing),
            _ => {}
        }
        self.inner.last_event.set(Some(envelope));
        match applied {
            Some(Applied::Changed) => self.draw_soon(),
            Some(Applied::Resync) => self.resync(),
            Some(Applied::Nothing) | None => {}
        }
    }

    /// The tenant's name or settings are others now.
    fn follow(self, tenant: &Tenant) {
        platform::show_accent(tenant.settings.accent.as_deref().map(|color| (&*tenant.slug, color)));
        self.inner.tenant.set(tenant.clone());
    }

    /// The stream cannot go on from this board: loads it again, then opens a stream there.
    fn resync(self) {
        let now = platform::now_ms();
        let wait = self.with_line(|line| {
            if std::mem::replace(&mut line.reloading, true) {
                return None;
            }
            line.resyncs = if now - line.last_resync > CALM_MS { 0 } else { line.resyncs.saturating_add(1) };
            line.last_resync = now;
            Some(backoff_ms(line.resyncs, platform::random()))
        });
        let Some(mut wait) = wait.flatten() else { return };
        self.close();
        self.lost();
        platform::spawn(async move {
            for attempt in 0.. {
                // Everybody's stream may have asked for this at the same moment, so even the first load is spread.
                self.nap(wait).await;
                let Some(slug) = self.inner.slug.try_get_value() else { return };
                if let Some(Ok(view)) = platform::within(answer_ms(attempt), api::load_board(slug)).await {
                    self.follow(&view.tenant);
                    super::set_if_other(self.inner.role, view.role);
                    self.inner.core.try_update_value(|core| core.replace(view));
                    break;
                }
                wait = backoff_ms(attempt, platform::random());
            }
            self.draw();
            self.with_line(|line| line.reloading = false);
            self.open();
        });
    }

    fn is_overdue(self) -> bool {
        let now = platform::now_ms();
        self.with_line(|line| line.watchdog.is_overdue(now) && !line.reloading) == Some(true)
    }

    /// The watchdog's round.
    fn look_after(self) {
        if self.is_overdue() {
            self.lost();
            self.open();
        }
    }
}

/// An `EventSource` with its listeners.
struct Source {
    events: EventSource,
    _listeners: [Listener; 2],
}

impl Source {
    fn open(address: &str, live: Live) -> Option<Self> {
        let events = EventSource::new(address).ok()?;
        let on_message = Listener::new(&events, "message", move |event| {
            if let Ok(message) = event.dyn_into::<MessageEvent>() {
                live.on_message(&message.data().as_string().unwrap_or_default(), &message.last_event_id());
            }
        });
        let on_error = Listener::new(&events, "error", move |_| live.on_error());
        Some(Self { events, _listeners: [on_message, on_error] })
    }

    fn is_closed(&self) -> bool {
        self.events.ready_state() == EventSource::CLOSED
    }

    fn close(&self) {
        self.events.close();
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.events.close();
    }
}
