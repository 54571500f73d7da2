//! What facts retract of what was sent before.

use std::collections::HashSet;

use super::frame::Frame;
use pulsestage::event::EventType;
use pulsestage::id::{QuestionId, TeamId};

/// What some facts make stale.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Retractions {
    /// Questions that are gone, or have another text.
    questions: HashSet<QuestionId>,
    /// Questions that have another answer.
    answers: HashSet<QuestionId>,
    /// Teams that have another name.
    renamed: HashSet<TeamId>,
    /// Teams that are archived with their questions.
    archived: HashSet<TeamId>,
    /// A tag has another name, or is gone.
    tags: bool,
    /// The tenant has another name, or other settings.
    tenant: bool,
}

impl Retractions {
    /// What these facts take back.
    pub(super) fn of(facts: &[Frame]) -> Self {
        let mut all = Self::default();
        for fact in facts {
            match (fact.event_type, fact.about, fact.team) {
                (Some(EventType::Removed | EventType::Merged | EventType::Updated), Some(question), _) => {
                    all.questions.insert(question);
                }
                (Some(EventType::Answered), Some(question), _) => {
                    all.answers.insert(question);
                }
                (Some(EventType::TeamUpdated), _, Some(team)) => {
                    all.renamed.insert(team);
                }
                (Some(EventType::TeamArchived), _, Some(team)) => {
                    all.archived.insert(team);
                }
                (Some(EventType::TagUpdated | EventType::TagDeleted), ..) => all.tags = true,
                (Some(EventType::TenantUpdated), ..) => all.tenant = true,
                // Where one says nothing any more, the fact that took away what it spoke of comes after it.
                _ => {}
            }
        }
        all
    }

    /// Whether a frame that was made before them may say what they take back.
    pub(super) fn concerns(&self, frame: &Frame) -> bool {
        if frame.cursor.is_none() {
            return false;
        }
        let Some(event_type) = frame.event_type else { return false };
        let names = |noun: &str| event_type.as_str().starts_with(noun);
        let has_answer = matches!(event_type, EventType::Answered | EventType::Updated);
        let has_tags = matches!(event_type, EventType::Created | EventType::Tagged | EventType::Untagged);
        frame.about.is_some_and(|question| {
            self.questions.contains(&question) || (has_answer && self.answers.contains(&question))
        }) || frame
            .team
            .is_some_and(|team| self.archived.contains(&team) || (names("team:") && self.renamed.contains(&team)))
            || (self.tags && (has_tags || names("tag:")))
            || (self.tenant && event_type == EventType::TenantUpdated)
    }
}
