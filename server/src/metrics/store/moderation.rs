//! The moderators' and the askers' side of the store, timed.

use async_trait::async_trait;

use super::{Kind, TimedStore};
use pulsestage::id::{ParticipantId, QuestionId, TeamId, TenantId, UserId};
use pulsestage::moderation::{Case, Hold, Note, OwnQuestion, ReviewDecision};
use pulsestage::ports::{Merge, ModerationStore, StoreResult, Write};
use pulsestage::text::QuestionBody;

#[async_trait]
impl ModerationStore for TimedStore {
    async fn cases(&self, tenant: TenantId, teams: Option<&[TeamId]>, most: usize) -> StoreResult<(Vec<Case>, bool)> {
        self.timed(Kind::Moderate, self.store.cases(tenant, teams, most)).await
    }

    async fn case(&self, tenant: TenantId, question: QuestionId) -> StoreResult<Case> {
        self.timed(Kind::Moderate, self.store.case(tenant, question)).await
    }

    async fn decide(
        &self,
        write: Write,
        question: QuestionId,
        verdict: ReviewDecision,
        seen: Option<i64>,
        by: UserId,
    ) -> StoreResult<Case> {
        self.timed(Kind::Moderate, self.store.decide(write, question, verdict, seen, by)).await
    }

    async fn remark(&self, write: Write, question: QuestionId, note: Note, by: UserId) -> StoreResult<Case> {
        self.timed(Kind::Moderate, self.store.remark(write, question, note, by)).await
    }

    async fn merge(&self, write: Write, merge: Merge, by: UserId) -> StoreResult<Case> {
        self.timed(Kind::Moderate, self.store.merge(write, merge, by)).await
    }

    async fn split(&self, write: Write, source: QuestionId, by: UserId) -> StoreResult<Case> {
        self.timed(Kind::Moderate, self.store.split(write, source, by)).await
    }

    async fn own_questions(&self, tenant: TenantId, asker: ParticipantId) -> StoreResult<Vec<OwnQuestion>> {
        self.timed(Kind::Board, self.store.own_questions(tenant, asker)).await
    }

    async fn edit_own(
        &self,
        write: Write,
        question: QuestionId,
        asker: ParticipantId,
        body: QuestionBody,
        hold: Option<Hold>,
    ) -> StoreResult<OwnQuestion> {
        self.timed(Kind::Ask, self.store.edit_own(write, question, asker, body, hold)).await
    }

    async fn withdraw_own(&self, write: Write, question: QuestionId, asker: ParticipantId) -> StoreResult<OwnQuestion> {
        self.timed(Kind::Ask, self.store.withdraw_own(write, question, asker)).await
    }

    async fn report(
        &self,
        write: Write,
        question: QuestionId,
        reporter: ParticipantId,
        reason: String,
    ) -> StoreResult<()> {
        self.timed(Kind::Vote, self.store.report(write, question, reporter, reason)).await
    }
}
