//! The commands `backup`, `restore` and `verify` of the real binary, beside a server that is being written to.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use pulsestage::id::QuestionId;

use crate::lifecycle_replaced::{FLAGS, ask, board, hears};
use crate::support::{Folder, Process, dump, encode_form, soon};

/// Runs a command of the binary, without whatever the environment of the tests may say.
async fn run(words: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_pulsestage"));
    soon("a command to end", command.args(words).env_clear().output()).await.unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn backed_up(data: &Path, file: &Path, more: &[&str]) -> String {
    let output = run(&[&["backup", text(file), "--data-dir", text(data)], more].concat()).await;
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

async fn restored(data: &Path, file: &Path, more: &[&str]) -> Output {
    run(&[&["restore", text(file), "--data-dir", text(data)], more].concat()).await
}

async fn cookie(process: &Process) -> String {
    let page = process.get("/").await.unwrap();
    let cookie = page.cookie().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

async fn start(data: Folder) -> Process {
    Process::start(data, "", &FLAGS).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_has_what_was_confirmed_and_a_client_ahead_of_it_loads_anew() {
    let (process, elsewhere) = (Arc::new(start(Folder::new()).await), Folder::new());
    ask(&process, 4).await;
    let file = elsewhere.path().join("backup");
    let questions: Vec<QuestionId> = board(&process).await.questions.keys().copied().collect();
    let (confirmed, stop) = (Arc::new(Mutex::new(BTreeSet::new())), CancellationToken::new());
    let mut voters = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (process, questions, stop) = (process.clone(), questions.clone(), stop.clone());
        let confirmed = confirmed.clone();
        voters.spawn(async move {
            while !stop.is_cancelled() {
                let cookie = cookie(&process).await;
                for question in &questions {
                    let id = question.to_string();
                    let form = encode_form(&[("tenant", "default"), ("question", &id), ("up", "true")]);
                    let answer = process.post("/api/fn/set_vote", &cookie, &form).await.unwrap();
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    confirmed.lock().unwrap().insert((*question, cookie.clone()));
                }
            }
        });
    }
    let many = async |count: usize| {
        while confirmed.lock().unwrap().len() < count {
            tokio::task::yield_now().await;
        }
    };
    soon("votes", many(60)).await;
    let before = confirmed.lock().unwrap().len();
    let told = backed_up(process.data.path(), &file, &["--with-key"]).await;
    assert!(told.contains("1 tenant") && told.contains("It contains the installation's key"), "{told}");
    soon("votes after it", many(before + 20)).await;
    stop.cancel();
    while let Some(voter) = voters.join_next().await {
        voter.unwrap();
    }
    ask(&process, 3).await;
    let ahead = board(&process).await.cursor;
    let verified = run(&["verify", text(&file), "--json"]).await;
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let verified: Value = serde_json::from_slice(&verified.stdout).unwrap();
    let votes = usize::try_from(verified["votes"].as_u64().unwrap()).unwrap();
    assert!(verified["ok"] == true && votes >= before, "{verified}");
    let all = confirmed.lock().unwrap().len();
    assert!(votes <= all, "{votes} of {all}");

    let target = Folder::new();
    let output = restored(target.path(), &file, &[]).await;
    assert!(output.status.success() && said(&output).contains("Its key was in the backup"), "{}", said(&output));
    let mode = |name: &str| fs::metadata(target.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("pulsestage.db"), mode("installation.key")), (0o600, 0o600));
    let key = |data: &Path| fs::read_to_string(data.join("installation.key")).unwrap();
    assert_eq!(key(target.path()), key(process.data.path()));
    let copy = start(target).await;
    let back = board(&copy).await;
    let counted: i64 = back.questions.values().map(|question| question.upvotes).sum();
    assert_eq!((back.questions.len(), usize::try_from(counted).unwrap()), (4, votes));
    assert!(back.cursor.seq < ahead.seq && back.cursor.epoch != ahead.epoch);
    ask(&copy, 5).await;
    assert_eq!(hears(&copy, &ahead.to_string(), &["resync", "question:created"]).await, "resync");
    // One who was at the very place of the backup, too: what follows there are other facts.
    let same = format!("{}-{}", ahead.epoch, back.cursor.seq);
    assert_eq!(hears(&copy, &same, &["resync", "question:created"]).await, "resync");
    // The restore was no surprise to the server that was started on it.
    let epoch = board(&copy).await.cursor.epoch;
    assert_eq!(epoch, back.cursor.epoch);
    let copy = start(Arc::into_inner(Arc::new(copy)).unwrap().kill()).await;
    assert_eq!(board(&copy).await.cursor.epoch, epoch);
}

#[tokio::test]
async fn a_restore_leaves_alone_what_is_there_unless_it_is_told() {
    let process = start(Folder::new()).await;
    ask(&process, 2).await;
    let elsewhere = Folder::new();
    let file = elsewhere.path().join("backup");
    let told = backed_up(process.data.path(), &file, &[]).await;
    assert!(told.contains("It does not contain the installation's key"), "{told}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    ask(&process, 1).await;
    let before = board(&process).await.cursor;
    for more in [&[][..], &["--replace"]] {
        let output = restored(process.data.path(), &file, more).await;
        assert!(!output.status.success() && said(&output).contains("a server is running"), "{}", said(&output));
    }
    let data = process.kill();
    let rows = dump(&data.sqlite_url()).await;
    let output = restored(data.path(), &file, &[]).await;
    assert!(!output.status.success() && said(&output).contains("--replace"), "{}", said(&output));
    assert_eq!(dump(&data.sqlite_url()).await, rows);
    let output = restored(data.path(), &file, &["--replace"]).await;
    assert!(output.status.success() && said(&output).contains("Its key is in place"), "{}", said(&output));
    let process = start(data).await;
    let back = board(&process).await;
    assert_eq!(back.questions.len(), 2);
    assert!(back.cursor.epoch != before.epoch && back.cursor.seq < before.seq);
    // Without its key the database cannot be served, and the words say what to do.
    let target = Folder::new();
    let output = restored(target.path(), &file, &[]).await;
    assert!(output.status.success() && said(&output).contains("put installation.key into"), "{}", said(&output));
    fs::write(target.path().join("installation.key"), format!("{}\n", "ab".repeat(32))).unwrap();
    fs::set_permissions(target.path().join("installation.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let output = restored(target.path(), &file, &["--replace"]).await;
    assert!(output.status.success() && said(&output).contains("is not its key"), "{}", said(&output));
}

#[tokio::test]
async fn a_backup_takes_no_place_but_its_own() {
    let process = start(Folder::new()).await;
    let elsewhere = Folder::new();
    let file = elsewhere.path().join("backup");
    backed_up(process.data.path(), &file, &[]).await;
    let first = fs::read(&file).unwrap();
    let data = text(process.data.path());
    for (words, sentence) in [
        (vec!["backup", text(&file), "--data-dir", data], "--force writes over it"),
        (vec!["backup", text(elsewhere.path()), "--data-dir", data], "is a folder"),
        (vec!["backup", "/nowhere/at/all", "--data-dir", data], "cannot be written"),
        (vec!["backup", text(&file), "--force", "--data-dir", text(elsewhere.path())], "there is no database"),
        (vec!["backup", "/tmp", "--data-dir", data], "is a folder"),
    ] {
        let output = run(&words).await;
        assert!(!output.status.success() && said(&output).contains(sentence), "{words:?}: {}", said(&output));
    }
    assert_eq!(fs::read(&file).unwrap(), first);
    ask(&process, 1).await;
    backed_up(process.data.path(), &file, &["--force"]).await;
    assert_ne!(fs::read(&file).unwrap(), first);
    let names: Vec<_> = fs::read_dir(elsewhere.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["backup"], "nothing is left lying");
    // A key that is not that of the database is of no use in its backup.
    let wrong = elsewhere.path().join("wrong.key");
    fs::write(&wrong, "ab".repeat(32)).unwrap();
    fs::set_permissions(&wrong, fs::Permissions::from_mode(0o600)).unwrap();
    let words = ["backup", text(&file), "--force", "--with-key", "--key-file", text(&wrong), "--data-dir", data];
    let output = run(&words).await;
    assert!(!output.status.success() && said(&output).contains("is not the key of this database"), "{}", said(&output));
}

#[tokio::test]
async fn what_is_wrong_with_a_backup_is_said_in_a_sentence() {
    let process = start(Folder::new()).await;
    ask(&process, 3).await;
    let elsewhere = Folder::new();
    let (file, bad) = (elsewhere.path().join("backup"), elsewhere.path().join("bad"));
    backed_up(process.data.path(), &file, &[]).await;
    let whole = run(&["verify", text(&file)]).await;
    assert!(whole.status.code() == Some(0) && said(&whole).contains("counted without errors"), "{}", said(&whole));
    let bytes = fs::read(&file).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 3] ^= 1;
    let database = fs::read(process.data.path().join("pulsestage.db")).unwrap();
    for (content, code, sentence) in [
        (&b""[..], 1, "it is empty"),
        (&bytes[..bytes.len() - 1], 1, "its end is missing"),
        (&bytes[..bytes.len() / 2], 1, "its end is missing"),
        (&bytes[..5], 1, "its end is missing"),
        (&flipped, 1, "the checksum differs"),
        (b"PK\x03\x04", 2, "it is no backup of PulseStage"),
        (&database, 2, "it is a SQLite database and no backup"),
        (b"pulsestage-backup 2\n..", 2, "a newer version"),
    ] {
        fs::write(&bad, content).unwrap();
        let output = run(&["verify", text(&bad)]).await;
        assert_eq!(output.status.code(), Some(code), "{sentence}: {}", said(&output));
        assert!(said(&output).contains(sentence), "{sentence}: {}", said(&output));
        let output = run(&["verify", text(&bad), "--json"]).await;
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((json["ok"].as_bool(), output.status.code()), (Some(false), Some(code)), "{json}");
    }
    for (path, sentence) in [(elsewhere.path(), "it is a folder"), (Path::new("/nowhere"), "it cannot be read")] {
        let output = run(&["verify", text(path)]).await;
        assert!(output.status.code() == Some(2) && said(&output).contains(sentence), "{}", said(&output));
    }
    let output = run(&["verify", text(&file), "--scratch-dir", "/nowhere"]).await;
    assert!(output.status.code() == Some(2) && said(&output).contains("cannot be used"), "{}", said(&output));
    assert_eq!(run(&["verify"]).await.status.code(), Some(2), "what was asked for was not understood");
}

#[tokio::test]
async fn a_full_disk_leaves_no_half_backup() {
    let process = start(Folder::new()).await;
    ask(&process, 40).await;
    let elsewhere = Folder::new();
    let file = elsewhere.path().join("backup");
    let mut command = tokio::process::Command::new("sh");
    // Files of at most 512 bytes; the signal that goes with it is ignored, so that it is an error.
    let small = "trap '' XFSZ; ulimit -S -f 1; exec \"$0\" \"$@\"";
    command.args(["-c", small, env!("CARGO_BIN_EXE_pulsestage"), "backup", text(&file)]);
    command.arg("--data-dir").arg(process.data.path()).env_clear();
    let output = soon("a command to end", command.output()).await.unwrap();
    assert!(!output.status.success() && said(&output).contains("the disk is full"), "{}", said(&output));
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}
