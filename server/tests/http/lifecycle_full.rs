//! A disk that is full: writes are told to come again, nobody is sent here, what was confirmed is there, and all is well
//! again when there is room, without a restart. What stands for the disk is the limit that the system puts on the size of
//! a file.
#![cfg(target_os = "linux")]

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use std::time::Duration;
use tokio::time::sleep;

use pulsestage::command::BoardView;
use pulsestage::question::Question;

use crate::support::{Folder, Process, encode_form, soon};

/// As many files' blocks of 512 bytes as the database may grow to: 2 MiB. The signal that goes with it is ignored, as it is
/// by programs that want to hear of it as an error.
const SMALL_DISK: &str = "trap '' XFSZ; ulimit -S -f 4096;";

const FLAGS: [&str; 12] = [
    "--asks-per-participant",
    "0",
    "--asks-per-tenant",
    "0",
    "--open-questions-per-participant",
    "0",
    "--reads-per-unknown-network",
    "0",
    "--reads-per-participant",
    "0",
    "--sqlite-sync",
    "normal",
];

async fn board(process: &Process) -> BoardView {
    let answer = process.get("/api/fn/load_board?tenant=default").await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.read().unwrap()
}

#[tokio::test]
async fn a_full_disk_is_told_and_passes_without_a_restart() {
    let process = Process::start(Folder::new(), SMALL_DISK, &FLAGS).await;
    let page = process.get("/").await.unwrap();
    let cookie = page.cookie().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let team = board(&process).await.board.teams[0].id.to_string();
    let text = "What takes so much room? ".repeat(19);
    let ask = async || {
        let form = encode_form(&[("tenant", "default"), ("team", &team), ("question", &text), ("again", "true")]);
        process.post("/api/fn/ask", &cookie, &form).await.unwrap()
    };
    let mut confirmed = Vec::new();
    let refused = loop {
        assert!(confirmed.len() < 5_000, "2 MiB hold no more than that");
        let answer = ask().await;
        if answer.status != 200 {
            break answer;
        }
        confirmed.push(answer.read::<Question>().unwrap().id);
    };
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(
        !refused.header("retry-after").is_empty() && refused.text().contains("\"unavailable\""),
        "{}",
        refused.text()
    );
    for _ in 0..20 {
        let answer = ask().await;
        match answer.status.as_u16() {
            // A smaller write may find a place still.
            200 => confirmed.push(answer.read::<Question>().unwrap().id),
            status => assert_eq!(status, 503, "{}", answer.text()),
        }
    }
    let told = async {
        loop {
            let ready = process.get("/health/ready").await.unwrap();
            if ready.status == 503 {
                return ready;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let ready = soon("word of the full disk", told).await;
    assert!(ready.text().contains("the disk of the database is full"), "{}", ready.text());
    assert_eq!(process.get("/health/live").await.unwrap().status, 200, "a restart would help nobody");
    assert_eq!(board(&process).await.board.questions.len(), confirmed.len(), "what is there can be read");

    let pid = Pid::from_raw(i32::try_from(process.id()).unwrap()).unwrap();
    prlimit(Some(pid), Resource::Fsize, Rlimit { current: None, maximum: None }).unwrap();
    let well = async {
        while process.get("/health/ready").await.unwrap().status != 200 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    soon("the server to be ready again", well).await;
    for _ in 0..20 {
        let answer = ask().await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        confirmed.push(answer.read::<Question>().unwrap().id);
    }
    let process = Process::start(process.kill(), "", &FLAGS).await;
    let there = board(&process).await.board.questions;
    assert!(confirmed.iter().all(|id| there.contains_key(id)), "nothing that was confirmed is lost");
    assert_eq!(there.len(), confirmed.len());
}
