//! The cases that the review page lists, and how they follow what happens.

use pulsestage::event::Event;
use pulsestage::id::{QuestionId, TeamId};
use pulsestage::moderation::{Case, MAX_BULK, MOST_CASES, ReviewView};
use pulsestage::question::Status;

use super::vec_map::VecMap;

/// More changed questions than these are not looked up one by one: the whole list is loaded.
const MOST_LOOKED_UP: usize = 20;

/// The cases, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseList {
    cases: Vec<Case>,
    /// The teams whose questions the reader moderates; all when absent.
    teams: Option<Vec<TeamId>>,
    /// Whether there are older cases that are not listed.
    more: bool,
    /// How many were listed when the list was loaded.
    loaded: usize,
    /// Whether some of those that wait may not be listed.
    hides_waiting: bool,
}

impl CaseList {
    /// The list as it was loaded.
    #[must_use]
    pub fn new(cases: Vec<Case>, more: bool, teams: Option<Vec<TeamId>>) -> Self {
        let loaded = cases.len();
        // What waits is listed before all else, so many of the tenant or of each team.
        let hides_waiting = more && waiting(&cases) >= MOST_CASES;
        Self { cases, teams, more, loaded, hides_waiting }
    }

    /// The cases, newest first.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Whether there are older cases that are not listed.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.more
    }

    /// The case of a question.
    #[must_use]
    pub fn get(&self, question: QuestionId) -> Option<&Case> {
        self.cases.iter().find(|case| case.question.id == question)
    }

    /// Takes in a case as it is now, unless what is here is later.
    pub fn fold(&mut self, case: Case) {
        if let Some(known) = self.cases.iter_mut().find(|known| known.question.id == case.question.id) {
            if known.version <= case.version {
                *known = case;
            }
            return;
        }
        let asked = |case: &Case| (case.question.created_at, case.question.id);
        let place = self.cases.partition_point(|known| asked(known) > asked(&case));
        self.cases.insert(place, case);
    }

    /// Takes in the count of a question's votes.
    pub fn count(&mut self, question: QuestionId, upvotes: i64) {
        if let Some(case) = self.cases.iter_mut().find(|case| case.question.id == question) {
            case.question.upvotes = upvotes;
        }
    }

    /// Takes out a question that the reader may not see any more.
    pub fn remove(&mut self, question: QuestionId) {
        self.cases.retain(|case| case.question.id != question);
    }

    /// Whether the list is to be loaded again: it has become much longer than it was, or others wait that are not listed
    /// and there is room for them.
    #[must_use]
    pub fn is_outgrown(&self) -> bool {
        self.cases.len() > self.loaded + MAX_BULK || (self.hides_waiting && waiting(&self.cases) < MAX_BULK)
    }

    /// Whether the case of this question is the reader's business: it is listed already, or it is new in one of their teams.
    fn concerns(&self, event: &Event, question: QuestionId) -> bool {
        match event {
            // Only the moderators of its team are told of this.
            Event::Moderated(_) => true,
            Event::Created(asked) => self.teams.as_ref().is_none_or(|teams| teams.contains(&asked.team_id)),
            _ => self.get(question).is_some(),
        }
    }
}

impl From<ReviewView> for CaseList {
    fn from(view: ReviewView) -> Self {
        Self::new(view.cases, view.more, view.teams)
    }
}

/// How many cases wait for a moderator.
fn waiting(cases: &[Case]) -> usize {
    let waits = |case: &&Case| case.removed.is_none() && case.question.status == Status::UnderReview;
    cases.iter().filter(waits).count()
}

/// What was told since the list was last brought up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseChanges {
    /// Whether anything may have changed.
    everything: bool,
    questions: Vec<QuestionId>,
    votes: VecMap<i64>,
}

/// What has to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToLoad {
    /// The whole list.
    Everything,
    /// The cases of these questions.
    Cases(Vec<QuestionId>),
}

impl CaseChanges {
    /// Takes in what the stream told; nothing means that anything may have changed.
    pub fn take_event(&mut self, list: &CaseList, event: Option<&Event>) {
        match event {
            None | Some(Event::TeamArchived(_) | Event::TeamRestored(_)) => self.everything = true,
            Some(Event::Upvoted(tally)) => self.votes.put(tally.question_id, tally.upvotes),
            Some(event) => {
                if let Some(question) = event.question().filter(|question| list.concerns(event, *question)) {
                    self.look_up(question);
                }
            }
        }
    }

    /// The whole list has to be loaded.
    pub const fn load_all(&mut self) {
        self.everything = true;
    }

    /// The case of this question has to be loaded.
    pub fn look_up(&mut self, question: QuestionId) {
        if !self.questions.contains(&question) {
            self.questions.push(question);
        }
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.everything && self.questions.is_empty() && self.votes.is_empty()
    }

    /// Counts the votes that were told so far, and says what has to be loaded now.
    #[must_use]
    pub fn take_loads(&mut self, list: &mut CaseList) -> ToLoad {
        self.count_votes(list);
        let questions = std::mem::take(&mut self.questions);
        let everything = std::mem::take(&mut self.everything);
        if everything || questions.len() > MOST_LOOKED_UP { ToLoad::Everything } else { ToLoad::Cases(questions) }
    }

    /// Counts the votes that were told. Once something was loaded it has the counts from before; those that came while it was
    /// on its way may be later.
    pub fn count_votes(&mut self, list: &mut CaseList) {
        for (question, upvotes) in std::mem::take(&mut self.votes) {
            list.count(question, upvotes);
        }
    }
}

#[cfg(test)]
#[path = "case_list_tests.rs"]
mod tests;
