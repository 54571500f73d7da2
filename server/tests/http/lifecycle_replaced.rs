//! A database that was put back to an earlier state, with the real binary: every log has a new epoch, so that a client that
//! is ahead of it loads the board again. After crashes and restarts none has.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection, SqliteConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use pulsestage::board::Board;
use pulsestage::command::BoardView;

use crate::stage::{Stage, stories};
use crate::support::{Folder, Process, encode_form, soon};

stories!(who_stays_up_finds_that_its_database_was_put_back,);

pub(crate) const FLAGS: [&str; 14] = [
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
    "--newcomers-per-network",
    "0",
    "--drain-s",
    "0",
];

pub(crate) async fn board(process: &Process) -> Board {
    let answer = process.get("/api/fn/load_board?tenant=default").await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.read::<BoardView>().unwrap().board
}

/// Asks so many questions, each answered.
pub(crate) async fn ask(process: &Process, count: usize) {
    let page = process.get("/").await.unwrap();
    let cookie = page.cookie().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let team = board(process).await.teams[0].id.to_string();
    for number in 0..count {
        let question = format!("Question {number} of {count}?");
        let form = encode_form(&[("tenant", "default"), ("team", &team), ("question", &question)]);
        let answer = process.post("/api/fn/ask", &cookie, &form).await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

/// What a client that resumes at this cursor hears, until it is one of these.
pub(crate) async fn hears(process: &Process, cursor: &str, words: &[&str]) -> String {
    let heard = async {
        let mut socket = TcpStream::connect(process.addr).await.unwrap();
        let request = format!("GET /sse HTTP/1.1\r\nhost: ask.test\r\nlast-event-id: {cursor}\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut text = Vec::new();
        loop {
            assert!(socket.read_buf(&mut text).await.unwrap() > 0, "the stream ended");
            let text = String::from_utf8_lossy(&text);
            if let Some(word) = words.iter().find(|word| text.contains(&format!("\"type\":\"{word}\""))) {
                return (*word).to_owned();
            }
        }
    };
    soon("a word on the stream", heard).await
}

/// Copies every file of a folder into another.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Copies the database, and nothing else, with its log as it stands.
fn copy_database(from: &Path, to: &Path) {
    for end in ["", "-wal", "-shm"] {
        let name = format!("pulsestage.db{end}");
        let _is_none = fs::remove_file(to.join(&name));
        if from.join(&name).exists() {
            fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
    }
}

async fn start(data: Folder) -> Process {
    Process::start(data, "", &FLAGS).await
}

#[tokio::test]
async fn a_file_that_was_copied_back_by_hand_is_another_log() {
    let process = start(Folder::new()).await;
    ask(&process, 4).await;
    let (data, copy) = (process.kill(), Folder::new());
    copy_database(data.path(), copy.path());
    let process = start(data).await;
    ask(&process, 3).await;
    let ahead = board(&process).await.cursor;
    let data = process.kill();
    copy_database(copy.path(), data.path());
    let process = start(data).await;
    let back = board(&process).await;
    assert_eq!(back.questions.len(), 4);
    assert!(back.cursor.seq < ahead.seq && back.cursor.epoch != ahead.epoch, "{} {ahead}", back.cursor);
    ask(&process, 5).await;
    assert_eq!(hears(&process, &ahead.to_string(), &["resync", "question:created"]).await, "resync");
    // Who loads the board now goes on from there.
    let fresh = board(&process).await.cursor;
    let process = start(process.kill()).await;
    assert_eq!(board(&process).await.cursor, fresh);
    ask(&process, 1).await;
    assert_eq!(hears(&process, &fresh.to_string(), &["resync", "question:created"]).await, "question:created");
}

#[tokio::test]
async fn a_copy_that_lacks_one_write_is_another_log() {
    let process = start(Folder::new()).await;
    ask(&process, 3).await;
    let copy = Folder::new();
    // While it runs, and killed at once: no time passes in which anything could be noted by the way.
    let mut file =
        SqliteConnection::connect(process.data.path().join("pulsestage.db").to_str().unwrap()).await.unwrap();
    let into = copy.path().join("pulsestage.db").display().to_string();
    sqlx::query("vacuum into $1").bind(into).execute(&mut file).await.unwrap();
    file.close().await.unwrap();
    ask(&process, 1).await;
    let ahead = board(&process).await.cursor;
    let data = process.kill();
    copy_database(copy.path(), data.path());
    let process = start(data).await;
    let back = board(&process).await;
    assert_eq!((back.questions.len(), back.cursor.seq), (3, ahead.seq - 1));
    assert_ne!(back.cursor.epoch, ahead.epoch);
}

#[tokio::test]
async fn a_whole_folder_that_was_put_back_is_another_log() {
    let process = start(Folder::new()).await;
    ask(&process, 2).await;
    let (data, copy) = (process.kill(), Folder::new());
    copy_folder(data.path(), copy.path());
    let process = start(data).await;
    ask(&process, 2).await;
    let ahead = board(&process).await.cursor;
    let data = process.kill();
    // Nobody copies in the same moment, and the system's clock for files is a little coarse.
    sleep(Duration::from_millis(100)).await;
    // With the files that are there written over, and with new ones.
    copy_database(copy.path(), data.path());
    copy_folder(copy.path(), data.path());
    let process = start(data).await;
    let back = board(&process).await;
    assert_eq!(back.questions.len(), 2);
    assert_ne!(back.cursor.epoch, ahead.epoch);
    drop(process);
    let moved = Folder::new();
    copy_folder(copy.path(), moved.path());
    let process = start(moved).await;
    assert!(![ahead.epoch, back.cursor.epoch].contains(&board(&process).await.cursor.epoch));
}

#[tokio::test]
async fn crashes_and_restarts_leave_a_log_as_it_is() {
    let mut process = start(Folder::new()).await;
    let epoch = board(&process).await.cursor.epoch;
    for crash in 1..=6 {
        ask(&process, crash % 3).await;
        process = start(process.kill()).await;
        assert_eq!(board(&process).await.cursor.epoch, epoch, "crash {crash}");
    }
}

async fn who_stays_up_finds_that_its_database_was_put_back(stage: Arc<Stage>) {
    let flags: Vec<&str> = FLAGS.into_iter().chain(["--database-url", &stage.url]).collect();
    let process = Process::start(Folder::new(), "", &flags).await;
    ask(&process, 3).await;
    let before = board(&process).await.cursor;
    let renewed = async |before: pulsestage::event::Epoch| {
        while board(&process).await.cursor.epoch == before {
            sleep(Duration::from_millis(50)).await;
        }
    };
    // Behind its back, as a server would be that lacks the last moments.
    stage.sneak("update instance_marks set number = 1").await;
    soon("a new epoch", renewed(before.epoch)).await;
    assert_eq!(hears(&process, &before.to_string(), &["resync", "question:created"]).await, "resync");
    assert_eq!(board(&process).await.questions.len(), 3);
    let again = board(&process).await.cursor;
    ask(&process, 1).await;
    stage.sneak("delete from database_lineages").await;
    soon("a new epoch", renewed(again.epoch)).await;
}
