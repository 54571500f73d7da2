//! `pulsestage rehearse` as people run it: the binary, its exit code, what it prints and what it leaves behind.

use clap::Parser;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tokio::time::sleep;

use pulsestage::service::Credentials;
use pulsestage_server::commands::Cli;
use pulsestage_server::lifecycle;

use crate::support::{Folder, soon};

/// Limits that a debug build on a busy machine keeps.
const EASY: [&str; 4] = ["--max-vote-to-screen-ms", "20000", "--max-memory-mb", "1000"];
const SMALL: [&str; 10] = [
    "--participants",
    "20",
    "--join",
    "500ms",
    "--duration",
    "2s",
    "--votes-per-second",
    "20",
    "--asks-per-minute",
    "60",
];

/// The command; its folder of temporary files is `temp`, so that what it leaves there is seen.
fn command(temp: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pulsestage"));
    command.arg("rehearse").args(words).env("TMPDIR", temp).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn ended(mut command: Command) -> Output {
    soon("a rehearsal", tokio::task::spawn_blocking(move || command.output().unwrap())).await.unwrap()
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_audience_loses_nothing_and_leaves_nothing() {
    let (temp, site) = (Folder::new(), Folder::site());
    let site = site.path().display().to_string();
    let words = [&SMALL[..], &EASY, &["--json", "--site-dir", &site]].concat();
    let output = ended(command(temp.path(), &words)).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stdout));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["version"], &report["passed"]), (&1.into(), &true.into()), "{report}");
    let counts = &report["counts"];
    for (name, count) in [("joined", 20), ("voted", 40), ("asked", 2), ("failed", 0), ("lost", 0), ("doubled", 0)] {
        assert_eq!(counts[name], count, "{name}: {report}");
    }
    // Every vote on every screen.
    assert_eq!(report["latencyMs"]["voteToScreen"]["count"], 800, "{report}");
    assert!(report["server"]["peakMemoryMb"].as_f64().unwrap() > 1.0, "{report}");
    assert!(said.contains("of 20 in"), "progress is shown: {said}");
    assert!(is_empty(temp.path()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_hold_is_exit_code_one() {
    let (temp, site) = (Folder::new(), Folder::site());
    let site = site.path().display().to_string();
    let strict = ["--max-memory-mb", "1", "--max-vote-to-screen-ms", "20000", "--site-dir", &site];
    let output = ended(command(temp.path(), &[&SMALL[..], &strict].concat())).await;
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("FAIL server memory") && text.ends_with("failed\n"), "{text}");
    assert!(is_empty(temp.path()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_run_is_exit_code_two() {
    let temp = Folder::new();
    let cases: [(&[&str], &str); 4] = [
        (&["--url", "http://127.0.0.1:1"], "--tenant"),
        (&["--url", "http://127.0.0.1:1", "--tenant", "a"], "--yes-write-to-this-tenant"),
        (&["--url", "http://127.0.0.1:1", "--tenant", "a", "--yes-write-to-this-tenant"], "refused"),
        (&["--participants", "1"], "--participants"),
    ];
    for (words, wanted) in cases {
        let output = ended(command(temp.path(), words)).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
        assert!(said.contains(wanted), "{words:?}: {said}");
    }
    assert!(is_empty(temp.path()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupt_leaves_nothing() {
    let (temp, site) = (Folder::new(), Folder::site());
    let site = site.path().display().to_string();
    let rehearsal = command(temp.path(), &["--participants", "20", "--site-dir", &site]).spawn().unwrap();
    let database = async {
        while !std::fs::read_dir(temp.path())
            .unwrap()
            .flatten()
            .any(|entry| entry.path().join("pulsestage.db").exists())
        {
            sleep(Duration::from_millis(5)).await;
        }
    };
    soon("the instance to keep something", database).await;
    assert!(Command::new("kill").args(["-INT", &rehearsal.id().to_string()]).status().unwrap().success());
    let waited = tokio::task::spawn_blocking(move || rehearsal.wait_with_output().unwrap());
    let output = soon("the end", waited).await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    assert!(is_empty(temp.path()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_keeps_neither_questions_nor_votes() {
    let (temp, data, site) = (Folder::new(), Folder::new(), Folder::site());
    let (data_dir, site_dir) = (data.path().display().to_string(), site.path().display().to_string());
    let words = ["pulsestage", "--addr", "127.0.0.1:0", "--data-dir", &data_dir, "--site-dir", &site_dir];
    let running = lifecycle::start(&Cli::try_parse_from(words).unwrap().serve).await.unwrap();
    let url = format!("http://{}", running.addr);
    let there = ["--url", &url, "--tenant", "default", "--yes-write-to-this-tenant", "--json"];
    let output = ended(command(temp.path(), &[&SMALL[..], &EASY, &there].concat())).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report["server"].is_null(), "{report}");
    assert_eq!(report["leftBehind"], "its votes and questions were taken back");
    assert_eq!((&report["counts"]["asked"], &report["counts"]["failed"]), (&2.into(), &0.into()), "{report}");
    let service = running.state.service();
    let context = service.authenticate("default", &Credentials::default()).await.unwrap();
    let board = service.board(&context).await.unwrap().board;
    assert!(board.questions.is_empty(), "{board:?}");
    running.stop(std::future::pending()).await;
}
