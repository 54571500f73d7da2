//! `pulsestage tenant`: what the operator does from the command line of the server.

use clap::{Args, Subcommand};

use super::with_service;
use crate::config::{StoreArgs, parse_slug};
use crate::lifecycle;
use crate::origin::parse_public_url;
use crate::unicode::nfc;
use pulsestage::retention::{LONGEST_RETENTION, Retention};
use pulsestage::service::Service;
use pulsestage::tenant::{TenantLimits, TenantSummary};
use pulsestage::text::{Name, Slug};
use pulsestage::user::Role;

/// Commands for tenants. A running server applies changes within a second.
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Create a tenant and print a one-time link for its owner.
    Create(CreateArgs),
    /// List all tenants with their sizes and limits.
    List(ListArgs),
    /// Set the limits of a tenant; limits that are not given are removed.
    Limit(LimitTenantArgs),
    /// Show or set how long a tenant keeps texts.
    Retention(RetentionArgs),
    /// Close a tenant for everybody. Nothing is deleted.
    Archive(ArchiveArgs),
}

/// The flags of `tenant create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its name in addresses: lower-case letters, digits and inner hyphens.
    #[arg(value_parser = parse_slug)]
    pub slug: Slug,
    /// Its name for people; by default the slug.
    #[arg(long, value_parser = parse_name)]
    pub name: Option<Name>,
    /// The public address of the server, with which the link begins.
    #[arg(long, env = "PULSESTAGE_PUBLIC_URL", default_value = "http://127.0.0.1:3000", value_parser = parse_public_url)]
    pub public_url: String,
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// The flags of `tenant list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// The flags of `tenant limit`.
#[derive(Debug, Args)]
pub struct LimitTenantArgs {
    /// Which tenant.
    #[arg(value_parser = parse_slug)]
    pub slug: Slug,
    /// Open streams, on each instance.
    #[arg(long, value_name = "COUNT")]
    pub streams: Option<u32>,
    /// Questions ever asked.
    #[arg(long, value_name = "COUNT")]
    pub questions: Option<u32>,
    /// People with an account; owners are not counted.
    #[arg(long, value_name = "COUNT")]
    pub people: Option<u32>,
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// The flags of `tenant archive`.
#[derive(Debug, Args)]
pub struct ArchiveArgs {
    /// Which tenant.
    #[arg(value_parser = parse_slug)]
    pub slug: Slug,
    /// Open it again instead.
    #[arg(long)]
    pub restore: bool,
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// The flags of `tenant retention`.
#[derive(Debug, Args)]
pub struct RetentionArgs {
    /// Which tenant.
    #[arg(value_parser = parse_slug)]
    pub slug: Slug,
    /// Days after which texts are deleted, or `off`.
    #[arg(long, value_name = "DAYS|off", value_parser = parse_days)]
    pub days: Option<Days>,
    /// Whether to suspend deletion.
    #[arg(long, value_name = "on|off", value_parser = parse_switch)]
    pub hold: Option<bool>,
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// So many days, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days(Option<u32>);

fn parse_days(text: &str) -> Result<Days, String> {
    match text {
        "off" => Ok(Days(None)),
        typed => match Retention::parse_days(typed) {
            Ok(Some(days)) => Ok(Days(Some(days))),
            _ => Err(format!("give a number from 1 to {LONGEST_RETENTION}, or off")),
        },
    }
}

fn parse_switch(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("give on or off".to_owned()),
    }
}

fn parse_name(text: &str) -> Result<Name, String> {
    Name::parse(&nfc(text)).map_err(|problem| format!("the name {problem}"))
}

impl TenantCommand {
    const fn store(&self) -> &StoreArgs {
        match self {
            Self::Create(args) => &args.store,
            Self::List(args) => &args.store,
            Self::Limit(args) => &args.store,
            Self::Retention(args) => &args.store,
            Self::Archive(args) => &args.store,
        }
    }
}

/// Does it; gives what to print.
///
/// # Errors
/// When the database cannot be opened, or says no: the message says why.
pub async fn run(command: TenantCommand) -> anyhow::Result<String> {
    let store = command.store().clone();
    with_service(&store, async |service| carry_out(service, command).await).await
}

async fn carry_out(service: &Service, command: TenantCommand) -> anyhow::Result<String> {
    match command {
        TenantCommand::Create(CreateArgs { slug, name, public_url, .. }) => {
            let name = name.map_or_else(|| Name::parse(slug.as_str()), Ok)?;
            service.make_tenant(None, slug.clone(), name).await?;
            let link = lifecycle::make_link(service, &public_url, &slug, Role::Owner).await?;
            Ok(format!("Created the tenant {slug}. Its owner signs in here (once, within a day):\n{link}"))
        }
        TenantCommand::List(_) => {
            let tenants = service.tenant_summaries().await?;
            Ok(tenants.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        TenantCommand::Limit(LimitTenantArgs { slug, streams, questions, people, .. }) => {
            let limits = TenantLimits { streams, questions, people };
            service.limit_tenant(None, &slug, limits).await?;
            Ok(format!("{slug}: {}", limits_in_words(limits)))
        }
        TenantCommand::Retention(RetentionArgs { slug, days, hold, .. }) => {
            let kept = service.operate_retention(&slug, days.map(|Days(days)| days), hold).await?;
            Ok(format!("{slug}: {}", retention_in_words(kept)))
        }
        TenantCommand::Archive(ArchiveArgs { slug, restore, .. }) => {
            service.archive_tenant(None, &slug, !restore).await?;
            Ok(format!("{slug} is {}.", if restore { "open again" } else { "archived" }))
        }
    }
}

fn line(tenant: &TenantSummary) -> String {
    let TenantSummary { slug, name, limits, is_archived, teams, questions, people } = tenant;
    let archived = if *is_archived { ", archived" } else { "" };
    let limits = limits_in_words(*limits);
    format!("{slug}\t{name}\t{teams} teams, {questions} questions, {people} people\t{limits}{archived}")
}

fn retention_in_words(retention: Retention) -> String {
    let days = match retention.days {
        Some(1) => "texts are kept for 1 day".to_owned(),
        Some(days) => format!("texts are kept for {days} days"),
        None => "texts are kept for ever".to_owned(),
    };
    match retention.hold_since {
        Some(since) => format!("{days}; on hold since {since}, so nothing is removed"),
        None => days,
    }
}

fn limits_in_words(limits: TenantLimits) -> String {
    let named = [("streams", limits.streams), ("questions", limits.questions), ("people", limits.people)];
    let said: Vec<String> =
        named.into_iter().filter_map(|(what, most)| most.map(|most| format!("at most {most} {what}"))).collect();
    if said.is_empty() { "no limits".to_owned() } else { said.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_is_a_sentence() {
        assert_eq!((parse_days("30"), parse_days("off")), (Ok(Days(Some(30))), Ok(Days(None))));
        for wrong in ["0", "", "-1", "for ever", "36501"] {
            assert!(parse_days(wrong).is_err(), "{wrong}");
        }
        assert!(parse_switch("yes").is_err());
        let retention = |days, hold_since| retention_in_words(Retention { days, hold_since });
        assert_eq!(retention(None, None), "texts are kept for ever");
        let held = retention(Some(30), Some(pulsestage::time::Timestamp(0)));
        assert_eq!(held, "texts are kept for 30 days; on hold since 1970-01-01T00:00:00Z, so nothing is removed");
    }

    #[test]
    fn a_tenant_is_a_line() {
        let limits = TenantLimits { streams: Some(5), questions: None, people: Some(2) };
        let tenant = TenantSummary {
            slug: "acme".to_owned(),
            name: "Acme".to_owned(),
            limits,
            is_archived: true,
            teams: 1,
            questions: 20,
            people: 3,
        };
        let expected = "acme\tAcme\t1 teams, 20 questions, 3 people\tat most 5 streams, at most 2 people, archived";
        assert_eq!(line(&tenant), expected);
        assert_eq!(limits_in_words(TenantLimits::default()), "no limits");
    }
}
