//! The binary itself as a process of its own.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

use pulsestage_server::audience::{HttpAnswer, HttpClient, Origin};

use super::{Folder, PATIENCE, soon};

/// A server's process, killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) addr: SocketAddr,
    pub(crate) data: Folder,
    _site: Folder,
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
        // Whatever its public name is, we call it by its address.
        if flags.contains(&"--public-url") {
            command.args(["--also-host", &addr.to_string()]);
        }
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
    pub(crate) async fn get(&self, path: &str) -> Option<HttpAnswer> {
        self.client().get(path).await.ok()
    }

    /// A form that is posted over a connection of its own.
    pub(crate) async fn post(&self, path: &str, cookie: &str, form: &str) -> Option<HttpAnswer> {
        let mut client = self.client();
        client.cookie = Some(cookie.to_owned());
        client.post(path, form.to_owned()).await.ok()
    }

    fn client(&self) -> HttpClient {
        let mut client = HttpClient::new(Arc::new(Origin::at(self.addr))).without_keeping();
        client.patience = PATIENCE;
        client
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
