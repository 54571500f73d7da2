//! Asking, and what becomes of what was asked.

use leptos::prelude::*;
#[cfg(feature = "browser")]
use pulsestage::event::QuestionReviewed;
#[cfg(feature = "browser")]
use pulsestage::id::QuestionId;
use pulsestage::id::{OperationId, TeamId};
#[cfg(feature = "browser")]
use pulsestage::moderation::Standing;
use pulsestage::question::{Question, Status};
#[cfg(feature = "browser")]
use pulsestage::user::Role;

use super::Live;
use super::actions::Progress;
use super::outbox::Unsent;
#[cfg(feature = "browser")]
use super::own_place::way_to;
use super::patience::WRITE_PATIENCE_MS;
use crate::api::ApiError;
use crate::platform;
use crate::ui::toast::ToastKind;

/// A question that was sent and has no answer yet that waiting cannot change, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AskState {
    team: TeamId,
    text: String,
    name: Option<String>,
    op: OperationId,
}

impl AskState {
    /// The key for this question. Where it is the one that was sent before, that may have been carried out with its
    /// answer lost, and a later try held back for haste: under the same key it is done once.
    fn key(before: Option<Self>, team: TeamId, text: &str, name: &Option<String>, fresh: OperationId) -> OperationId {
        before
            .filter(|asked| asked.team == team && asked.text == text && asked.name == *name)
            .map_or(fresh, |asked| asked.op)
    }
}

impl Live {
    /// Puts a question. [`Live::asking`] tells how it fares; the question itself arrives through the stream.
    /// Sending the same again after a failure cannot make two questions.
    pub fn ask(&self, team: TeamId, text: String, name: Option<String>) {
        let live = *self;
        if live.inner.asking.try_with_untracked(Progress::is_pending) != Some(false) {
            return;
        }
        // Whoever was told that they have asked this, and sends it once more, means to.
        let again = live.inner.asking.try_with_untracked(Progress::is_asked_before) == Some(true);
        let before = live.inner.asked.try_get_value().flatten();
        let op = AskState::key(before, team, &text, &name, platform::operation_id());
        live.inner.asked.set_value(Some(AskState { team, text: text.clone(), name: name.clone(), op }));
        live.inner.asking.set(Progress::Pending);
        platform::spawn(async move {
            let tenant = live.slug();
            let unsent = Unsent::question(&tenant, team, &text, name.as_deref(), again, op);
            let Some(result) = live.send_or_keep::<Question>(&unsent, WRITE_PATIENCE_MS).await else {
                live.inner.asked.set_value(None);
                live.inner.asking.set(Progress::Done);
                let words = "Your question is kept on this device until it can be sent.";
                return live.toasts.push(ToastKind::Done, words.to_owned(), None);
            };
            if result.as_ref().err().and_then(ApiError::worth_retrying).is_none() {
                live.inner.asked.set_value(None);
            }
            if let Ok(question) = &result {
                live.asked(question);
            }
            live.inner.asking.set(Progress::from(&result));
        });
    }

    /// A question of this browser's arrived.
    pub(super) fn asked(self, question: &Question) {
        self.inner.core.try_update_value(|core| core.asked(question.id));
        self.draw();
        let words = match question.status {
            Status::UnderReview => "Your question was sent. A moderator will review it.",
            Status::Open | Status::Answered => "Your question was sent.",
        };
        self.toasts.push(ToastKind::Done, words.to_owned(), None);
        #[cfg(feature = "browser")]
        if question.status != Status::UnderReview {
            self.show_asked(question.id);
        }
    }

    /// The composer has dealt with the outcome of [`Live::ask`].
    pub fn asking_seen(&self) {
        if self.inner.asking.try_with_untracked(Progress::is_pending) == Some(false) {
            self.inner.asking.set(Progress::Idle);
        }
    }

    /// What is known of a question is another now: moderators look it up, and its asker was written to.
    #[cfg(feature = "browser")]
    pub(super) fn heard_of(self, question: QuestionId) {
        if self.role.get_untracked() >= Role::Moderator {
            self.moderated.update(|list| list.push(question));
        } else {
            let words = "The moderators wrote to you: see “Your questions”.";
            self.toasts.push(ToastKind::Done, words.to_owned(), None);
        }
    }

    /// A moderator decided about a question of this browser's.
    #[cfg(feature = "browser")]
    pub(super) fn reviewed(self, QuestionReviewed { question_id, standing }: QuestionReviewed) {
        let way = (standing == Standing::Shown).then(|| way_to(question_id, false));
        let words = match standing {
            Standing::Shown => "Your question is on the board.",
            Standing::Declined => "A moderator declined your question. “Your questions” has the reason.",
            Standing::Merged => "Your question was merged with a similar one.",
            Standing::Answered => "Your question was answered.",
            // The asker has just done it, or hears of it otherwise.
            Standing::Waiting | Standing::Withdrawn | Standing::Deleted => return,
        };
        self.toasts.push(ToastKind::Done, words.to_owned(), way);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const TEAM: TeamId = TeamId(Uuid::from_u128(1));
    const OLD: OperationId = OperationId(Uuid::from_u128(2));
    const FRESH: OperationId = OperationId(Uuid::from_u128(3));

    #[test]
    fn a_question_whose_fate_is_unknown_keeps_its_key() {
        let name = Some("Ann".to_owned());
        let sent = || Some(AskState { team: TEAM, text: "Why?".to_owned(), name: name.clone(), op: OLD });
        assert_eq!(AskState::key(sent(), TEAM, "Why?", &name, FRESH), OLD);
        assert_eq!(AskState::key(sent(), TEAM, "Why not?", &name, FRESH), FRESH);
        assert_eq!(AskState::key(sent(), TEAM, "Why?", &None, FRESH), FRESH);
        assert_eq!(AskState::key(sent(), TeamId(Uuid::from_u128(9)), "Why?", &name, FRESH), FRESH);
        assert_eq!(AskState::key(None, TEAM, "Why?", &name, FRESH), FRESH);
    }
}
