//! An instance of the server: the binary as a process, at a port that stays its own.

use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;
use tokio::time::sleep;

use crate::support::{self, Folder, LIMITS, free_port, load_board, soon};
use pulsestage::board::Board;

/// The key that all instances share.
const KEY: &str = "6f1d2c3b4a5968778695a4b3c2d1e0f0112233445566778899aabbccddeeff00";

/// One instance. Killed when it is dropped.
pub(super) struct DrillInstance {
    pub(super) addr: SocketAddr,
    database: String,
    redis: Option<String>,
    data: Folder,
    site: Folder,
    child: Option<Child>,
}

impl DrillInstance {
    /// One that is not started yet.
    pub(super) fn of(database: String, redis: Option<String>) -> Self {
        let addr = SocketAddr::from(([127, 0, 0, 1], free_port()));
        Self { addr, database, redis, data: Folder::new(), site: Folder::site(), child: None }
    }

    /// Starts its process.
    pub(super) fn spawn(&mut self) {
        let mut command = command(&self.database);
        command.args(["serve", "--drain-s", "0", "--heartbeat-s", "2", "--addr", &self.addr.to_string()]);
        command.arg("--data-dir").arg(self.data.path()).arg("--site-dir").arg(self.site.path());
        command.args(LIMITS.iter().flat_map(|limit| [*limit, "0"]));
        if let Some(redis) = &self.redis {
            command.env("REDIS_URL", redis);
        }
        let log = std::fs::File::options().create(true).append(true).open(self.data.path().join("log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.child = Some(command.spawn().unwrap());
    }

    /// Starts it and waits until it answers with a board.
    pub(super) async fn up(&mut self) -> Board {
        self.spawn();
        self.board().await
    }

    /// Its board, as soon as it can give one.
    pub(super) async fn board(&self) -> Board {
        let there = async {
            loop {
                match load_board(self.addr).await {
                    Ok(board) => return board,
                    Err(_) => sleep(Duration::from_millis(50)).await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), there)
            .await
            .unwrap_or_else(|_| panic!("no board; the log says: {}", self.log()))
    }

    /// Whether it is ready, and what it says about that.
    pub(super) async fn readiness(&self) -> std::io::Result<(axum::http::StatusCode, String)> {
        support::readiness(self.addr).await
    }

    /// Asks it to stop, and waits until it has.
    pub(super) async fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
        assert!(asked.success());
        soon("an instance to stop", async {
            while child.try_wait().unwrap().is_none() {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
    }

    /// Whether its process has ended, and how.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().unwrap()
    }

    /// What it has said.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.data.path().join("log")).unwrap_or_default()
    }
}

impl Drop for DrillInstance {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _gone_already = child.kill();
            child.wait().unwrap();
        }
    }
}

/// The binary, for this database, with nothing of the environment that it would listen to.
pub(super) fn command(database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pulsestage"));
    command.env_remove("REDIS_URL").env("DATABASE_URL", database).env("PULSESTAGE_KEY", KEY).stdin(Stdio::null());
    command
}

/// Runs a command of the binary, waits for its end, and gives what it said.
pub(super) async fn run(database: &str, args: &[&str]) -> (Option<i32>, String) {
    let mut command = tokio::process::Command::from(command(database));
    let data = Folder::new();
    command.args(args).env("PULSESTAGE_DATA_DIR", data.path());
    let output = soon("a command", command.output()).await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}
