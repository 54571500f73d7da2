//! What facts retract of what was sent before.

use std::collections::HashSet;

use super::frame::Frame;
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
            match (fact.kind, fact.about, fact.team) {
                ("question:removed" | "question:merged" | "question:updated", Some(question), _) => {
                    all.questions.insert(question);
                }
                ("question:answered", Some(question), _) => {
                    all.answers.insert(question);
                }
                ("team:updated", _, Some(team)) => {
                    all.renamed.insert(team);
                }
                ("team:archived", _, Some(team)) => {
                    all.archived.insert(team);
                }
                ("tag:updated" | "tag:deleted", ..) => all.tags = true,
                ("tenant:updated", ..) => all.tenant = true,
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
        let is_of = |kinds: &[&str]| kinds.contains(&frame.kind);
        frame.about.is_some_and(|question| self.questions.contains(&question))
            || frame.team.is_some_and(|team| {
                self.archived.contains(&team) || (frame.kind.starts_with("team:") && self.renamed.contains(&team))
            })
            || (is_of(&["question:answered", "question:updated"])
                && frame.about.is_some_and(|question| self.answers.contains(&question)))
            || (self.tags
                && (frame.kind.starts_with("tag:")
                    || is_of(&["question:created", "question:tagged", "question:untagged"])))
            || (self.tenant && is_of(&["tenant:updated"]))
    }
}
