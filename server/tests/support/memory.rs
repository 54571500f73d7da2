//! A store in memory, for tests that hold time still: a database answers from threads of its own, which a paused
//! clock does not wait for. It can also be told to fail. Writes that tests do not make here are refused.

mod account;
mod guests;
mod people;
mod reports;
mod second_factor;
mod texts;
mod threads;

use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

use pulsestage::audience::Audience;
use pulsestage::audit::{Entry, Filter, PageCursor, Record};
use pulsestage::board::Board;
use pulsestage::command::VoteReceipt;
use pulsestage::error::Refusal;
use pulsestage::event::{Cursor, Envelope, Epoch, Event, Fact, LogHead, LogPage, QuestionCreated, Tally};
use pulsestage::id::{ParticipantId, QuestionId, TagId, TeamId, TenantId, UserId};
use pulsestage::join::JoinCode;
use pulsestage::logo::Logo;
use pulsestage::moderation::{Case, Hold, Note, OwnQuestion, ReviewDecision};
use pulsestage::ports::{
    Admission, AuditStore, Ballot, Clock, FoundTeam, Merge, ModerationStore, NewLink, NewQuestion, NewSession, NewTeam,
    NewTenant, PortError, Rng, SecretHash, Snapshot, Store, StoreResult, TeamChange, TenancyStore, Write,
};
use pulsestage::question::{Question, Status};
use pulsestage::settings::NewSettings;
use pulsestage::tag::Tag;
use pulsestage::team::{Team, TeamDetails, TeamState};
use pulsestage::tenant::{Tenancy, Tenant, TenantLimits, TenantSettings, TenantSummary};
use pulsestage::text::{AnswerText, Color, Name, QuestionBody, Slug};
use pulsestage::time::Timestamp;
use pulsestage_server::system::SystemClock;

/// One tenant's log and counts in memory.
#[derive(Clone)]
pub(crate) struct MemoryStore(Arc<Mutex<Kept>>);

#[derive(Clone)]
struct Kept {
    epoch: Epoch,
    facts: Vec<Fact>,
    /// Each question's count and when it changed.
    tallies: HashMap<QuestionId, (Tally, Timestamp)>,
    /// How many of the next readings of facts fail.
    failures: u32,
    /// Whether nothing can be read or written.
    is_away: bool,
    /// Whether whoever asks waits for ever.
    hangs: bool,
    /// Whether the tenant is not there any more.
    is_gone: bool,
    /// How often it was asked where logs end, and how often for anything else of a log.
    asked: (u64, u64),
    /// Tells facts that are written later from those that were written before under the same number.
    written: i64,
    /// A question that is asked right after somebody has looked where the log ends.
    surprise: Option<u128>,
}

impl MemoryStore {
    pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0xA));
    pub(crate) const TEAM: TeamId = TeamId(Uuid::from_u128(0xB));
    pub(crate) const EPOCH: Epoch = Epoch(0xC);

    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Kept {
            epoch: Self::EPOCH,
            facts: Vec::new(),
            tallies: HashMap::new(),
            failures: 0,
            is_away: false,
            hangs: false,
            is_gone: false,
            asked: (0, 0),
            written: 0,
            surprise: None,
        })))
    }

    /// A copy of the database as it is now.
    pub(crate) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.0.lock().unwrap().clone())))
    }

    /// Puts a copy in the place of the database, its epoch included. Whoever asks notices nothing else.
    pub(crate) fn replace_by(&self, copy: &Self) {
        let copy = copy.0.lock().unwrap().clone();
        let mut kept = self.0.lock().unwrap();
        (kept.epoch, kept.facts, kept.tallies) = (copy.epoch, copy.facts, copy.tallies);
    }

    /// The questions that it has facts of, in their order.
    pub(crate) fn questions(&self) -> Vec<QuestionId> {
        let kept = self.0.lock().unwrap();
        kept.facts.iter().filter_map(|fact| fact.subject.map(QuestionId)).collect()
    }

    /// Adds to a question's count, as a vote at this moment does.
    pub(crate) fn voted_at(&self, question: QuestionId, more: i64, at: Timestamp) {
        let before = self.0.lock().unwrap().tallies.get(&question).copied();
        let (upvotes, voted_at) = before.map_or((0, at), |(tally, voted_at)| (tally.upvotes, voted_at));
        self.counted_at(question, (upvotes + more).max(0), voted_at.max(at));
    }

    /// Takes the tenant away.
    pub(crate) fn lose_tenant(&self) {
        self.0.lock().unwrap().is_gone = true;
    }

    /// Gives the log another epoch, as somebody does who found out that the database is another.
    pub(crate) fn renewed(&self, epoch: Epoch) {
        self.0.lock().unwrap().epoch = epoch;
    }

    /// The epoch of the log.
    pub(crate) fn epoch(&self) -> Epoch {
        self.0.lock().unwrap().epoch
    }

    /// Lets nothing be read any more, or again.
    pub(crate) fn away(&self, is_away: bool) {
        self.0.lock().unwrap().is_away = is_away;
    }

    /// Lets no question be answered any more, or again.
    pub(crate) fn hang(&self, hangs: bool) {
        self.0.lock().unwrap().hangs = hangs;
    }

    /// How often it was asked where logs end, and how often for anything else of a log.
    pub(crate) fn asked_for(&self) -> (u64, u64) {
        self.0.lock().unwrap().asked
    }

    /// Answers as a database does, if it does.
    async fn read<T>(&self, is_head: bool, read: impl FnOnce(&mut Kept) -> T) -> StoreResult<T> {
        let hangs = self.0.lock().unwrap().hangs;
        if hangs {
            std::future::pending::<()>().await;
        }
        let mut kept = self.0.lock().unwrap();
        if is_head {
            kept.asked.0 += 1;
        } else {
            kept.asked.1 += 1;
        }
        if kept.is_away { Err(PortError::Busy.into()) } else { Ok(read(&mut kept)) }
    }

    /// The cursor of this place in the log.
    pub(crate) fn cursor(seq: i64) -> Cursor {
        Cursor { epoch: Self::EPOCH, seq }
    }

    /// Writes the fact of a new question.
    pub(crate) fn asked(&self, id: u128) -> QuestionId {
        let id = QuestionId(Uuid::from_u128(id));
        let event = Event::Created(QuestionCreated {
            id,
            body: format!("Question {id}"),
            upvotes: 0,
            status: Status::Open,
            team_id: Self::TEAM,
            created_at: Timestamp(1),
            tags: Vec::new(),
            is_pinned: false,
            is_frozen: false,
            author_name: None,
        });
        let mut kept = self.0.lock().unwrap();
        kept.written += 1;
        let at = Timestamp(kept.written);
        let seq = i64::try_from(kept.facts.len()).unwrap() + 1;
        let envelope = Envelope { tenant_id: Self::TENANT, event, timestamp: Timestamp(1) };
        kept.facts.push(Fact {
            seq,
            team: Some(Self::TEAM),
            audience: Audience::Everybody,
            at,
            subject: Some(id.0),
            envelope: Some(envelope),
        });
        id
    }

    /// Makes a question's count be this.
    pub(crate) fn counted(&self, question: QuestionId, upvotes: i64) {
        self.counted_at(question, upvotes, SystemClock.now());
    }

    /// Makes a question's count be this, from this moment on.
    pub(crate) fn counted_at(&self, question: QuestionId, upvotes: i64, at: Timestamp) {
        self.0.lock().unwrap().tallies.insert(question, (Tally { question, team: Self::TEAM, upvotes }, at));
    }

    /// Asks this question right after the next look at where the log ends.
    pub(crate) fn surprises(&self, id: u128) {
        self.0.lock().unwrap().surprise = Some(id);
    }

    /// Lets the next readings of facts fail.
    pub(crate) fn fail(&self, times: u32) {
        self.0.lock().unwrap().failures = times;
    }
}

fn broken<T>() -> StoreResult<T> {
    Err(PortError::Broken.into())
}

#[async_trait]
impl AuditStore for MemoryStore {
    async fn note(&self, _: Write, _: Entry) -> StoreResult<()> {
        Ok(())
    }

    async fn audit(&self, _: TenantId, _: &Filter, _: PageCursor, _: i64) -> StoreResult<Vec<Record>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn tenant_by_slug(&self, slug: &Slug) -> StoreResult<Option<Tenant>> {
        let tenant = Tenant {
            id: Self::TENANT,
            slug: slug.as_str().to_owned(),
            name: "Memory".to_owned(),
            settings: TenantSettings::default(),
        };
        Ok((*slug == Slug::default_tenant()).then_some(tenant))
    }

    async fn head(&self, _: TenantId) -> StoreResult<Cursor> {
        let (end, surprise) = {
            let mut kept = self.0.lock().unwrap();
            (kept.facts.len(), kept.surprise.take())
        };
        surprise.map(|id| self.asked(id));
        let seq = i64::try_from(end).unwrap();
        self.read(false, |kept| Cursor { epoch: kept.epoch, seq }).await
    }

    async fn log_heads(&self, tenants: &[TenantId]) -> StoreResult<Vec<LogHead>> {
        let heads = self.read(true, |kept| {
            let seq = i64::try_from(kept.facts.len()).unwrap();
            let surprise = kept.surprise.take();
            let head = LogHead {
                tenant: Self::TENANT,
                cursor: Cursor { epoch: kept.epoch, seq },
                last: kept.facts.last().map(Fact::identity),
                voted_at: kept.tallies.values().map(|(_, at)| *at).max(),
            };
            let is_there = tenants.contains(&Self::TENANT) && !kept.is_gone;
            (is_there.then_some(head).into_iter().collect(), surprise)
        });
        let (heads, surprise) = heads.await?;
        surprise.map(|id| self.asked(id));
        Ok(heads)
    }

    async fn renew_epochs_if(&self, _: TenantId, seen: Epoch, rng: &dyn Rng) -> StoreResult<bool> {
        let mut fresh = [0; 8];
        rng.fill(&mut fresh);
        self.read(false, |kept| {
            let is_same = seen == kept.epoch;
            if is_same {
                kept.epoch = Epoch(u64::from_le_bytes(fresh));
            }
            is_same
        })
        .await
    }

    async fn log_page(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<LogPage> {
        let facts = self.facts_after(tenant, seq, limit).await?;
        let known = self.0.lock().unwrap().facts.iter().find(|fact| fact.seq == seq).map(Fact::identity);
        Ok(LogPage { known: known.filter(|_| !facts.is_empty()), facts })
    }

    async fn facts_after(&self, _: TenantId, seq: i64, limit: i64) -> StoreResult<Vec<Fact>> {
        {
            let mut kept = self.0.lock().unwrap();
            if kept.failures > 0 {
                kept.failures -= 1;
                return Err(PortError::Busy.into());
            }
        }
        let limit = usize::try_from(limit).unwrap();
        self.read(false, |kept| kept.facts.iter().filter(|fact| fact.seq > seq).take(limit).cloned().collect()).await
    }

    async fn log_floor(&self, _: TenantId) -> StoreResult<i64> {
        self.read(false, |_| 0).await
    }

    async fn fact_time(&self, _: TenantId, _: i64) -> StoreResult<Option<Timestamp>> {
        Ok(None)
    }

    async fn tallies_since(&self, _: TenantId, since: Timestamp) -> StoreResult<Vec<Tally>> {
        self.read(false, |kept| kept.tallies.values().filter(|(_, at)| *at >= since).map(|(tally, _)| *tally).collect())
            .await
    }

    async fn tallies(&self, _: TenantId) -> StoreResult<Vec<Tally>> {
        self.read(false, |kept| {
            let questions = kept.facts.iter().filter_map(|fact| fact.subject.map(QuestionId));
            let counted = |question| kept.tallies.get(&question).map(|(tally, _)| *tally);
            let count = |question| counted(question).unwrap_or(Tally { question, team: Self::TEAM, upvotes: 0 });
            questions.map(count).collect()
        })
        .await
    }

    async fn snapshot(&self, tenant: TenantId, _: Option<ParticipantId>) -> StoreResult<Snapshot> {
        let mut board = self
            .read(false, |kept| {
                let mut board = Board::empty(tenant, Cursor { epoch: kept.epoch, seq: 0 });
                for fact in &kept.facts {
                    let at = Cursor { epoch: kept.epoch, seq: fact.seq };
                    let _ = board.apply(Some(at), &fact.envelope.as_ref().unwrap().event);
                }
                board
            })
            .await?;
        for (tally, _) in self.0.lock().unwrap().tallies.values() {
            if let Some(question) = board.questions.get_mut(&tally.question) {
                question.upvotes = tally.upvotes;
            }
        }
        let about = self.tenant_by_slug(&Slug::default_tenant()).await?;
        Ok(Snapshot { tenant: about.ok_or(PortError::Broken)?, board, voted: Vec::new(), own: Vec::new() })
    }

    async fn tenants(&self) -> StoreResult<Vec<Tenant>> {
        broken()
    }
    async fn create_tenant(&self, _: NewTenant) -> StoreResult<Tenant> {
        broken()
    }
    async fn probe(&self, _: Timestamp) -> StoreResult<()> {
        Ok(())
    }

    async fn team_of(&self, _: TenantId, _: QuestionId) -> StoreResult<Option<TeamId>> {
        broken()
    }
    async fn ask(&self, _: Write, _: NewQuestion) -> StoreResult<Question> {
        broken()
    }
    async fn set_vote(&self, _: Write, _: Ballot) -> StoreResult<VoteReceipt> {
        broken()
    }
    async fn answer(&self, _: Write, _: QuestionId, _: AnswerText, _: Option<i64>, _: UserId) -> StoreResult<Question> {
        broken()
    }
    async fn set_tag(&self, _: Write, _: QuestionId, _: TagId, _: bool) -> StoreResult<Question> {
        broken()
    }
    async fn set_pinned(&self, _: Write, _: QuestionId, _: bool, _: UserId) -> StoreResult<Question> {
        broken()
    }
    async fn set_frozen(&self, _: Write, _: QuestionId, _: bool, _: UserId) -> StoreResult<Question> {
        broken()
    }
    async fn create_team(&self, _: Write, _: NewTeam) -> StoreResult<Team> {
        broken()
    }
    async fn create_tag(&self, _: Write, _: TagId, _: Name, _: Color) -> StoreResult<Tag> {
        broken()
    }
    async fn put_link(&self, _: NewLink) -> StoreResult<bool> {
        broken()
    }
    async fn redeem_link(&self, _: SecretHash, _: NewSession) -> StoreResult<Option<Admission>> {
        Err(Refusal::LinkSpent.into())
    }
}

#[async_trait]
impl TenancyStore for MemoryStore {
    async fn tenancy(&self, slug: &Slug) -> StoreResult<Option<Tenancy>> {
        if self.0.lock().unwrap().is_away {
            return Err(PortError::Busy.into());
        }
        let found = self.tenant_by_slug(slug).await?;
        Ok(found.map(|tenant| Tenancy { tenant, rules: Arc::default() }))
    }

    async fn tenant_summaries(&self) -> StoreResult<Vec<TenantSummary>> {
        broken()
    }
    async fn set_limits(&self, _: &Slug, _: TenantLimits) -> StoreResult<()> {
        broken()
    }
    async fn set_archived(&self, _: &Slug, _: Option<Timestamp>) -> StoreResult<()> {
        broken()
    }
    async fn change_settings(&self, _: Write, _: NewSettings) -> StoreResult<Tenant> {
        broken()
    }
    async fn set_logo(&self, _: Write, _: Option<Logo>, _: Option<String>) -> StoreResult<Tenant> {
        broken()
    }
    async fn logo(&self, _: TenantId) -> StoreResult<Option<Logo>> {
        broken()
    }
    async fn teams(&self, _: TenantId) -> StoreResult<Vec<TeamDetails>> {
        broken()
    }
    async fn change_team(&self, _: Write, _: TeamChange) -> StoreResult<Team> {
        broken()
    }
    async fn set_team_state(&self, _: Write, _: TeamId, _: TeamState) -> StoreResult<Team> {
        broken()
    }
    async fn set_team_archived(&self, _: Write, _: TeamId, _: bool) -> StoreResult<Team> {
        broken()
    }
    async fn set_join_code(&self, _: Write, _: TeamId, _: &JoinCode) -> StoreResult<bool> {
        broken()
    }
    async fn team_by_code(&self, _: &JoinCode) -> StoreResult<Option<FoundTeam>> {
        broken()
    }
    async fn change_tag(&self, _: Write, _: TagId, _: Name, _: Color) -> StoreResult<Tag> {
        broken()
    }
    async fn delete_tag(&self, _: Write, _: TagId) -> StoreResult<()> {
        broken()
    }
}

#[async_trait]
impl ModerationStore for MemoryStore {
    async fn cases(&self, _: TenantId, _: Option<&[TeamId]>, _: usize) -> StoreResult<(Vec<Case>, bool)> {
        broken()
    }
    async fn case(&self, _: TenantId, _: QuestionId) -> StoreResult<Case> {
        broken()
    }
    async fn decide(&self, _: Write, _: QuestionId, _: ReviewDecision, _: Option<i64>, _: UserId) -> StoreResult<Case> {
        broken()
    }
    async fn remark(&self, _: Write, _: QuestionId, _: Note, _: UserId) -> StoreResult<Case> {
        broken()
    }
    async fn merge(&self, _: Write, _: Merge, _: UserId) -> StoreResult<Case> {
        broken()
    }
    async fn split(&self, _: Write, _: QuestionId, _: UserId) -> StoreResult<Case> {
        broken()
    }
    async fn own_questions(&self, _: TenantId, _: ParticipantId) -> StoreResult<Vec<OwnQuestion>> {
        broken()
    }
    async fn edit_own(
        &self,
        _: Write,
        _: QuestionId,
        _: ParticipantId,
        _: QuestionBody,
        _: Option<Hold>,
    ) -> StoreResult<OwnQuestion> {
        broken()
    }
    async fn withdraw_own(&self, _: Write, _: QuestionId, _: ParticipantId) -> StoreResult<OwnQuestion> {
        broken()
    }
    async fn report(&self, _: Write, _: QuestionId, _: ParticipantId, _: String) -> StoreResult<()> {
        broken()
    }
}
