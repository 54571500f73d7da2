//! What a new installation starts with: one tenant with one team, so that there is a page to open.

use std::sync::Arc;

use pulsestage::error::{Noun, Refusal};
use pulsestage::ports::Store;
use pulsestage::service::{Credentials, Service};
use pulsestage::session::SessionLabel;
use pulsestage::team::FIRST_TEAM;
use pulsestage::text::{Name, Slug};
use pulsestage::user::Role;

use crate::auth::Secret;
use crate::compose::offline_service;
use crate::system::{InstallationKey, SystemClock, SystemRng};

/// Makes the first tenant with its team when there is none; says whether it made the tenant.
///
/// Safe beside another process that does the same: what is there is taken as it is, and a tenant whose maker died before
/// anything happened in it gets its team.
///
/// # Errors
/// When the store is in trouble.
pub async fn first_tenant(store: Arc<dyn Store>, key: InstallationKey) -> Result<bool, Refusal> {
    let service = offline_service(store.clone(), Arc::new(SystemClock), Arc::new(SystemRng), Arc::new(key));
    let slug = Slug::default_tenant();
    let made = match &service.tenants().await?[..] {
        [] => {
            let name = Name::parse("PulseStage").map_err(|problem| Refusal::field("name", problem))?;
            is_new(service.create_tenant(slug.clone(), name).await, Noun::Tenant)?
        }
        [only] if only.slug == slug.as_str() && store.head(only.id).await?.seq == 0 => false,
        _ => return Ok(false),
    };
    let context = service.authenticate_as_operator(&slug).await?;
    is_new(service.create_team(&context, None, FIRST_TEAM).await, Noun::Team)?;
    Ok(made)
}

/// Whether something was made, or is there already.
fn is_new<T>(made: Result<T, Refusal>, noun: Noun) -> Result<bool, Refusal> {
    match made {
        Ok(_) => Ok(true),
        Err(Refusal::NameTaken { what }) if what == noun => Ok(false),
        Err(refusal) => Err(refusal),
    }
}

/// Somebody who may do everything in a tenant, by the same way as people: a link that is used at once.
/// Its secrets are forgotten when this returns and the session's hash opens nothing without them.
///
/// # Errors
/// When there is no such tenant.
pub async fn owner(service: &Service, slug: &Slug) -> Result<Credentials, Refusal> {
    let (link, session) = (Secret::new(&SystemRng), Secret::new(&SystemRng));
    service.put_link(slug, Role::Owner, link.hash()).await?;
    service.redeem_link(link.hash(), session.hash(), SessionLabel::default()).await?;
    Ok(Credentials { sessions: vec![(slug.as_str().to_owned(), session.hash())], ..Credentials::default() })
}
