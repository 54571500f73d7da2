//! One stream for all tabs of a browser: who leads, who follows, and what they tell each other.

use leptos::prelude::*;
use pulsestage::id::QuestionId;

use super::messages::read;
use super::{EventSourceKeeper, Role, drop_later};
use crate::live::tab_channel::TabChannel;
use crate::live::tab_follower::{Follower, Step};
use crate::live::tab_leader::{Asked, Leader, Reply};
use crate::live::tab_lock::{self, Hold};
use crate::live::tab_message::TabMessage;
use crate::platform;

/// The version of what tabs tell each other: those of another one have channels of their own.
const TABS: &str = concat!("pulsestage tabs 1 of ", env!("CARGO_PKG_VERSION"), " ");
/// How long a tab waits for the lock before it takes another one for its holder, in milliseconds.
const LOCK_MS: u32 = 200;

impl EventSourceKeeper {
    /// Asks for the lock; without locks or channels the page has a stream of its own.
    pub(super) fn start(self) {
        let Some((stream, _)) = self.followed() else { return };
        self.with(|kept| kept.role = Role::Waiting);
        let all = TabChannel::open(&[TABS, &stream].concat(), move |text| self.heard(text));
        let can_share = all.is_some() && self.ask_for_lock(&stream, false);
        if can_share {
            self.with(|kept| kept.all = all);
            platform::after(LOCK_MS, move || {
                if self.with(|kept| matches!(kept.role, Role::Waiting)) == Some(true) {
                    self.follow();
                }
            });
        } else {
            self.go_alone();
        }
    }

    pub(super) fn go_alone(self) {
        self.with(|kept| kept.role = Role::Alone);
        self.open_stream();
    }

    pub(super) fn ask_for_lock(self, stream: &str, steal: bool) -> bool {
        self.with(|kept| kept.is_in_line |= !steal);
        let granted = move || {
            let hold = Hold::new();
            let until = hold.until();
            self.granted(steal, hold).then_some(until)
        };
        tab_lock::request(&[TABS, stream].concat(), steal, granted, move |was_taken| self.lost_lock(was_taken))
    }

    /// The lock is ours; says whether it is wanted.
    pub(super) fn granted(self, steal: bool, hold: Hold) -> bool {
        let here = self.with(|kept| {
            kept.is_in_line &= steal;
            if !matches!(kept.role, Role::Waiting | Role::Following(_)) {
                return None;
            }
            let leader = Leader::new(random_name());
            let here = leader.here(platform::now_ms() as u64);
            kept.transport.reset();
            kept.role = Role::Leading(leader, hold);
            Some(here)
        });
        let Some(here) = here.flatten() else { return false };
        self.post_to_all(&here);
        self.open_stream();
        true
    }

    /// Another tab has taken the lock; or there is none to be had, as in a frame without an origin.
    pub(super) fn lost_lock(self, was_taken: bool) {
        let gone = self.with(|kept| match &kept.role {
            Role::Leading(leader, _) => Some(leader.gone()),
            _ => None,
        });
        match gone.flatten() {
            Some(gone) => {
                self.post_to_all(&gone);
                self.close();
                self.follow();
                let is_in_line = self.with(|kept| kept.is_in_line) == Some(true);
                if !is_in_line && let Some((stream, _)) = self.followed() {
                    self.ask_for_lock(&stream, false);
                }
            }
            None if !was_taken => {
                self.rest();
                self.go_alone();
            }
            None => {}
        }
    }

    /// Follows whoever leads.
    pub(super) fn follow(self) {
        self.with(|kept| kept.role = Role::Following(Follower::new(kept.tab.clone(), platform::random())));
        self.follow_on();
    }

    pub(super) fn follow_on(self) {
        if self.followed().is_none() {
            return;
        }
        let step = self.with_follower(|follower, now| follower.catch_up(now));
        self.does(step);
    }

    pub(super) fn with_follower<'a>(self, act: impl FnOnce(&mut Follower, f64) -> Step<'a>) -> Step<'a> {
        let step = self.with(|kept| match &mut kept.role {
            Role::Following(follower) => act(follower, platform::now_ms()),
            _ => Step::Nothing,
        });
        step.unwrap_or(Step::Nothing)
    }

    pub(super) fn does(self, step: Step<'_>) {
        match step {
            Step::Nothing => {}
            Step::CatchUp => self.ask_server(),
            Step::Ask => {
                let Some((_, cursor)) = self.followed() else { return };
                let ask = self.with(|kept| match &kept.role {
                    Role::Following(follower) => Some(follower.ask(&cursor)),
                    _ => None,
                });
                if let Some(ask) = ask.flatten() {
                    self.post_to_all(&ask);
                }
            }
            Step::Ping => self.post_to_all(&TabMessage::Ping { is_seen: !document().hidden() }.write()),
            Step::Lead => {
                self.lost();
                if let Some((stream, _)) = self.followed() {
                    self.ask_for_lock(&stream, true);
                }
            }
            Step::Read(messages, state) => {
                for (id, data) in messages {
                    self.tell(id, read(data));
                }
                // One of them may have had the page load its board again.
                let is_following =
                    self.with(|kept| matches!(&kept.role, Role::Following(follower) if follower.is_following()));
                if let Some(state) = state.filter(|_| is_following == Some(true)) {
                    self.stands(state);
                }
            }
            Step::Show(state) => self.stands(state),
        }
    }

    /// Another tab says something.
    pub(super) fn heard(self, text: &str) {
        let Some(message) = TabMessage::read(text) else { return };
        if let TabMessage::Vote { question, up } = message {
            if let (Some(reader), Ok(question)) = (self.reader(), question.parse()) {
                reader.on_vote(QuestionId(question), up);
            }
            return;
        }
        let reply = self.with(|kept| match (&mut kept.role, &message) {
            (Role::Leading(leader, _), &TabMessage::Ask { tab, viewer, cursor, since, leader: followed, number }) => {
                let ask = Asked { tab, viewer, cursor, since, leader: followed, number };
                Some(leader.asked(ask, platform::now_ms() as u64))
            }
            (Role::Leading(leader, _), &TabMessage::Ping { is_seen }) => {
                Some(Reply::ToAll(leader.pinged(is_seen, platform::now_ms())))
            }
            _ => None,
        });
        match reply.flatten() {
            Some(Reply::ToAll(text)) => {
                self.post_to_all(&text);
                // The timers of a page in the background are slow; what others say is not.
                self.look_after();
            }
            Some(Reply::ToViewers(text)) => self.post_to_viewers(&text),
            None => {
                let step = self.with_follower(|follower, now| follower.heard(message, now));
                self.does(step);
            }
        }
    }

    pub(super) fn post_to_all(self, text: &str) {
        self.with(|kept| kept.all.as_ref().map(|channel| channel.post(text)));
    }

    pub(super) fn post_to_viewers(self, text: &str) {
        self.with(|kept| kept.viewers.as_ref().map(|channel| channel.post(text)));
    }

    /// The reader's vote was counted or taken back: it shows in their other tabs.
    pub(in crate::live) fn tell_vote(self, question: QuestionId, up: bool) {
        self.post_to_viewers(&TabMessage::Vote { question: &question.to_string(), up }.write());
    }

    /// The server says what may be sent to this page.
    pub(super) fn is_for(self, viewer: &str) {
        let stream = self.followed().map(|(stream, _)| stream).unwrap_or_default();
        let is_other = self.with(|kept| std::mem::replace(&mut kept.viewer, viewer.to_owned()) != viewer);
        if is_other == Some(true) {
            let channel = TabChannel::open(&[TABS, &stream, " ", viewer].concat(), move |text| self.heard(text));
            let old = self.with(|kept| std::mem::replace(&mut kept.viewers, channel));
            drop_later(old);
        }
        let here = self.with(|kept| match &mut kept.role {
            Role::Leading(leader, _) => leader.is_for(viewer).then(|| leader.here(platform::now_ms() as u64)),
            _ => None,
        });
        if let Some(here) = here.flatten() {
            self.post_to_all(&here);
        }
    }

    /// The page holds nothing that others wait for.
    pub(super) fn rest(self) {
        self.close();
        let gone = self.with(|kept| match &kept.role {
            Role::Leading(leader, _) => Some(leader.gone()),
            _ => None,
        });
        if let Some(gone) = gone.flatten() {
            self.post_to_all(&gone);
        }
        let old = self.with(|kept| {
            kept.viewer.clear();
            kept.transport.reset();
            let role = std::mem::replace(&mut kept.role, Role::Resting);
            (role, kept.all.take(), kept.viewers.take())
        });
        let (role, channels) = old.map_or((None, None), |(role, all, viewers)| (Some(role), Some((all, viewers))));
        drop(role);
        drop_later(channels);
    }
}

/// A name among the tabs of a browser.
pub(super) fn random_name() -> String {
    ((platform::random() * f64::from(u32::MAX)) as u32).to_string()
}
