//! The palette, and tags on questions.

use async_trait::async_trait;
use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Event, Gone, QuestionTags};
use pulsestage::id::{QuestionId, TagId, TenantId, UserId};
use pulsestage::ports::{StoreResult, TagStore, Write};
use pulsestage::question::Question;
use pulsestage::tag::Tag;
use pulsestage::text::{Color, Name};

use crate::store::audit::note;
use crate::store::db_error::DbResult;
use crate::store::log::facts::LogSlot;
use crate::store::operations::{KeyClaim, Operation, claim};
use crate::store::rows::TagRow;
use crate::store::{Kind, SqlStore, Tx, questions, sql};
use crate::unicode::name_key;

#[async_trait]
impl TagStore for SqlStore {
    async fn create_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> StoreResult<Tag> {
        self.run(Kind::Moderate, async move |db| {
            let operation = Operation::new("create_tag", id.0, &[name.as_str().as_bytes(), color.as_str().as_bytes()]);
            written!(db, tx => {
                if let KeyClaim::Repeated(made) = claim(tx, &write, &operation).await? {
                    return tag(tx, write.tenant, TagId(made)).await;
                }
                let place = LogSlot::take(tx, write.tenant).await?;
                let inserted = execute!(
                    tx,
                    sql::tenants::CREATE_TAG,
                    write.tenant.0,
                    id.0,
                    name.as_str(),
                    name_key(name.as_str()),
                    color.as_str(),
                    write.at.0,
                )?;
                if inserted == 0 {
                    return Err(Refusal::NameTaken { what: Noun::Tag }.into());
                }
                let tag = Tag { id, name: name.into_string(), color: color.into_string() };
                place.write(tx, &write, None, &Event::TagCreated(tag.clone())).await?;
                let entry = Entry::of(UserId(write.writer), Act::CreateTag).subject(id);
                note(tx, &write, entry.after("name", &tag.name).after("color", &tag.color)).await?;
                Ok(tag)
            })
        })
        .await
    }

    async fn set_tag(&self, write: Write, id: QuestionId, tag_id: TagId, on: bool) -> StoreResult<Question> {
        self.run(Kind::Moderate, async move |db| {
            let kind = if on { "tag" } else { "untag" };
            let operation = Operation::new(kind, id.0, &[id.0.as_bytes(), tag_id.0.as_bytes()]);
            written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
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
        })
        .await
    }

    async fn change_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> StoreResult<Tag> {
        self.run(Kind::Moderate, async move |db| {
            let arguments = [id.0.as_bytes(), name.as_str().as_bytes(), color.as_str().as_bytes()];
            let operation = Operation::new("change_tag", id.0, &arguments);
            let done = written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return tag(tx, write.tenant, id).await;
                }
                let place = LogSlot::take(tx, write.tenant).await?;
                let before = tag(tx, write.tenant, id).await?;
                let row: Option<TagRow> = fetch_optional!(
                    tx,
                    sql::tenants::CHANGE_TAG,
                    write.tenant.0,
                    id.0,
                    name.as_str(),
                    name_key(name.as_str()),
                    color.as_str(),
                )?;
                let changed = row.map(Tag::from).ok_or(Refusal::NameTaken { what: Noun::Tag })?;
                place.write(tx, &write, None, &Event::TagUpdated(changed.clone())).await?;
                let entry = Entry::of(UserId(write.writer), Act::EditTag).subject(id);
                let entry = entry.before("name", &before.name).before("color", &before.color);
                note(tx, &write, entry.after("name", &changed.name).after("color", &changed.color)).await?;
                Ok(changed)
            })?;
            db.truncate_log();
            Ok(done)
        })
        .await
    }

    async fn delete_tag(&self, write: Write, id: TagId) -> StoreResult<()> {
        self.run(Kind::Moderate, async move |db| {
            let operation = Operation::new("delete_tag", id.0, &[id.0.as_bytes()]);
            written!(db, tx => {
                if let KeyClaim::Repeated(_) = claim(tx, &write, &operation).await? {
                    return Ok(());
                }
                let place = LogSlot::take(tx, write.tenant).await?;
                let before = tag(tx, write.tenant, id).await?;
                for statement in [sql::tenants::CLEAR_TAG, sql::tenants::DELETE_TAG] {
                    execute!(tx, statement, write.tenant.0, id.0)?;
                }
                place.write(tx, &write, None, &Event::TagDeleted(Gone { id: id.0 })).await?;
                let entry = Entry::of(UserId(write.writer), Act::DeleteTag).subject(id);
                note(tx, &write, entry.before("name", &before.name).before("color", &before.color)).await
            })?;
            db.truncate_log();
            Ok(())
        })
        .await
    }
}

/// A tag of the tenant.
pub(in crate::store) async fn tag(tx: &mut Tx, tenant: TenantId, id: TagId) -> DbResult<Tag> {
    let row: Option<TagRow> = fetch_optional!(tx, sql::tenants::TAG, tenant.0, id.0)?;
    row.map(Tag::from).ok_or_else(|| Refusal::NotFound { what: Noun::Tag }.into())
}

/// Whether the tag was not on the question before.
async fn put(tx: &mut Tx, write: &Write, question: QuestionId, tag: TagId) -> DbResult<bool> {
    let rows = execute!(tx, sql::questions::SET_TAG, write.tenant.0, question.0, tag.0, write.at.0)?;
    Ok(rows == 1)
}

/// Whether the tag was on the question before.
async fn take_off(tx: &mut Tx, write: &Write, question: QuestionId, tag: TagId) -> DbResult<bool> {
    let rows = execute!(tx, sql::questions::UNSET_TAG, write.tenant.0, question.0, tag.0)?;
    Ok(rows == 1)
}
