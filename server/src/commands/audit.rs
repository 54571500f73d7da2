//! `pulsestage audit`: what only the operator does to the audit.

use clap::{Args, Subcommand};

use crate::config::{StoreArgs, parse_slug};
use crate::housekeeping::BATCH;
use crate::lifecycle;
use crate::store::SqlStore;
use crate::system::{SystemClock, SystemRng};
use pulsestage::id::{TenantId, uuid_v7};
use pulsestage::ports::{Clock, Rng, TenantStore};
use pulsestage::text::Slug;
use pulsestage::time::{DAY_MS, Timestamp};

/// What to do with the audit.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Delete entries older than this many days. The audit records the deletion.
    Prune(PruneArgs),
}

/// The flags of `audit prune`.
#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Age in days.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub before: u32,
    /// Slug of one tenant; by default all.
    #[arg(long, value_parser = parse_slug)]
    pub tenant: Option<Slug>,
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Does it; gives what to print.
///
/// # Errors
/// When the database cannot be opened or is in trouble, or there is no such tenant.
pub async fn run(command: AuditCommand) -> anyhow::Result<String> {
    let AuditCommand::Prune(args) = command;
    let store = lifecycle::open_store(&args.store).await?;
    let done = prune(&store, &args, SystemClock.now()).await;
    store.close().await;
    done
}

async fn prune(store: &SqlStore, args: &PruneArgs, now: Timestamp) -> anyhow::Result<String> {
    let before = now.plus_millis(-i64::from(args.before) * DAY_MS);
    let tenants = store.tenants().await?;
    let named = |slug: &str| args.tenant.as_ref().is_none_or(|named| named.as_str() == slug);
    let tenants: Vec<_> = tenants.into_iter().filter(|tenant| named(&tenant.slug)).collect();
    if tenants.is_empty() {
        anyhow::bail!("there is no such tenant");
    }
    let mut lines = Vec::new();
    for tenant in tenants {
        let pruned = prune_tenant(store, tenant.id, before, now).await?;
        lines.push(format!("{}: {pruned} entries before {before} were deleted", tenant.slug));
    }
    Ok(lines.join("\n"))
}

async fn prune_tenant(store: &SqlStore, tenant: TenantId, before: Timestamp, now: Timestamp) -> anyhow::Result<u64> {
    let mut all = 0;
    loop {
        let pruned = store.prune_audit(tenant, before, BATCH).await?;
        all += pruned;
        if pruned < BATCH.unsigned_abs() {
            break;
        }
    }
    if all > 0 {
        let mut random = [0; 10];
        SystemRng.fill(&mut random);
        store.note_pruned(tenant, before, all, uuid_v7(now, random), now).await?;
    }
    Ok(all)
}
