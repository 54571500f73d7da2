//! `pulsestage link`: one-time links, made, listed and withdrawn on the server.

use clap::Args;

use super::with_service;
use crate::config::{StoreArgs, parse_slug};
use crate::lifecycle;
use crate::origin::parse_public_url;
use crate::system::SystemClock;
use pulsestage::link::{LinkPurpose, WaitingLink};
use pulsestage::ports::Clock;
use pulsestage::service::Service;
use pulsestage::text::Slug;
use pulsestage::user::Role;

/// The flags of `link`.
#[derive(Debug, Args)]
pub struct LinkArgs {
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
    /// The tenant to open, by its slug.
    #[arg(long, default_value = "default", value_parser = parse_slug)]
    pub tenant: Slug,
    /// Role of the person who uses the link: moderator, admin or owner.
    #[arg(long, default_value = "moderator", value_parser = parse_staff_role)]
    pub role: Role,
    /// Withdraw unused links of the same tenant and role first.
    #[arg(long)]
    pub replace: bool,
    /// List the tenant's unused links instead.
    #[arg(long, conflicts_with_all = ["replace", "role", "withdraw_all"])]
    pub list: bool,
    /// Withdraw all unused links of the tenant instead.
    #[arg(long, conflicts_with_all = ["replace", "role"])]
    pub withdraw_all: bool,
    /// The public address of the server, with which the link begins.
    #[arg(long, env = "PULSESTAGE_PUBLIC_URL", default_value = "http://127.0.0.1:3000", value_parser = parse_public_url)]
    pub public_url: String,
}

fn parse_staff_role(text: &str) -> Result<Role, String> {
    text.parse().ok().filter(|role| *role >= Role::Moderator).ok_or_else(|| "use moderator, admin or owner".to_owned())
}

/// Does it; gives what to print.
///
/// # Errors
/// When the database cannot be opened, or says no: the message says why.
pub async fn run(args: &LinkArgs) -> anyhow::Result<String> {
    with_service(&args.store, async |service| carry_out(service, args).await).await
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
        return Ok(if lines.is_empty() { format!("{tenant} has no unused links.") } else { lines.join("\n") });
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
    let purpose = match link.purpose {
        LinkPurpose::SignIn => "signs in",
        LinkPurpose::Claim => "claims the installation",
    };
    let (age, left) = (now.saturating_sub(link.at.0), link.expires_at.0.saturating_sub(now));
    format!(
        "{}\t{purpose}\tmade {} minutes ago, expires in {} minutes",
        link.role.as_str(),
        age / MINUTE_MS,
        left / MINUTE_MS
    )
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
            purpose: LinkPurpose::SignIn,
            at: Timestamp(0),
            expires_at: Timestamp(600_000),
        };
        assert_eq!(line(&link, 120_000), "admin\tsigns in\tmade 2 minutes ago, expires in 8 minutes");
    }
}
