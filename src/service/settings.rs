//! A tenant's settings and its logo.

use super::{RequestContext, Service};
use crate::command::IdempotencyKey;
use crate::error::Refusal;
use crate::logo::{LOGO_MAX, Logo};
use crate::permission::Action;
use crate::settings::{SettingsForm, SettingsView};
use crate::tenant::{Tenancy, Tenant};
use crate::text::Slug;

impl Service {
    /// The tenant's settings, those that are not public as well.
    ///
    /// # Errors
    /// When the caller may not see them, or asks too often.
    pub async fn settings(&self, context: &RequestContext) -> Result<SettingsView, Refusal> {
        context.require(Action::EditSettings)?;
        self.rate_limiter.admit(context.tenant.id, context.actor.user.map(|user| user.0), Action::SeeHealth)?;
        // As they are, not as they were a moment ago: whoever just saved them looks at what was saved.
        let slug = Slug::parse(&context.tenant.slug).map_err(|_| Refusal::Internal)?;
        let Tenancy { tenant, rules } = self.store.tenancy(&slug).await?.ok_or(Refusal::Internal)?;
        Ok(SettingsView { tenant, role: context.actor.role, staff: rules.staff.clone(), version: rules.version })
    }

    /// Changes the tenant's settings.
    ///
    /// # Errors
    /// When the caller may not, a field is not taken, or somebody else changed them since the form was drawn.
    pub async fn change_settings(
        &self,
        context: &RequestContext,
        key: IdempotencyKey,
        form: SettingsForm,
    ) -> Result<Tenant, Refusal> {
        context.require(Action::EditSettings)?;
        let by = context.user()?;
        let new = form.parse()?;
        let (write, _turn) = self.write(context, Action::EditSettings, key, by.0).await?;
        let tenant = self.store.change_settings(write, new).await?;
        self.changed(context);
        Ok(tenant)
    }

    /// Puts a logo in the place of the one before, or takes it away.
    ///
    /// # Errors
    /// When the caller may not, or it is too large or no picture of a kind that we take.
    pub async fn set_logo(&self, context: &RequestContext, picture: Option<Vec<u8>>) -> Result<Tenant, Refusal> {
        context.require(Action::EditSettings)?;
        let by = context.user()?;
        let logo = match picture {
            Some(sent) if sent.len() > LOGO_MAX => return Err(Refusal::TooLarge),
            Some(sent) => {
                // Decoding is work: whoever may do it does not do it as often as they like.
                self.rate_limiter.admit(context.tenant.id, Some(by.0), Action::EditSettings)?;
                Some(self.pictures.logo(sent).await?)
            }
            None => None,
        };
        let word = logo.is_some().then(|| self.new_id().simple().to_string()[20..].to_owned());
        let (write, _turn) = self.write(context, Action::EditSettings, None, by.0).await?;
        let tenant = self.store.set_logo(write, logo, word).await?;
        self.changed(context);
        Ok(tenant)
    }

    /// The logo of a tenant, for everybody: it stands on the page that says who may come in.
    ///
    /// # Errors
    /// When the store is in trouble.
    pub async fn logo(&self, tenant: &Tenant) -> Result<Option<Logo>, Refusal> {
        match tenant.settings.logo {
            Some(_) => Ok(self.store.logo(tenant.id).await?),
            None => Ok(None),
        }
    }
}
