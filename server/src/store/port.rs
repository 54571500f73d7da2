//! The port: each method of [`Store`] is a transaction of this crate and one way out for its troubles.

use async_trait::async_trait;
use pulsestage::command::VoteReceipt;
use pulsestage::event::{Cursor, Epoch, Fact, LogHead, LogPage, Tally};
use pulsestage::id::{ParticipantId, QuestionId, TagId, TeamId, TenantId, UserId};
use pulsestage::ports::{
    Admission, Ballot, Chance, NewLink, NewQuestion, NewSession, NewTeam, NewTenant, SecretHash, Snapshot, Store,
    Stored, Write,
};
use pulsestage::question::Question;
use pulsestage::tag::Tag;
use pulsestage::team::Team;
use pulsestage::tenant::Tenant;
use pulsestage::text::{AnswerText, Color, Name, Slug};
use pulsestage::time::Timestamp;

use super::SqlStore;
use super::trouble::trouble;

#[async_trait]
impl Store for SqlStore {
    async fn tenant_by_slug(&self, slug: &Slug) -> Stored<Option<Tenant>> {
        self.find_tenant(slug).await.map_err(trouble)
    }

    async fn tenants(&self) -> Stored<Vec<Tenant>> {
        self.list_tenants().await.map_err(trouble)
    }

    async fn create_tenant(&self, new: NewTenant) -> Stored<Tenant> {
        self.insert_tenant(new).await.map_err(trouble)
    }

    async fn snapshot(&self, tenant: TenantId, viewer: Option<ParticipantId>) -> Stored<Snapshot> {
        self.read_board(tenant, viewer).await.map_err(trouble)
    }

    async fn head(&self, tenant: TenantId) -> Stored<Cursor> {
        self.log_head(tenant).await.map_err(trouble)
    }

    async fn log_heads(&self, tenants: &[TenantId]) -> Stored<Vec<LogHead>> {
        self.read_log_heads(tenants).await.map_err(trouble)
    }

    async fn renew_epochs_if(&self, tenant: TenantId, seen: Epoch, chance: &dyn Chance) -> Stored<bool> {
        self.renew_all_if(tenant, seen, chance).await.map_err(trouble)
    }

    async fn log_page(&self, tenant: TenantId, seq: i64, limit: i64) -> Stored<LogPage> {
        self.read_log_page(tenant, seq, limit).await.map_err(trouble)
    }

    async fn facts_after(&self, tenant: TenantId, seq: i64, limit: i64) -> Stored<Vec<Fact>> {
        self.log_after(tenant, seq, limit).await.map_err(trouble)
    }

    async fn log_floor(&self, tenant: TenantId) -> Stored<i64> {
        self.log_begins_after(tenant).await.map_err(trouble)
    }

    async fn fact_time(&self, tenant: TenantId, seq: i64) -> Stored<Option<Timestamp>> {
        self.log_time(tenant, seq).await.map_err(trouble)
    }

    async fn tallies_since(&self, tenant: TenantId, since: Timestamp) -> Stored<Vec<Tally>> {
        self.counts_since(tenant, since).await.map_err(trouble)
    }

    async fn tallies(&self, tenant: TenantId) -> Stored<Vec<Tally>> {
        self.all_counts(tenant).await.map_err(trouble)
    }

    async fn ask(&self, write: Write, new: NewQuestion) -> Stored<Question> {
        self.insert_question(write, new).await.map_err(trouble)
    }

    async fn set_vote(&self, write: Write, ballot: Ballot) -> Stored<VoteReceipt> {
        self.vote(write, ballot).await.map_err(trouble)
    }

    async fn answer(
        &self,
        write: Write,
        question: QuestionId,
        text: AnswerText,
        seen: Option<i64>,
        by: UserId,
    ) -> Stored<Question> {
        self.answer_question(write, question, text, seen, by).await.map_err(trouble)
    }

    async fn set_tag(&self, write: Write, question: QuestionId, tag: TagId, on: bool) -> Stored<Question> {
        self.tag_question(write, question, tag, on).await.map_err(trouble)
    }

    async fn set_pinned(&self, write: Write, question: QuestionId, on: bool, by: UserId) -> Stored<Question> {
        self.pin_question(write, question, on, by).await.map_err(trouble)
    }

    async fn set_frozen(&self, write: Write, question: QuestionId, on: bool, by: UserId) -> Stored<Question> {
        self.freeze_question(write, question, on, by).await.map_err(trouble)
    }

    async fn create_team(&self, write: Write, new: NewTeam) -> Stored<Team> {
        self.insert_team(write, new).await.map_err(trouble)
    }

    async fn create_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> Stored<Tag> {
        self.insert_tag(write, id, name, color).await.map_err(trouble)
    }

    async fn put_link(&self, link: NewLink) -> Stored<bool> {
        self.keep_link(link).await.map_err(trouble)
    }

    async fn redeem_link(&self, link: SecretHash, session: NewSession) -> Stored<Option<Admission>> {
        self.use_link(link, session).await.map_err(trouble)
    }

    async fn probe(&self, at: Timestamp) -> Stored<()> {
        self.probe_write(at).await.map_err(trouble)
    }

    async fn team_of(&self, tenant: TenantId, question: QuestionId) -> Stored<Option<TeamId>> {
        self.question_team(tenant, question).await.map_err(trouble)
    }
}
