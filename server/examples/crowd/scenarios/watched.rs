//! Many tenants are watched and nothing happens: what remains is looking whether something has.

use anyhow::Context;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

use super::ScenarioReport;
use crate::crowd_server::{CrowdServer, ServerPlan};
use crate::measure::{cpu, memory_kib};
use crate::streams::open_stream;
use pulsestage_server::audience::{HttpClient, Origin};

/// What may be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct WatchedArgs {
    /// Tenants, each watched by one stream.
    #[arg(long, default_value_t = 500)]
    tenants: usize,
    /// Seconds for which is measured.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Questions to the database that may be asked a second; two are for whose access has ended.
    #[arg(long, default_value_t = 3.0)]
    queries: f64,
    /// Percent of a core that may be used.
    #[arg(long, default_value_t = 1.0)]
    percent: f64,
    /// An empty database; a SQLite file in a temporary folder when not given.
    #[arg(long)]
    database_url: Option<String>,
}

/// Runs it.
pub(crate) async fn run(server: &Path, args: &WatchedArgs) -> anyhow::Result<ScenarioReport> {
    // Free when it was asked for, and nobody else asks for one of these in the moment until it is used.
    let metrics = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let flags = vec!["--metrics-addr".to_owned(), metrics.to_string()];
    let database_url = args.database_url.clone();
    let plan = ServerPlan { tenants: args.tenants, questions: 1, flags, database_url, ..ServerPlan::default() };
    let running = Arc::new(CrowdServer::open(server, plan).await?);
    let before = memory_kib(running.pid())?;
    let mut streams = Vec::with_capacity(args.tenants);
    for tenant in &running.tenants {
        streams.push(open_stream(&running.newcomer(&tenant.slug), None).await?);
    }
    // What opening took is over, and each log was looked at once.
    sleep(Duration::from_secs(5)).await;
    let kib = (memory_kib(running.pid())? - before) / args.tenants as f64;
    let (asked, used) = (questions(metrics).await?, cpu(running.pid())?);
    sleep(Duration::from_secs(args.seconds)).await;
    let used = cpu(running.pid())?.saturating_sub(used);
    let asked = questions(metrics).await? - asked;

    let (queries, percent) = (asked / args.seconds as f64, used.as_secs_f64() / args.seconds as f64 * 100.0);
    let mut report =
        ScenarioReport::new(format!("{} watched tenants and nothing happening for {} s", args.tenants, args.seconds));
    report.figure("questions to the database a second", format!("{queries:.2}"));
    report.figure("server CPU, of one core", format!("{percent:.2} %"));
    report.figure("server memory per watched tenant, with its stream", format!("{kib:.1} KiB"));
    report.require(format!("at most {} questions a second", args.queries), queries <= args.queries);
    report.require(format!("at most {} percent of a core", args.percent), percent <= args.percent);
    drop(streams);
    Ok(report)
}

/// How much the database was asked for so far, by the server's own count.
async fn questions(metrics: SocketAddr) -> anyhow::Result<f64> {
    let answer = HttpClient::new(Arc::new(Origin::at(metrics))).get("/metrics").await?;
    let text = answer.text();
    let counts = text.lines().filter_map(|line| line.strip_prefix("pulsestage_store_latency_seconds_count{"));
    let counts = counts.map(|line| line.rsplit(' ').next().unwrap_or_default().parse::<f64>());
    counts.sum::<Result<f64, _>>().context("a count that is none")
}
