//! The palette, and tags on questions.

use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Event, QuestionTags};
use pulsestage::id::{QuestionId, TagId, TenantId, UserId};
use pulsestage::ports::Write;
use pulsestage::question::Question;
use pulsestage::tag::Tag;
use pulsestage::text::{Color, Name};

use super::audit::note;
use super::db_error::DbResult;
use super::facts::LogSlot;
use super::operations::{Claim, Operation, claim};
use super::rows::TagRow;
use super::{SqlStore, Tx, questions, sql};
use crate::unicode::name_key;

impl SqlStore {
    pub(super) async fn insert_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> DbResult<Tag> {
        let operation = Operation::new("create_tag", id.0, &[name.as_str().as_bytes(), color.as_str().as_bytes()]);
        written!(self, tx => {
            if let Claim::DbResult(made) = claim(tx, &write, &operation).await? {
                return tag(tx, write.tenant, TagId(made)).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let inserted = on!(tx, t => sqlx::query(sql::tenants::INSERT_TAG)
                .bind(write.tenant.0)
                .bind(id.0)
                .bind(name.as_str())
                .bind(name_key(name.as_str()))
                .bind(color.as_str())
                .bind(write.at.0)
                .execute(&mut **t)
                .await
                .map(|done| done.rows_affected()))?;
            if inserted == 0 {
                return Err(Refusal::NameTaken { what: Noun::Tag }.into());
            }
            let tag = Tag { id, name: name.into_string(), color: color.into_string() };
            place.write(tx, &write, None, &Event::TagCreated(tag.clone())).await?;
            let entry = Entry::of(UserId(write.writer), Act::CreateTag).subject(id);
            note(tx, &write, entry.after("name", &tag.name).after("color", &tag.color)).await?;
            Ok(tag)
        })
    }

    pub(super) async fn tag_question(
        &self,
        write: Write,
        id: QuestionId,
        tag_id: TagId,
        on: bool,
    ) -> DbResult<Question> {
        let kind = if on { "tag" } else { "untag" };
        let operation = Operation::new(kind, id.0, &[id.0.as_bytes(), tag_id.0.as_bytes()]);
        written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return questions::public(tx, write.tenant, id).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let row = questions::public_row(tx, write.tenant, id).await?;
            let tag = tag(tx, write.tenant, tag_id).await?;
            let changed = match on {
                true => put(tx, &write, id, tag_id).await?,
                false => take_off(tx, &write, id, tag_id).await?,
            };
            let question = questions::with_tags(tx, write.tenant, row).await?;
            if changed {
                let data = QuestionTags { question_id: id, tags: question.tags.clone() };
                let event = if on { Event::Tagged(data) } else { Event::Untagged(data) };
                place.write(tx, &write, Some(question.team_id), &event).await?;
                let entry = Entry::of(UserId(write.writer), if on { Act::Tag } else { Act::Untag });
                let entry = entry.team(question.team_id).subject(id);
                let entry = if on { entry.after("tag", tag.name) } else { entry.before("tag", tag.name) };
                note(tx, &write, entry).await?;
            } else {
                place.give_back(tx).await?;
            }
            Ok(question)
        })
    }
}

/// A tag of the tenant.
pub(super) async fn tag(tx: &mut Tx, tenant: TenantId, id: TagId) -> DbResult<Tag> {
    let row: Option<TagRow> =
        on!(tx, t => sqlx::query_as(sql::tenants::TAG).bind(tenant.0).bind(id.0).fetch_optional(&mut **t).await)?;
    row.map(Tag::from).ok_or_else(|| Refusal::NotFound { what: Noun::Tag }.into())
}

/// Whether the tag was not on the question before.
async fn put(tx: &mut Tx, write: &Write, question: QuestionId, tag: TagId) -> DbResult<bool> {
    let rows = on!(tx, t => sqlx::query(sql::questions::TAG)
        .bind(write.tenant.0)
        .bind(question.0)
        .bind(tag.0)
        .bind(write.at.0)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

/// Whether the tag was on the question before.
async fn take_off(tx: &mut Tx, write: &Write, question: QuestionId, tag: TagId) -> DbResult<bool> {
    let rows = on!(tx, t => sqlx::query(sql::questions::UNTAG)
        .bind(write.tenant.0)
        .bind(question.0)
        .bind(tag.0)
        .execute(&mut **t)
        .await
        .map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
