//! Keeps a page told of what the server says for as long as it lives: by one `EventSource` for all tabs of a browser.
//!
//! One tab leads: it has the stream, and tells the others what comes ([`tab_leader`](super::tab_leader),
//! [`tab_follower`](super::tab_follower)). Where the browser has no locks or no channels each tab has a stream of its own.
//! Where no stream comes through the page asks now and then ([`transport`](super::transport)). What the messages mean is
//! the business of the [`StreamReader`].
//!
//! `sharing`: the tabs of a browser; `messages`: what the server tells.

mod messages;
mod sharing;

use gloo_timers::callback::Interval;
use leptos::prelude::*;
use pulsestage::event::Envelope;
use pulsestage::id::QuestionId;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{EventTarget, PageTransitionEvent};

use super::listener::Listener;
use super::stream_state::{Connection, StreamState};
use super::tab_channel::TabChannel;
use super::tab_follower::Follower;
use super::tab_leader::Leader;
use super::tab_lock::Hold;
use super::transport::{Todo, Transport, Way};
use crate::api::HEARTBEAT_MS;
use crate::platform;
use crate::ui::time::Now;
use messages::Source;
use sharing::random_name;

/// What a page does with its stream.
pub(super) trait StreamReader {
    /// Where to open the stream now: `/sse?tenantId=<slug>`, and `&last_event_id=<cursor>` behind it for a page that has a
    /// cursor. Nothing while it is to stay closed.
    fn address(&self) -> Option<String>;

    /// A message, with its `id:`; no message when this version cannot read it. It is called in the browser's own listener:
    /// two messages of one tick are two calls.
    fn on_message(&self, id: &str, message: Option<Envelope>);

    /// The network, the page or the stream is back: whatever waits for it may go on.
    fn on_wake(&self) {}

    /// The page is about to say that it is live: what is not drawn yet is drawn now.
    fn on_live(&self) {}

    /// The reader's vote for a question was counted or taken back in another tab.
    fn on_vote(&self, question: QuestionId, up: bool) {
        let _ = (question, up);
    }
}

/// The keeper of a page's stream. `Copy`.
#[derive(Clone, Copy)]
pub(super) struct EventSourceKeeper {
    state: StreamState,
    clock: Option<Now>,
    kept: StoredValue<Option<KeeperState>, LocalStorage>,
}

/// What a tab is among the tabs of its browser.
enum Role {
    /// It is not told anything: it is frozen, or in the back-forward cache.
    Resting,
    /// It has asked for the lock.
    Waiting,
    /// It has a stream of its own: there is nothing to share it by.
    Alone,
    /// It has the stream of all, for as long as it holds the lock.
    Leading(Leader, #[expect(dead_code, reason = "the lock goes when it is dropped")] Hold),
    /// It is told by the leader.
    Following(Follower),
}

/// Everything it holds of the browser; all of it ends with it.
struct KeeperState {
    reader: Rc<dyn StreamReader>,
    role: Role,
    transport: Transport,
    source: Option<Source>,
    /// This tab's name among the tabs.
    tab: String,
    /// The channel of all tabs, and of those who may be sent the same as this one, with what tells that apart.
    all: Option<TabChannel>,
    viewers: Option<TabChannel>,
    viewer: String,
    /// Whether it waits in line for the lock.
    is_in_line: bool,
    /// The last `id:`, where a page without a cursor goes on.
    last_id: String,
    /// Whether the server cannot tell what is new.
    is_delayed: bool,
    /// Whether the browser says that there is no network, and nothing has come since.
    is_offline: bool,
    /// The last question to the server: answers to others come too late.
    poll: u32,
    failed_polls: u32,
    _tick: Interval,
    _listeners: [Listener; 7],
}

impl KeeperState {
    /// What the server tells next is what comes after this cursor.
    fn goes_on_from(&mut self, cursor: &str) {
        if let Role::Leading(leader, _) = &mut self.role {
            leader.opened(cursor);
        }
    }
}

impl EventSourceKeeper {
    /// Nothing is opened yet. What the messages say of the time sets the page's clock.
    pub(super) fn new(state: StreamState) -> Self {
        Self { state, clock: use_context(), kept: StoredValue::new_local(None) }
    }

    /// Opens the stream, and closes it when the owner is cleaned up.
    pub(super) fn run(self, reader: Rc<dyn StreamReader>) {
        let transport = Transport::new(heartbeat_ms());
        let kept = KeeperState {
            reader,
            role: Role::Resting,
            transport,
            source: None,
            tab: random_name(),
            all: None,
            viewers: None,
            viewer: String::new(),
            is_in_line: false,
            last_id: String::new(),
            is_delayed: false,
            is_offline: false,
            poll: 0,
            failed_polls: 0,
            _tick: Interval::new(transport.interval_ms(), move || self.look_after()),
            _listeners: self.listeners(),
        };
        self.kept.try_set_value(Some(kept));
        self.open();
        on_cleanup(move || {
            self.rest();
            drop(self.kept.try_update_value(Option::take));
        });
    }

    fn listeners(self) -> [Listener; 7] {
        let (page, document): (EventTarget, EventTarget) = (window().into(), document().into());
        [
            Listener::new(&page, "online", move |_| self.reopen()),
            Listener::new(&page, "offline", move |_| {
                self.with(|kept| kept.is_offline = true);
                self.stands(Connection::Offline);
            }),
            // A page that goes into the back-forward cache must hold no connection and no lock, and comes back with an old
            // board. So does one that is frozen.
            Listener::new(&page, "pagehide", move |_| self.rest()),
            Listener::new(&document, "freeze", move |_| self.rest()),
            Listener::new(&page, "pageshow", move |event| {
                if event.dyn_into::<PageTransitionEvent>().is_ok_and(|shown| shown.persisted()) {
                    self.reopen();
                }
            }),
            Listener::new(&document, "resume", move |_| self.reopen()),
            Listener::new(&document, "visibilitychange", move |_| self.seen()),
        ]
    }

    fn with<T>(self, act: impl FnOnce(&mut KeeperState) -> T) -> Option<T> {
        self.kept.try_update_value(|kept| kept.as_mut().map(act)).flatten()
    }

    /// What reads the stream. It is not called while this is borrowed, as it may call back.
    fn reader(self) -> Option<Rc<dyn StreamReader>> {
        self.with(|kept| kept.reader.clone())
    }

    /// What the page follows, `/sse?tenantId=<slug>`, and the cursor after which it does; nothing while it follows nothing.
    fn followed(self) -> Option<(String, String)> {
        let address = self.reader()?.address()?;
        let (stream, cursor) = address.split_once('&').unwrap_or((&address, ""));
        let cursor = match cursor.strip_prefix("last_event_id=") {
            Some(cursor) => cursor.to_owned(),
            None => self.with(|kept| kept.last_id.clone())?,
        };
        Some((stream.to_owned(), cursor))
    }

    /// Has the page told everything from its cursor on, by a stream in place of the one there was.
    pub(super) fn open(self) {
        let is = |role: fn(&Role) -> bool| self.with(|kept| role(&kept.role)) == Some(true);
        if is(|role| matches!(role, Role::Resting)) {
            self.start();
        } else if is(|role| matches!(role, Role::Following(_))) {
            self.follow_on();
        } else if !is(|role| matches!(role, Role::Waiting)) {
            self.open_stream();
        }
    }

    /// Closes the stream, and forgets any attempt to open one: nothing is told until it is opened again.
    pub(super) fn close(self) {
        self.close_stream();
        self.with(|kept| {
            kept.poll += 1;
            kept.transport.closed(platform::now_ms());
            if let Role::Following(follower) = &mut kept.role {
                follower.rest();
            }
        });
    }

    /// The network or the page is back.
    fn reopen(self) {
        self.wake();
        self.with(|kept| {
            kept.transport.reset();
            kept.is_offline = false;
        });
        self.lost();
        self.open();
    }

    /// Somebody looks at the page again.
    fn seen(self) {
        if document().hidden() {
            return;
        }
        let is_overdue = self.with(|kept| match kept.role {
            Role::Alone | Role::Leading(..) => {
                kept.transport.is_overdue(platform::now_ms()) || kept.transport.way() == Way::None
            }
            _ => false,
        });
        if is_overdue == Some(true) {
            self.reopen();
        } else {
            self.look_after();
        }
    }

    /// The page no longer says that all is live.
    pub(super) fn lost(self) {
        self.stands(Connection::lost());
    }

    fn wake(self) {
        if let Some(reader) = self.reader() {
            reader.on_wake();
        }
    }

    /// The round.
    fn look_after(self) {
        let is_seen = !document().hidden();
        let follows = self.followed().is_some();
        let todo = self.with(|kept| {
            let now = platform::now_ms();
            let is_seen = match &kept.role {
                Role::Alone => is_seen,
                Role::Leading(leader, _) => is_seen || leader.is_seen(now),
                _ => return None,
            };
            Some(kept.transport.look_after(now, is_seen && follows, platform::random()))
        });
        if let Some(Todo { close, open, poll }) = todo.flatten() {
            if close {
                self.close_stream();
            }
            if open {
                self.open_stream();
            }
            if poll {
                self.ask_server();
            }
            self.show();
        } else {
            let step = self.with_follower(|follower, now| follower.look_after(now, is_seen));
            self.does(step);
        }
    }

    /// Shows how messages come, where this tab knows it itself.
    fn show(self) {
        let state = self.with(|kept| match (&kept.role, kept.transport.way()) {
            (Role::Alone | Role::Leading(..), _) if kept.is_offline => Some(Connection::Offline),
            (Role::Alone | Role::Leading(..), Way::Stream | Way::Polling) if kept.is_delayed => {
                Some(Connection::Delayed)
            }
            (Role::Alone | Role::Leading(..), Way::Stream) => Some(Connection::Live),
            (Role::Alone | Role::Leading(..), Way::Polling) => Some(Connection::Polling),
            (Role::Alone | Role::Leading(..), Way::None) => None,
            _ => self.state.connection.try_get_untracked(),
        });
        match state {
            Some(Some(state)) => self.stands(state),
            Some(None) => self.lost(),
            None => {}
        }
    }

    /// The connection stands like this now.
    fn stands(self, state: Connection) {
        let is_up = |state| matches!(state, Connection::Live | Connection::Polling | Connection::Delayed);
        // Followers are told of a leader's state, also where the page has shown the same before it led.
        let told = self.with(|kept| match &mut kept.role {
            Role::Leading(leader, _) => leader.stands(state),
            _ => None,
        });
        if let Some(told) = told.flatten() {
            self.post_to_viewers(&told);
        }
        let before = self.state.connection.try_get_untracked();
        if before.is_none_or(|before| before == state) {
            return;
        }
        let is_back = is_up(state) && !before.is_some_and(is_up);
        if is_back && let Some(reader) = self.reader() {
            reader.on_live();
        }
        self.state.connection.set(state);
        if is_back {
            self.wake();
        }
    }
}

/// What listens may be dropped inside one of its own listeners, which must outlive the call.
fn drop_later<T: 'static>(what: T) {
    platform::spawn(async move { drop(what) });
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
