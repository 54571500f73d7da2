//! `pulsestage restore`: a backup becomes the database.

use anyhow::Context;
use clap::Args;
use std::path::PathBuf;

use super::backup::{KeyPlace, described, tell};
use crate::config::StoreArgs;
use crate::installation_key::{self, KeyText, make_folder};
use crate::lineage;
use crate::store::backup::{Restored, Target, restore};
use crate::system::{SystemClock, SystemRng};
use pulsestage::ports::Clock;

/// The flags of `restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The backup.
    pub file: PathBuf,
    /// Replace existing data, which is deleted.
    #[arg(long)]
    pub replace: bool,
    /// Where the key is.
    #[command(flatten)]
    pub key: KeyPlace,
    /// Where the data is.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// Restores the backup; gives what to print.
///
/// # Errors
/// When nothing was restored; the message says why.
pub async fn run(args: &RestoreArgs) -> anyhow::Result<String> {
    let (file, folder) = (&args.file, &args.store.data_dir);
    if lineage::is_in_use(folder) {
        anyhow::bail!("a server is running on the data folder {}: stop it first", folder.display());
    }
    if args.store.database_url.is_none() {
        make_folder(folder).with_context(|| format!("the data folder {} cannot be made", folder.display()))?;
    }
    let target = Target { url: &args.store.url(), replace: args.replace };
    let system = (SystemClock.now(), &SystemRng as &dyn pulsestage::ports::Rng);
    let restored = restore(file, target, system, &|table, done, all| tell("restore", table, done, all)).await;
    let restored = restored.with_context(|| format!("{} was not restored", file.display()))?;
    let key = key(args, &restored)?;
    Ok(format!(
        "Restored {}: {}. Every log has a new epoch: open pages load their boards again.\n{key}",
        file.display(),
        described(&restored.manifest)
    ))
}

/// Sees to the key: puts it back where it is in the backup and none is there. Says how it is.
fn key(args: &RestoreArgs, restored: &Restored) -> anyhow::Result<String> {
    let (folder, places) = (&args.store.data_dir, args.key.args());
    let there = installation_key::given_text(folder, &places)?;
    let is_right = |key: &KeyText| restored.fingerprint.is_none_or(|known| known == *key.fingerprint());
    Ok(match (there, &restored.key) {
        (Some(key), _) if is_right(&key) => format!("Its key is in place: {}.", key.named()),
        (Some(key), Some(_)) => format!(
            "{} is not its key, and was left as it is. The right one is in the backup: move that one away and restore again \
             with --replace.",
            key.named()
        ),
        (Some(key), None) => format!(
            "{} is not its key, which is not in the backup. Put the right one there before you start the server.",
            key.named()
        ),
        (None, Some(text)) => {
            let path = installation_key::put_back(folder, &places, text, &SystemRng)?;
            format!("Its key was in the backup and was written to {}.", path.display())
        }
        (None, None) if restored.fingerprint.is_none() => "It has no key: the next start creates one.".to_owned(),
        (None, None) => {
            "Its key is not in the backup, and not here: put installation.key into the data folder, or set \
                         PULSESTAGE_KEY, before you start the server."
                .to_owned()
        }
    })
}
