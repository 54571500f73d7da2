//! What moderators decide and note, merges, and what askers do with their own questions.

use std::collections::HashMap;

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::Refusal;
use pulsestage::id::{ParticipantId, QuestionId, TeamId, TenantId, UserId};
use pulsestage::moderation::{CLAIM_LIFE_MS, Case, Hold, Note, OwnQuestion, ReviewDecision};
use pulsestage::ports::{ModerationStore, StoreResult, Write};
use pulsestage::text::QuestionBody;
use uuid::Uuid;

use crate::store::audit::note;
use crate::store::db_error::DbResult;
use crate::store::moderation::cases::{Held, case};
use crate::store::operations::{KeyClaim, Operation, claim};
use crate::store::rows::{CaseRow, QuestionTagRow, TagRow, tags_by_name};
use crate::store::{Kind, SqlStore, Tx, sql};

pub(in crate::store) mod cases;
mod merges;

#[async_trait]
impl ModerationStore for SqlStore {
    async fn cases(&self, tenant: TenantId, teams: Option<&[TeamId]>, most: usize) -> StoreResult<(Vec<Case>, bool)> {
        self.run(Kind::Moderate, async move |db| {
            tx!(db.begin_read(), tx => {
                let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
                let (mut rows, mut on_questions, mut more) = (Vec::new(), Vec::new(), false);
                // One more than is wanted, to know whether there is one.
                for team in teams.map_or_else(|| vec![None], |teams| teams.iter().copied().map(Some).collect()) {
                    let (mut listed, mut tags) = cases_of(&mut tx, tenant, team, limit).await?;
                    more |= listed.len() > most;
                    listed.truncate(most);
                    rows.append(&mut listed);
                    on_questions.append(&mut tags);
                }
                rows.sort_by_key(|row| std::cmp::Reverse(row.asked()));
                let tags: Vec<TagRow> =
                    fetch_all!(&mut tx, sql::boards::TAGS, tenant.0)?;
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
        })
        .await
    }

    async fn case(&self, tenant: TenantId, id: QuestionId) -> StoreResult<Case> {
        self.run(Kind::Moderate, async move |db| tx!(db.begin_read(), tx => { case(&mut tx, tenant, id).await })).await
    }

    async fn decide(
        &self,
        write: Write,
        id: QuestionId,
        verdict: ReviewDecision,
        seen: Option<i64>,
        by: UserId,
    ) -> StoreResult<Case> {
        self.run(Kind::Moderate, async move |db| {
            let said = match &verdict {
                ReviewDecision::Decline { reason } => reason.clone().unwrap_or_default(),
                ReviewDecision::Edit { body } => body.as_str().to_owned(),
                _ => String::new(),
            };
            let operation = Operation::new(verdict.as_str(), id.0, &[id.0.as_bytes(), said.as_bytes()]);
            let decided = written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return case(tx, write.tenant, id).await;
                }
                let held = Held::take(tx, write.tenant, id).await?;
                if seen.is_some_and(|version| version != held.case.version) {
                    return Err(Refusal::Changed.into());
                }
                let act = verdict.act();
                let after = held.case.clone().decided(verdict, by, write.at)?;
                if after.reports < held.case.reports {
                    execute!(tx, sql::moderation::FORGET_REPORTS, write.tenant.0, id.0)?;
                }
                let entry = Entry::of(by, act).team(after.question.team_id).subject(id);
                note(tx, &write, entry_of(entry, &held.case, &after)).await?;
                held.becomes(tx, &write, after).await
            })?;
            db.truncate_log();
            Ok(decided)
        })
        .await
    }

    async fn remark(&self, write: Write, id: QuestionId, noted: Note, by: UserId) -> StoreResult<Case> {
        self.run(Kind::Moderate, async move |db| {
            let said = format!("{noted:?}");
            let operation = Operation::new("note", id.0, &[id.0.as_bytes(), said.as_bytes()]);
            let done = written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
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
            db.truncate_log();
            Ok(done)
        })
        .await
    }

    async fn own_questions(&self, tenant: TenantId, asker: ParticipantId) -> StoreResult<Vec<OwnQuestion>> {
        self.run(Kind::Board, async move |db| {
            let rows: Vec<CaseRow> = fetch_all!(&db.read, sql::moderation::OWN_QUESTIONS, tenant.0, asker.0)?;
            rows.into_iter().map(|row| row.into_case(Vec::new()).map(OwnQuestion::from)).collect()
        })
        .await
    }

    async fn edit_own(
        &self,
        write: Write,
        id: QuestionId,
        asker: ParticipantId,
        body: QuestionBody,
        hold: Option<Hold>,
    ) -> StoreResult<OwnQuestion> {
        self.run(Kind::Ask, async move |db| {
            let operation = Operation::new("edit_own", id.0, &[id.0.as_bytes(), body.as_str().as_bytes()]);
            let own = written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return case(tx, write.tenant, id).await.map(OwnQuestion::from);
                }
                let held = own(tx, &write, id, asker).await?;
                let after = held.case.clone().rewritten(body, hold)?;
                forget_asked(tx, &write, id).await?;
                held.becomes(tx, &write, after).await.map(OwnQuestion::from)
            })?;
            db.truncate_log();
            Ok(own)
        })
        .await
    }

    async fn withdraw_own(&self, write: Write, id: QuestionId, asker: ParticipantId) -> StoreResult<OwnQuestion> {
        self.run(Kind::Ask, async move |db| {
            let operation = Operation::new("withdraw_own", id.0, &[id.0.as_bytes()]);
            let own = written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return case(tx, write.tenant, id).await.map(OwnQuestion::from);
                }
                let held = own(tx, &write, id, asker).await?;
                let after = held.case.clone().withdrawn(write.at)?;
                forget_asked(tx, &write, id).await?;
                for statement in [sql::moderation::FORGET_NOTES, sql::moderation::FORGET_REPORTS] {
                    execute!(&mut *tx, statement, write.tenant.0, id.0)?;
                }
                held.becomes(tx, &write, after).await.map(OwnQuestion::from)
            })?;
            db.truncate_log();
            Ok(own)
        })
        .await
    }

    async fn report(&self, write: Write, id: QuestionId, reporter: ParticipantId, reason: String) -> StoreResult<()> {
        self.run(Kind::Vote, async move |db| {
            let operation = Operation::new("report", id.0, &[id.0.as_bytes(), reason.as_bytes()]);
            written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return Ok(());
                }
                let held = Held::take(tx, write.tenant, id).await?;
                if !held.case.is_public() {
                    return Err(crate::store::questions::missing().into());
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
            db.truncate_log();
            Ok(())
        })
        .await
    }
}

/// So many cases of a tenant, or of one of its teams, and the tags that are on them.
async fn cases_of(
    tx: &mut Tx,
    tenant: TenantId,
    team: Option<TeamId>,
    limit: i64,
) -> DbResult<(Vec<CaseRow>, Vec<QuestionTagRow>)> {
    Ok(match team {
        None => (
            fetch_all!(&mut *tx, sql::moderation::CASES, tenant.0, limit)?,
            fetch_all!(tx, sql::moderation::TAGS_OF_CASES, tenant.0, limit)?,
        ),
        Some(team) => (
            fetch_all!(&mut *tx, sql::moderation::CASES_OF_TEAM, tenant.0, team.0, limit)?,
            fetch_all!(tx, sql::moderation::TAGS_OF_TEAM_CASES, tenant.0, team.0, limit)?,
        ),
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
pub(in crate::store) fn length(text: &str) -> i64 {
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
    if held.author == asker { Ok(held) } else { Err(crate::store::questions::missing().into()) }
}

/// Forgets what the asker of a question asked for before, under the keys of their writes.
async fn forget_asked(tx: &mut Tx, write: &Write, id: QuestionId) -> DbResult<()> {
    execute!(
        tx,
        sql::operations::FORGET,
        write.tenant.0,
        write.writer,
        id.0,
        write.operation.0,
        [0_u8; 32].as_slice()
    )?;
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
        Note::Star(on) => execute!(tx, sql::moderation::STAR, tenant, id.0, on.then_some(at))?,
        Note::Label(label) => execute!(tx, sql::moderation::LABEL, tenant, id.0, label.as_deref())?,
        Note::Draft(text) => execute!(
            tx,
            sql::moderation::DRAFT,
            tenant,
            id.0,
            text.as_deref(),
            text.is_some().then_some(by.0),
            text.is_some().then_some(at),
        )?,
        Note::Claim(on) => execute!(
            tx,
            sql::moderation::CLAIM,
            tenant,
            id.0,
            on.then_some(by.0),
            on.then_some(at),
            at - CLAIM_LIFE_MS,
            by.0
        )?,
    };
    Ok(rows == 1)
}
