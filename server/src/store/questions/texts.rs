//! Texts: kept as long as a tenant says, taken away by their writers, and removed. Numbers stay.

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::id::{ParticipantId, QuestionId, TenantId, UserId};
use pulsestage::moderation::OwnQuestion;
use pulsestage::ports::{StoreResult, TextStore, Write};
use pulsestage::retention::{CastVote, Erased, Retention, Written, WrittenMessage, WrittenQuestion, WrittenReport};
use pulsestage::time::Timestamp;
use sqlx::FromRow;
use uuid::Uuid;

use crate::deadline::Work;
use crate::store::audit::note;
use crate::store::db_error::DbResult;
use crate::store::log::facts::missing;
use crate::store::moderation::cases::Held;
use crate::store::operations::{KeyClaim, Operation, claim};
use crate::store::questions::threads;
use crate::store::rows::CaseRow;
use crate::store::{Db, Kind, SqlStore, Tx, people, sql};

/// The retention of a row of `tenants`.
#[derive(FromRow)]
struct RetentionRow {
    retention_days: Option<i64>,
    hold_since: Option<i64>,
}

impl From<RetentionRow> for Retention {
    fn from(row: RetentionRow) -> Self {
        let days = row.retention_days.and_then(|days| u32::try_from(days).ok());
        Self { days, hold_since: row.hold_since.map(Timestamp) }
    }
}

#[derive(FromRow)]
struct ReportRow {
    question_id: Uuid,
    reason: String,
    at: i64,
}

#[derive(FromRow)]
struct VoteRow {
    question_id: Uuid,
    at: i64,
}

#[async_trait]
impl TextStore for SqlStore {
    async fn retention(&self, tenant: TenantId) -> StoreResult<Retention> {
        self.run(Kind::Tenant, async move |db| read_retention(db, tenant).await).await
    }

    async fn set_retention(&self, write: Write, new: Retention, by: Option<UserId>) -> StoreResult<Retention> {
        self.run(Kind::Tenant, async move |db| {
            let days = new.days.map(i64::from);
            let asked = format!("{days:?} {}", new.hold_since.is_some());
            let operation = Operation::new("set_retention", write.tenant.0, &[asked.as_bytes()]);
            written!(db, tx => {
                let repeated = matches!(claim(tx, &write, &operation).await?, KeyClaim::Repeated(_));
                people::lock(tx, write.tenant).await?;
                let row: Option<RetentionRow> = fetch_optional!(tx, sql::texts::RETENTION, write.tenant.0)?;
                let before: Retention = row.ok_or_else(missing)?.into();
                let held = before.hold_since.filter(|_| new.hold_since.is_some());
                let after = Retention { days: new.days, hold_since: held.or(new.hold_since) };
                if repeated || after == before {
                    return Ok(before);
                }
                execute!(tx, sql::texts::SET_RETENTION, write.tenant.0, days, after.hold_since.map(|at| at.0))?;
                let mut entry = Entry::of(by, Act::ChangeRetention).subject(write.tenant);
                if before.days != after.days {
                    entry = entry.change("days", before.days.map(i64::from), days);
                }
                if before.hold_since != after.hold_since {
                    entry = entry.change("hold", before.hold_since.is_some(), after.hold_since.is_some());
                }
                note(tx, &write, entry).await?;
                Ok(after)
            })
        })
        .await
    }

    async fn written_by(&self, tenant: TenantId, participant: ParticipantId) -> StoreResult<Written> {
        self.run(Kind::Report, async move |db| {
            tx!(db.begin_read(), tx => {
                let rows: Vec<CaseRow> = fetch_all!(&mut tx, sql::moderation::OWN_QUESTIONS, tenant.0, participant.0)?;
                let mut questions = Vec::with_capacity(rows.len());
                for row in rows {
                    let case = row.into_case(Vec::new())?;
                    let messages = threads::messages(&mut tx, tenant, case.question.id).await?;
                    let messages = messages.into_iter();
                    let messages = messages.map(|said| WrittenMessage { from: said.from, text: said.text, at: said.at });
                    let question = case.question.clone();
                    let original_text = case.original.clone();
                    let OwnQuestion { id, standing, reason, .. } = case.into();
                    questions.push(WrittenQuestion {
                        id,
                        text: question.body,
                        original_text,
                        name: question.author_name,
                        asked_at: question.created_at,
                        standing,
                        votes: question.upvotes,
                        answer: question.answer.map(|answer| answer.response_text),
                        reason,
                        messages: messages.collect(),
                    });
                }
                let reports: Vec<ReportRow> = fetch_all!(&mut tx, sql::texts::OWN_REPORTS, tenant.0, participant.0)?;
                let votes: Vec<VoteRow> = fetch_all!(&mut tx, sql::texts::OWN_VOTES, tenant.0, participant.0)?;
                let report = |row: ReportRow| WrittenReport {
                    question_id: QuestionId(row.question_id),
                    reason: row.reason,
                    at: Timestamp(row.at),
                };
                let vote = |row: VoteRow| CastVote { question_id: QuestionId(row.question_id), at: Timestamp(row.at) };
                Ok(Written {
                    questions,
                    reports: reports.into_iter().map(report).collect(),
                    votes: votes.into_iter().map(vote).collect(),
                })
            })
        })
        .await
    }

    // Question by question, each in a transaction of its own: somebody with many does not hold everybody else up, and
    // doing it again goes on where it ended.
    async fn erase_written(&self, write: Write, participant: ParticipantId) -> StoreResult<Erased> {
        self.run_as(Kind::Ask, Work::Long, async move |db| {
            let mut erased = Erased::default();
            let by = (write.tenant.0, participant.0);
            // Before the threads go, by whose messages some of the keys are found.
            written!(db, tx => {
                execute!(tx, sql::texts::FORGET_HASHES, by.0, by.1, [0_u8; 32].as_slice())?;
                Ok(())
            })?;
            for id in db.ids(sql::texts::OWN_TEXTS, by).await? {
                written!(db, tx => {
                    let held = Held::take(tx, write.tenant, id).await?;
                    let after = held.case.clone().erased(write.at);
                    forget_thread(tx, &write, id).await?;
                    forget_reasons(tx, &write, id).await?;
                    let kept = held.becomes(tx, &write, after).await.map(drop);
                    forget_texts(tx, &write, id).await?;
                    kept
                })?;
                erased.questions += 1;
            }
            for id in db.ids(sql::texts::OWN_REASONS, by).await? {
                written!(db, tx => {
                    let held = Held::take(tx, write.tenant, id).await?;
                    execute!(tx, sql::texts::FORGET_REASON, write.tenant.0, id.0, participant.0)?;
                    held.noted(tx, &write).await.map(drop)
                })?;
                erased.reports += 1;
            }
            db.truncate_log();
            Ok(erased)
        })
        .await
    }
}

impl SqlStore {
    /// Removes texts that a tenant keeps no longer, at most so many of each kind; says how many. Nothing where the tenant
    /// keeps everything, or for now.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn remove_expired(&self, write: Write, most: i64) -> StoreResult<u64> {
        self.upkeep(async move |db| {
            let tenant = write.tenant;
            let Some(before) = read_retention(db, tenant).await?.ends_before(write.at) else { return Ok(0) };
            let expired: Vec<Uuid> = fetch_all!(scalar & db.read, sql::texts::EXPIRED, tenant.0, before.0, most)?;
            let mut removed = 0;
            for id in expired.into_iter().map(QuestionId) {
                removed += written!(db, tx => {
                    let held = Held::take(tx, tenant, id).await?;
                    // Again, now that it cannot change: somebody may just have set a hold.
                    if retention(tx, tenant).await?.ends_before(write.at).is_none() {
                        return held.leave(tx).await.map(|_| 0);
                    }
                    let after = held.case.clone().expired();
                    forget_reasons(tx, &write, id).await?;
                    held.becomes(tx, &write, after).await?;
                    forget_texts(tx, &write, id).await?;
                    Ok(1)
                })?;
            }
            for statement in [sql::texts::EXPIRED_MESSAGES, sql::texts::EXPIRED_REASONS] {
                removed += written!(db, tx => {
                    people::lock(tx, tenant).await?;
                    if retention(tx, tenant).await?.ends_before(write.at).is_none() {
                        return Ok(0);
                    }
                    Ok(execute!(tx, statement, tenant.0, before.0, most)?)
                })?;
            }
            if removed > 0 {
                db.truncate_log();
            }
            Ok(removed)
        })
        .await
    }
}

impl Db {
    async fn ids(&self, statement: &'static str, (tenant, participant): (Uuid, Uuid)) -> DbResult<Vec<QuestionId>> {
        let ids: Vec<Uuid> = fetch_all!(scalar & self.read, statement, tenant, participant)?;
        Ok(ids.into_iter().map(QuestionId).collect())
    }
}

async fn read_retention(db: &Db, tenant: TenantId) -> DbResult<Retention> {
    let row: Option<RetentionRow> = fetch_optional!(&db.read, sql::texts::RETENTION, tenant.0)?;
    row.map(Retention::from).ok_or_else(|| missing().into())
}

async fn retention(tx: &mut Tx, tenant: TenantId) -> DbResult<Retention> {
    let row: Option<RetentionRow> = fetch_optional!(tx, sql::texts::RETENTION, tenant.0)?;
    row.map(Retention::from).ok_or_else(|| missing().into())
}

async fn forget_texts(tx: &mut Tx, write: &Write, id: QuestionId) -> DbResult<()> {
    execute!(tx, sql::texts::FORGET_TEXTS, write.tenant.0, id.0, write.at.0)?;
    Ok(())
}

async fn forget_reasons(tx: &mut Tx, write: &Write, id: QuestionId) -> DbResult<()> {
    execute!(tx, sql::texts::FORGET_REASONS, write.tenant.0, id.0)?;
    Ok(())
}

async fn forget_thread(tx: &mut Tx, write: &Write, id: QuestionId) -> DbResult<()> {
    for statement in [sql::texts::FORGET_THREAD, sql::threads::END_THREAD_LINK] {
        execute!(tx, statement, write.tenant.0, id.0)?;
    }
    Ok(())
}
