//! What moderators decide and note, merges, and what askers do with their own questions.

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::Refusal;
use pulsestage::id::{ParticipantId, QuestionId, TeamId, TenantId, UserId};
use pulsestage::moderation::{CLAIM_LIFE_MS, Case, Hold, Note, OwnQuestion, ReviewDecision};
use pulsestage::ports::{Merge, ModerationStore, StoreResult, Write};
use pulsestage::text::QuestionBody;
use std::collections::HashMap;
use uuid::Uuid;

use super::audit::note;
use super::cases::{Held, case};
use super::db_error::{DbResult, store_error};
use super::operations::{Claim, Operation, claim};
use super::rows::{CaseRow, QuestionTagRow, TagRow, tags_by_name};
use super::{SqlStore, Tx, sql};

#[async_trait]
impl ModerationStore for SqlStore {
    async fn cases(&self, tenant: TenantId, teams: Option<&[TeamId]>, most: usize) -> StoreResult<(Vec<Case>, bool)> {
        self.list_cases(tenant, teams, most).await.map_err(store_error)
    }

    async fn case(&self, tenant: TenantId, question: QuestionId) -> StoreResult<Case> {
        self.read_case(tenant, question).await.map_err(store_error)
    }

    async fn decide(
        &self,
        write: Write,
        question: QuestionId,
        verdict: ReviewDecision,
        seen: Option<i64>,
        by: UserId,
    ) -> StoreResult<Case> {
        self.decide_case(write, question, verdict, seen, by).await.map_err(store_error)
    }

    async fn remark(&self, write: Write, question: QuestionId, note: Note, by: UserId) -> StoreResult<Case> {
        self.note_case(write, question, note, by).await.map_err(store_error)
    }

    async fn merge(&self, write: Write, merge: Merge, by: UserId) -> StoreResult<Case> {
        self.merge_cases(write, merge, by).await.map_err(store_error)
    }

    async fn split(&self, write: Write, source: QuestionId, by: UserId) -> StoreResult<Case> {
        self.split_case(write, source, by).await.map_err(store_error)
    }

    async fn own_questions(&self, tenant: TenantId, asker: ParticipantId) -> StoreResult<Vec<OwnQuestion>> {
        self.list_own(tenant, asker).await.map_err(store_error)
    }

    async fn edit_own(
        &self,
        write: Write,
        question: QuestionId,
        asker: ParticipantId,
        body: QuestionBody,
        hold: Option<Hold>,
    ) -> StoreResult<OwnQuestion> {
        self.rewrite_own(write, question, asker, body, hold).await.map_err(store_error)
    }

    async fn withdraw_own(&self, write: Write, question: QuestionId, asker: ParticipantId) -> StoreResult<OwnQuestion> {
        self.take_back_own(write, question, asker).await.map_err(store_error)
    }

    async fn report(
        &self,
        write: Write,
        question: QuestionId,
        reporter: ParticipantId,
        reason: String,
    ) -> StoreResult<()> {
        self.keep_report(write, question, reporter, reason).await.map_err(store_error)
    }
}

impl SqlStore {
    async fn list_cases(&self, tenant: TenantId, teams: Option<&[TeamId]>, most: usize) -> DbResult<(Vec<Case>, bool)> {
        tx!(self.begin_read(), tx => {
            let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
            let (mut rows, mut more) = (Vec::new(), false);
            // One more than is wanted, to know whether there is one.
            for team in teams.map_or_else(|| vec![None], |teams| teams.iter().copied().map(Some).collect()) {
                let mut listed = cases_of(&mut tx, tenant, team, limit).await?;
                more |= listed.len() > most;
                listed.truncate(most);
                rows.append(&mut listed);
            }
            rows.sort_by_key(|row| std::cmp::Reverse(row.asked()));
            let tags: Vec<TagRow> =
                on!(&mut tx, t => sqlx::query_as(sql::boards::TAGS).bind(tenant.0).fetch_all(&mut **t).await)?;
            let on_questions: Vec<QuestionTagRow> =
                on!(&mut tx, t => sqlx::query_as(sql::boards::QUESTION_TAGS).bind(tenant.0).fetch_all(&mut **t).await)?;
            let tags = tags_by_name(tags);
            let mut of_question: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
            for row in on_questions {
                of_question.entry(row.question_id).or_default().push(row.tag_id);
            }
            let cases = rows.into_iter().map(|row| {
                let ids = of_question.remove(&row.id().0).unwrap_or_default();
                row.into_case(tags.iter().filter(|tag| ids.contains(&tag.id.0)).cloned().collect())
            });
            Ok((cases.collect::<DbResult<Vec<Case>>>()?, more))
        })
    }

    async fn read_case(&self, tenant: TenantId, id: QuestionId) -> DbResult<Case> {
        tx!(self.begin_read(), tx => { case(&mut tx, tenant, id).await })
    }

    async fn decide_case(
        &self,
        write: Write,
        id: QuestionId,
        verdict: ReviewDecision,
        seen: Option<i64>,
        by: UserId,
    ) -> DbResult<Case> {
        let said = match &verdict {
            ReviewDecision::Decline { reason } => reason.clone().unwrap_or_default(),
            ReviewDecision::Edit { body } => body.as_str().to_owned(),
            _ => String::new(),
        };
        let operation = Operation::new(verdict.as_str(), id.0, &[id.0.as_bytes(), said.as_bytes()]);
        let decided = written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return case(tx, write.tenant, id).await;
            }
            let held = Held::take(tx, write.tenant, id).await?;
            if seen.is_some_and(|version| version != held.case.version) {
                return Err(Refusal::Changed.into());
            }
            let act = verdict.act();
            let after = held.case.clone().decided(verdict, by, write.at)?;
            if after.reports < held.case.reports {
                on!(tx, t => sqlx::query(sql::moderation::FORGET_REPORTS)
                    .bind(write.tenant.0)
                    .bind(id.0)
                    .execute(&mut **t)
                    .await
                    .map(drop))?;
            }
            let entry = Entry::of(by, act).team(after.question.team_id).subject(id);
            note(tx, &write, entry_of(entry, &held.case, &after)).await?;
            held.becomes(tx, &write, after).await
        })?;
        self.truncate_log();
        Ok(decided)
    }

    async fn note_case(&self, write: Write, id: QuestionId, noted: Note, by: UserId) -> DbResult<Case> {
        let said = format!("{noted:?}");
        let operation = Operation::new("note", id.0, &[id.0.as_bytes(), said.as_bytes()]);
        let done = written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return case(tx, write.tenant, id).await;
            }
            let held = Held::take(tx, write.tenant, id).await?;
            if is_noted(&held.case, &noted, by) {
                return held.leave(tx).await;
            }
            if !put_note(tx, &write, id, &noted, by).await? {
                return Err(Refusal::Claimed.into());
            }
            if let Some(entry) = entry_of_note(&held.case, &noted, by) {
                note(tx, &write, entry).await?;
            }
            held.noted(tx, &write).await
        })?;
        self.truncate_log();
        Ok(done)
    }

    async fn list_own(&self, tenant: TenantId, asker: ParticipantId) -> DbResult<Vec<OwnQuestion>> {
        let rows: Vec<CaseRow> = on!(&self.read, pool => sqlx::query_as(sql::moderation::OWN)
            .bind(tenant.0)
            .bind(asker.0)
            .fetch_all(pool)
            .await)?;
        rows.into_iter().map(|row| row.into_case(Vec::new()).map(OwnQuestion::from)).collect()
    }

    async fn rewrite_own(
        &self,
        write: Write,
        id: QuestionId,
        asker: ParticipantId,
        body: QuestionBody,
        hold: Option<Hold>,
    ) -> DbResult<OwnQuestion> {
        let operation = Operation::new("edit_own", id.0, &[id.0.as_bytes(), body.as_str().as_bytes()]);
        let own = written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return case(tx, write.tenant, id).await.map(OwnQuestion::from);
            }
            let held = own(tx, &write, id, asker).await?;
            let after = held.case.clone().rewritten(body, hold)?;
            forget_asked(tx, &write, id).await?;
            held.becomes(tx, &write, after).await.map(OwnQuestion::from)
        })?;
        self.truncate_log();
        Ok(own)
    }

    async fn take_back_own(&self, write: Write, id: QuestionId, asker: ParticipantId) -> DbResult<OwnQuestion> {
        let operation = Operation::new("withdraw_own", id.0, &[id.0.as_bytes()]);
        let own = written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return case(tx, write.tenant, id).await.map(OwnQuestion::from);
            }
            let held = own(tx, &write, id, asker).await?;
            let after = held.case.clone().withdrawn(write.at)?;
            forget_asked(tx, &write, id).await?;
            for statement in [sql::moderation::FORGET_NOTES, sql::moderation::FORGET_REPORTS] {
                on!(&mut *tx, t => sqlx::query(statement)
                    .bind(write.tenant.0)
                    .bind(id.0)
                    .execute(&mut **t)
                    .await
                    .map(drop))?;
            }
            held.becomes(tx, &write, after).await.map(OwnQuestion::from)
        })?;
        self.truncate_log();
        Ok(own)
    }

    async fn keep_report(&self, write: Write, id: QuestionId, reporter: ParticipantId, reason: String) -> DbResult<()> {
        let operation = Operation::new("report", id.0, &[id.0.as_bytes(), reason.as_bytes()]);
        written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return Ok(());
            }
            let held = Held::take(tx, write.tenant, id).await?;
            if !held.case.is_public() {
                return Err(super::questions::missing().into());
            }
            let is_new = on!(tx, t => sqlx::query(sql::moderation::REPORT)
                .bind(write.tenant.0)
                .bind(id.0)
                .bind(reporter.0)
                .bind(&reason)
                .bind(write.at.0)
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected() == 1))?;
            if !is_new {
                return held.leave(tx).await.map(drop);
            }
            let after = Case { reports: held.case.reports + 1, ..held.case.clone() }.reported();
            held.becomes(tx, &write, after).await.map(drop)
        })?;
        self.truncate_log();
        Ok(())
    }
}

/// So many cases of a tenant, or of one of its teams.
async fn cases_of(tx: &mut Tx, tenant: TenantId, team: Option<TeamId>, limit: i64) -> DbResult<Vec<CaseRow>> {
    Ok(match team {
        None => on!(tx, t => sqlx::query_as(sql::moderation::CASES)
            .bind(tenant.0)
            .bind(limit)
            .fetch_all(&mut **t)
            .await)?,
        Some(team) => on!(tx, t => sqlx::query_as(sql::moderation::CASES_OF_TEAM)
            .bind(tenant.0)
            .bind(team.0)
            .bind(limit)
            .fetch_all(&mut **t)
            .await)?,
    })
}

/// What the audit says of a decision: what it has changed. Texts are not kept there, for the audit never forgets: it says
/// how long they were.
fn entry_of(mut entry: Entry, before: &Case, after: &Case) -> Entry {
    let reason = |case: &Case| case.removed.as_ref().and_then(|removed| removed.reason.clone());
    let answer = |case: &Case| case.question.answer.as_ref().map(|answer| answer.response_text.clone());
    if before.standing() != after.standing() {
        entry = entry.change("standing", before.standing().as_str(), after.standing().as_str());
    }
    if before.question.body != after.question.body {
        entry = entry.change("bodyLength", length(&before.question.body), length(&after.question.body));
    }
    for (name, before, after) in
        [("answerLength", answer(before), answer(after)), ("reasonLength", reason(before), reason(after))]
    {
        if before != after {
            entry = entry.change(name, before.as_deref().map(length), after.as_deref().map(length));
        }
    }
    entry
}

/// How many characters a text has, for the audit.
pub(super) fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// What the audit says of a note. Drafts and claims come and go by themselves and are not in it.
fn entry_of_note(case: &Case, noted: &Note, by: UserId) -> Option<Entry> {
    let entry = |act| Entry::of(by, act).team(case.question.team_id).subject(case.question.id);
    match noted {
        Note::Star(true) => Some(entry(Act::Star)),
        Note::Star(false) => Some(entry(Act::Unstar)),
        Note::Label(label) => {
            let length = |label: &Option<String>| label.as_deref().map(length);
            Some(entry(Act::Label).change("labelLength", length(&case.label), length(label)))
        }
        Note::Draft(_) | Note::Claim(_) => None,
    }
}

/// An asker's own question. Somebody else's is not there for them.
async fn own(tx: &mut Tx, write: &Write, id: QuestionId, asker: ParticipantId) -> DbResult<Held> {
    let held = Held::take(tx, write.tenant, id).await?;
    if held.author == asker { Ok(held) } else { Err(super::questions::missing().into()) }
}

/// Forgets what the asker of a question asked for before, under the keys of their writes.
async fn forget_asked(tx: &mut Tx, write: &Write, id: QuestionId) -> DbResult<()> {
    on!(tx, t => sqlx::query(sql::operations::FORGET)
        .bind(write.tenant.0)
        .bind(write.writer)
        .bind(id.0)
        .bind(write.operation.0)
        .bind([0_u8; 32].as_slice())
        .execute(&mut **t)
        .await
        .map(drop))?;
    Ok(())
}

/// Whether a note says what is there already. A claim is renewed.
fn is_noted(case: &Case, note: &Note, by: UserId) -> bool {
    match note {
        Note::Star(on) => case.starred == *on,
        Note::Label(label) => case.label == *label,
        Note::Draft(text) => case.draft.as_ref().map(|draft| &draft.text) == text.as_ref(),
        Note::Claim(on) => !on && case.claim.is_none_or(|claim| claim.by != by),
    }
}

/// Keeps a note; says whether it could be kept.
async fn put_note(tx: &mut Tx, write: &Write, id: QuestionId, note: &Note, by: UserId) -> DbResult<bool> {
    let (tenant, at) = (write.tenant.0, write.at.0);
    let rows = match note {
        Note::Star(on) => on!(tx, t => sqlx::query(sql::moderation::STAR)
            .bind(tenant)
            .bind(id.0)
            .bind(on.then_some(at))
            .execute(&mut **t)
            .await
            .map(|done| done.rows_affected()))?,
        Note::Label(label) => on!(tx, t => sqlx::query(sql::moderation::LABEL)
            .bind(tenant)
            .bind(id.0)
            .bind(label.as_deref())
            .execute(&mut **t)
            .await
            .map(|done| done.rows_affected()))?,
        Note::Draft(text) => on!(tx, t => sqlx::query(sql::moderation::DRAFT)
            .bind(tenant)
            .bind(id.0)
            .bind(text.as_deref())
            .bind(text.is_some().then_some(by.0))
            .bind(text.is_some().then_some(at))
            .execute(&mut **t)
            .await
            .map(|done| done.rows_affected()))?,
        Note::Claim(on) => on!(tx, t => sqlx::query(sql::moderation::CLAIM)
            .bind(tenant)
            .bind(id.0)
            .bind(on.then_some(by.0))
            .bind(on.then_some(at))
            .bind(at - CLAIM_LIFE_MS)
            .bind(by.0)
            .execute(&mut **t)
            .await
            .map(|done| done.rows_affected()))?,
    };
    Ok(rows == 1)
}
