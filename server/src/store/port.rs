//! The port: each method of [`Store`] is a transaction of this crate and one way out for its troubles.

use async_trait::async_trait;
use pulsestage::command::VoteReceipt;
use pulsestage::event::{Cursor, Epoch, Fact, LogHead, LogPage, Tally};
use pulsestage::id::{ParticipantId, QuestionId, TagId, TeamId, TenantId, UserId};
use pulsestage::ports::{
    Admission, Ballot, NewLink, NewQuestion, NewSession, NewTeam, NewTenant, Rng, SecretHash, Snapshot, Store,
    StoreResult, Write,
};
use pulsestage::question::Question;
use pulsestage::tag::Tag;
use pulsestage::team::Team;
use pulsestage::tenant::Tenant;
use pulsestage::text::{AnswerText, Color, Name, Slug};
use pulsestage::time::Timestamp;

use super::SqlStore;
use super::db_error::store_error;

#[async_trait]
impl Store for SqlStore {
    async fn tenant_by_slug(&self, slug: &Slug) -> StoreResult<Option<Tenant>> {
        self.find_tenant(slug).await.map_err(store_error)
    }

    async fn tenants(&self) -> StoreResult<Vec<Tenant>> {
        self.list_tenants().await.map_err(store_error)
    }

    async fn create_tenant(&self, new: NewTenant) -> StoreResult<Tenant> {
        self.insert_tenant(new).await.map_err(store_error)
    }

    async fn snapshot(&self, tenant: TenantId, viewer: Option<ParticipantId>) -> StoreResult<Snapshot> {
        self.read_board(tenant, viewer).await.map_err(store_error)
    }

    async fn head(&self, tenant: TenantId) -> StoreResult<Cursor> {
        self.log_head(tenant).await.map_err(store_error)
    }

    async fn log_heads(&self, tenants: &[TenantId]) -> StoreResult<Vec<LogHead>> {
        self.read_log_heads(tenants).await.map_err(store_error)
    }

    async fn renew_epochs_if(&self, tenant: TenantId, seen: Epoch, rng: &dyn Rng) -> StoreResult<bool> {
        self.renew_all_if(tenant, seen, rng).await.map_err(store_error)
    }

    async fn log_page(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<LogPage> {
        self.read_log_page(tenant, seq, limit).await.map_err(store_error)
    }

    async fn facts_after(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<Vec<Fact>> {
        self.log_after(tenant, seq, limit).await.map_err(store_error)
    }

    async fn log_floor(&self, tenant: TenantId) -> StoreResult<i64> {
        self.log_begins_after(tenant).await.map_err(store_error)
    }

    async fn fact_time(&self, tenant: TenantId, seq: i64) -> StoreResult<Option<Timestamp>> {
        self.log_time(tenant, seq).await.map_err(store_error)
    }

    async fn tallies_since(&self, tenant: TenantId, since: Timestamp) -> StoreResult<Vec<Tally>> {
        self.counts_since(tenant, since).await.map_err(store_error)
    }

    async fn tallies(&self, tenant: TenantId) -> StoreResult<Vec<Tally>> {
        self.all_counts(tenant).await.map_err(store_error)
    }

    async fn ask(&self, write: Write, new: NewQuestion) -> StoreResult<Question> {
        self.insert_question(write, new).await.map_err(store_error)
    }

    async fn set_vote(&self, write: Write, ballot: Ballot) -> StoreResult<VoteReceipt> {
        self.vote(write, ballot).await.map_err(store_error)
    }

    async fn answer(
        &self,
        write: Write,
        question: QuestionId,
        text: AnswerText,
        seen: Option<i64>,
        by: UserId,
    ) -> StoreResult<Question> {
        self.answer_question(write, question, text, seen, by).await.map_err(store_error)
    }

    async fn set_tag(&self, write: Write, question: QuestionId, tag: TagId, on: bool) -> StoreResult<Question> {
        self.tag_question(write, question, tag, on).await.map_err(store_error)
    }

    async fn set_pinned(&self, write: Write, question: QuestionId, on: bool, by: UserId) -> StoreResult<Question> {
        self.pin_question(write, question, on, by).await.map_err(store_error)
    }

    async fn set_frozen(&self, write: Write, question: QuestionId, on: bool, by: UserId) -> StoreResult<Question> {
        self.freeze_question(write, question, on, by).await.map_err(store_error)
    }

    async fn create_team(&self, write: Write, new: NewTeam) -> StoreResult<Team> {
        self.insert_team(write, new).await.map_err(store_error)
    }

    async fn create_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> StoreResult<Tag> {
        self.insert_tag(write, id, name, color).await.map_err(store_error)
    }

    async fn put_link(&self, link: NewLink) -> StoreResult<bool> {
        self.keep_link(link).await.map_err(store_error)
    }

    async fn redeem_link(&self, link: SecretHash, session: NewSession) -> StoreResult<Option<Admission>> {
        self.use_link(link, session).await.map_err(store_error)
    }

    async fn probe(&self, at: Timestamp) -> StoreResult<()> {
        self.probe_write(at).await.map_err(store_error)
    }

    async fn team_of(&self, tenant: TenantId, question: QuestionId) -> StoreResult<Option<TeamId>> {
        self.question_team(tenant, question).await.map_err(store_error)
    }
}
