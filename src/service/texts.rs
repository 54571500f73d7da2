//! How long texts are kept, and what people may do with their own.

use super::{RequestContext, Service};
use crate::command::IdempotencyKey;
use crate::error::{Noun, Refusal};
use crate::id::OperationId;
use crate::permission::Action;
use crate::ports::{Change, Write};
use crate::retention::{Erased, Retention, Written};
use crate::text::Slug;

impl Service {
    /// How long the tenant keeps texts.
    ///
    /// # Errors
    /// When the caller may not see its settings, or asks too often.
    pub async fn retention(&self, context: &RequestContext) -> Result<Retention, Refusal> {
        context.require(Action::EditSettings)?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::SeeHealth)?;
        Ok(self.store.retention(context.tenant.id).await?)
    }

    /// Changes how long the tenant keeps texts: `days` as typed, and whether all of them are to stay for now.
    ///
    /// # Errors
    /// When the caller may not, or `days` is no number of days.
    pub async fn set_retention(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        days: &str,
        hold: bool,
    ) -> Result<Retention, Refusal> {
        context.require(Action::EditSettings)?;
        let by = context.user()?;
        let days = Retention::parse_days(days)?;
        let (write, _turn) = self.write(context, Action::EditSettings, key, by.0).await?;
        let new = Retention { days, hold_since: hold.then_some(write.at) };
        Ok(self.store.set_retention(write, new, Some(by)).await?)
    }

    /// The same for the command line only; what is absent stays as it is.
    ///
    /// # Errors
    /// When there is no such tenant.
    pub async fn operate_retention(
        &self,
        slug: &Slug,
        days: Option<Option<u32>>,
        hold: Option<bool>,
    ) -> Result<Retention, Refusal> {
        let found = self.store.tenant_by_slug(slug).await?;
        let tenant = found.ok_or(Refusal::NotFound { what: Noun::Tenant })?.id;
        let now = self.store.retention(tenant).await?;
        if days.is_none() && hold.is_none() {
            return Ok(now);
        }
        let once = self.new_id();
        let write = Write { tenant, operation: OperationId(once), writer: once, at: self.clock.now() };
        let hold = hold.unwrap_or(now.hold_since.is_some());
        let new = Retention { days: days.unwrap_or(now.days), hold_since: hold.then_some(write.at) };
        Ok(self.store.set_retention(write, new, None).await?)
    }

    /// Everything that this participant wrote and did here. Also where guests are kept out by now: it is theirs.
    ///
    /// # Errors
    /// When the browser has no identity, or asks too often.
    pub async fn written(&self, context: &RequestContext) -> Result<Written, Refusal> {
        let participant = context.participant()?;
        self.rate_limiter.admit(context.tenant.id, Some(participant.0), Action::SeeBoard)?;
        Ok(self.store.written_by(context.tenant.id, participant).await?)
    }

    /// Erases what this participant wrote here, in the same way.
    ///
    /// # Errors
    /// As [`Service::written`].
    pub async fn erase_written(&self, context: &RequestContext) -> Result<Erased, Refusal> {
        let participant = context.participant()?;
        let (write, _turn) = self.write(context, Action::Ask, None, participant.0).await?;
        let erased = self.store.erase_written(write, participant).await;
        // Also when it failed half-way: what is erased by then is.
        self.notifier.notify(context.tenant.id, Change::TakenBack);
        Ok(erased?)
    }
}
