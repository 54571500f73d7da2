//! How long the database takes, by what is asked of it: a [`Store`] around the store.

mod account;
mod guests;
mod moderation;
mod people;
mod reports;
mod second_factor;
mod texts;
mod threads;

use async_trait::async_trait;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::time::Instant;

use super::histogram::{Distribution, Histogram};
use crate::deadline::{Deadlines, Work};
use pulsestage::audit::{Entry, Filter, PageCursor, Record};
use pulsestage::command::VoteReceipt;
use pulsestage::event::{Cursor, Epoch, Fact, LogHead, LogPage, Tally};
use pulsestage::id::{ParticipantId, QuestionId, TagId, TeamId, TenantId, UserId};
use pulsestage::ports::{
    Admission, AuditStore, Ballot, NewLink, NewQuestion, NewSession, NewTeam, NewTenant, PortError, Rng, SecretHash,
    Snapshot, Store, StoreError, StoreResult, Write,
};
use pulsestage::question::Question;
use pulsestage::tag::Tag;
use pulsestage::team::Team;
use pulsestage::tenant::Tenant;
use pulsestage::text::{AnswerText, Color, Name, Slug};
use pulsestage::time::Timestamp;

/// Classes of how long the database takes, in microseconds.
const TIMES: &[u64] = &[
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000,
];

/// What is asked of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Kind {
    /// Which tenants there are, and new ones.
    Tenant,
    /// A board for a page.
    Board,
    /// What is new, for the tailers and for clients that come back.
    Log,
    /// A new question.
    Ask,
    /// A vote.
    Vote,
    /// What moderators do.
    Moderate,
    /// Who somebody is.
    SignIn,
    /// Who there is, and what they may do.
    People,
    /// What was done.
    Audit,
    /// Exports, statistics and recounts.
    Report,
}

impl Kind {
    /// Whether it may take long where there is much of it.
    const fn work(self) -> Work {
        match self {
            Self::Report | Self::Audit => Work::Long,
            _ => Work::Short,
        }
    }
}

/// The names of the kinds, in their order.
const KINDS: [&str; 10] = ["tenant", "board", "log", "ask", "vote", "moderate", "sign_in", "people", "audit", "report"];

/// How long the database took. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct StoreTimes(Arc<Observed>);

#[derive(Debug)]
struct Observed {
    times: [Times; KINDS.len()],
    /// Whether it had no room for what was written last, as far as anybody knows.
    is_full: AtomicBool,
}

#[derive(Debug)]
struct Times {
    histogram: Histogram,
    failures: AtomicU64,
}

impl Default for StoreTimes {
    fn default() -> Self {
        let times = KINDS.map(|_| Times { histogram: Histogram::new(TIMES), failures: AtomicU64::new(0) });
        Self(Arc::new(Observed { times, is_full: AtomicBool::new(false) }))
    }
}

impl StoreTimes {
    /// For each kind: its name, how long it took, and how often the database failed.
    pub(super) fn read(&self) -> impl Iterator<Item = (&'static str, Distribution, u64)> {
        KINDS
            .into_iter()
            .zip(self.0.times.iter())
            .map(|(name, times)| (name, times.histogram.read(), times.failures.load(Ordering::Relaxed)))
    }
}

impl StoreTimes {
    /// Whether the database had no room for what was written last. It stays so until something was written again by
    /// [`Store::probe`].
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.0.is_full.load(Ordering::Acquire)
    }
}

/// A store whose answers are timed, and not waited for without an end.
pub struct TimedStore {
    pub(super) store: Arc<dyn Store>,
    times: StoreTimes,
    deadlines: Deadlines,
}

impl TimedStore {
    /// Times what this store does.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, times: StoreTimes) -> Self {
        Self { store, times, deadlines: Deadlines::default() }
    }

    pub(super) async fn timed<T>(
        &self,
        kind: Kind,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        self.timed_as(kind, kind.work(), work).await
    }

    /// The same for what may take long where there is much of it, whatever its kind.
    pub(super) async fn timed_long<T>(
        &self,
        kind: Kind,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        self.timed_as(kind, Work::Long, work).await
    }

    async fn timed_as<T>(
        &self,
        kind: Kind,
        length: Work,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        let began = Instant::now();
        let done = self.deadlines.keep(&self.store, length, work).await;
        let times = &self.times.0.times[kind as usize];
        times.histogram.add(began.elapsed());
        // A refusal is an answer.
        if matches!(done, Err(StoreError::Port(_))) {
            times.failures.fetch_add(1, Ordering::Relaxed);
        }
        if matches!(done, Err(StoreError::Port(PortError::Full))) {
            self.times.0.is_full.store(true, Ordering::Release);
        }
        done
    }
}

#[async_trait]
impl AuditStore for TimedStore {
    async fn note(&self, write: Write, entry: Entry) -> StoreResult<()> {
        // A single row.
        self.timed_as(Kind::Audit, Work::Short, self.store.note(write, entry)).await
    }

    async fn audit(
        &self,
        tenant: TenantId,
        filter: &Filter,
        before: PageCursor,
        limit: i64,
    ) -> StoreResult<Vec<Record>> {
        self.timed(Kind::Audit, self.store.audit(tenant, filter, before, limit)).await
    }
}

#[async_trait]
impl Store for TimedStore {
    async fn tenant_by_slug(&self, slug: &Slug) -> StoreResult<Option<Tenant>> {
        self.timed(Kind::Tenant, self.store.tenant_by_slug(slug)).await
    }

    async fn tenants(&self) -> StoreResult<Vec<Tenant>> {
        self.timed(Kind::Tenant, self.store.tenants()).await
    }

    async fn create_tenant(&self, new: NewTenant) -> StoreResult<Tenant> {
        self.timed(Kind::Tenant, self.store.create_tenant(new)).await
    }

    async fn snapshot(&self, tenant: TenantId, viewer: Option<ParticipantId>) -> StoreResult<Snapshot> {
        self.timed(Kind::Board, self.store.snapshot(tenant, viewer)).await
    }

    async fn head(&self, tenant: TenantId) -> StoreResult<Cursor> {
        self.timed(Kind::Log, self.store.head(tenant)).await
    }

    async fn log_heads(&self, tenants: &[TenantId]) -> StoreResult<Vec<LogHead>> {
        self.timed(Kind::Log, self.store.log_heads(tenants)).await
    }

    async fn renew_epochs_if(&self, tenant: TenantId, seen: Epoch, rng: &dyn Rng) -> StoreResult<bool> {
        self.timed(Kind::Tenant, self.store.renew_epochs_if(tenant, seen, rng)).await
    }

    async fn log_page(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<LogPage> {
        self.timed(Kind::Log, self.store.log_page(tenant, seq, limit)).await
    }

    async fn facts_after(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<Vec<Fact>> {
        self.timed(Kind::Log, self.store.facts_after(tenant, seq, limit)).await
    }

    async fn log_floor(&self, tenant: TenantId) -> StoreResult<i64> {
        self.timed(Kind::Log, self.store.log_floor(tenant)).await
    }

    async fn fact_time(&self, tenant: TenantId, seq: i64) -> StoreResult<Option<Timestamp>> {
        self.timed(Kind::Log, self.store.fact_time(tenant, seq)).await
    }

    async fn tallies_since(&self, tenant: TenantId, since: Timestamp) -> StoreResult<Vec<Tally>> {
        self.timed(Kind::Log, self.store.tallies_since(tenant, since)).await
    }

    async fn tallies(&self, tenant: TenantId) -> StoreResult<Vec<Tally>> {
        self.timed(Kind::Log, self.store.tallies(tenant)).await
    }

    async fn ask(&self, write: Write, new: NewQuestion) -> StoreResult<Question> {
        self.timed(Kind::Ask, self.store.ask(write, new)).await
    }

    async fn set_vote(&self, write: Write, ballot: Ballot) -> StoreResult<VoteReceipt> {
        self.timed(Kind::Vote, self.store.set_vote(write, ballot)).await
    }

    async fn answer(
        &self,
        write: Write,
        question: QuestionId,
        text: AnswerText,
        seen: Option<i64>,
        by: UserId,
    ) -> StoreResult<Question> {
        self.timed(Kind::Moderate, self.store.answer(write, question, text, seen, by)).await
    }

    async fn set_tag(&self, write: Write, question: QuestionId, tag: TagId, on: bool) -> StoreResult<Question> {
        self.timed(Kind::Moderate, self.store.set_tag(write, question, tag, on)).await
    }

    async fn set_pinned(&self, write: Write, question: QuestionId, on: bool, by: UserId) -> StoreResult<Question> {
        self.timed(Kind::Moderate, self.store.set_pinned(write, question, on, by)).await
    }

    async fn set_frozen(&self, write: Write, question: QuestionId, on: bool, by: UserId) -> StoreResult<Question> {
        self.timed(Kind::Moderate, self.store.set_frozen(write, question, on, by)).await
    }

    async fn create_team(&self, write: Write, new: NewTeam) -> StoreResult<Team> {
        self.timed(Kind::Moderate, self.store.create_team(write, new)).await
    }

    async fn create_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> StoreResult<Tag> {
        self.timed(Kind::Moderate, self.store.create_tag(write, id, name, color)).await
    }

    async fn put_link(&self, link: NewLink) -> StoreResult<bool> {
        self.timed(Kind::SignIn, self.store.put_link(link)).await
    }

    async fn redeem_link(&self, link: SecretHash, session: NewSession) -> StoreResult<Option<Admission>> {
        self.timed(Kind::SignIn, self.store.redeem_link(link, session)).await
    }

    async fn probe(&self, at: Timestamp) -> StoreResult<()> {
        let probed = self.timed(Kind::Tenant, self.store.probe(at)).await;
        if probed.is_ok() {
            self.times.0.is_full.store(false, Ordering::Release);
        }
        probed
    }

    async fn team_of(&self, tenant: TenantId, question: QuestionId) -> StoreResult<Option<TeamId>> {
        self.timed(Kind::Moderate, self.store.team_of(tenant, question)).await
    }
}
