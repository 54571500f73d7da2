//! Idempotency: the same key twice is the same write once.

use pulsestage::error::Refusal;
use pulsestage::ports::Write;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::db_error::DbResult;
use super::rows::OperationRow;
use super::{Tx, sql};

/// What a write is about to do.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) kind: &'static str,
    /// What it makes or changes.
    subject: Uuid,
    /// What the client asked for. Ids that the server makes for a write are no part of it: a repetition has others.
    pub(super) asked: [u8; 32],
}

impl Operation {
    pub(super) fn new(kind: &'static str, subject: Uuid, arguments: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for argument in arguments {
            // With its length before it, so that no two lists of arguments are the same bytes.
            hash.update((argument.len() as u64).to_be_bytes());
            hash.update(argument);
        }
        Self { kind, subject, asked: hash.finalize().into() }
    }
}

/// Whether a key is new.
pub(super) enum Claim {
    /// It is now this write's.
    New,
    /// The same write was done before; this is what it made or changed.
    DbResult(Uuid),
}

/// Takes the key of a write, in its transaction. While another transaction holds the same key, this waits for its end.
pub(super) async fn claim(tx: &mut Tx, write: &Write, operation: &Operation) -> DbResult<Claim> {
    let claimed = on!(tx, t => sqlx::query(sql::operations::CLAIM)
        .bind(write.tenant.0)
        .bind(write.writer)
        .bind(write.operation.0)
        .bind(operation.kind)
        .bind(operation.subject)
        .bind(operation.asked.as_slice())
        .bind(write.at.0)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?;
    if claimed == 1 {
        return Ok(Claim::New);
    }
    let before: OperationRow = on!(tx, t => sqlx::query_as(sql::operations::USED_FOR)
        .bind(write.tenant.0)
        .bind(write.writer)
        .bind(write.operation.0)
        .fetch_one(&mut **t)
        .await)?;
    if before.kind == operation.kind && before.asked == operation.asked {
        Ok(Claim::DbResult(before.subject))
    } else {
        Err(Refusal::OperationReused.into())
    }
}
