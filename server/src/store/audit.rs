//! The audit: what was done is noted in the transaction that does it.

use async_trait::async_trait;
use pulsestage::audit::{Details, Entry, Filter, Outcome, PageCursor, Record};
use pulsestage::id::{OperationId, TeamId, TenantId, UserId};
use pulsestage::ports::{AuditStore, StoreResult, Write};
use pulsestage::time::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use uuid::Uuid;

use crate::deadline::Work;
use crate::store::db_error::{DbError, DbResult};
use crate::store::{Kind, SqlStore, Tx, sql};

/// A row of `audit_log` with the names of its person and team.
#[derive(FromRow)]
struct RecordRow {
    id: Uuid,
    at: i64,
    user_id: Option<Uuid>,
    user_name: Option<String>,
    action: String,
    team_id: Option<Uuid>,
    team_name: Option<String>,
    subject_id: Option<Uuid>,
    outcome: String,
    before: Option<String>,
    after: Option<String>,
}

impl RecordRow {
    fn into_record(self) -> DbResult<Record> {
        let unknown = || DbError::Unreadable("outcome", "unknown word".to_owned());
        Ok(Record {
            id: self.id,
            at: Timestamp(self.at),
            by: self.user_id.map(UserId),
            by_name: self.user_name,
            action: self.action,
            team: self.team_id.map(TeamId),
            team_name: self.team_name,
            subject: self.subject_id,
            outcome: Outcome::of_word(&self.outcome).ok_or_else(unknown)?,
            before: self.before,
            after: self.after,
        })
    }
}

/// Notes what a write did, in its transaction. To be called once the write is known to have changed something, so that
/// a repetition under the same key and a write that changed nothing leave no trace.
pub(in crate::store) async fn note(tx: &mut Tx, write: &Write, entry: Entry) -> DbResult<()> {
    let (before, after) = (json(&entry.before)?, json(&entry.after)?);
    let id = id(write, &entry, [before.as_deref(), after.as_deref()]);
    execute!(
        tx,
        sql::audit::NOTE,
        id,
        write.tenant.0,
        write.at.0,
        entry.by.map(|by| by.0),
        &entry.action,
        entry.team.map(|team| team.0),
        entry.subject.map(|subject| subject.id()),
        entry.outcome.as_str(),
        before,
        after,
    )?;
    Ok(())
}

/// The frame of a write that has no idempotency key, because a fresh id or a secret that is used up makes it one.
pub(in crate::store) fn unkeyed(tenant: TenantId, by: UserId, once: Uuid, at: Timestamp) -> Write {
    Write { tenant, operation: OperationId(once), writer: by.0, at }
}

/// Values as they are stored; none is null.
fn json(details: &Details) -> DbResult<Option<String>> {
    if details.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(details).map(Some).map_err(|error| DbError::json("audit entry", &error))
}

/// The entry's id, made of what it says and of the write's key: randomness has no part in it, and of two entries of one
/// write none takes the other's place. It sorts by time, as every id does.
fn id(write: &Write, entry: &Entry, details: [Option<&str>; 2]) -> Uuid {
    let mut hash = Sha256::new();
    for id in [write.tenant.0, write.writer, write.operation.0, entry.subject.map(|s| s.id()).unwrap_or_default()] {
        hash.update(id.as_bytes());
    }
    for text in [Some(entry.action.as_str())].into_iter().chain(details) {
        let text = text.unwrap_or_default();
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let mut random = [0; 10];
    random.copy_from_slice(&hash.finalize()[..10]);
    pulsestage::id::uuid_v7(write.at, random)
}

#[async_trait]
impl AuditStore for SqlStore {
    async fn note(&self, write: Write, entry: Entry) -> StoreResult<()> {
        self.run_as(Kind::Audit, Work::Short, async move |db| written!(db, tx => { note(tx, &write, entry).await }))
            .await
    }

    async fn audit(
        &self,
        tenant: TenantId,
        filter: &Filter,
        before: PageCursor,
        limit: i64,
    ) -> StoreResult<Vec<Record>> {
        self.run(Kind::Audit, async move |db| {
            let statement = if filter.subject.is_some() { sql::audit::AUDIT_ABOUT } else { sql::audit::AUDIT };
            let rows: Vec<RecordRow> = fetch_all!(
                &db.read,
                statement,
                tenant.0,
                before.at.0,
                before.id,
                filter.from.map_or(i64::MIN, |from| from.0),
                filter.until.map_or(i64::MAX, |until| until.0),
                filter.by.map(|by| by.0),
                filter.action.as_deref(),
                filter.outcome.map(Outcome::as_str),
                filter.subject,
                limit.max(0),
            )?;
            rows.into_iter().map(RecordRow::into_record).collect()
        })
        .await
    }
}
