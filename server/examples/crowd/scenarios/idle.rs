//! Everybody watches and nothing happens: what remains is memory, the server's and the kernel's, and a heartbeat now and
//! then.

use anyhow::ensure;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

use super::ScenarioReport;
use crate::crowd_server::{CrowdServer, ServerPlan};
use crate::holder::Holder;
use crate::measure::{KernelMemory, cpu, memory_kib};
use crate::streams::open_stream;

/// How long the server may take to give back what opening took.
const SETTLE: Duration = Duration::from_secs(2);
/// Connections of one pair of addresses: fewer than the 28,232 ports that Linux hands out.
const MOST_FOR_AN_ADDRESS: usize = 25_000;

/// What may be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct IdleArgs {
    /// Streams that are open.
    #[arg(long, default_value_t = 10_000)]
    streams: usize,
    /// Addresses that they come from, 127.0.1.1 and following; more are taken when these have too few ports, or one
    /// process may open too few files.
    #[arg(long, default_value_t = 1)]
    addresses: usize,
    /// Seconds between heartbeats, and for which is measured.
    #[arg(long, default_value_t = 30)]
    heartbeat_s: u32,
    /// Percent of a core that may be used for each 10,000 streams.
    #[arg(long, default_value_t = 1.0)]
    percent: f64,
    /// KiB of the server's memory that a stream may take.
    #[arg(long, default_value_t = 1.0)]
    kib: f64,
}

/// Runs it.
pub(crate) async fn run(server: &Path, args: &IdleArgs) -> anyhow::Result<ScenarioReport> {
    let most = Holder::most_streams();
    ensure!(args.streams > 0 && most > 0, "{} streams, and {most} fit into a process", args.streams);
    let server_count = args.streams.div_ceil(most);
    let holder_count = args.addresses.max(server_count).max(args.streams.div_ceil(MOST_FOR_AN_ADDRESS));
    if server_count > 1 {
        eprintln!(
            "crowd: a process may hold {most} streams here (ulimit -Hn), so {} streams are spread over {server_count} \
             servers; raise the limit to measure one",
            args.streams
        );
    }
    let flags = vec!["--heartbeat-s".to_owned(), args.heartbeat_s.to_string()];
    let (mut servers, mut first) = (Vec::new(), Vec::new());
    for _ in 0..server_count {
        let plan = ServerPlan { tenants: 1, questions: 1, flags: flags.clone(), ..ServerPlan::default() };
        let running = CrowdServer::open(server, plan).await?;
        // One stream first, so that what the first of them alone takes is not spread over all.
        first.push(open_stream(&running.newcomer("default"), None).await?);
        servers.push(running);
    }
    let memory = || servers.iter().map(|running| memory_kib(running.pid())).sum::<anyhow::Result<f64>>();
    let used = || servers.iter().map(|running| cpu(running.pid())).sum::<anyhow::Result<Duration>>();
    sleep(SETTLE).await;
    let (before, kernel_before, start) = (memory()?, KernelMemory::now()?, Instant::now());
    let mut holders = Vec::new();
    for number in 0..holder_count {
        let streams = args.streams / holder_count + usize::from(number < args.streams % holder_count);
        holders.push(Holder::start(number, servers[number % server_count].addr, streams)?);
    }
    for holder in &mut holders {
        holder.opened().await?;
    }
    let opened = start.elapsed();
    sleep(SETTLE).await;
    let each = |kib: f64| kib / args.streams as f64;
    let (kib, kernel) = (each(memory()? - before), KernelMemory::now()?);

    // Each stream reads one heartbeat and goes on waiting.
    for holder in &mut holders {
        holder.begin().await?;
    }
    let period = Duration::from_secs(u64::from(args.heartbeat_s));
    let cpu_before = used()?;
    sleep(period).await;
    let used = used()?.saturating_sub(cpu_before);
    for holder in &mut holders {
        holder.heard(period).await?;
    }
    drop(first);

    let title = format!("{} idle streams, a heartbeat every {} s", args.streams, args.heartbeat_s);
    let mut report = ScenarioReport::new(title);
    let percent = used.as_secs_f64() / period.as_secs_f64() * 100.0;
    report.figure("opened in", format!("{:.2} s", opened.as_secs_f64()));
    report.figure("servers, addresses of clients", format!("{server_count}, {holder_count}"));
    report.figure("server memory per stream", format!("{kib:.2} KiB"));
    // Slab and buffers are the machine's, so both ends of each connection are in them.
    let slab = each(kernel.slab_kib - kernel_before.slab_kib);
    report.figure("kernel objects per stream, both its ends", format!("{slab:.2} KiB"));
    let buffers = each(kernel.tcp_kib - kernel_before.tcp_kib);
    report.figure("kernel TCP buffers per stream, both its ends", format!("{buffers:.2} KiB"));
    report.figure("TCP sockets in use", kernel.sockets);
    report.figure("server CPU over one period, of one core", format!("{percent:.2} %"));
    report.require(format!("at most {} KiB a stream", args.kib), kib <= args.kib);
    let bound = args.percent * (args.streams as f64 / 10_000.0).max(1.0);
    report.require(format!("at most {bound} percent of a core"), percent <= bound);
    report.require("every stream heard a heartbeat", true);
    Ok(report)
}
