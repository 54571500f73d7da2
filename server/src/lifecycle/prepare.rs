//! What a server needs before it can serve: a database with somebody in it, and pages.

use anyhow::Context;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pulsestage::ports::{Clock, Store};

use crate::accept::Tls;
use crate::config::{ServeArgs, SqliteSync, StoreArgs};
use crate::demo::{self, DemoPorts, Seeded};
use crate::installation_key::make_folder;
use crate::store::{Durability, Options, SqlStore, StoreTimes};
use crate::system::{InstallationKey, SystemClock, SystemRng};
use crate::{install, store};

/// Opens the database that is meant and brings its tables up to date.
///
/// # Errors
/// When it cannot be opened; the message says why and what to do.
pub async fn open_store(args: &StoreArgs) -> anyhow::Result<SqlStore> {
    let durability = match args.sqlite_sync {
        SqliteSync::Full => Durability::Full,
        SqliteSync::Normal => Durability::Normal,
    };
    let options = Options { durability, ..Options::default() };
    if args.database_url.is_none() {
        let folder = &args.data_dir;
        make_folder(folder).with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
    }
    Ok(store::open(&args.url(), options).await?)
}

/// The certificate and its key, when they are given.
pub(super) fn tls(args: &ServeArgs) -> anyhow::Result<Option<Tls>> {
    let (Some(certificate), Some(key)) = (&args.tls.tls_cert, &args.tls.tls_key) else { return Ok(None) };
    Ok(Some(Tls::new(certificate.clone(), key.clone())?))
}

/// Makes sure that there is somebody to serve: demo data if asked for, otherwise an empty tenant with one team.
pub(super) async fn prepare(store: &SqlStore, key: InstallationKey, demo: bool) -> anyhow::Result<()> {
    // With deadlines: a database that hangs now is asked anew.
    let shared: Arc<dyn Store> = Arc::new(store.bounded(StoreTimes::default()));
    if demo {
        let ports = DemoPorts {
            store: shared.clone(),
            rng: Arc::new(SystemRng),
            pseudonyms: Arc::new(key),
            now: SystemClock.now(),
        };
        match demo::seed(ports).await.context("the demo data could not be written")? {
            Seeded::Filled { questions } => tracing::info!(questions, "filled the empty database with demo data"),
            Seeded::HasData => tracing::info!("the database has data, so the demo data was left out"),
        }
    }
    let made = install::first_tenant(shared, key).await.context("the first tenant could not be made")?;
    if made {
        tracing::info!("made the first tenant");
    }
    Ok(())
}

/// The folder with the built pages: the one that was named, or the one beside the binary.
pub(super) fn find_site(args: &ServeArgs) -> anyhow::Result<leptos::config::LeptosOptions> {
    let binary = std::env::current_exe().context("the place of this program is not known")?;
    let beside = binary.parent().unwrap_or_else(|| Path::new("."));
    let candidates: Vec<PathBuf> = match &args.site_dir {
        Some(named) => vec![named.clone()],
        None => vec![beside.join("site"), beside.join("../site"), PathBuf::from("target/site")],
    };
    let found = candidates.iter().find(|folder| folder.join("pkg").is_dir());
    let folder = found.with_context(|| {
        let tried: Vec<String> = candidates.iter().map(|folder| folder.display().to_string()).collect();
        format!(
            "the built pages were not found in {}; build them with scripts/build or name their folder with --site-dir",
            tried.join(", ")
        )
    })?;
    let options = leptos::config::LeptosOptions::builder()
        .output_name("pulsestage")
        .site_root(folder.display().to_string())
        .site_pkg_dir("pkg")
        .site_addr(args.addr)
        // cargo-leptos puts the list of hashed names beside the binary when names are hashed.
        .hash_files(beside.join("hash.txt").is_file());
    Ok(match std::env::var("LEPTOS_WATCH") {
        Ok(_) => options.env(leptos::config::Env::DEV).build(),
        Err(_) => options.env(leptos::config::Env::PROD).build(),
    })
}
