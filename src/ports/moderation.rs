//! What is kept for moderators and for askers.

use async_trait::async_trait;

use super::{StoreResult, Write};
use crate::id::{ParticipantId, QuestionId, TeamId, TenantId, UserId};
use crate::moderation::{Case, Hold, Note, OwnQuestion, ReviewDecision};
use crate::text::QuestionBody;

/// Which question becomes part of which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// The one that goes off the board.
    pub source: QuestionId,
    /// The one that gets its votes.
    pub target: QuestionId,
}

/// The moderators' and the askers' side of the store. What is true of [`Store`](super::Store) is true of it.
#[async_trait]
pub trait ModerationStore: Send + Sync {
    /// At most so many cases of each of these teams, or of the whole tenant, newest first, and whether there are more.
    /// What waits for a moderator, and what somebody reported, noted or wrote about, goes before the rest.
    async fn cases(&self, tenant: TenantId, teams: Option<&[TeamId]>, most: usize) -> StoreResult<(Vec<Case>, bool)>;
    /// The case of one question.
    async fn case(&self, tenant: TenantId, question: QuestionId) -> StoreResult<Case>;
    /// Does what a moderator decided, if the question is as they saw it: [`Refusal::Changed`] when it has another version,
    /// [`Refusal::NotNow`] when it stands where this cannot be done.
    ///
    /// [`Refusal::Changed`]: crate::error::Refusal::Changed
    /// [`Refusal::NotNow`]: crate::error::Refusal::NotNow
    async fn decide(
        &self,
        write: Write,
        question: QuestionId,
        verdict: ReviewDecision,
        seen: Option<i64>,
        by: UserId,
    ) -> StoreResult<Case>;
    /// Notes something for moderators; a claim that another holds is [`Refusal::Claimed`](crate::error::Refusal::Claimed).
    async fn remark(&self, write: Write, question: QuestionId, note: Note, by: UserId) -> StoreResult<Case>;
    /// What a participant has asked, newest first.
    async fn own_questions(&self, tenant: TenantId, asker: ParticipantId) -> StoreResult<Vec<OwnQuestion>>;
    /// Changes the text of an asker's own question while it is open; it waits again when `hold` says so.
    async fn edit_own(
        &self,
        write: Write,
        question: QuestionId,
        asker: ParticipantId,
        body: QuestionBody,
        hold: Option<Hold>,
    ) -> StoreResult<OwnQuestion>;
    /// Takes an asker's own question back while it is open.
    async fn withdraw_own(&self, write: Write, question: QuestionId, asker: ParticipantId) -> StoreResult<OwnQuestion>;
    /// Keeps that a participant thinks that a question should not be there; enough of them hold it back.
    async fn report(
        &self,
        write: Write,
        question: QuestionId,
        reporter: ParticipantId,
        reason: String,
    ) -> StoreResult<()>;
}

/// Two questions that become one, and two again. What is true of [`Store`](super::Store) is true of it.
#[async_trait]
pub trait MergeStore: Send + Sync {
    /// Gives the votes of one question to another of its team and takes it off the board; gives the other's case.
    async fn merge(&self, write: Write, merge: Merge, by: UserId) -> StoreResult<Case>;
    /// Takes a merge back: both questions have the votes that they would have without it.
    async fn split(&self, write: Write, source: QuestionId, by: UserId) -> StoreResult<Case>;
}
