//! Idempotency: the same key twice is the same write once.

use pulsestage::error::Refusal;
use pulsestage::ports::Write;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::rows::OperationRow;
use crate::store::{Tx, sql};

/// What a write is about to do.
#[derive(Clone, Copy)]
pub(in crate::store) struct Operation {
    pub(in crate::store) kind: &'static str,
    /// What it makes or changes.
    subject: Uuid,
    /// What the client asked for. Ids that the server makes for a write are no part of it: a repetition has others.
    pub(in crate::store) asked: [u8; 32],
}

impl Operation {
    pub(in crate::store) fn new(kind: &'static str, subject: Uuid, arguments: &[&[u8]]) -> Self {
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
pub(in crate::store) enum KeyClaim {
    /// It is now this write's.
    New,
    /// The same write was done before; this is what it made or changed.
    Repeated(Uuid),
}

/// Takes the key of a write, in its transaction. While another transaction holds the same key, this waits for its end.
pub(in crate::store) async fn claim(tx: &mut Tx, write: &Write, operation: &Operation) -> DbResult<KeyClaim> {
    let claimed = execute!(
        tx,
        sql::operations::CLAIM,
        write.tenant.0,
        write.writer,
        write.operation.0,
        operation.kind,
        operation.subject,
        operation.asked.as_slice(),
        write.at.0,
    )?;
    if claimed == 1 {
        return Ok(KeyClaim::New);
    }
    let before: OperationRow =
        fetch_one!(tx, sql::operations::USED_FOR, write.tenant.0, write.writer, write.operation.0)?;
    if before.kind == operation.kind && before.asked == operation.asked {
        Ok(KeyClaim::Repeated(before.subject))
    } else {
        Err(Refusal::OperationReused.into())
    }
}
