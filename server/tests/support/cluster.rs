//! A PostgreSQL server of one test's own: it may be frozen, killed and copied.

use sqlx::{Connection, Executor, PgConnection};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::sleep;

use super::{Folder, Relay, free_port, soon};

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
        let mut cluster = Self::empty()?;
        cluster.up().await;
        Some(cluster)
    }

    /// The same, without starting it: nobody answers at its [`url`](Self::url).
    pub(crate) fn empty() -> Option<Self> {
        let Some(programs) = programs() else {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI=true, and PostgreSQL is not installed");
            eprintln!("NOT TESTED: PostgreSQL is not installed, so nothing is known of a server that hangs or dies");
            return None;
        };
        let cluster = Self::of(programs);
        let mut initdb = cluster.program("initdb");
        initdb.arg("-D").arg(cluster.data()).args([
            "-U",
            "pulsestage",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "-N",
        ]);
        run(&mut initdb);
        Some(cluster)
    }

    /// One without data.
    fn of(programs: PathBuf) -> Self {
        let (folder, port) = (Folder::new(), free_port());
        if is_root() {
            // PostgreSQL refuses to run as root.
            let owned = Command::new("chown").arg(account()).arg(folder.path()).status().unwrap();
            assert!(owned.success());
        }
        Self { programs, folder, port, child: None }
    }

    /// Starts it, also after [`kill`](Self::kill), and waits until it answers.
    pub(crate) async fn up(&mut self) {
        let port = self.port.to_string();
        let ready = async {
            loop {
                // One that was killed a moment ago may be in the way still: then it ends, and is started anew.
                let runs = self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none());
                if !runs {
                    self.child = Some(self.server().spawn().unwrap());
                }
                let mut asked = self.program("pg_isready");
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

    /// A connection of the test's own.
    pub(crate) async fn session(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }

    /// A copy of its files as they are now, which does not follow it any further and is not started yet.
    pub(crate) fn copy(&self) -> Self {
        self.base_backup(&self.url(), &[])
    }

    /// A standby that follows it by this way, started.
    pub(crate) async fn standby(&self, way: &Relay) -> Self {
        // The program waits for answers that come by way of a task of this runtime.
        let mut standby = tokio::task::block_in_place(|| self.base_backup(&way.url(&self.url()), &["-R"]));
        standby.up().await;
        standby
    }

    /// Makes a standby a server that writes: its timeline is a new one.
    pub(crate) async fn promote(&self) {
        self.session().await.execute("select pg_promote()").await.unwrap();
    }

    fn base_backup(&self, url: &str, further: &[&str]) -> Self {
        let copy = Self::of(self.programs.clone());
        let mut command = copy.program("pg_basebackup");
        command.arg("-D").arg(copy.data()).args(["-d", url, "-c", "fast", "-X", "stream"]).args(further);
        run(&mut command);
        copy
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
        if self.child.is_some() {
            self.thaw();
            self.kill();
        }
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
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
