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

use super::audit::note;
use super::cases::Held;
use super::db_error::{DbResult, store_error};
use super::facts::missing;
use super::operations::{Claim, Operation, claim};
use super::rows::CaseRow;
use super::{SqlStore, Tx, people, sql, threads};

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
        self.read_retention(tenant).await.map_err(store_error)
    }

    async fn set_retention(&self, write: Write, new: Retention, by: Option<UserId>) -> StoreResult<Retention> {
        self.change_retention(write, new, by).await.map_err(store_error)
    }

    async fn written_by(&self, tenant: TenantId, participant: ParticipantId) -> StoreResult<Written> {
        self.read_written(tenant, participant).await.map_err(store_error)
    }

    async fn erase_written(&self, write: Write, participant: ParticipantId) -> StoreResult<Erased> {
        self.erase(write, participant).await.map_err(store_error)
    }
}

impl SqlStore {
    async fn read_retention(&self, tenant: TenantId) -> DbResult<Retention> {
        let row: Option<RetentionRow> =
            on!(&self.read, pool => sqlx::query_as(sql::texts::RETENTION).bind(tenant.0).fetch_optional(pool).await)?;
        row.map(Retention::from).ok_or_else(|| missing().into())
    }

    async fn change_retention(&self, write: Write, new: Retention, by: Option<UserId>) -> DbResult<Retention> {
        let days = new.days.map(i64::from);
        let asked = format!("{days:?} {}", new.hold_since.is_some());
        let operation = Operation::new("set_retention", write.tenant.0, &[asked.as_bytes()]);
        written!(self, tx => {
            let repeated = matches!(claim(tx, &write, &operation).await?, Claim::DbResult(_));
            people::lock(tx, write.tenant).await?;
            let row: Option<RetentionRow> = on!(tx, t => sqlx::query_as(sql::texts::RETENTION)
                .bind(write.tenant.0)
                .fetch_optional(&mut **t)
                .await)?;
            let before: Retention = row.ok_or_else(missing)?.into();
            let held = before.hold_since.filter(|_| new.hold_since.is_some());
            let after = Retention { days: new.days, hold_since: held.or(new.hold_since) };
            if repeated || after == before {
                return Ok(before);
            }
            on!(tx, t => sqlx::query(sql::texts::SET_RETENTION)
                .bind(write.tenant.0)
                .bind(days)
                .bind(after.hold_since.map(|at| at.0))
                .execute(&mut **t)
                .await
                .map(drop))?;
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
    }

    async fn read_written(&self, tenant: TenantId, participant: ParticipantId) -> DbResult<Written> {
        tx!(self.begin_read(), tx => {
            let rows: Vec<CaseRow> = on!(&mut tx, t => sqlx::query_as(sql::moderation::OWN)
                .bind(tenant.0)
                .bind(participant.0)
                .fetch_all(&mut **t)
                .await)?;
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
            let reports: Vec<ReportRow> = on!(&mut tx, t => sqlx::query_as(sql::texts::OWN_REPORTS)
                .bind(tenant.0)
                .bind(participant.0)
                .fetch_all(&mut **t)
                .await)?;
            let votes: Vec<VoteRow> = on!(&mut tx, t => sqlx::query_as(sql::texts::OWN_VOTES)
                .bind(tenant.0)
                .bind(participant.0)
                .fetch_all(&mut **t)
                .await)?;
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
    }

    /// Question by question, each in a transaction of its own: somebody with many does not hold everybody else up, and
    /// doing it again goes on where it ended.
    async fn erase(&self, write: Write, participant: ParticipantId) -> DbResult<Erased> {
        let mut erased = Erased::default();
        let by = (write.tenant.0, participant.0);
        // Before the threads go, by whose messages some of the keys are found.
        written!(self, tx => {
            on!(tx, t => sqlx::query(sql::texts::FORGET_HASHES)
                .bind(by.0)
                .bind(by.1)
                .bind([0_u8; 32].as_slice())
                .execute(&mut **t)
                .await
                .map(drop))?;
            Ok(())
        })?;
        for id in self.ids(sql::texts::OWN_TEXTS, by).await? {
            written!(self, tx => {
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
        for id in self.ids(sql::texts::OWN_REASONS, by).await? {
            written!(self, tx => {
                let held = Held::take(tx, write.tenant, id).await?;
                on!(tx, t => sqlx::query(sql::texts::FORGET_REASON)
                    .bind(write.tenant.0)
                    .bind(id.0)
                    .bind(participant.0)
                    .execute(&mut **t)
                    .await
                    .map(drop))?;
                held.noted(tx, &write).await.map(drop)
            })?;
            erased.reports += 1;
        }
        self.truncate_log();
        Ok(erased)
    }

    async fn ids(&self, statement: &'static str, (tenant, participant): (Uuid, Uuid)) -> DbResult<Vec<QuestionId>> {
        let ids: Vec<Uuid> = on!(&self.read, pool => sqlx::query_scalar(statement)
            .bind(tenant)
            .bind(participant)
            .fetch_all(pool)
            .await)?;
        Ok(ids.into_iter().map(QuestionId).collect())
    }

    /// Removes texts that a tenant keeps no longer, at most so many of each kind; says how many. Nothing where the tenant
    /// keeps everything, or for now.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn remove_expired(&self, write: Write, most: i64) -> StoreResult<u64> {
        self.expire(write, most).await.map_err(store_error)
    }

    async fn expire(&self, write: Write, most: i64) -> DbResult<u64> {
        let tenant = write.tenant;
        let Some(before) = self.read_retention(tenant).await?.ends_before(write.at) else { return Ok(0) };
        let expired: Vec<Uuid> = on!(&self.read, pool => sqlx::query_scalar(sql::texts::EXPIRED)
            .bind(tenant.0)
            .bind(before.0)
            .bind(most)
            .fetch_all(pool)
            .await)?;
        let mut removed = 0;
        for id in expired.into_iter().map(QuestionId) {
            removed += written!(self, tx => {
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
            removed += written!(self, tx => {
                people::lock(tx, tenant).await?;
                if retention(tx, tenant).await?.ends_before(write.at).is_none() {
                    return Ok(0);
                }
                Ok(on!(tx, t => sqlx::query(statement)
                    .bind(tenant.0)
                    .bind(before.0)
                    .bind(most)
                    .execute(&mut **t)
                    .await
                    .map(|done| done.rows_affected()))?)
            })?;
        }
        if removed > 0 {
            self.truncate_log();
        }
        Ok(removed)
    }
}

async fn retention(tx: &mut Tx, tenant: TenantId) -> DbResult<Retention> {
    let row: Option<RetentionRow> =
        on!(tx, t => sqlx::query_as(sql::texts::RETENTION).bind(tenant.0).fetch_optional(&mut **t).await)?;
    row.map(Retention::from).ok_or_else(|| missing().into())
}

async fn forget_texts(tx: &mut Tx, write: &Write, id: QuestionId) -> DbResult<()> {
    on!(tx, t => sqlx::query(sql::texts::FORGET_TEXTS)
        .bind(write.tenant.0)
        .bind(id.0)
        .bind(write.at.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}

async fn forget_reasons(tx: &mut Tx, write: &Write, id: QuestionId) -> DbResult<()> {
    on!(tx, t => sqlx::query(sql::texts::FORGET_REASONS)
        .bind(write.tenant.0)
        .bind(id.0)
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}

async fn forget_thread(tx: &mut Tx, write: &Write, id: QuestionId) -> DbResult<()> {
    for statement in [sql::texts::FORGET_THREAD, sql::threads::END_THREAD_LINK] {
        on!(tx, t => sqlx::query(statement).bind(write.tenant.0).bind(id.0).execute(&mut **t).await.map(drop))?;
    }
    Ok(())
}
