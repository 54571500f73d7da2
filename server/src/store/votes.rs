//! Votes and their counts.

use pulsestage::command::VoteReceipt;
use pulsestage::error::Refusal;
use pulsestage::event::Tally;
use pulsestage::id::{ParticipantId, QuestionId, TenantId};
use pulsestage::ports::{Ballot, Write};
use pulsestage::time::Timestamp;
use uuid::Uuid;

use super::db_error::DbResult;
use super::operations::{Claim, Operation, claim};
use super::questions::missing;
use super::queued_write::WriteOperation;
use super::rows::{StandingRow, TallyRow};
use super::{SqlStore, Tx, sql};

/// What a voter wants.
#[derive(Clone, Copy)]
struct Cast {
    write: Write,
    operation: Operation,
    ballot: Ballot,
}

impl SqlStore {
    pub(super) async fn vote(&self, write: Write, ballot: Ballot) -> DbResult<VoteReceipt> {
        let kind = if ballot.up { "vote" } else { "withdraw" };
        let id = ballot.question.0;
        // Not the voter, who is the key's writer: a guest who has signed in meanwhile asks for the same as before.
        let operation = Operation::new(kind, id, &[id.as_bytes()]);
        let cast = Cast { write, operation, ballot };
        let work = WriteOperation::new(move |tx| Box::pin(cast.at_length(tx)));
        self.write_whole(work.or_at_once(move |tx| Box::pin(cast.at_once(tx)))).await
    }

    pub(super) async fn counts_since(&self, tenant: TenantId, since: Timestamp) -> DbResult<Vec<Tally>> {
        let rows: Vec<TallyRow> = on!(&self.read, pool => sqlx::query_as(sql::votes::TALLIES_SINCE)
            .bind(tenant.0)
            .bind(since.0)
            .fetch_all(pool)
            .await)?;
        Ok(rows.into_iter().map(Tally::from).collect())
    }

    pub(super) async fn all_counts(&self, tenant: TenantId) -> DbResult<Vec<Tally>> {
        let rows: Vec<TallyRow> =
            on!(&self.read, pool => sqlx::query_as(sql::votes::TALLIES).bind(tenant.0).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(Tally::from).collect())
    }
}

impl Cast {
    /// The vote in every case.
    async fn at_length(self, tx: &mut Tx) -> DbResult<VoteReceipt> {
        let Self { write, operation, ballot } = self;
        let Ballot { question, voter, up, own_votes } = ballot;
        if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
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
    on!(tx, t => sqlx::query(sql::operations::FORGET_VOTE_KEYS)
        .bind(write.tenant.0)
        .bind(write.writer)
        .bind(question.0)
        .bind(write.operation.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}

/// Whether the vote was not there before.
async fn put(tx: &mut Tx, write: &Write, question: QuestionId, voter: ParticipantId) -> DbResult<bool> {
    let rows = on!(tx, t => sqlx::query(sql::votes::INSERT)
        .bind(write.tenant.0)
        .bind(question.0)
        .bind(voter.0)
        .bind(write.at.0)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Whether the vote was there before.
async fn take_back(tx: &mut Tx, write: &Write, question: QuestionId, voter: ParticipantId) -> DbResult<bool> {
    let rows = on!(tx, t => sqlx::query(sql::votes::DELETE)
        .bind(write.tenant.0)
        .bind(question.0)
        .bind(voter.0)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The new count; `None` when the question does not take this vote.
async fn count(tx: &mut Tx, write: &Write, ballot: &Ballot) -> DbResult<Option<i64>> {
    Ok(on!(tx, t => sqlx::query_scalar(sql::votes::COUNT)
        .bind(write.tenant.0)
        .bind(ballot.question.0)
        .bind(if ballot.up { 1_i64 } else { -1 })
        .bind(write.at.0)
        .bind(unwelcome(ballot))
        .fetch_optional(&mut **t)
        .await)?)
}

/// The voter, where people may not vote for their own questions.
fn unwelcome(ballot: &Ballot) -> Option<Uuid> {
    (!ballot.own_votes).then_some(ballot.voter.0)
}

/// How the question stands for this voter.
async fn standing(tx: &mut Tx, tenant: TenantId, question: QuestionId, voter: ParticipantId) -> DbResult<StandingRow> {
    let row: Option<StandingRow> = on!(tx, t => sqlx::query_as(sql::votes::STANDING)
        .bind(tenant.0)
        .bind(question.0)
        .bind(voter.0)
        .fetch_optional(&mut **t)
        .await)?;
    row.ok_or_else(|| missing().into())
}
