//! A tab that is told by another one what the stream says. Pure; all times are milliseconds.
//!
//! It asks the server first what it has missed, and learns from the answer what it may be sent: only then it asks the
//! leader to be told the rest, on the channel of those who may be sent the same. A leader that does not answer is
//! replaced: it is frozen, hung, or has the stream of somebody else who was signed in here before.

use super::stream_state::Connection;
use super::tab_message::TabMessage;

/// How long the leader's answer is waited for.
const ANSWER_MS: f64 = 1_500.0;
/// After so long a silence a tab asks whether the leader is there, if somebody looks at it, or else.
const QUIET_MS: f64 = 3_000.0;
const UNSEEN_QUIET_MS: f64 = 20_000.0;

/// How long at least between two questions to the server where the leader does not have what is missed.
const BEHIND_MS: f64 = 500.0;

/// Where a follower is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// It is told nothing until it is to catch up: its page loads what it shows.
    Resting,
    /// It asks the server what it has missed; once more then.
    CatchingUp { again_at: f64 },
    /// It has asked the leader.
    Joining,
    /// It is told everything.
    Following,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Nothing.
    Nothing,
    /// Ask the server what was missed, and tell [`Follower::caught_up`] or [`Follower::not_caught_up`].
    CatchUp,
    /// Ask the leader, with [`Follower::ask`].
    Ask,
    /// Ask whether the leader is there.
    Ping,
    /// Lead instead.
    Lead,
    /// Read these messages, and show this state if there is one.
    Read(Vec<(&'a str, &'a str)>, Option<Connection>),
    /// Show this state.
    Show(Connection),
}

/// A follower.
#[derive(Clone, Debug)]
pub(super) struct Follower {
    tab: String,
    /// What it may be sent, as the server said.
    viewer: String,
    stage: Stage,
    leader: String,
    /// The number of the last message that it was told.
    number: u32,
    /// When the leader was heard of last.
    heard: f64,
    /// When something was asked that is not answered; 0 when nothing was.
    asked: f64,
    /// Up to when it knows everything.
    since: f64,
    /// When it asked the server last.
    asked_server: f64,
    /// So much longer than others it waits, so that not all do the same at once.
    patience: f64,
}

impl Follower {
    /// A tab that is to follow. `random` is from 0 to 1.
    pub(super) fn new(tab: String, random: f64) -> Self {
        let patience = random * 1_000.0;
        let (viewer, leader) = (String::new(), String::new());
        let (heard, asked, since, asked_server) = (0.0, 0.0, 0.0, 0.0);
        Self { tab, viewer, stage: Stage::Resting, leader, number: 0, heard, asked, since, asked_server, patience }
    }

    /// The page is to be told everything from now on: the server is asked first.
    pub(super) fn catch_up(&mut self, now: f64) -> Step<'static> {
        self.stage = Stage::CatchingUp { again_at: f64::INFINITY };
        (self.since, self.asked_server, self.asked) = (now, now, 0.0);
        // What the server tells is after whatever a leader told.
        self.leader.clear();
        Step::CatchUp
    }

    /// The page loads what it shows: nothing is told until it is to catch up.
    pub(super) const fn rest(&mut self) {
        self.stage = Stage::Resting;
    }

    /// What it may be sent; empty before the server has said it.
    #[cfg(test)]
    pub(super) fn viewer(&self) -> &str {
        &self.viewer
    }

    /// Whether it is told everything.
    pub(super) fn is_following(&self) -> bool {
        self.stage == Stage::Following
    }

    /// The server has answered; `viewer` is what this tab may be sent.
    pub(super) fn caught_up(&mut self, viewer: &str, now: f64) -> Step<'static> {
        if !matches!(self.stage, Stage::CatchingUp { .. }) {
            return Step::Nothing;
        }
        viewer.clone_into(&mut self.viewer);
        self.join(now)
    }

    /// The server has not answered: it is asked again after so many milliseconds.
    pub(super) fn not_caught_up(&mut self, wait: u32, now: f64) {
        if let Stage::CatchingUp { again_at } = &mut self.stage {
            *again_at = now + f64::from(wait);
        }
    }

    fn join(&mut self, now: f64) -> Step<'static> {
        self.stage = Stage::Joining;
        self.asked = now;
        Step::Ask
    }

    /// What the leader is asked by a page with this cursor.
    pub(super) fn ask(&self, cursor: &str) -> String {
        let (since, leader, number) = (self.since.max(0.0) as u64, &*self.leader, self.number);
        TabMessage::Ask { tab: &self.tab, viewer: &self.viewer, cursor, since, leader, number }.write()
    }

    /// Something was said.
    pub(super) fn heard<'a>(&mut self, message: TabMessage<'a>, now: f64) -> Step<'a> {
        match message {
            TabMessage::Here { leader, viewer, number, at } => self.heard_leader(leader, viewer, (number, at), now),
            TabMessage::Gone { leader } if leader == self.leader && self.is_following() => self.join(now),
            TabMessage::Welcome { leader, tab, number, at, state, missed }
                if tab == self.tab && self.stage == Stage::Joining =>
            {
                leader.clone_into(&mut self.leader);
                self.stage = Stage::Following;
                self.number = number;
                self.told(at, now);
                Step::Read(missed, Some(state))
            }
            TabMessage::Behind { tab, .. } if tab == self.tab && self.stage == Stage::Joining => {
                self.heard = now;
                if now - self.asked_server > BEHIND_MS {
                    return self.catch_up(now);
                }
                // It has asked the server just now: the leader is about to learn what the server knows.
                self.stage = Stage::CatchingUp { again_at: now + BEHIND_MS };
                Step::Nothing
            }
            TabMessage::Relay { leader, number, at, id, data } if self.is_following() && leader == self.leader => {
                if number > self.number + 1 {
                    // Something before it was lost: the leader remembers it.
                    return self.join(now);
                }
                // What is not new was in the welcome.
                let is_new = number > self.number;
                self.number = self.number.max(number);
                self.told(at, now);
                if is_new { Step::Read(vec![(id, data)], None) } else { Step::Nothing }
            }
            TabMessage::State { leader, state } if self.is_following() && leader == self.leader => {
                (self.heard, self.asked) = (now, 0.0);
                Step::Show(state)
            }
            _ => Step::Nothing,
        }
    }

    /// A leader says that it is there.
    fn heard_leader(&mut self, leader: &str, viewer: &str, (number, at): (u32, u64), now: f64) -> Step<'static> {
        let is_ours = leader == self.leader;
        match self.stage {
            Stage::Resting | Stage::CatchingUp { .. } => Step::Nothing,
            // Its stream has not said anything yet; that it is there is enough for now.
            _ if viewer.is_empty() => {
                self.heard = now;
                if self.is_following() && !is_ours { self.join(now) } else { Step::Nothing }
            }
            // Somebody has signed in or out since one of us asked the server: it says who is right.
            _ if viewer != self.viewer => match self.stage {
                Stage::Joining if now - self.asked_server < 2.0 * ANSWER_MS => {
                    self.asked = now;
                    Step::Lead
                }
                _ => self.catch_up(now),
            },
            Stage::Joining => {
                self.heard = now;
                if is_ours { Step::Nothing } else { self.join(now) }
            }
            Stage::Following if is_ours && number == self.number => {
                self.told(at, now);
                Step::Nothing
            }
            Stage::Following => self.join(now),
        }
    }

    /// Everything that the leader knew then is known.
    const fn told(&mut self, at: u64, now: f64) {
        (self.heard, self.since, self.asked) = (now, at as f64, 0.0);
    }

    /// The round: what is to be done now.
    pub(super) fn look_after(&mut self, now: f64, is_seen: bool) -> Step<'static> {
        // A clock that was set back starts the waits anew.
        (self.heard, self.asked) = (self.heard.min(now), self.asked.min(now));
        let is_unanswered = self.asked > 0.0 && now - self.asked > ANSWER_MS + self.patience / 2.0;
        let quiet = if is_seen { QUIET_MS } else { UNSEEN_QUIET_MS };
        match self.stage {
            Stage::CatchingUp { again_at } if now >= again_at => self.catch_up(now),
            // It is there and has nothing to say yet: its stream is being opened.
            Stage::Joining if now - self.asked > ANSWER_MS / 2.0 && now - self.heard < ANSWER_MS => self.join(now),
            Stage::Joining | Stage::Following if is_unanswered => {
                self.asked = now;
                Step::Lead
            }
            Stage::Following if self.asked == 0.0 && now - self.heard > quiet + self.patience => {
                self.asked = now;
                Step::Ping
            }
            _ => Step::Nothing,
        }
    }
}

#[cfg(test)]
#[path = "tabs_tests.rs"]
mod tests;
