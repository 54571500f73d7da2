//! Votes and their counts.

use pulsestage::command::VoteReceipt;
use pulsestage::error::Refusal;
use pulsestage::event::Tally;
use pulsestage::id::{ParticipantId, QuestionId, TenantId};
use pulsestage::ports::Write;
use pulsestage::time::Timestamp;

use super::operations::{Claim, Operation, claim};
use super::questions::missing;
use super::rows::{StandingRow, TallyRow};
use super::trouble::Done;
use super::{SqlStore, Tx, sql};

impl SqlStore {
    pub(super) async fn vote(&self, write: Write, id: QuestionId, voter: ParticipantId, up: bool) -> Done<VoteReceipt> {
        let kind = if up { "vote" } else { "withdraw" };
        let operation = Operation::new(kind, id.0, &[id.0.as_bytes(), voter.0.as_bytes()]);
        tx!(self.begin(), tx => {
            if let Claim::Done(_) = claim(&mut tx, &write, &operation).await? {
                let now = standing(&mut tx, write.tenant, id, voter).await?;
                return Ok(VoteReceipt { question_id: id, up: now.up, upvotes: now.upvotes });
            }
            let changed = match up {
                true => put(&mut tx, &write, id, voter).await?,
                false => take_back(&mut tx, &write, id, voter).await?,
            };
            if changed && let Some(upvotes) = count(&mut tx, &write, id, if up { 1 } else { -1 }).await? {
                return Ok(VoteReceipt { question_id: id, up, upvotes });
            }
            let now = standing(&mut tx, write.tenant, id, voter).await?;
            match now.closed()? {
                Some(refusal) => Err(refusal.into()),
                // It was closed a moment ago, when it was not counted, and must not stay uncounted.
                None if changed => Err(Refusal::Frozen.into()),
                None => Ok(VoteReceipt { question_id: id, up: now.up, upvotes: now.upvotes }),
            }
        })
    }

    pub(super) async fn counts_since(&self, tenant: TenantId, since: Timestamp) -> Done<Vec<Tally>> {
        let rows: Vec<TallyRow> = on!(&self.read, pool => sqlx::query_as(sql::votes::TALLIES_SINCE)
            .bind(tenant.0)
            .bind(since.0)
            .fetch_all(pool)
            .await)?;
        Ok(rows.into_iter().map(Tally::from).collect())
    }
}

/// Whether the vote was not there before.
async fn put(tx: &mut Tx, write: &Write, question: QuestionId, voter: ParticipantId) -> Done<bool> {
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
async fn take_back(tx: &mut Tx, write: &Write, question: QuestionId, voter: ParticipantId) -> Done<bool> {
    let rows = on!(tx, t => sqlx::query(sql::votes::DELETE)
        .bind(write.tenant.0)
        .bind(question.0)
        .bind(voter.0)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// The new count; `None` when the question takes no votes.
async fn count(tx: &mut Tx, write: &Write, question: QuestionId, by: i64) -> Done<Option<i64>> {
    Ok(on!(tx, t => sqlx::query_scalar(sql::votes::COUNT)
        .bind(write.tenant.0)
        .bind(question.0)
        .bind(by)
        .bind(write.at.0)
        .fetch_optional(&mut **t)
        .await)?)
}

/// How the question stands for this voter.
async fn standing(tx: &mut Tx, tenant: TenantId, question: QuestionId, voter: ParticipantId) -> Done<StandingRow> {
    let row: Option<StandingRow> = on!(tx, t => sqlx::query_as(sql::votes::STANDING)
        .bind(tenant.0)
        .bind(question.0)
        .bind(voter.0)
        .fetch_optional(&mut **t)
        .await)?;
    row.ok_or_else(|| missing().into())
}
