//! A log in memory, for tests that hold time still: a database answers from threads of its own, which a paused
//! clock does not wait for. It can also be told to fail.

use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::time::sleep;
use uuid::Uuid;

use pulsestage::audience::Audience;
use pulsestage::board::Board;
use pulsestage::event::{Cursor, Envelope, Epoch, Event, Fact, LogHead, LogPage, QuestionCreated, Tally, TeamTotals};
use pulsestage::id::{QuestionId, TeamId, TenantId};
use pulsestage::ports::{Clock, LogStore, PortError, Rng, StoreResult};
use pulsestage::question::Status;
use pulsestage::time::Timestamp;
use pulsestage_server::deadline::DEADLINE;
use pulsestage_server::system::SystemClock;

/// One tenant's log and counts in memory.
#[derive(Clone)]
pub(crate) struct LogStub(Arc<Mutex<StubState>>);

#[derive(Clone)]
struct StubState {
    epoch: Epoch,
    facts: Vec<Fact>,
    /// Each question's count and when it changed.
    tallies: HashMap<QuestionId, (Tally, Timestamp)>,
    /// How many of the next readings of facts fail.
    failures: u32,
    /// Whether nothing can be read or written.
    is_away: bool,
    /// Whether nobody is answered.
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

impl LogStub {
    pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0xA));
    pub(crate) const TEAM: TeamId = TeamId(Uuid::from_u128(0xB));
    pub(crate) const EPOCH: Epoch = Epoch(0xC);

    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(StubState {
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
    async fn read<T>(&self, is_head: bool, read: impl FnOnce(&mut StubState) -> T) -> StoreResult<T> {
        let hangs = self.0.lock().unwrap().hangs;
        if hangs {
            // As the store that serves people does.
            sleep(DEADLINE).await;
            return Err(PortError::Busy.into());
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

    /// The board as the log and the counts have it.
    pub(crate) async fn board(&self) -> StoreResult<Board> {
        self.read(false, |kept| {
            let mut board = Board::empty(Self::TENANT, Cursor { epoch: kept.epoch, seq: 0 });
            for fact in &kept.facts {
                let at = Cursor { epoch: kept.epoch, seq: fact.seq };
                let _ = board.apply(Some(at), &fact.envelope.as_ref().unwrap().event);
            }
            for (tally, _) in kept.tallies.values() {
                if let Some(question) = board.questions.get_mut(&tally.question) {
                    question.upvotes = tally.upvotes;
                }
            }
            board
        })
        .await
    }
}

#[async_trait]
impl LogStore for LogStub {
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

    async fn team_totals(&self, _: TenantId) -> StoreResult<Vec<TeamTotals>> {
        // Its tenant does not show them.
        Ok(Vec::new())
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
}
