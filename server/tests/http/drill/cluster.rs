//! A PostgreSQL server of our own: it can be killed, frozen and copied.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};
use tokio::time::sleep;

use super::proxy::Proxy;
use crate::support::{Folder, free_port, soon};

/// The role that owns everything in it.
const USER: &str = "pulsestage";

/// A cluster and its server; the server is killed when it is dropped.
pub(super) struct Cluster {
    programs: Programs,
    folder: Folder,
    pub(super) port: u16,
    postmaster: Option<Child>,
}

impl Cluster {
    /// Makes an empty cluster, without starting it. Nothing when PostgreSQL is not installed.
    pub(super) fn empty() -> Option<Self> {
        let programs = Programs::find()?;
        let cluster = Self { folder: programs.folder(), programs, port: free_port(), postmaster: None };
        let mut initdb = cluster.programs.command("initdb");
        initdb.arg("-D").arg(cluster.data()).args(["-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N"]);
        run(&mut initdb);
        Some(cluster)
    }

    /// Makes an empty cluster and starts it.
    pub(super) async fn start() -> Option<Self> {
        let mut cluster = Self::empty()?;
        cluster.up().await;
        Some(cluster)
    }

    /// Starts its server and waits until it answers.
    pub(super) async fn up(&mut self) {
        let port = self.port.to_string();
        let mut command = self.programs.command("postgres");
        command.arg("-D").arg(self.data()).args(["-h", "127.0.0.1", "-p", &port, "-k"]).arg(self.folder.path());
        // The power does not fail here, so nothing waits for the disk.
        for setting in ["fsync=off", "max_connections=200", "wal_level=replica", "max_wal_senders=4"] {
            command.args(["-c", setting]);
        }
        self.postmaster = Some(command.stdin(Stdio::null()).spawn().unwrap());
        soon("PostgreSQL to answer", async {
            while self.session().await.is_err() {
                sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
    }

    /// Where it is, for whoever goes there directly.
    pub(super) fn url(&self) -> String {
        url(self.port)
    }

    /// A connection of the drill's own.
    pub(super) async fn session(&self) -> sqlx::Result<PgConnection> {
        PgConnection::connect(&self.url()).await
    }

    /// Kills all of its processes at once, as a power cut would.
    pub(super) fn kill(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        self.signal("KILL", postmaster.id());
        postmaster.wait().unwrap();
    }

    /// Stops all of its processes where they are, without a word to anybody.
    pub(super) fn freeze(&self) {
        self.signal("STOP", self.postmaster.as_ref().unwrap().id());
    }

    /// Lets them go on.
    pub(super) fn thaw(&self) {
        self.signal("CONT", self.postmaster.as_ref().unwrap().id());
    }

    /// A copy of its files as they are now, which does not follow it any further and is not started yet.
    pub(super) fn copy(&self) -> Self {
        self.base_backup(self.port, &[])
    }

    /// A standby that follows it by this way, started, and promoted by [`Cluster::promote`].
    pub(super) async fn standby(&self, way: &Proxy) -> Self {
        // The program waits for an answer that comes by way of a task of this runtime.
        let mut standby = tokio::task::block_in_place(|| self.base_backup(way.port, &["-R"]));
        standby.up().await;
        standby
    }

    fn base_backup(&self, port: u16, further: &[&str]) -> Self {
        let programs = self.programs.clone();
        let copy = Self { folder: programs.folder(), programs, port: free_port(), postmaster: None };
        let mut command = copy.programs.command("pg_basebackup");
        command.arg("-D").arg(copy.data()).args(["-d", &url(port), "-c", "fast", "-X", "stream"]).args(further);
        run(&mut command);
        copy
    }

    /// Makes a standby the server that writes: its timeline is a new one.
    pub(super) async fn promote(&self) {
        self.session().await.unwrap().execute("select pg_promote()").await.unwrap();
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Sends a signal to the postmaster and to its children, each of which leads a group of its own.
    fn signal(&self, signal: &str, postmaster: u32) {
        let children = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
        let children = children.unwrap_or_default();
        let mut kill = Command::new("kill");
        kill.arg(format!("-{signal}")).arg(postmaster.to_string()).args(children.split_whitespace());
        // One of the children may have ended by itself meanwhile.
        let _some_are_gone = kill.stderr(Stdio::null()).status().unwrap();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The address of a database behind this port.
pub(super) fn url(port: u16) -> String {
    format!("postgres://{USER}@127.0.0.1:{port}/postgres")
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Where the programs are, and under which account they run: PostgreSQL refuses to run as root.
#[derive(Clone)]
struct Programs {
    bin: PathBuf,
    account: Option<(u32, u32)>,
}

impl Programs {
    /// The newest that is installed, or the one in `PG_BIN`.
    fn find() -> Option<Self> {
        let named = std::env::var_os("PG_BIN").map(PathBuf::from);
        let bin = named.or_else(newest).filter(|bin| bin.join("postgres").is_file())?;
        Some(Self { bin, account: is_root().then(account) })
    }

    /// One of them, in a folder where its account may be, saying nothing.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null());
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    /// A folder that belongs to their account.
    fn folder(&self) -> Folder {
        let folder = Folder::new();
        if let Some((user, group)) = self.account {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        folder
    }
}

fn newest() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    versions.map(|entry| entry.path()).max_by_key(|path| version(path)).map(|path| path.join("bin"))
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

/// An account without rights: PostgreSQL's own, or nobody's.
fn account() -> (u32, u32) {
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &str| {
        let line = accounts.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(":x:"))?;
        let mut ids = line.split(':');
        Some((ids.next()?.parse().ok()?, ids.next()?.parse().ok()?))
    };
    find("postgres").or_else(|| find("nobody")).expect("an account without rights")
}
