//! `pulsestage verify`: whether a backup is whole, can be restored, and is sound.

use clap::Args;
use serde_json::json;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::backup::{described, tell};
use crate::auth::secret::hex;
use crate::store::backup::{BackupError, Imported, Manifest, Soundness, Target, import, sound};
use crate::system::SystemRng;
use pulsestage::ports::Rng;

/// Something is wrong with the backup.
const WRONG: u8 = 1;
/// It could not be found out.
const NOT_CHECKED: u8 = 2;

/// The flags of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The backup.
    pub file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Folder for a temporary database, which needs several times the size of the backup; by default the system's folder
    /// for temporary files.
    #[arg(long, value_name = "DIR")]
    pub scratch_dir: Option<PathBuf>,
}

/// What came of it.
enum VerifyOutcome {
    Checked(Manifest, Soundness),
    Wrong(String),
    NotChecked(String),
}

/// Verifies the backup: 0 when all is well, 1 when something is wrong with it, 2 when that could not be found out.
pub async fn run(args: &VerifyArgs) -> ExitCode {
    let outcome = check(args).await;
    let text = if args.json { in_json(&args.file, &outcome) } else { in_words(&args.file, &outcome) };
    match outcome {
        VerifyOutcome::Checked(_, soundness) => {
            println!("{text}");
            if soundness.is_sound() { ExitCode::SUCCESS } else { ExitCode::from(WRONG) }
        }
        VerifyOutcome::Wrong(_) => {
            println!("{text}");
            ExitCode::from(WRONG)
        }
        VerifyOutcome::NotChecked(_) => {
            if args.json {
                println!("{text}");
            } else {
                eprintln!("{text}");
            }
            ExitCode::from(NOT_CHECKED)
        }
    }
}

async fn check(args: &VerifyArgs) -> VerifyOutcome {
    let parent = args.scratch_dir.clone().unwrap_or_else(std::env::temp_dir);
    let scratch = match Scratch::new(&parent) {
        Ok(scratch) => scratch,
        Err(error) => {
            return VerifyOutcome::NotChecked(format!("the folder {} cannot be used: {error}", parent.display()));
        }
    };
    match restored(&args.file, &scratch).await {
        Ok((manifest, soundness)) => VerifyOutcome::Checked(manifest, soundness),
        Err(error) => {
            let is_damage = error.is_damage();
            let text = format!("{:#}", anyhow::Error::from(error));
            if is_damage { VerifyOutcome::Wrong(text) } else { VerifyOutcome::NotChecked(text) }
        }
    }
}

/// Restores it into a database that nobody else sees, and counts there.
async fn restored(file: &Path, scratch: &Scratch) -> Result<(Manifest, Soundness), BackupError> {
    let url = format!("sqlite://{}", scratch.0.join("verify.db").display());
    let target = Target { url: &url, replace: false };
    let progress = |table: &str, done: u64, all: u64| tell("verify", table, done, all);
    let Imported { store, manifest, .. } = import(file, target, &SystemRng, &progress).await?;
    let soundness = sound(&store).await;
    store.close().await;
    Ok((manifest, soundness?))
}

fn in_words(file: &Path, outcome: &VerifyOutcome) -> String {
    let file = file.display();
    let (manifest, soundness) = match outcome {
        VerifyOutcome::Checked(manifest, soundness) => (manifest, soundness),
        VerifyOutcome::Wrong(why) => return format!("{file} is damaged: {why}"),
        VerifyOutcome::NotChecked(why) => return format!("{file} could not be verified: {why}"),
    };
    let mut text = format!("{file}: {}.\n", described(manifest));
    for (tenant, miscount) in &soundness.miscounts {
        text += &format!(
            "{tenant}: question {} shows {} votes and has {}\n",
            miscount.question, miscount.shown, miscount.votes
        );
    }
    for gap in &soundness.gaps {
        text += &format!(
            "{}: the log should have {} facts and has {}, and {} beyond its end\n",
            gap.tenant, gap.expected, gap.found, gap.beyond
        );
    }
    let counted = format!("{} questions, {} votes and {} facts", soundness.questions, soundness.votes, soundness.facts);
    text += &if soundness.is_sound() {
        format!(
            "The checksum is correct, the backup was restored into an empty database, and {counted} were counted without errors."
        )
    } else {
        format!("The checksum is correct, but counting {counted} found errors.")
    };
    text
}

fn in_json(file: &Path, outcome: &VerifyOutcome) -> String {
    let json = match outcome {
        VerifyOutcome::Checked(manifest, soundness) => json!({
            "file": file.display().to_string(),
            "ok": soundness.is_sound(),
            "backup": manifest,
            "questions": soundness.questions,
            "votes": soundness.votes,
            "facts": soundness.facts,
            "miscounts": soundness.miscounts.iter().map(|(tenant, miscount)| json!({
                "tenant": tenant,
                "question": miscount.question.to_string(),
                "shown": miscount.shown,
                "votes": miscount.votes,
            })).collect::<Vec<_>>(),
            "gaps": soundness.gaps.iter().map(|gap| json!({
                "tenant": gap.tenant,
                "expected": gap.expected,
                "found": gap.found,
                "beyond": gap.beyond,
            })).collect::<Vec<_>>(),
        }),
        VerifyOutcome::Wrong(why) => json!({ "file": file.display().to_string(), "ok": false, "damaged": why }),
        VerifyOutcome::NotChecked(why) => {
            json!({ "file": file.display().to_string(), "ok": false, "notVerified": why })
        }
    };
    json.to_string()
}

/// A folder that is gone when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(parent: &Path) -> std::io::Result<Self> {
        let mut random = [0; 8];
        SystemRng.fill(&mut random);
        let path = parent.join(format!("pulsestage-verify-{}", hex(&random)));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _gone_already = std::fs::remove_dir_all(&self.0);
    }
}
