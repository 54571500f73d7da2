//! What whoever started the server is told.

use pulsestage::error::Refusal;
use pulsestage::ports::{MOST_WAITING_LINKS, Rng};
use pulsestage::service::Service;
use pulsestage::tenant::Tenant;
use pulsestage::text::Slug;
use pulsestage::user::Role;

use super::{Running, reached_at};
use crate::auth::Secret;
use crate::http::account::claim_link;
use crate::http::session::{moderators_page, tenant_page};
use crate::system::SystemRng;

/// Makes a one-time link for a tenant.
///
/// # Errors
/// When there is no such tenant, or as many links as may be wait to be used.
pub async fn make_link(service: &Service, origin: &str, tenant: &Slug, role: Role) -> anyhow::Result<String> {
    let secret = Secret::new(&SystemRng as &dyn Rng);
    match service.make_link(None, tenant, role, secret.hash()).await {
        Ok(()) => {}
        Err(Refusal::TooManyRequests { .. }) => anyhow::bail!(
            "{tenant} has {MOST_WAITING_LINKS} unused links for this role. They expire within a day; \
             `pulsestage link --tenant {tenant} --role {role} --replace` withdraws them and creates another."
        ),
        Err(refusal) => return Err(refusal.into()),
    }
    Ok(format!("{}/sign-in/{}", origin.trim_end_matches('/'), secret.reveal()))
}

/// What the terminal shows once the server is up: the addresses to open. Whoever reads it may claim an installation that
/// nobody owns, by a fresh one-time link; with demo data they come in to each tenant, by one as well.
///
/// # Errors
/// When the links cannot be kept.
pub async fn welcome(running: &Running) -> anyhow::Result<String> {
    const SHOWN: usize = 5;
    let service = running.state.service();
    let origin = reached_at(running.state.site().origin.as_deref(), running.tls.is_some(), running.addr);
    let mut text = "\nPulseStage is running. Stop it with Ctrl-C.\n".to_owned();
    for Tenant { slug, name, .. } in service.tenants().await?.iter().take(SHOWN) {
        let Ok(slug) = Slug::parse(slug) else { continue };
        text += &format!(
            "\n  {name}\n    questions   {origin}{}\n    moderators  {origin}{}\n",
            tenant_page(slug.as_str()),
            moderators_page(slug.as_str()),
        );
        if running.demo {
            // That it was started often is no reason not to start.
            let link = make_link(service, &origin, &slug, Role::Owner).await;
            text += &format!("    sign in     {}\n", link.unwrap_or_else(|error| error.to_string()));
        }
    }
    if running.demo {
        text += "\nEach sign-in link works once, within a day. `pulsestage link --tenant SLUG` creates another.\n";
        return Ok(text);
    }
    let claim = Secret::new(running.state.rng());
    match service.offer_claim(&Slug::default_tenant(), claim.hash()).await {
        Ok(true) => {
            let link = claim_link(&origin, &claim);
            text += &format!(
                "\nThis installation has no owner yet. Open this link to claim it:\n\n  {link}\n\nIt works once, within a day; each start prints another until one was used.\n"
            );
        }
        // Without a default tenant there is nothing to be claimed.
        Ok(false) | Err(Refusal::NotFound { .. }) => {
            text += "\nIf nobody can sign in, `pulsestage link --tenant SLUG --role owner` creates a one-time link.\n";
        }
        Err(refusal) => return Err(refusal.into()),
    }
    Ok(text)
}
