//! `pulsestage tenant`: what the operator does from the command line of the server.

use clap::{Args, Subcommand};
use std::sync::Arc;

use crate::config::{StoreArgs, parse_slug};
use crate::install::command_service;
use crate::lifecycle;
use pulsestage::service::Service;
use pulsestage::tenant::{TenantLimits, TenantSummary};
use pulsestage::text::{Name, Slug};
use pulsestage::user::Role;

/// What to do with tenants. A server that runs on the same database follows within a second.
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Make a tenant and print a one-time link for its owner.
    Create(CreateArgs),
    /// List every tenant with its numbers and limits.
    List(ListArgs),
    /// Set what a tenant is allowed; a limit that is not given is lifted.
    Limit(LimitTenantArgs),
    /// Let nobody into a tenant any more. Nothing of it is deleted.
    Archive(ArchiveArgs),
}

/// The flags of `tenant create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its name in addresses: lower-case letters, digits and inner hyphens.
    #[arg(value_parser = parse_slug)]
    pub slug: Slug,
    /// Its name as people read it; the slug when not given.
    #[arg(long, value_parser = parse_name)]
    pub name: Option<Name>,
    /// The address people reach the server at; the link starts with it.
    #[arg(long, env = "PULSESTAGE_PUBLIC_URL", default_value = "http://127.0.0.1:3000")]
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
    /// People with an account; owners get in all the same.
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
    /// Bring it back instead.
    #[arg(long)]
    pub restore: bool,
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
}

fn parse_name(text: &str) -> Result<Name, String> {
    Name::parse(text).map_err(|problem| format!("the name {problem}"))
}

impl TenantCommand {
    const fn store(&self) -> &StoreArgs {
        match self {
            Self::Create(args) => &args.store,
            Self::List(args) => &args.store,
            Self::Limit(args) => &args.store,
            Self::Archive(args) => &args.store,
        }
    }
}

/// Does it; gives what to print.
///
/// # Errors
/// When the database cannot be opened, or says no: the message says why.
pub async fn run(command: TenantCommand) -> anyhow::Result<String> {
    let store = lifecycle::open_store(command.store()).await?;
    let service = command_service(Arc::new(store.clone()));
    let done = carry_out(&service, command).await;
    store.close().await;
    done
}

async fn carry_out(service: &Service, command: TenantCommand) -> anyhow::Result<String> {
    match command {
        TenantCommand::Create(CreateArgs { slug, name, public_url, .. }) => {
            let name = name.map_or_else(|| Name::parse(slug.as_str()), Ok)?;
            service.create_tenant(slug.clone(), name).await?;
            let link = lifecycle::make_link(service, &public_url, &slug, Role::Owner).await?;
            Ok(format!("Made the tenant {slug}. Its owner signs in once, within a day, at\n{link}"))
        }
        TenantCommand::List(_) => {
            let tenants = service.tenant_summaries().await?;
            Ok(tenants.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        TenantCommand::Limit(LimitTenantArgs { slug, streams, questions, people, .. }) => {
            let limits = TenantLimits { streams, questions, people };
            service.limit_tenant(&slug, limits).await?;
            Ok(format!("{slug}: {}", limits_in_words(limits)))
        }
        TenantCommand::Archive(ArchiveArgs { slug, restore, .. }) => {
            service.archive_tenant(&slug, !restore).await?;
            Ok(format!("{slug} is {}.", if restore { "back" } else { "archived" }))
        }
    }
}

fn line(tenant: &TenantSummary) -> String {
    let TenantSummary { slug, name, limits, is_archived, teams, questions, people } = tenant;
    let archived = if *is_archived { ", archived" } else { "" };
    let limits = limits_in_words(*limits);
    format!("{slug}\t{name}\t{teams} teams, {questions} questions, {people} people\t{limits}{archived}")
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
