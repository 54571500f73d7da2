//! The tag palette.

use super::{RequestContext, Service};
use crate::command::{CreateTag, IdempotencyKey};
use crate::error::{FieldProblem, Refusal};
use crate::id::TagId;
use crate::permission::Action;
use crate::ports::Change;
use crate::tag::Tag;
use crate::text::{Color, Name, TextProblem};

impl Service {
    /// Adds a tag to the palette.
    ///
    /// # Errors
    /// When the caller may not, the name is empty, too long or taken, or the colour is not `#RRGGBB`.
    pub async fn create_tag(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        tag: CreateTag,
    ) -> Result<Tag, Refusal> {
        context.require_somewhere(Action::CreateTag)?;
        let by = context.user()?;
        let (name, color) = parse(&tag)?;
        let id = TagId(self.new_id());
        let (write, _turn) = self.write(context, Action::CreateTag, key, by.0).await?;
        let tag = self.store.create_tag(write, id, name, color).await?;
        self.notifier.notify(context.tenant.id, Change::Facts);
        Ok(tag)
    }

    /// Gives a tag another name or colour, in the palette and on every question.
    ///
    /// # Errors
    /// As [`Service::create_tag`], or when the tag is not the tenant's.
    pub async fn change_tag(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        id: TagId,
        tag: CreateTag,
    ) -> Result<Tag, Refusal> {
        context.require(Action::EditTag)?;
        let by = context.user()?;
        let (name, color) = parse(&tag)?;
        let (write, _turn) = self.write(context, Action::EditTag, key, by.0).await?;
        let tag = self.store.change_tag(write, id, name, color).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        Ok(tag)
    }

    /// Deletes a tag and takes it off every question.
    ///
    /// # Errors
    /// When the caller may not, or the tag is not the tenant's.
    pub async fn delete_tag(&self, context: &RequestContext, key: IdempotencyKey, id: TagId) -> Result<(), Refusal> {
        context.require(Action::EditTag)?;
        let by = context.user()?;
        let (write, _turn) = self.write(context, Action::EditTag, key, by.0).await?;
        self.store.delete_tag(write, id).await?;
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        Ok(())
    }
}

fn parse(tag: &CreateTag) -> Result<(Name, Color), Refusal> {
    match (Name::parse(&tag.name), Color::parse(&tag.color)) {
        (Ok(name), Ok(color)) => Ok((name, color)),
        (name, color) => Err(Refusal::Invalid { fields: problems(name.err(), color.err()) }),
    }
}

fn problems(name: Option<TextProblem>, color: Option<TextProblem>) -> Vec<FieldProblem> {
    [("name", name), ("color", color)]
        .into_iter()
        .filter_map(|(field, problem)| problem.map(|problem| FieldProblem { field: field.to_owned(), problem }))
        .collect()
}
