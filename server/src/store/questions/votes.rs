//! Votes and their counts.

use async_trait::async_trait;
use pulsestage::command::VoteReceipt;
use pulsestage::error::Refusal;
use pulsestage::id::{ParticipantId, QuestionId, TenantId};
use pulsestage::ports::{Ballot, StoreResult, VoteStore, Write};
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::engine::queued_write::WriteOperation;
use crate::store::operations::{KeyClaim, Operation, claim};
use crate::store::questions::missing;
use crate::store::rows::StandingRow;
use crate::store::{Kind, SqlStore, Tx, sql};

/// What a voter wants.
#[derive(Clone, Copy)]
struct WantedVote {
    write: Write,
    operation: Operation,
    ballot: Ballot,
}

#[async_trait]
impl VoteStore for SqlStore {
    async fn set_vote(&self, write: Write, ballot: Ballot) -> StoreResult<VoteReceipt> {
        self.run(Kind::Vote, async move |db| {
            let kind = if ballot.up { "vote" } else { "withdraw" };
            let id = ballot.question.0;
            // Not the voter, who is the key's writer: a guest who has signed in meanwhile asks for the same as before.
            let operation = Operation::new(kind, id, &[id.as_bytes()]);
            let cast = WantedVote { write, operation, ballot };
            let work = WriteOperation::new(move |tx| Box::pin(cast.at_length(tx)));
            db.write_whole(work.or_at_once(move |tx| Box::pin(cast.at_once(tx)))).await
        })
        .await
    }
}

impl WantedVote {
    /// The vote in every case.
    async fn at_length(self, tx: &mut Tx) -> DbResult<VoteReceipt> {
        let Self { write, operation, ballot } = self;
        let Ballot { question, voter, up, own_votes } = ballot;
        if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
            let now = standing(tx, write.tenant, question, voter).await?;
            return Ok(VoteReceipt { question_id: question, up: now.up, upvotes: now.upvotes });
        }
        let changed = match up {
            true => put(tx, &write, question, voter).await?,
            false => take_back(tx, &write, question, voter).await?,
        };
        let counted = if changed { count(tx, &write, &ballot).await? } else { None };
        // Of two votes for a question one changes nothing or is taken back: then the keys are cleared, and a first vote
        // has no more work than it needs.
        if !(up && changed) {
            forget_older_keys(tx, &write, question).await?;
        }
        if let Some(upvotes) = counted {
            return Ok(VoteReceipt { question_id: question, up, upvotes });
        }
        let now = standing(tx, write.tenant, question, voter).await?;
        match now.closed(own_votes || !up)? {
            Some(refusal) => Err(refusal.into()),
            // It was closed a moment ago, when it was not counted, and must not stay uncounted.
            None if changed => Err(Refusal::Frozen.into()),
            None => Ok(VoteReceipt { question_id: question, up: now.up, upvotes: now.upvotes }),
        }
    }

    /// The vote as it almost always is, in one statement: `None` when it is not so, and then nothing is changed.
    async fn at_once(self, tx: &mut Tx) -> DbResult<Option<VoteReceipt>> {
        let Tx::Sqlite(tx) = tx else { return Ok(None) };
        let Self { write, operation, ballot } = self;
        let Ballot { question, voter, up, .. } = ballot;
        // All rows are asked for, though there is one: the statement that gives it is not the last.
        let counts: Vec<i64> = sqlx::query_scalar(if up { sql::group::VOTE } else { sql::group::WITHDRAW })
            .bind(write.tenant.0)
            .bind(question.0)
            .bind(voter.0)
            .bind(write.at.0)
            .bind(write.writer)
            .bind(write.operation.0)
            .bind(operation.kind)
            .bind(operation.asked.as_slice())
            .bind(unwelcome(&ballot))
            .fetch_all(&mut **tx)
            .await?;
        Ok(counts.first().map(|upvotes| VoteReceipt { question_id: question, up, upvotes: *upvotes }))
    }
}

/// Forgets the keys of older votes of the same voter for the same question.
async fn forget_older_keys(tx: &mut Tx, write: &Write, question: QuestionId) -> DbResult<()> {
    execute!(tx, sql::operations::FORGET_VOTE_KEYS, write.tenant.0, write.writer, question.0, write.operation.0)?;
    Ok(())
}

/// Whether the vote was not there before.
async fn put(tx: &mut Tx, write: &Write, question: QuestionId, voter: ParticipantId) -> DbResult<bool> {
    let rows = execute!(tx, sql::votes::INSERT, write.tenant.0, question.0, voter.0, write.at.0)?;
    Ok(rows == 1)
}

/// Whether the vote was there before.
async fn take_back(tx: &mut Tx, write: &Write, question: QuestionId, voter: ParticipantId) -> DbResult<bool> {
    let rows = execute!(tx, sql::votes::DELETE, write.tenant.0, question.0, voter.0)?;
    Ok(rows == 1)
}

/// The new count; `None` when the question does not take this vote.
async fn count(tx: &mut Tx, write: &Write, ballot: &Ballot) -> DbResult<Option<i64>> {
    Ok(fetch_optional!(
        scalar tx,
        sql::votes::COUNT,
        write.tenant.0,
        ballot.question.0,
        if ballot.up { 1_i64 } else { -1 },
        write.at.0,
        unwelcome(ballot),
    )?)
}

/// The voter, where people may not vote for their own questions.
fn unwelcome(ballot: &Ballot) -> Option<Uuid> {
    (!ballot.own_votes).then_some(ballot.voter.0)
}

/// How the question stands for this voter.
async fn standing(tx: &mut Tx, tenant: TenantId, question: QuestionId, voter: ParticipantId) -> DbResult<StandingRow> {
    let row: Option<StandingRow> = fetch_optional!(tx, sql::votes::STANDING, tenant.0, question.0, voter.0)?;
    row.ok_or_else(|| missing().into())
}
