//! What becomes of tags after they were made.

use pulsestage::audit::{Act, Entry};
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Event, Gone};
use pulsestage::id::{TagId, UserId};
use pulsestage::ports::Write;
use pulsestage::tag::Tag;
use pulsestage::text::{Color, Name};

use super::audit::note;
use super::db_error::DbResult;
use super::facts::LogSlot;
use super::operations::{Claim, Operation, claim};
use super::rows::TagRow;
use super::tags::tag;
use super::{SqlStore, sql};
use crate::unicode::name_key;

impl SqlStore {
    pub(super) async fn update_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> DbResult<Tag> {
        let arguments = [id.0.as_bytes(), name.as_str().as_bytes(), color.as_str().as_bytes()];
        let operation = Operation::new("change_tag", id.0, &arguments);
        let done = written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return tag(tx, write.tenant, id).await;
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let before = tag(tx, write.tenant, id).await?;
            let row: Option<TagRow> = on!(tx, t => sqlx::query_as(sql::tenants::CHANGE_TAG)
                .bind(write.tenant.0)
                .bind(id.0)
                .bind(name.as_str())
                .bind(name_key(name.as_str()))
                .bind(color.as_str())
                .fetch_optional(&mut **t)
                .await)?;
            let changed = row.map(Tag::from).ok_or(Refusal::NameTaken { what: Noun::Tag })?;
            place.write(tx, &write, None, &Event::TagUpdated(changed.clone())).await?;
            let entry = Entry::of(UserId(write.writer), Act::EditTag).subject(id);
            let entry = entry.before("name", &before.name).before("color", &before.color);
            note(tx, &write, entry.after("name", &changed.name).after("color", &changed.color)).await?;
            Ok(changed)
        })?;
        self.truncate_log();
        Ok(done)
    }

    pub(super) async fn remove_tag(&self, write: Write, id: TagId) -> DbResult<()> {
        let operation = Operation::new("delete_tag", id.0, &[id.0.as_bytes()]);
        written!(self, tx => {
            if let Claim::DbResult(_) = claim(tx, &write, &operation).await? {
                return Ok(());
            }
            let place = LogSlot::take(tx, write.tenant).await?;
            let before = tag(tx, write.tenant, id).await?;
            for statement in [sql::tenants::CLEAR_TAG, sql::tenants::DELETE_TAG] {
                on!(tx, t => sqlx::query(statement)
                    .bind(write.tenant.0)
                    .bind(id.0)
                    .execute(&mut **t)
                    .await
                    .map(drop))?;
            }
            place.write(tx, &write, None, &Event::TagDeleted(Gone { id: id.0 })).await?;
            let entry = Entry::of(UserId(write.writer), Act::DeleteTag).subject(id);
            note(tx, &write, entry.before("name", &before.name).before("color", &before.color)).await
        })?;
        self.truncate_log();
        Ok(())
    }
}
