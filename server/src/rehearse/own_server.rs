//! An instance of one's own: this same program as a child, with a folder of its own that goes with it.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::process::Usage;
use crate::audience::{LIMITS, TempFolder};

/// How long the instance may take to start.
const START: Duration = Duration::from_secs(60);
/// How often it is looked whether a killed instance is gone, and the time between looks.
const KILL_LOOKS: u32 = 200;
const KILL_LOOK: Duration = Duration::from_millis(5);

/// A running instance. Dropping it kills the child first and removes its folder then.
pub(super) struct OwnServer {
    child: Child,
    /// Reads what the child says, so that it never waits for a reader.
    _listener: JoinHandle<()>,
    _folder: TempFolder,
    /// Where it is reached.
    pub(super) url: String,
}

impl OwnServer {
    /// Starts one and waits until it says where it is.
    pub(super) async fn start(site: Option<&Path>) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| format!("this program was not found: {error}"))?;
        let folder = TempFolder::new("rehearsal").map_err(|error| format!("no folder for the rehearsal: {error}"))?;
        let mut command = Command::new(program);
        command.args(arguments(folder.path(), site)).stdin(Stdio::null()).stdout(Stdio::piped());
        // Nothing of the environment may lead it to somebody's real database.
        command.env_clear().env("RUST_LOG", "warn");
        // A Ctrl-C is for us; we end the child.
        command.process_group(0).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("the instance could not be started: {error}"))?;
        let output = child.stdout.take().ok_or("the instance has no output")?;
        let mut lines = BufReader::new(output).lines();
        let url = timeout(START, address(&mut lines)).await.map_err(|_| "the instance did not start in time")?;
        let url = url.ok_or("the instance ended at once; it says why above")?;
        let listener = tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { child, _listener: listener, _folder: folder, url })
    }

    /// What it has used until now.
    pub(super) fn usage(&self) -> Option<Usage> {
        Usage::of(self.child.id()?)
    }

    /// Ends it and removes what it kept.
    pub(super) async fn end(mut self) {
        // Nothing of it is to be kept, so it need not end in good order.
        if let Err(error) = self.child.kill().await {
            eprintln!("the instance could not be ended: {error}");
        }
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // After a failure or a Ctrl-C nobody waits for its end, and a folder cannot be removed under a writer.
        let _ended_already = self.child.start_kill();
        for _ in 0..KILL_LOOKS {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(KILL_LOOK);
        }
    }
}

/// What the instance is started with: the settings people get, a port that is free, a folder that is empty. RehearsalLimits that
/// would count one machine's audience as an attack are opened here.
fn arguments(data: &Path, site: Option<&Path>) -> Vec<OsString> {
    let database = format!("sqlite://{}", data.join("pulsestage.db").display());
    let mut arguments: Vec<OsString> = ["serve", "--addr", "127.0.0.1:0", "--database-url"].map(Into::into).to_vec();
    arguments.extend([database.into(), "--data-dir".into(), data.into()]);
    if let Some(site) = site {
        arguments.extend(["--site-dir".into(), site.into()]);
    }
    let off = LIMITS.into_iter().chain(["--linger-s", "--drain-s"]);
    arguments.extend(off.flat_map(|limit| [limit.into(), "0".into()]));
    arguments
}

/// The first address in what the child says.
async fn address(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(at) = line.find("http://") {
            let rest = &line[at + "http://".len()..];
            return Some(format!("http://{}", rest.split('/').next().unwrap_or_default()));
        }
    }
    None
}
