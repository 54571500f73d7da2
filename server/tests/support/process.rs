//! The binary itself as a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::{Folder, soon};

/// The limits that an audience on one address would meet; with 0 each is off.
pub(crate) const LIMITS: [&str; 14] = [
    "--max-streams-per-participant",
    "--votes-per-participant",
    "--asks-per-participant",
    "--reads-per-participant",
    "--writes-per-tenant",
    "--reads-per-tenant",
    "--newcomers-per-network",
    "--asks-per-tenant",
    "--connections-per-network",
    "--open-questions-per-participant",
    "--reads-per-unknown-network",
    "--unknown-reads-per-tenant",
    "--streams-per-unknown-network",
    "--accept-rate",
];

/// A server's process, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) addr: SocketAddr,
    pub(crate) data: Folder,
    _site: Folder,
}

/// What came back over a socket of its own.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Head and body as they came.
    pub(crate) text: String,
}

impl Answer {
    /// What is behind the head.
    pub(crate) fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }
}

impl Process {
    /// Starts one on this data, behind these words of a shell, such as `ulimit -n 600;`, and waits until it answers.
    pub(crate) async fn start(data: Folder, before: &str, flags: &[&str]) -> Self {
        let site = Folder::site();
        let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{before} exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_pulsestage")]);
        command.args(["serve", "--addr", &addr.to_string()]).arg("--data-dir").arg(data.path());
        command.arg("--site-dir").arg(site.path()).args(flags).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let process = Self { child, addr, data, _site: site };
        let up = async {
            while process.get("/health/live").await.is_none_or(|answer| answer.status != 200) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        soon("the process to answer", up).await;
        process
    }

    /// A request with GET over a connection of its own; nothing when there was no answer.
    pub(crate) async fn get(&self, path: &str) -> Option<Answer> {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: ask.test\r\nconnection: close\r\n\r\n")).await
    }

    /// A form that is posted over a connection of its own.
    pub(crate) async fn post(&self, path: &str, cookie: &str, form: &str) -> Option<Answer> {
        let head = format!("POST {path} HTTP/1.1\r\nhost: ask.test\r\nconnection: close\r\ncookie: {cookie}\r\n");
        let kind = "content-type: application/x-www-form-urlencoded\r\naccept: application/json";
        self.send(&format!("{head}{kind}\r\ncontent-length: {}\r\n\r\n{form}", form.len())).await
    }

    async fn send(&self, request: &str) -> Option<Answer> {
        let mut socket = TcpStream::connect(self.addr).await.ok()?;
        socket.write_all(request.as_bytes()).await.ok()?;
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).await.ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let status = text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
        Some(Answer { status, text })
    }

    /// A figure of its memory in KiB, such as `VmRSS`, as the system counts it.
    pub(crate) fn memory_kib(&self, figure: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Its number to the system.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it and gives what it wrote.
    pub(crate) fn kill(mut self) -> Folder {
        self.end();
        std::mem::replace(&mut self.data, Folder::new())
    }

    fn end(&mut self) {
        let _gone_already = self.child.kill();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
