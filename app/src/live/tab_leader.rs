//! The tab that has the stream: what it remembers for its followers, and what it answers them. Pure.

use pulsestage::event::{Cursor, Envelope, Event};
use std::collections::VecDeque;

use super::stream_state::Connection;
use super::tab_message::TabMessage;

/// Most messages that are remembered, and most bytes of them.
const MOST: usize = 256;
const MOST_BYTES: usize = 128 << 10;

/// Counts are told that came so long before the tab that asks knew everything, in milliseconds: they may have been on their
/// way from the server.
const SLACK_MS: u64 = 2_000;

/// What a tab asks for: the parts of [`TabMessage::Ask`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) tab: &'a str,
    pub(super) viewer: &'a str,
    pub(super) cursor: &'a str,
    pub(super) since: u64,
    pub(super) leader: &'a str,
    pub(super) number: u32,
}

/// A message that is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    /// When it came, in milliseconds, and as which message of this leader's.
    at: u64,
    number: u32,
    /// Its cursor; a count has none.
    cursor: Option<Cursor>,
    id: String,
    data: String,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It is of no concern to others.
    Nothing,
    /// Followers are told this on the channel of those who may be sent the same.
    Relay(String),
    /// Followers have missed something, which is found out when they hear that the leader is there.
    Restart,
}

/// What somebody who asked is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    /// On the channel of all.
    ToAll(String),
    /// On the channel of those who may be sent the same.
    ToViewers(String),
}

/// The leader.
#[derive(Clone, Debug)]
pub(super) struct Leader {
    name: String,
    /// What tells apart what its stream carries; empty before the server has said it.
    viewer: String,
    /// How many messages it has told.
    number: u32,
    state: Connection,
    /// Whether anybody has asked.
    has_followers: bool,
    /// Until when somebody looks at a follower, in milliseconds.
    is_seen_until: f64,
    /// What is remembered has every fact after this one.
    base: Option<Cursor>,
    /// The last fact that came.
    head: Option<Cursor>,
    /// What is remembered has every count that came after this, in milliseconds.
    whole_since: u64,
    /// The number of the last message that is forgotten.
    forgotten: u32,
    /// Where its stream was asked to go on.
    resumed_at: Option<Cursor>,
    kept: VecDeque<Kept>,
    bytes: usize,
}

impl Leader {
    /// A tab that leads from now on. No other leader has this name, nor has this tab when it leads again: messages are
    /// numbered anew.
    pub(super) const fn new(name: String) -> Self {
        Self {
            name,
            viewer: String::new(),
            number: 0,
            state: Connection::Connecting,
            has_followers: false,
            is_seen_until: 0.0,
            base: None,
            head: None,
            whole_since: 0,
            forgotten: 0,
            resumed_at: None,
            kept: VecDeque::new(),
            bytes: 0,
        }
    }

    /// What tells apart what its stream carries.
    #[cfg(test)]
    pub(super) fn viewer(&self) -> &str {
        &self.viewer
    }

    /// The server said what the stream carries; whether that is something else than before. Whatever came before it may not
    /// be for those who are to be told from now on.
    pub(super) fn is_for(&mut self, viewer: &str) -> bool {
        let is_other = self.viewer != viewer;
        if is_other {
            viewer.clone_into(&mut self.viewer);
            self.restart(None, 0);
        }
        is_other
    }

    /// A stream was opened that is to go on from this cursor; empty where it begins anew.
    pub(super) fn opened(&mut self, cursor: &str) {
        self.resumed_at = cursor.parse().ok();
    }

    /// Followers go on from here or not at all: what they have missed the server tells them.
    fn restart(&mut self, base: Option<Cursor>, whole_since: u64) {
        self.number += 1;
        (self.forgotten, self.whole_since) = (self.number, whole_since);
        self.kept.clear();
        self.bytes = 0;
        (self.base, self.head) = (base, base);
    }

    /// A message came, with its `id:`; no message when this version cannot read it.
    pub(super) fn took(&mut self, id: &str, data: &str, message: Option<&Envelope>, now: u64) -> Told {
        let event = message.map(|message| &message.event);
        // A browser gives every message the last `id:` of its stream: that of a count is another one's.
        let has_own_id = event
            .is_none_or(|event| event.is_fact() || matches!(event, Event::Cursor | Event::Connected | Event::Resync));
        let cursor: Option<Cursor> = id.parse().ok().filter(|_| has_own_id);
        match (event, cursor) {
            // It ends here; the next one says where that begins.
            (Some(Event::Closing), _) | (Some(Event::Connected), None) => return Told::Nothing,
            (Some(Event::Connected), Some(at)) => {
                let goes_on = self.head.is_some_and(|head| head.epoch == at.epoch && at.seq <= head.seq);
                if goes_on {
                    return Told::Nothing;
                }
                // A stream that goes on from a cursor brings every count that may have changed since.
                self.restart(Some(at), if self.resumed_at == Some(at) { 0 } else { now });
                return Told::Restart;
            }
            // Whoever cannot read a message asks the server as well.
            (Some(Event::Resync) | None, _) => {
                self.restart(cursor, now);
                return Told::Restart;
            }
            _ => {}
        }
        // A stream and an answer, or two streams one after the other, may tell the same.
        if cursor.zip(self.head).is_some_and(|(at, head)| at.epoch == head.epoch && at.seq <= head.seq) {
            return Told::Nothing;
        }
        self.number += 1;
        if !matches!(event, Some(Event::Heartbeat(_) | Event::Stale(_))) {
            self.keep(id, data, cursor, now);
        }
        if !self.has_followers || self.viewer.is_empty() {
            return Told::Nothing;
        }
        Told::Relay(TabMessage::Relay { leader: &self.name, number: self.number, at: now, id, data }.write())
    }

    fn keep(&mut self, id: &str, data: &str, cursor: Option<Cursor>, now: u64) {
        if cursor.is_some() {
            self.head = cursor;
        }
        self.bytes += data.len();
        let (number, id, data) = (self.number, id.to_owned(), data.to_owned());
        self.kept.push_back(Kept { at: now, number, cursor, id, data });
        while self.kept.len() > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.bytes -= oldest.data.len();
            (self.forgotten, self.whole_since) = (oldest.number, oldest.at + 1);
            self.base = oldest.cursor.or(self.base);
        }
    }

    /// A tab has asked, with [`TabMessage::Ask`]; what it is told.
    pub(super) fn asked(&mut self, ask: Asked<'_>, now: u64) -> Reply {
        self.has_followers = true;
        if self.viewer.is_empty() || ask.viewer != self.viewer {
            return Reply::ToAll(self.here(now));
        }
        let (leader, tab) = (&*self.name, ask.tab);
        let at: Option<Cursor> = ask.cursor.parse().ok();
        let has_followed = ask.leader == self.name;
        let has_all = if has_followed {
            ask.number >= self.forgotten
        } else {
            // A page without a cursor has looked everything up at that time.
            let has_facts = ask.cursor.is_empty()
                || at.zip(self.base).is_some_and(|(at, base)| at.epoch == base.epoch && at.seq >= base.seq);
            has_facts && self.whole_since <= ask.since
        };
        if !has_all {
            return Reply::ToViewers(TabMessage::Behind { leader, tab }.write());
        }
        let is_missed = |kept: &&Kept| match (kept.cursor, at) {
            _ if has_followed => kept.number > ask.number,
            (Some(fact), Some(at)) => fact.seq > at.seq,
            _ => kept.at + SLACK_MS >= ask.since,
        };
        let missed = self.kept.iter().filter(is_missed).map(|kept| (&*kept.id, &*kept.data)).collect();
        let (number, state) = (self.number, self.state);
        Reply::ToViewers(TabMessage::Welcome { leader, tab, number, at: now, state, missed }.write())
    }

    /// A tab asks whether the leader is there; what it is told.
    pub(super) fn pinged(&mut self, is_seen: bool, now: f64) -> String {
        /// A tab that somebody looks at asks more often than that, in milliseconds.
        const LOOKED_AT_MS: f64 = 15_000.0;
        self.has_followers = true;
        if is_seen {
            self.is_seen_until = now + LOOKED_AT_MS;
        }
        self.here(now as u64)
    }

    /// Whether somebody looks at a follower.
    pub(super) fn is_seen(&self, now: f64) -> bool {
        now < self.is_seen_until
    }

    /// That it is there, for all tabs.
    pub(super) fn here(&self, now: u64) -> String {
        TabMessage::Here { leader: &self.name, viewer: &self.viewer, number: self.number, at: now }.write()
    }

    /// That it leads no more, for all tabs.
    pub(super) fn gone(&self) -> String {
        TabMessage::Gone { leader: &self.name }.write()
    }

    /// Its stream stands otherwise now; what followers are told.
    pub(super) fn stands(&mut self, state: Connection) -> Option<String> {
        let is_other = std::mem::replace(&mut self.state, state) != state;
        let is_told = is_other && self.has_followers && !self.viewer.is_empty();
        is_told.then(|| TabMessage::State { leader: &self.name, state }.write())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::event::{Epoch, QuestionUpvoted};
    use pulsestage::id::{QuestionId, TenantId};
    use pulsestage::time::Timestamp;
    use uuid::Uuid;

    fn at(seq: i64) -> String {
        Cursor { epoch: Epoch(7), seq }.to_string()
    }

    fn envelope(event: Event) -> Envelope {
        Envelope { tenant_id: TenantId(Uuid::nil()), event, timestamp: Timestamp(0) }
    }

    /// A leader whose stream goes on from the fact 10, with the facts up to this one.
    fn leader(last: i64) -> Leader {
        let mut leader = Leader::new("one".to_owned());
        assert!(leader.is_for("guest"));
        leader.opened(&at(10));
        assert_eq!(leader.took(&at(10), "c", Some(&envelope(Event::Connected)), 1_000), Told::Restart);
        for seq in 11..=last {
            leader.took(&at(seq), "fact", Some(&envelope(Event::Cursor)), 1_000 + seq as u64);
        }
        leader
    }

    fn ask<'a>(viewer: &'a str, cursor: &'a str, since: u64) -> Asked<'a> {
        Asked { tab: "two", viewer, cursor, since, leader: "", number: 0 }
    }

    /// How many messages a tab is told that it missed; nothing when it is to ask the server.
    fn missed(leader: &mut Leader, ask: Asked<'_>) -> Option<usize> {
        let Reply::ToViewers(text) = leader.asked(ask, 30_000) else { panic!("not its viewer") };
        match TabMessage::read(&text).unwrap() {
            TabMessage::Welcome { missed, .. } => Some(missed.len()),
            TabMessage::Behind { .. } => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_tab_is_told_what_came_after_its_cursor() {
        let mut leader = leader(15);
        for (seq, told) in [(10, Some(5)), (13, Some(2)), (15, Some(0)), (20, Some(0)), (9, None)] {
            assert_eq!(missed(&mut leader, ask("guest", &at(seq), 5_000)), told, "{seq}");
        }
        let other = Cursor { epoch: Epoch(8), seq: 13 }.to_string();
        assert_eq!(missed(&mut leader, ask("guest", &other, 5_000)), None, "another life of the log");
        assert_eq!(missed(&mut leader, ask("guest", "garbage", 5_000)), None);
        assert_eq!(missed(&mut leader, ask("guest", "", 5_000)), Some(0), "a page without a cursor looks things up");
    }

    #[test]
    fn whoever_may_be_sent_something_else_is_told_nothing() {
        let mut leader = leader(15);
        for viewer in ["", "moderator"] {
            assert_eq!(leader.asked(ask(viewer, &at(13), 5_000), 6_000), Reply::ToAll(leader.here(6_000)), "{viewer}");
        }
        assert!(leader.is_for("moderator"));
        assert_eq!(missed(&mut leader, ask("moderator", &at(13), 5_000)), None, "what came before was for others");
        assert!(!leader.is_for("moderator"));
    }

    #[test]
    fn what_is_forgotten_the_server_is_asked_for() {
        let mut leader = leader(10 + MOST as i64 + 5);
        assert_eq!(leader.kept.len(), MOST);
        assert_eq!(missed(&mut leader, ask("guest", &at(14), 9_000)), None);
        assert_eq!(missed(&mut leader, ask("guest", &at(15), 9_000)), Some(MOST));
        assert_eq!(missed(&mut leader, ask("guest", &at(15), 500)), None, "counts may have been forgotten since");
        let large = "x".repeat(MOST_BYTES);
        leader.took(&at(900), &large, Some(&envelope(Event::Cursor)), 9_000);
        assert!(leader.bytes <= MOST_BYTES);
    }

    #[test]
    fn whoever_followed_is_told_by_number() {
        let mut leader = leader(15);
        let count = Event::Upvoted(QuestionUpvoted { question_id: QuestionId(Uuid::nil()), upvotes: 3 });
        // As browsers give it: with the id of the fact before.
        leader.took(&at(15), "count", Some(&envelope(count)), 9_000);
        let number = leader.number;
        for (behind, told) in [(0, 0), (1, 1), (3, 3)] {
            let cursor = at(15);
            let ask = Asked { leader: "one", number: number - behind, ..ask("guest", &cursor, 20_000) };
            assert_eq!(missed(&mut leader, ask), Some(told), "{behind}");
        }
    }

    #[test]
    fn followers_are_told_how_the_stream_stands_and_say_whether_somebody_looks() {
        let mut leader = leader(15);
        assert_eq!(leader.stands(Connection::Live), None, "nobody follows");
        assert!(!leader.is_seen(1_000.0));
        leader.pinged(false, 1_000.0);
        assert!(!leader.is_seen(1_000.0));
        leader.pinged(true, 1_000.0);
        assert!(leader.is_seen(10_000.0) && !leader.is_seen(60_000.0));
        let told = leader.stands(Connection::Polling).unwrap();
        assert_eq!(TabMessage::read(&told), Some(TabMessage::State { leader: "one", state: Connection::Polling }));
        assert_eq!(leader.stands(Connection::Polling), None);
    }

    #[test]
    fn what_is_told_twice_is_passed_on_once_and_signals_are_not() {
        let mut leader = leader(15);
        leader.asked(ask("guest", &at(15), 5_000), 6_000);
        let cursor = envelope(Event::Cursor);
        assert!(matches!(leader.took(&at(16), "fact", Some(&cursor), 6_000), Told::Relay(_)));
        assert_eq!(leader.took(&at(16), "fact", Some(&cursor), 6_000), Told::Nothing);
        assert_eq!(leader.took("", "bye", Some(&envelope(Event::Closing)), 6_000), Told::Nothing);
        assert_eq!(leader.took(&at(14), "c", Some(&envelope(Event::Connected)), 6_000), Told::Nothing, "it goes on");
        assert_eq!(leader.took(&at(30), "c", Some(&envelope(Event::Connected)), 6_000), Told::Restart, "a gap");
        assert_eq!(leader.took(&at(30), "r", Some(&envelope(Event::Resync)), 6_000), Told::Restart);
        assert_eq!(
            leader.took(&at(31), "new", None, 6_000),
            Told::Restart,
            "the server is asked by those who can read it"
        );
    }
}
