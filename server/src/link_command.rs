//! `pulsestage link`: one-time links, made, listed and withdrawn on the server.

use std::sync::Arc;

use crate::config::LinkArgs;
use crate::install::command_service;
use crate::lifecycle;
use crate::system::SystemClock;
use pulsestage::link::{LinkPurpose, WaitingLink};
use pulsestage::ports::Clock;
use pulsestage::service::Service;

/// Does it; gives what to print.
///
/// # Errors
/// When the database cannot be opened, or says no: the message says why.
pub async fn run(args: LinkArgs) -> anyhow::Result<String> {
    let store = lifecycle::open_store(&args.store).await?;
    let service = command_service(Arc::new(store.clone()));
    let done = carry_out(&service, &args).await;
    store.close().await;
    done
}

/// Does it with these use cases; gives what to print.
///
/// # Errors
/// As [`run`].
pub async fn carry_out(service: &Service, args: &LinkArgs) -> anyhow::Result<String> {
    let LinkArgs { tenant, role, .. } = args;
    if args.list {
        let now = SystemClock.now().0;
        let links = service.waiting_links(tenant).await?;
        let lines: Vec<String> = links.iter().map(|link| line(link, now)).collect();
        return Ok(if lines.is_empty() { format!("No link of {tenant} waits to be used.") } else { lines.join("\n") });
    }
    if args.withdraw_all {
        let count = service.withdraw_links(tenant, None).await?;
        return Ok(format!("Withdrew {count} link{} of {tenant}.", if count == 1 { "" } else { "s" }));
    }
    if args.replace {
        service.withdraw_links(tenant, Some(*role)).await?;
    }
    lifecycle::make_link(service, &args.public_url, tenant, *role).await
}

fn line(link: &WaitingLink, now: i64) -> String {
    const MINUTE_MS: i64 = 60_000;
    let door = match link.door {
        LinkPurpose::SignIn => "signs in",
        LinkPurpose::Claim => "claims the installation",
    };
    let (age, left) = (now.saturating_sub(link.at.0), link.expires_at.0.saturating_sub(now));
    format!("{}\t{door}\tmade {} minutes ago, good for {} more", link.role.as_str(), age / MINUTE_MS, left / MINUTE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::time::Timestamp;
    use pulsestage::user::Role;

    #[test]
    fn a_link_is_a_line_without_its_secret() {
        let link = WaitingLink {
            role: Role::Admin,
            door: LinkPurpose::SignIn,
            at: Timestamp(0),
            expires_at: Timestamp(600_000),
        };
        assert_eq!(line(&link, 120_000), "admin\tsigns in\tmade 2 minutes ago, good for 8 more");
    }
}
