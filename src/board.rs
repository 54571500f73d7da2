//! The board: what everybody in a tenant sees, and the one reducer that keeps it true.
//!
//! [`Board::apply`] runs on the server, in replay and in every browser. It is pure and idempotent: an event that
//! it has already seen changes nothing, so a stream may send twice what it is not sure to have sent once.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

use crate::event::{Cursor, Event, QuestionCreated, QuestionMerged, QuestionRef, QuestionUpvoted, TeamTotals};
use crate::id::{QuestionId, TenantId};
use crate::question::{Answer, Question, Stamp};
use crate::tag::Tag;
use crate::team::Team;
use crate::text::sort_key;

/// Everything public in one tenant, as far as the cursor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Whose board it is.
    pub tenant: TenantId,
    /// How far in the log it has come.
    pub cursor: Cursor,
    /// The teams, by name.
    pub teams: Vec<Team>,
    /// The palette, by name.
    pub tags: Vec<Tag>,
    /// How many questions each team received, shows and declined, by team; none of teams without any, and none at all where
    /// the tenant does not show that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub totals: Vec<TeamTotals>,
    /// The questions. The order to show them in is the reader's choice, not the board's.
    pub questions: BTreeMap<QuestionId, Question>,
}

/// What [`Board::apply`] made of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Applied {
    /// The board is another one now.
    Changed,
    /// Nothing to do: seen before, or no news for a board.
    Nothing,
    /// The board cannot go on from here and must be loaded again.
    Resync,
}

impl Board {
    /// A board on which nothing has happened yet.
    #[must_use]
    pub const fn empty(tenant: TenantId, cursor: Cursor) -> Self {
        let questions = BTreeMap::new();
        Self { tenant, cursor, teams: Vec::new(), tags: Vec::new(), totals: Vec::new(), questions }
    }

    /// Folds one event of the stream into the board; `at` is the event's own cursor (the stream's `id:`).
    ///
    /// A fact must have a cursor of this board's epoch. One at or before the board's own was seen before.
    /// A tally is absolute: the latest one wins. A `cursor` moves the board's own and shows nothing.
    pub fn apply(&mut self, at: Option<Cursor>, event: &Event) -> Applied {
        if !event.is_fact() {
            return self.apply_signal_or_tally(at, event);
        }
        match at {
            Some(at) if at.epoch == self.cursor.epoch && at.seq <= self.cursor.seq => Applied::Nothing,
            // Its questions come with a board, not with the fact.
            Some(at) if at.epoch == self.cursor.epoch && matches!(event, Event::TeamRestored(_)) => Applied::Resync,
            Some(at) if at.epoch == self.cursor.epoch => {
                self.apply_fact(event);
                self.cursor = at;
                Applied::Changed
            }
            // Another life of the log, or a fact that cannot be told from its double.
            Some(_) | None => Applied::Resync,
        }
    }

    fn apply_signal_or_tally(&mut self, at: Option<Cursor>, event: &Event) -> Applied {
        match (event, at) {
            (Event::Resync, _) => Applied::Resync,
            // Another life of the log, as with a fact.
            (Event::Cursor, Some(at)) if at.epoch != self.cursor.epoch => Applied::Resync,
            (Event::Cursor, Some(at)) => {
                self.cursor.seq = self.cursor.seq.max(at.seq);
                Applied::Nothing
            }
            (Event::Upvoted(tally), _) => self.apply_tally(tally),
            (Event::TeamCounted(totals), _) => self.apply_totals(totals),
            _ => Applied::Nothing,
        }
    }

    /// Takes over how many questions a team has now. Of a team that is not here any more nothing is told.
    fn apply_totals(&mut self, totals: &TeamTotals) -> Applied {
        match self.totals.binary_search_by_key(&totals.id, |known| known.id) {
            _ if self.teams.iter().all(|team| team.id != totals.id) => return Applied::Nothing,
            Ok(place) if self.totals[place] == *totals => return Applied::Nothing,
            Ok(place) => self.totals[place] = *totals,
            Err(place) => self.totals.insert(place, *totals),
        }
        Applied::Changed
    }

    /// Takes over how many votes a question has now, as [`Board::apply`] does: for whoever has the count and no event.
    pub fn apply_tally(&mut self, tally: &QuestionUpvoted) -> Applied {
        match self.questions.get_mut(&tally.question_id) {
            Some(question) if question.upvotes != tally.upvotes => {
                question.upvotes = tally.upvotes;
                Applied::Changed
            }
            // A tally may run ahead of its question's fact; the next one will find it.
            _ => Applied::Nothing,
        }
    }

    fn apply_fact(&mut self, event: &Event) {
        match event {
            Event::Created(data) => {
                self.questions.entry(data.id).or_insert_with(|| question_of(data));
            }
            Event::Answered(data) => self.with(data.id, |q| {
                q.status = data.status;
                q.answer = Some(Answer { response_text: data.response_text.clone(), responded_at: data.responded_at });
            }),
            Event::Tagged(data) | Event::Untagged(data) => {
                self.with(data.question_id, |q| q.tags.clone_from(&data.tags))
            }
            Event::Pinned(data) => {
                self.with(data.question_id, |q| q.pinned = mark(data.is_pinned, data.pinned_by, data.pinned_at))
            }
            Event::Frozen(data) => {
                self.with(data.question_id, |q| q.frozen = mark(data.is_frozen, data.frozen_by, data.frozen_at))
            }
            Event::TeamCreated(team) => insert_by_name(&mut self.teams, team, team_key),
            Event::TeamUpdated(team) => {
                if take_out(&mut self.teams, |t| t.id == team.id) {
                    insert_by_name(&mut self.teams, team, team_key);
                }
            }
            Event::TeamArchived(gone) => {
                take_out(&mut self.teams, |t| t.id.0 == gone.id);
                self.questions.retain(|_, question| question.team_id.0 != gone.id);
                self.totals.retain(|totals| totals.id.0 != gone.id);
            }
            Event::TagCreated(tag) => insert_by_name(&mut self.tags, tag, tag_key),
            Event::TagUpdated(tag) => self.each_tags(|tags| {
                if take_out(tags, |t| t.id == tag.id) {
                    insert_by_name(tags, tag, tag_key);
                }
            }),
            Event::TagDeleted(gone) => self.each_tags(|tags| {
                take_out(tags, |t| t.id.0 == gone.id);
            }),
            // The tenant itself stands beside the board.
            Event::TenantUpdated(tenant) => {
                if !tenant.settings.show_totals {
                    self.totals.clear();
                }
            }
            Event::TeamRestored(_)
            | Event::Connected
            | Event::Resync
            | Event::Cursor
            | Event::Closing
            | Event::Heartbeat(_)
            | Event::Stale(_)
            | Event::TeamCounted(_)
            | Event::Upvoted(_) => {}
            Event::Updated(data) => self.with(data.id, |q| {
                q.body.clone_from(&data.body);
                q.status = data.status;
                let answer = data.response_text.clone().zip(data.responded_at);
                q.answer = answer.map(|(response_text, responded_at)| Answer { response_text, responded_at });
            }),
            Event::Removed(QuestionRef { question_id }) | Event::Merged(QuestionMerged { question_id, .. }) => {
                self.questions.remove(question_id);
            }
            // Not for everybody: what is to be done is asked for by those whom they are for.
            Event::Moderated(_) | Event::Reviewed(_) => {}
        }
    }

    /// Changes the palette and the tags of every question.
    fn each_tags(&mut self, change: impl Fn(&mut Vec<Tag>)) {
        change(&mut self.tags);
        self.questions.values_mut().for_each(|question| change(&mut question.tags));
    }

    /// Changes a question that is on the board; facts of others (hidden ones, say) pass by.
    fn with(&mut self, id: QuestionId, change: impl FnOnce(&mut Question)) {
        if let Some(question) = self.questions.get_mut(&id) {
            change(question);
        }
    }
}

fn mark(on: bool, by: Option<crate::id::UserId>, at: Option<crate::time::Timestamp>) -> Option<Stamp> {
    on.then_some(()).and(by.zip(at)).map(|(by, at)| Stamp { by, at })
}

/// Keeps a list in the order in which the store reads it: by name whatever the case, then by id.
fn insert_by_name<T: Clone, K: Ord>(list: &mut Vec<T>, item: &T, key: impl Fn(&T) -> K) {
    if let Err(place) = list.binary_search_by_key(&key(item), &key) {
        list.insert(place, item.clone());
    }
}

fn team_key(team: &Team) -> (String, Uuid) {
    (sort_key(&team.name), team.id.0)
}

fn tag_key(tag: &Tag) -> (String, Uuid) {
    (sort_key(&tag.name), tag.id.0)
}

/// Takes one out of a list; whether it was there.
fn take_out<T>(list: &mut Vec<T>, is_it: impl Fn(&T) -> bool) -> bool {
    let before = list.len();
    list.retain(|item| !is_it(item));
    list.len() < before
}

fn question_of(data: &QuestionCreated) -> Question {
    Question {
        id: data.id,
        team_id: data.team_id,
        body: data.body.clone(),
        upvotes: data.upvotes,
        status: data.status,
        created_at: data.created_at,
        tags: data.tags.clone(),
        answer: None,
        pinned: None,
        frozen: None,
        author_name: data.author_name.clone(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
