//! From one moment of a board to the next: by the facts of the log and the counts beside it, folded by the one reducer, as
//! every stream is told them. Where that is not certain to lead there, the board is read as a whole.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::BoardCounters;
use super::line::BoardLine;
use super::shared::SharedBoard;
use pulsestage::board::Applied;
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Cursor, Event, Fact, FactIdentity, LogHead, QuestionUpvoted, Tally, TeamTotals};
use pulsestage::id::TenantId;
use pulsestage::ports::{Clock, Store, StoreResult};
use pulsestage::time::Timestamp;
use pulsestage::window::SeenBoard;

/// A board that is more facts behind is read as a whole.
const MOST_FACTS: i64 = 200;
/// How far before the last look counts are looked for: the time of a vote is taken before its commit.
const SLACK_MS: i64 = 10_000;
/// The same for votes of other instances, whose clocks may be behind.
const WIDE_SLACK_MS: i64 = 120_000;
/// How often counts are looked for in the wider time: bounds how late a vote of another instance whose clock is behind may
/// be seen.
const WIDE_EVERY_MS: i64 = 500;
/// A board is read as a whole after this time, whatever was followed since.
const LIFE_MS: i64 = 60_000;

/// Where boards come from.
pub(super) struct BoardSource<'a> {
    pub(super) tenant: TenantId,
    pub(super) store: &'a dyn Store,
    pub(super) clock: &'a dyn Clock,
    pub(super) counts: &'a BoardCounters,
}

/// A board, and what is known of the log and the counts that it was made of.
pub(super) struct Following {
    pub(super) board: Arc<SharedBoard>,
    /// Which fact is at the board's cursor, as far as that is known.
    last: Option<FactIdentity>,
    /// The latest change of a count.
    voted_at: Option<Timestamp>,
    /// How often this instance had changed something.
    changes: u64,
    /// When the counts were last read, and when in the wider time.
    counted: Timestamp,
    counted_widely: Timestamp,
    /// When it was read as a whole.
    loaded: Timestamp,
}

impl BoardSource<'_> {
    /// The board as it is at this moment, from the one before where there is one.
    pub(super) async fn next(&self, before: Option<&Following>, changes: u64) -> StoreResult<Following> {
        let began = self.clock.now();
        self.counts.looks.fetch_add(1, Ordering::Relaxed);
        let head = self.store.log_head(self.tenant).await?.ok_or(Refusal::NotFound { what: Noun::Tenant })?;
        if let Some(before) = before.filter(|before| before.leads_to(&head, began))
            && let Some(next) = self.follow(before, &head, changes, began).await?
        {
            return Ok(next);
        }
        let line = before.map(|before| before.board.line.clone()).unwrap_or_default();
        self.load(line, &head, changes, began).await
    }

    async fn load(
        &self,
        line: Arc<BoardLine>,
        head: &LogHead,
        changes: u64,
        began: Timestamp,
    ) -> StoreResult<Following> {
        self.counts.loaded.fetch_add(1, Ordering::Relaxed);
        let snapshot = self.store.snapshot(self.tenant, None).await?;
        // Facts may have come since the head was read: then the next look says which is the last.
        let last = head.last.filter(|_| head.cursor == snapshot.board.cursor);
        let board = SharedBoard::next(line, SeenBoard::new(snapshot.tenant, snapshot.board));
        let voted_at = head.voted_at;
        Ok(Following { board, last, voted_at, changes, counted: began, counted_widely: began, loaded: began })
    }

    /// `None` when the board has to be read as a whole.
    async fn follow(
        &self,
        before: &Following,
        head: &LogHead,
        changes: u64,
        began: Timestamp,
    ) -> StoreResult<Option<Following>> {
        let seen = &before.board.seen;
        let is_wide = before.looks_widely(began);
        // Counts before facts, as the streams are told them: a count is then never ahead of the fact that makes its
        // question known.
        let since = before.since(head, changes, is_wide, began);
        let tallies = match since {
            Some(since) => self.store.tallies_since(self.tenant, since).await?,
            None => Vec::new(),
        };
        let (mut facts, mut last) = (Vec::new(), before.last.or(head.last));
        if head.cursor.seq > seen.board.cursor.seq {
            let page = self.store.log_page(self.tenant, seen.board.cursor.seq, MOST_FACTS).await?;
            if before.last.is_some() && page.known != before.last {
                return Ok(None);
            }
            facts = page.facts;
            match facts.last() {
                Some(fact) if (facts.len() as i64) < MOST_FACTS => last = Some(fact.identity()),
                // It must have some, and too many are more work than reading everything.
                _ => return Ok(None),
            }
        }
        // After the facts, as the streams are told them.
        let totals = match facts.is_empty() {
            true => seen.board.totals.clone(),
            false => self.store.team_totals(self.tenant).await?,
        };
        let Some(board) = folded(&before.board, &facts, &tallies, totals) else { return Ok(None) };
        if !Arc::ptr_eq(&board, &before.board) {
            self.counts.followed.fetch_add(1, Ordering::Relaxed);
        }
        Ok(Some(Following {
            board,
            last,
            voted_at: head.voted_at,
            changes,
            counted: since.map_or(before.counted, |_| began),
            counted_widely: if is_wide { began } else { before.counted_widely },
            loaded: before.loaded,
        }))
    }
}

impl Following {
    /// Whether the log that ends there goes on from this board.
    fn leads_to(&self, head: &LogHead, now: Timestamp) -> bool {
        let known = self.board.seen.board.cursor;
        let behind = head.cursor.seq - known.seq;
        let is_same = behind > 0 || self.last.is_none() || head.last == self.last;
        head.cursor.epoch == known.epoch
            && (0..MOST_FACTS).contains(&behind)
            && is_same
            // Votes are gone: what took the place of the database has fewer.
            && head.voted_at >= self.voted_at
            && (0..LIFE_MS).contains(&now.0.saturating_sub(self.loaded.0))
    }

    /// Whether it is time to look for the counts of the wider time.
    fn looks_widely(&self, now: Timestamp) -> bool {
        let since = now.0.saturating_sub(self.counted_widely.0);
        !(0..WIDE_EVERY_MS).contains(&since)
    }

    /// From when on counts are to be read, if they are.
    fn since(&self, head: &LogHead, changes: u64, is_wide: bool, now: Timestamp) -> Option<Timestamp> {
        let from = |read: Timestamp, slack: i64| read.min(now).plus_millis(-slack);
        let own = (changes != self.changes).then(|| from(self.counted, SLACK_MS));
        // Whatever changed since has a later time than all before, save what was under way or came by another clock.
        let others = (head.voted_at > self.voted_at)
            .then(|| from(self.counted, SLACK_MS).min(from(self.voted_at.unwrap_or(Timestamp(0)), SLACK_MS)));
        let wide = is_wide.then(|| from(self.counted_widely, WIDE_SLACK_MS));
        // Where nothing was voted for in the wider time there is nothing to look for.
        let wide = wide.filter(|since| head.voted_at.is_some_and(|voted_at| voted_at >= *since));
        [own, others, wide].into_iter().flatten().min()
    }
}

/// The board with these facts and then these counts; itself when they change nothing, none when they do not lead on.
fn folded(
    before: &Arc<SharedBoard>,
    facts: &[Fact],
    tallies: &[Tally],
    totals: Vec<TeamTotals>,
) -> Option<Arc<SharedBoard>> {
    let SeenBoard { tenant, board, .. } = &*before.seen;
    let is_other = |tally: &&Tally| board.questions.get(&tally.question).is_some_and(|q| q.upvotes != tally.upvotes);
    if facts.is_empty() && !tallies.iter().any(|tally| is_other(&tally)) {
        return Some(before.clone());
    }
    let (mut tenant, mut board) = (tenant.clone(), board.clone());
    let mut told = Vec::with_capacity(facts.len());
    for fact in facts {
        let at = Cursor { epoch: board.cursor.epoch, seq: fact.seq };
        // A fact that says nothing any more moves the cursor, as it does on a stream.
        let event = fact.event().unwrap_or(&Event::Cursor);
        if let Event::TenantUpdated(now) = event {
            tenant.clone_from(now);
        }
        if board.apply(Some(at), event) == Applied::Resync {
            return None;
        }
        told.push((at, event));
    }
    for Tally { question, upvotes, .. } in tallies {
        let event = Event::Upvoted(QuestionUpvoted { question_id: *question, upvotes: *upvotes });
        let (Applied::Changed | Applied::Nothing | Applied::Resync) = board.apply(None, &event);
    }
    board.totals = totals;
    Some(SharedBoard::next(before.line.clone(), before.seen.followed_by(tenant, board, told)))
}
