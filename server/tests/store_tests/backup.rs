//! Everything in one file and back: from either engine into either, while others write, and never over what is there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pulsestage::ports::{BoardStore, LogStore, TenantStore};
use pulsestage_server::store::backup::{
    BackupError, Imported, Manifest, NewBackup, Target, UnreadableBackup, Unsound, export, import, read_manifest,
    restore, sound,
};
use pulsestage_server::store::open;
use pulsestage_server::system::SystemRng;
use tokio_util::sync::CancellationToken;

use crate::dump::{Dump, dump};
use crate::stage::{START, Stage, ballot, folder, options, stories};

stories![
    what_is_backed_up_comes_back_on_either_engine,
    a_backup_is_of_one_moment_while_votes_are_written,
    data_is_replaced_only_when_that_is_said,
    what_does_not_fit_together_is_found,
    a_database_that_somebody_uses_is_left_alone,
];

fn quiet(_: &str, _: u64, _: u64) {}

async fn back_up(url: &str, file: &Path) -> Manifest {
    let backup = NewBackup { url, taken_at: START, key: Some("00ff") };
    export(backup, std::fs::File::create(file).unwrap(), &quiet).await.unwrap().0
}

/// A file database beside the backup.
fn file_url(folder: &Path, name: &str) -> String {
    format!("sqlite://{}", folder.join(name).display())
}

async fn put_back(file: &Path, url: &str, replace: bool) -> Result<(), BackupError> {
    restore(file, Target { url, replace }, (START, &SystemRng), &quiet).await.map(drop)
}

/// Without what is another one after a restore.
async fn kept(url: &str) -> Dump {
    let own = ["_sqlx_migrations", "database_lineages", "instance_marks", "jobs", "leases"];
    let mut dump: Dump = dump(url).await.into_iter().filter(|(table, _)| !own.contains(&&**table)).collect();
    for (_, rows) in &mut dump {
        for row in rows.iter_mut() {
            let _epoch = row.as_object_mut().unwrap().remove("epoch");
        }
        rows.sort_by_key(ToString::to_string);
    }
    dump
}

/// Something of everything that the stage's hands make.
async fn fill(stage: &Stage) {
    for slug in ["acme", "globex"] {
        let home = stage.home(slug).await;
        for text in ["Plain?", "Ünïcödé \u{1F600}?", "'; drop table votes; --", "\\N \\. \"quoted\" %s $1\tand\nmore"]
        {
            let question = stage.ask(&home, text).await.id;
            for _ in 0..3 {
                stage.vote(&home, question, stage.participant(), true).await.unwrap();
            }
            stage.answer(&home, question, "Yes.\nAnd a second line.").await.unwrap();
        }
        // More than one statement takes.
        for number in 0..210 {
            stage.ask(&home, &format!("Question {number} of many?")).await;
        }
    }
    stage.store.keep_key_fingerprint([7; 32], false).await.unwrap();
}

async fn what_is_backed_up_comes_back_on_either_engine(stage: Arc<Stage>) {
    fill(&stage).await;
    let folder = folder("backups");
    let (first, second) = (folder.join("first"), folder.join("second"));
    let before = kept(&stage.url).await;
    let manifest = back_up(&stage.url, &first).await;
    let rows = |table: &str| manifest.tables.iter().find(|(name, _)| name == table).unwrap().1;
    assert_eq!((rows("questions"), rows("votes"), rows("tenants")), (428, 24, 2));
    assert_eq!((&*manifest.tenants, manifest.with_key), (&["acme".to_owned(), "globex".to_owned()][..], true));
    assert_eq!(read_manifest(&first).unwrap(), manifest);
    // Into a file, from that into another backup, and from that to where it came from.
    let copy = file_url(&folder, "copy.db");
    put_back(&first, &copy, false).await.unwrap();
    let restored = open(&copy, options()).await.unwrap();
    for tenant in stage.store.tenants().await.unwrap() {
        let (here, there) = (stage.store.head(tenant.id).await.unwrap(), restored.head(tenant.id).await.unwrap());
        assert!(here.seq == there.seq && here.epoch != there.epoch, "{here:?} {there:?}");
    }
    let soundness = sound(&restored).await.unwrap();
    assert!(soundness.is_sound(), "{soundness:?}");
    assert_eq!((soundness.questions, soundness.votes), (428, 24));
    let lives = restored.database_history().await.unwrap().lineages.len();
    assert!(lives >= 1, "it has a lineage of its own");
    restored.close().await;
    let again = back_up(&copy, &second).await;
    assert_eq!(again.rows() - 1, manifest.rows(), "one life more");
    stage.sneak("delete from thread_links").await;
    let other = stage.home("initech").await;
    stage.ask(&other, "Is it gone?").await;
    stage.store.close().await;
    put_back(&second, &stage.url, true).await.unwrap();
    assert_eq!(kept(&stage.url).await, before);
    // It goes on there.
    let again = open(&stage.url, options()).await.unwrap();
    assert!(sound(&again).await.unwrap().is_sound());
    again.close().await;
    assert!(!folder.join("copy.db.restoring").exists() && !folder.join("copy.db.replaced").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

async fn a_backup_is_of_one_moment_while_votes_are_written(stage: Arc<Stage>) {
    let home = Arc::new(stage.home("acme").await);
    let mut questions = Vec::new();
    for number in 0..10 {
        questions.push(stage.ask(&home, &format!("Question {number}?")).await.id);
    }
    let (stop, folder) = (CancellationToken::new(), folder("under_load"));
    let confirmed = Arc::new(std::sync::Mutex::new(BTreeSet::new()));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (stage, home, questions, stop) = (stage.clone(), home.clone(), questions.clone(), stop.clone());
        let confirmed = confirmed.clone();
        writers.spawn(async move {
            let mut turn = writer;
            while !stop.is_cancelled() {
                let (question, voter) = (questions[turn % questions.len()], stage.participant());
                stage.vote(&home, question, voter, true).await.unwrap();
                confirmed.lock().unwrap().insert((question, voter));
                turn += 3;
            }
        });
    }
    for round in 0..3 {
        while confirmed.lock().unwrap().len() < (round + 1) * 200 {
            tokio::task::yield_now().await;
        }
        let before = confirmed.lock().unwrap().clone();
        let (file, url) = (folder.join(round.to_string()), file_url(&folder, &format!("{round}.db")));
        back_up(&stage.url, &file).await;
        let after = confirmed.lock().unwrap().len() + 4;
        put_back(&file, &url, false).await.unwrap();
        let restored = open(&url, options()).await.unwrap();
        let soundness = sound(&restored).await.unwrap();
        assert!(soundness.is_sound(), "{soundness:?}");
        let votes = usize::try_from(soundness.votes).unwrap();
        assert!(before.len() <= votes && votes <= after, "{} {votes} {after}", before.len());
        for voter in before.iter().map(|(_, voter)| *voter) {
            assert_eq!(restored.snapshot(home.tenant, Some(voter)).await.unwrap().voted.len(), 1, "a vote is lost");
        }
        restored.close().await;
    }
    stop.cancel();
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}

async fn data_is_replaced_only_when_that_is_said(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    stage.ask(&home, "Is it kept?").await;
    let folder = folder("kept");
    let file = folder.join("backup");
    back_up(&stage.url, &file).await;
    stage.ask(&home, "And what was asked since?").await;
    stage.store.close().await;
    let before = dump(&stage.url).await;
    let refused = put_back(&file, &stage.url, false).await.unwrap_err();
    assert!(matches!(refused, BackupError::HasData(_)) && refused.to_string().contains("--replace"), "{refused}");
    // What is no backup, or not a whole one, changes nothing either, whatever was said.
    let whole = std::fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 4;
    for (bytes, wanted) in [
        (&b""[..], "it is empty"),
        (&whole[..whole.len() - 9], "its end is missing"),
        (&flipped, "the checksum differs"),
        (b"nonsense", "it is no backup"),
        (b"pulsestage-backup 9\n", "a newer version"),
    ] {
        let bad = folder.join("bad");
        std::fs::write(&bad, bytes).unwrap();
        let refused = put_back(&bad, &stage.url, true).await.unwrap_err();
        assert!(refused.to_string().contains(wanted), "{refused}");
    }
    let refused = put_back(&folder, &stage.url, true).await.unwrap_err();
    assert!(matches!(refused, BackupError::Unreadable(UnreadableBackup::Folder)), "{refused}");
    assert_eq!(dump(&stage.url).await, before);
    put_back(&file, &stage.url, true).await.unwrap();
    let restored = open(&stage.url, options()).await.unwrap();
    assert_eq!(restored.snapshot(home.tenant, None).await.unwrap().board.questions.len(), 1);
    restored.close().await;
    std::fs::remove_dir_all(folder).unwrap();
}

async fn what_does_not_fit_together_is_found(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Does it fit?").await.id;
    stage.vote(&home, question, stage.participant(), true).await.unwrap();
    let folder = folder("unsound");
    let file = folder.join("backup");
    let mut number = 0;
    let mut judged = async |spoil: &'static str| {
        stage.sneak(spoil).await;
        back_up(&stage.url, &file).await;
        number += 1;
        let url = file_url(&folder, &format!("{number}.db"));
        let imported = import(&file, Target { url: &url, replace: false }, &SystemRng, &quiet).await;
        let Imported { store, .. } = imported?;
        let soundness = sound(&store).await.unwrap();
        store.close().await;
        Ok::<_, BackupError>(soundness)
    };
    let soundness = judged("update questions set upvotes = 7").await.unwrap();
    let counts: Vec<_> = soundness.miscounts.iter().map(|(slug, found)| (&**slug, found.shown, found.votes)).collect();
    assert_eq!((counts, soundness.gaps.len()), (vec![("acme", 7, 1)], 0));
    let soundness = judged("delete from events where seq = 2").await.unwrap();
    assert_eq!((soundness.gaps[0].expected - soundness.gaps[0].found, soundness.gaps[0].beyond), (1, 0));
    let soundness = judged("update tenants set log_floor = 2").await.unwrap();
    assert!(soundness.gaps.is_empty(), "what housekeeping has removed is not missed: {soundness:?}");
    let soundness = judged("update tenants set seq = seq - 1").await.unwrap();
    assert_eq!(soundness.gaps[0].beyond, 1);
    // Votes for a question that is not there: what SQLite takes on a connection that does not look at references.
    if stage.url.starts_with("sqlite") {
        let refused = judged("pragma foreign_keys = off; delete from questions").await.unwrap_err();
        let BackupError::Unsound(Unsound::References(tables)) = &refused else { panic!("{refused}") };
        assert_eq!(*tables, [("votes".to_owned(), 1)]);
        assert!(refused.is_damage());
    }
    std::fs::remove_dir_all(folder).unwrap();
}

async fn a_database_that_somebody_uses_is_left_alone(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    stage.ask(&home, "Who is there?").await;
    let folder = folder("in_use");
    let file: PathBuf = folder.join("backup");
    back_up(&stage.url, &file).await;
    let refused = put_back(&file, &stage.url, true).await.unwrap_err();
    assert!(matches!(refused, BackupError::InUse(_)) && refused.to_string().contains("stop"), "{refused}");
    assert_eq!(stage.store.snapshot(home.tenant, None).await.unwrap().board.questions.len(), 1);
    let _vote = ballot;
    std::fs::remove_dir_all(folder).unwrap();
}
