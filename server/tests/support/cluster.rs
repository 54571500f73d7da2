//! A PostgreSQL server of one test's own: it may be frozen and killed.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::sleep;

use pulsestage::ports::Chance;
use pulsestage_server::world::SystemChance;

use super::{Folder, soon};

/// The server; killed when it is dropped.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: Folder,
    port: u16,
    child: Option<Child>,
}

impl Cluster {
    /// Makes one and starts it; nothing where PostgreSQL is not installed, which is said aloud and never right in CI.
    pub(crate) async fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI=true, and PostgreSQL is not installed");
            eprintln!("NOT TESTED: PostgreSQL is not installed, so nothing is known of a server that hangs or dies");
            return None;
        };
        let folder = Folder::new();
        let port = lasting_port();
        let mut cluster = Self { programs, folder, port, child: None };
        if is_root() {
            // PostgreSQL refuses to run as root.
            let owned = Command::new("chown").arg(account()).arg(cluster.folder.path()).status().unwrap();
            assert!(owned.success());
        }
        let data = cluster.data();
        let mut made = cluster.program("initdb");
        let made = made
            .arg("-D")
            .arg(data)
            .args(["-U", "pulsestage", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        cluster.up().await;
        Some(cluster)
    }

    /// Starts it again after [`kill`](Self::kill), and waits until it answers.
    pub(crate) async fn up(&mut self) {
        let ready = async {
            loop {
                // One that was killed a moment ago may be in the way still: then it ends, and is started anew.
                let runs = self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none());
                if !runs {
                    self.child = Some(self.server().spawn().unwrap());
                }
                let mut asked = self.program("pg_isready");
                let port = self.port.to_string();
                if asked.args(["-q", "-h", "127.0.0.1", "-U", "pulsestage", "-p", &port]).status().unwrap().success() {
                    return;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        soon("PostgreSQL to answer", ready).await;
    }

    fn server(&self) -> Command {
        let mut server = self.program("postgres");
        server.arg("-D").arg(self.data()).args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-k"]);
        server.arg(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        server
    }

    /// The URL of its database.
    pub(crate) fn url(&self) -> String {
        format!("postgres://pulsestage@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops every process of it, in the middle of whatever it does.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets them go on.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    /// Kills every process of it.
    pub(crate) fn kill(&mut self) {
        self.signal("KILL");
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", account(), "--regid", account(), "--clear-groups"]).arg(program);
                command
            }
            false => Command::new(program),
        };
        // From a folder that its account may enter.
        command.current_dir(self.folder.path());
        command
    }

    fn signal(&self, signal: &str) {
        let pid = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let Some(pid) = pid.lines().next().and_then(|line| line.trim().parse::<u32>().ok()) else { return };
        let mut all = children(pid);
        // The first of them first, so that it starts no others.
        all.insert(0, pid);
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        let _gone_already = Command::new("kill").arg(format!("-{signal}")).args(all).stderr(Stdio::null()).status();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.thaw();
        self.kill();
    }
}

/// A free port that no connection is given by chance while the server is down: below the range of those.
fn lasting_port() -> u16 {
    let mut random = [0; 2];
    loop {
        SystemChance.fill(&mut random);
        let port = 20_000 + u16::from_le_bytes(random) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The processes that this one has started.
fn children(parent: u32) -> Vec<u32> {
    let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
    let numbers = all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Behind the name, which may have anything in it: state, parent.
        let after = stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        after.split(' ').nth(1).and_then(|parent| parent.parse().ok()) == Some(parent)
    };
    numbers.filter(is_child).collect()
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// An account without rights.
fn account() -> &'static str {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    if accounts.lines().any(|line| line.starts_with("postgres:")) { "postgres" } else { "nobody" }
}

fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    found.sort();
    let in_path =
        std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    found.pop().or_else(|| in_path.into_iter().find(|folder| folder.join("initdb").is_file()))
}
