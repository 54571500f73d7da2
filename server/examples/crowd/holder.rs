//! A process that holds streams at which nothing happens. One process may open only so many files, and one pair of
//! addresses has only so many ports, so `idle` starts several, each with an address of its own.

use anyhow::{Context, ensure};
use std::io::{self, stdin};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::{JoinSet, block_in_place};
use tokio::time::timeout;

use crate::streams::open_all;
use pulsestage_server::audience::{EventStream, HttpClient, Origin, ParticipantClient};
use pulsestage_server::limits::raise_open_files;

/// What it says when all of its streams are open, and when each of them has heard a heartbeat.
const OPENED: &str = "opened";
const HEARD: &str = "heard";

/// What a holder is told.
#[derive(Debug, clap::Args)]
pub(crate) struct HolderArgs {
    /// The server.
    #[arg(long)]
    addr: SocketAddr,
    /// The address that it connects from.
    #[arg(long)]
    from: IpAddr,
    /// Streams that it opens.
    #[arg(long)]
    streams: usize,
}

/// Opens its streams, reads a heartbeat on each, and holds them until its input is closed.
pub(crate) async fn run(args: &HolderArgs) -> anyhow::Result<()> {
    let files = raise_open_files();
    ensure!(files > args.streams, "{} streams are to be opened and {files} files are allowed", args.streams);
    let origin = Arc::new(Origin::at(args.addr).from_address(args.from));
    let newcomer = || ParticipantClient::new(HttpClient::new(origin.clone()), "default");
    let streams = open_all(newcomer, args.streams).await?;
    println!("{OPENED}");
    block_in_place(|| stdin().read_line(&mut String::new()))?;
    let mut readers: JoinSet<_> = streams.into_iter().map(heartbeat).collect();
    let mut kept = Vec::with_capacity(args.streams);
    while let Some(reader) = readers.join_next().await {
        kept.push(reader??);
    }
    println!("{HEARD}");
    block_in_place(|| io::copy(&mut stdin(), &mut io::sink()))?;
    Ok(())
}

async fn heartbeat(mut stream: EventStream) -> anyhow::Result<EventStream> {
    while stream.next_message().await?.context("an idle stream has ended")?.kind() != "heartbeat" {}
    Ok(stream)
}

/// A holder that runs. Its streams go when this is dropped.
pub(crate) struct Holder {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Holder {
    /// The most streams that one process holds, and that one server takes: most of the files that it may open.
    pub(crate) fn most_streams() -> usize {
        let files = raise_open_files();
        files.saturating_sub((files / 10).max(64))
    }

    /// Starts the holder of this number.
    pub(crate) fn start(number: usize, addr: SocketAddr, streams: usize) -> anyhow::Result<Self> {
        let from = Ipv4Addr::new(127, 0, 1, u8::try_from(number + 1).context("too many holders")?);
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["hold", "--addr", &addr.to_string(), "--from", &from.to_string()]);
        command.args(["--streams", &streams.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn()?;
        let said = BufReader::new(child.stdout.take().context("a holder without output")?).lines();
        Ok(Self { child, said })
    }

    /// Waits until all of its streams are open.
    pub(crate) async fn opened(&mut self) -> anyhow::Result<()> {
        let line = self.said.next_line().await?;
        ensure!(line.as_deref() == Some(OPENED), "a holder could not open its streams; it says why above");
        Ok(())
    }

    /// Lets it read.
    pub(crate) async fn begin(&mut self) -> anyhow::Result<()> {
        Ok(self.child.stdin.as_mut().context("a holder without input")?.write_u8(b'\n').await?)
    }

    /// Waits until each of its streams has heard a heartbeat.
    pub(crate) async fn heard(&mut self, patience: Duration) -> anyhow::Result<()> {
        let line =
            timeout(patience, self.said.next_line()).await.context("a stream heard no heartbeat in two periods")?;
        ensure!(line?.as_deref() == Some(HEARD), "an idle stream has ended");
        Ok(())
    }
}
