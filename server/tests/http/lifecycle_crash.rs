//! The binary is killed again and again in a burst of questions and votes. What was cut off is sent again with its
//! idempotency key and happens once, every client comes back by itself, and all of them end with the board that the
//! database has.
//!
//! `PULSESTAGE_TEST_CRASHES` and `PULSESTAGE_TEST_CRASH_CLIENTS` make it a longer one.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pulsestage::id::QuestionId;
use pulsestage_server::audience::StreamFaults;

use crate::support::{Folder, LIMITS, TestAudience, assert_kept, board_of};

const VOTERS: usize = 10;

/// The server's process, killed when it is dropped.
struct Victim(Child);

impl Victim {
    fn start(addr: SocketAddr, data: &Folder, site: &Folder) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pulsestage"));
        command.args(["serve", "--addr", &addr.to_string()]).arg("--data-dir").arg(data.path());
        command.arg("--site-dir").arg(site.path()).args(LIMITS.iter().flat_map(|limit| [*limit, "0"]));
        command.args(["--drain-s", "0"]);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn setting(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_it_loses_and_doubles_nothing() {
    let (data, site) = (Folder::new(), Folder::site());
    let addr = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut victim = Victim::start(addr, &data, &site);
    let start = board_of(addr).await;
    let clients = setting("PULSESTAGE_TEST_CRASH_CLIENTS", 40);
    let mut audience = TestAudience::gather(&[addr], VOTERS, clients, Duration::ZERO).await;
    for _ in 0..setting("PULSESTAGE_TEST_CRASHES", 5) {
        // In the middle of it: something was confirmed since it came up.
        audience.goes_on(20).await;
        drop(victim);
        victim = Victim::start(addr, &data, &site);
        board_of(addr).await;
    }
    audience.is_silent().await;
    let wanted = board_of(addr).await;
    audience.all_show(&wanted).await;
    let ledger = audience.ledger.lock().unwrap();
    assert!(ledger.unanswered > 0, "no write was cut off");
    assert_kept(&ledger, &wanted);
    let known: BTreeSet<QuestionId> = start.questions.keys().chain(ledger.asked.keys()).copied().collect();
    let doubled: Vec<_> = wanted.questions.keys().filter(|question| !known.contains(question)).collect();
    assert!(doubled.is_empty(), "questions doubled: {doubled:?}");
    assert_eq!((audience.faults(), audience.resyncs()), (StreamFaults::default(), 0));
}
