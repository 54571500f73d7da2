//! What the reader does: vote, moderate. (`asking` asks.) Each is brought to the server until it answers or patience ends.

use leptos::prelude::*;
use pulsestage::command::VoteReceipt;
use pulsestage::error::Refusal;
use pulsestage::id::{OperationId, QuestionId, TagId};
use std::sync::Arc;

use super::Live;
use super::outbox::Unsent;
use super::patience::{VOTE_PATIENCE_MS, WRITE_PATIENCE_MS, answer_ms, retry_ms};
use super::votes::Click;
use crate::api::{self, ApiError, WireFault};
use crate::platform;
use crate::ui::toast::{ToastAction, ToastKind};

/// How something that was sent fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was sent.
    #[default]
    Idle,
    /// On its way.
    Pending,
    /// Carried out.
    Done,
    /// PulseStage said no, and why.
    Refused(Refusal),
    /// It could not be brought. Sent again as it stands, it will be done once.
    Failed,
}

impl Progress {
    /// Whether it is on its way.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        matches!(self, Self::Pending)
    }

    /// Whether the reader is to say that they mean to ask the same again.
    #[must_use]
    pub fn is_asked_before(&self) -> bool {
        *self == Self::Refused(Refusal::ASKED_BEFORE)
    }

    /// The sentence to show under the form, if something is wrong.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        match self {
            Self::Refused(refusal) => Some(refusal.to_string()),
            Self::Failed => Some("The connection failed. Your text is kept: send it again.".to_owned()),
            Self::Idle | Self::Pending | Self::Done => None,
        }
    }
}

impl<T> From<&Result<T, ApiError>> for Progress {
    fn from(result: &Result<T, ApiError>) -> Self {
        match result {
            Ok(_) => Self::Done,
            Err(ApiError::Refused(refusal)) => Self::Refused(refusal.clone()),
            Err(ApiError::Wire(_)) => Self::Failed,
        }
    }
}

/// What a moderator or admin does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the arguments of the server functions of the same names")]
pub enum Moderation {
    /// Answer a question, or change its answer.
    Answer { question: QuestionId, text: String, seen: Option<i64> },
    /// Put a tag on a question, or take it off.
    Tag { question: QuestionId, tag: TagId, on: bool },
    /// Pin a question, or let it go.
    Pin { question: QuestionId, on: bool },
    /// Freeze a question, or open it again.
    Freeze { question: QuestionId, on: bool },
    /// Add a tag to the palette.
    CreateTag { name: String, color: String },
    /// Add a team.
    CreateTeam { name: String },
}

impl Moderation {
    /// The question it changes, if it changes one.
    #[must_use]
    pub const fn question(&self) -> Option<QuestionId> {
        match self {
            Self::Answer { question, .. }
            | Self::Tag { question, .. }
            | Self::Pin { question, .. }
            | Self::Freeze { question, .. } => Some(*question),
            Self::CreateTag { .. } | Self::CreateTeam { .. } => None,
        }
    }

    /// Whether it comes from a form that shows its own problems.
    const fn has_form(&self) -> bool {
        matches!(self, Self::Answer { .. } | Self::CreateTag { .. } | Self::CreateTeam { .. })
    }

    async fn send(self, tenant: String, op: OperationId) -> Result<(), ApiError> {
        let op = Some(op);
        match self {
            Self::Answer { question, text, seen } => api::answer(tenant, question, text, seen, op).await.map(drop),
            Self::Tag { question, tag, on: true } => api::tag(tenant, question, tag, op).await.map(drop),
            Self::Tag { question, tag, on: false } => api::untag(tenant, question, tag, op).await.map(drop),
            Self::Pin { question, on: true } => api::pin(tenant, question, op).await.map(drop),
            Self::Pin { question, on: false } => api::unpin(tenant, question, op).await.map(drop),
            Self::Freeze { question, on: true } => api::freeze(tenant, question, op).await.map(drop),
            Self::Freeze { question, on: false } => api::unfreeze(tenant, question, op).await.map(drop),
            Self::CreateTag { name, color } => api::create_tag(tenant, name, color, op).await.map(drop),
            Self::CreateTeam { name } => api::create_team(tenant, name, op).await.map(drop),
        }
    }
}

impl Live {
    /// The reader's vote is to be this. It shows at once; what the server says comes after.
    pub fn vote(&self, question: QuestionId, up: bool) {
        let live = *self;
        let op = platform::operation_id();
        let click = live.inner.core.try_update_value(|core| core.click(question, up, op)).flatten();
        live.draw();
        match click {
            Some(Click::Send) => platform::spawn(live.bring_vote(question)),
            Some(Click::Queue) => Unsent::vote(&live.slug(), question, up, op).queue(),
            Some(Click::Wait | Click::Nothing) | None => {}
        }
    }

    async fn bring_vote(self, question: QuestionId) {
        let tenant = self.slug();
        while let Some(intent) = self.inner.core.try_with_value(|core| core.mine.votes.intent(question)).flatten() {
            let unsent = Unsent::vote(&tenant, question, intent.sent, intent.op);
            let Some(result) = self.send_or_keep::<VoteReceipt>(&unsent, VOTE_PATIENCE_MS).await else {
                let wish = self.inner.core.try_update_value(|core| core.mine.votes.keep(question)).flatten();
                if let Some(up) = wish {
                    Unsent::vote(&tenant, question, up, platform::operation_id()).queue();
                }
                return;
            };
            match result {
                Ok(receipt) => {
                    #[cfg(feature = "browser")]
                    self.task(super::updates::Task::TellVote(receipt.question_id, receipt.up));
                    let next = platform::operation_id();
                    let send = self.inner.core.try_update_value(|core| core.receipt(receipt, next)).flatten();
                    self.draw();
                    if send.is_none() {
                        return;
                    }
                }
                Err(error) => {
                    let up = self.inner.core.try_update_value(|core| core.give_up(question)).flatten();
                    self.draw();
                    let up = up.map_or(intent.up, |latest| latest.up);
                    self.say_why("Your vote was not counted.", &error, move || self.vote(question, up));
                    return;
                }
            }
        }
    }

    /// Carries out a moderator's change and tells how it fares. The row is `pending` until the answer is there, and the
    /// change itself arrives through the stream. One without a form of its own says in a toast why it was not done.
    pub fn moderate(&self, moderation: Moderation) -> ArcReadSignal<Progress> {
        let live = *self;
        let (progress, set_progress) = arc_signal(Progress::Pending);
        let (question, has_form) = (moderation.question(), moderation.has_form());
        live.mark_pending(question, true);
        let op = platform::operation_id();
        platform::spawn(async move {
            let tenant = live.slug();
            let send = || moderation.clone().send(tenant.clone(), op);
            let result = live.persist(WRITE_PATIENCE_MS, send).await;
            live.mark_pending(question, false);
            set_progress.set(Progress::from(&result));
            if let Err(error) = result.as_ref()
                && !has_form
            {
                let again = moderation.clone();
                live.say_why("That was not done.", error, move || drop(live.moderate(again.clone())));
            }
        });
        progress
    }

    fn mark_pending(self, question: Option<QuestionId>, more: bool) {
        if let Some(question) = question {
            self.inner.core.try_update_value(|core| core.pending(question, more));
            self.draw();
        }
    }

    /// The tenant's slug.
    pub(crate) fn slug(self) -> String {
        self.inner.slug.try_get_value().unwrap_or_default()
    }

    /// Says that something was not done and why; offers to try again where that may help.
    pub(crate) fn say_why(self, what: &str, error: &ApiError, again: impl Fn() + Send + Sync + 'static) {
        let action = error.worth_retrying().map(|_| ToastAction { label: "Try again", run: Arc::new(again) });
        self.toasts.push(ToastKind::Trouble, format!("{what} {error}"), action);
    }

    /// Sends until there is an answer that waiting cannot change, or patience ends.
    pub(super) async fn persist<T, Fut>(self, patience_ms: f64, send: impl Fn() -> Fut) -> Result<T, ApiError>
    where
        Fut: Future<Output = Result<T, ApiError>>,
    {
        let started = platform::now_ms();
        let mut attempt = 0;
        loop {
            let error = match platform::within(answer_ms(attempt), send()).await {
                Some(Ok(done)) => return Ok(done),
                Some(Err(error)) => error,
                None => ApiError::Wire(WireFault::Lost),
            };
            let Some(at_least) = error.worth_retrying() else { return Err(error) };
            let wait = retry_ms(attempt, platform::random(), at_least);
            if platform::now_ms() - started + f64::from(wait) > patience_ms {
                return Err(error);
            }
            self.nap(wait).await;
            attempt += 1;
        }
    }

    /// Waits so many milliseconds, or until the network is back.
    pub(super) async fn nap(self, ms: u32) {
        const SLICE_MS: u32 = 200;
        let before = self.inner.wake_ups.try_get_value();
        let mut left = ms;
        while left > 0 && self.inner.wake_ups.try_get_value() == before {
            let slice = left.min(SLICE_MS);
            platform::sleep(slice).await;
            left -= slice;
        }
    }

    /// The network is back: whoever naps tries at once.
    #[cfg(feature = "browser")]
    pub(super) fn wake(self) {
        self.inner.wake_ups.try_update_value(|count| *count = count.wrapping_add(1));
        platform::keeper("wake", &[]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_who_was_too_fast_is_told_so() {
        let refused: Result<(), _> = Err(ApiError::from(Refusal::TooManyRequests { retry_after_s: 20 }));
        let problem = Progress::from(&refused).problem();
        assert_eq!(problem.as_deref(), Some("That was too fast. Try again in 20 seconds."));
    }
}
