//! What the server tells, by a stream or in answers, and whom it is passed on to.

use leptos::prelude::*;
use pulsestage::event::{Envelope, Event};
use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent};

use super::{EventSourceKeeper, Role, drop_later};
use crate::json;
use crate::live::listener::Listener;
use crate::live::patience::backoff_ms;
use crate::live::polled::{Answer, fetch};
use crate::live::tab_follower::Step;
use crate::live::tab_leader::{Reply, Told};
use crate::live::transport::POLL_PATIENCE_MS;
use crate::platform;

/// When to ask again where the server does not say it, in milliseconds.
const POLL_MS: u32 = 4_000;

impl EventSourceKeeper {
    /// Opens a stream in place of the one there was.
    pub(super) fn open_stream(self) {
        let Some((stream, cursor)) = self.followed() else { return };
        self.close_stream();
        let resumed = if cursor.is_empty() { "" } else { "&last_event_id=" };
        // A slug and a cursor are letters, digits and hyphens: nothing to escape.
        let source = Source::open(&[&stream, "&viewer=1", resumed, &cursor].concat(), self);
        self.with(|kept| {
            let now = platform::now_ms();
            kept.transport.opened(now);
            if source.is_none() {
                kept.transport.failed(true, now, platform::random());
            }
            kept.source = source;
            kept.goes_on_from(&cursor);
        });
    }

    pub(super) fn close_stream(self) {
        let old = self.with(|kept| kept.source.take()).flatten();
        if let Some(source) = &old {
            source.events.close();
        }
        drop_later(old);
    }

    /// Asks the server what was missed.
    pub(super) fn ask_server(self) {
        let Some((stream, cursor)) = self.followed() else { return };
        let poll = self.with(|kept| {
            kept.poll += 1;
            kept.poll
        });
        let tenant = stream.strip_prefix("/sse").unwrap_or_default();
        let resumed = if cursor.is_empty() { "" } else { "&last_event_id=" };
        let address = ["/api/events", tenant, resumed, &cursor].concat();
        platform::spawn(async move {
            let answer = platform::within(POLL_PATIENCE_MS, fetch(&address)).await.unwrap_or(Err(0));
            // Another question was asked meanwhile, or none is to be.
            if self.with(|kept| kept.poll) == poll {
                self.answered(answer, &cursor);
            }
        });
    }

    /// The server has answered, or has not.
    pub(super) fn answered(self, answer: Result<String, u16>, cursor: &str) {
        let status = answer.as_ref().err().copied();
        let text = answer.unwrap_or_default();
        let answer = Answer::read(&text);
        let is_answered = !answer.viewer.is_empty();
        // A stream that came meanwhile has told it already.
        let is_wanted = self.with(|kept| matches!(kept.role, Role::Following(_)) || kept.transport.is_polling());
        if is_answered && is_wanted == Some(true) {
            self.is_for(answer.viewer);
            self.with(|kept| kept.goes_on_from(cursor));
            for message in answer.messages {
                let read = read(message.data);
                self.pass_on(message.id, message.data, read.as_ref());
                // A page that goes on after its cursor knows where it is.
                if cursor.is_empty() || !matches!(read, Some(Envelope { event: Event::Connected, .. })) {
                    self.tell(message.id, read);
                }
            }
        }
        let step = self.with(|kept| {
            let (now, random) = (platform::now_ms(), platform::random());
            kept.failed_polls = if is_answered { 0 } else { kept.failed_polls.saturating_add(1) };
            match &mut kept.role {
                Role::Following(follower) if is_answered => return follower.caught_up(answer.viewer, now),
                Role::Following(follower) => {
                    let wait = answer.retry_ms.unwrap_or_else(|| backoff_ms(kept.failed_polls, random));
                    follower.not_caught_up(wait, now);
                }
                _ => {
                    let wait = answer.retry_ms.unwrap_or(POLL_MS);
                    kept.transport.polled(is_answered.then_some(wait), now, random);
                }
            }
            Step::Nothing
        });
        self.does(step.unwrap_or(Step::Nothing));
        let is_following = self.with(|kept| matches!(kept.role, Role::Following(_))) == Some(true);
        match status {
            // The server that answered is of an older version.
            Some(404) if is_following => {
                self.rest();
                self.go_alone();
            }
            _ if is_following && !is_answered => self.lost(),
            _ => self.show(),
        }
    }

    /// The browser reports trouble: it opens the stream again by itself, or has given up.
    pub(super) fn on_error(self) {
        let is_closed = |source: &Source| source.events.ready_state() == EventSource::CLOSED;
        self.with(|kept| {
            let gave_up = kept.source.as_ref().is_none_or(is_closed);
            kept.transport.failed(gave_up, platform::now_ms(), platform::random());
        });
        self.show();
    }

    /// A message came by the stream.
    pub(super) fn on_message(self, data: &str, id: &str) {
        self.with(|kept| kept.transport.message(platform::now_ms()));
        let message = read(data);
        self.pass_on(id, data, message.as_ref());
        self.tell(id, message);
    }

    /// The server has told something: the leader passes it on.
    pub(super) fn pass_on(self, id: &str, data: &str, message: Option<&Envelope>) {
        let passed = self.with(|kept| match &mut kept.role {
            Role::Leading(leader, _) => {
                let now = platform::now_ms() as u64;
                match leader.took(id, data, message, now) {
                    Told::Nothing => None,
                    Told::Relay(text) => Some(Reply::ToViewers(text)),
                    Told::Restart => Some(Reply::ToAll(leader.here(now))),
                }
            }
            _ => None,
        });
        match passed.flatten() {
            Some(Reply::ToViewers(text)) => self.post_to_viewers(&text),
            Some(Reply::ToAll(text)) => self.post_to_all(&text),
            None => {}
        }
    }

    /// Tells the page.
    pub(super) fn tell(self, id: &str, message: Option<Envelope>) {
        if let Some(Envelope { event: Event::Connected | Event::Heartbeat(_), timestamp, .. }) = message
            && let Some(clock) = self.clock
        {
            clock.told(timestamp);
        }
        let event = message.as_ref().map(|message| &message.event);
        // It ends: that the stream is live would be said in vain.
        if matches!(event, Some(Event::Closing)) {
            return;
        }
        let is_stale = matches!(event, Some(Event::Stale(_)));
        self.with(|kept| {
            (kept.is_delayed, kept.is_offline) = (is_stale, false);
            if !id.is_empty() {
                id.clone_into(&mut kept.last_id);
            }
        });
        // Whatever waits goes on waiting, and what is shown is as old as it was.
        if !is_stale {
            if event.is_some() {
                self.state.fresh_at.set(Some(platform::now_ms()));
            }
            if let Some(reader) = self.reader() {
                reader.on_message(id, message);
            }
        }
        // After the message: that the page is live is said once it is drawn.
        self.show();
    }
}

/// Reads a message; nothing when this version cannot.
pub(super) fn read(data: &str) -> Option<Envelope> {
    json::read(data.as_bytes()).ok()
}

/// An `EventSource` with its listeners.
pub(super) struct Source {
    events: EventSource,
    _listeners: [Listener; 3],
}

impl Source {
    pub(super) fn open(address: &str, keeper: EventSourceKeeper) -> Option<Self> {
        let events = EventSource::new(address).ok()?;
        let on = |kind, act: fn(EventSourceKeeper, &str, &str)| {
            Listener::new(&events, kind, move |event| {
                if let Ok(message) = event.dyn_into::<MessageEvent>() {
                    act(keeper, &message.data().as_string().unwrap_or_default(), &message.last_event_id());
                }
            })
        };
        let on_message = on("message", EventSourceKeeper::on_message);
        let on_viewer = on("viewer", |keeper, viewer, _| keeper.is_for(viewer));
        let on_error = Listener::new(&events, "error", move |_| keeper.on_error());
        Some(Self { events, _listeners: [on_message, on_viewer, on_error] })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.events.close();
    }
}
