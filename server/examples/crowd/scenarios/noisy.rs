//! One tenant of many sends ten times what it may, and its neighbours must not notice. Calm and noise take turns, so
//! that what else happens on the machine is in both.

use anyhow::Context;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::ScenarioReport;
use crate::crowd_server::{CrowdServer, ServerPlan};
use crate::measure::{Delays, millis};
use crate::streams::open_stream;
use pulsestage::id::TeamId;
use pulsestage::question::Question;
use pulsestage_server::audience::{EventStream, ParticipantClient};

/// Times the limit that the noisy tenant sends.
const NOISE: u32 = 10;
/// Connections that the noise comes through.
const NOISE_CONNECTIONS: u32 = 16;
/// Votes that each of the noisy tenant's participants has, so that their own limit is not what stops them.
const VOTERS: usize = 1_000;
/// The flag that bounds a tenant.
const LIMIT: &str = "--writes-per-tenant";
/// The status of an answer to somebody who asks for too much.
const TOO_MANY: u16 = 429;
const PATIENCE: Duration = Duration::from_secs(10);

/// What may be chosen.
#[derive(Debug, clap::Args)]
pub(crate) struct NoisyArgs {
    /// Tenants in all.
    #[arg(long, default_value_t = 100)]
    tenants: usize,
    /// Writes a second that each tenant may do.
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Questions a second that the neighbours ask together.
    #[arg(long, default_value_t = 40)]
    rate: u32,
    /// Turns of calm, and as many of noise.
    #[arg(long, default_value_t = 4)]
    turns: u32,
    /// Seconds of one turn.
    #[arg(long, default_value_t = 5)]
    turn_s: u32,
    /// Percent by which the neighbours' p99 may grow.
    #[arg(long, default_value_t = 10.0)]
    tolerance: f64,
}

/// Runs it.
pub(crate) async fn run(server: &Path, args: &NoisyArgs) -> anyhow::Result<ScenarioReport> {
    let limits = vec![(LIMIT, format!("{}/s", args.limit))];
    let plan = ServerPlan { tenants: args.tenants, questions: 1, limits, ..ServerPlan::default() };
    let running = Arc::new(CrowdServer::open(server, plan).await?);
    let neighbours = Neighbours::meet(&running).await?;
    let (mut calm, mut loud) = (Delays::default(), Delays::default());
    let (sent, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    // Once unmeasured, so that caches are warm and every channel is known.
    neighbours.turn(args).await?;
    let mut calm_turns = Vec::new();
    for _ in 0..args.turns {
        let mut turn = neighbours.turn(args).await?;
        calm_turns.push(millis(turn.percentile(99)));
        calm.append(turn);
        let mut noise = JoinSet::new();
        for first in 0..NOISE_CONNECTIONS {
            noise.spawn(shout(running.clone(), first, args.limit, sent.clone(), refused.clone()));
        }
        loud.append(neighbours.turn(args).await?);
        // Dropped in the middle of a call, each with its connection.
        noise.shutdown().await;
    }

    let mut report = ScenarioReport::new(format!(
        "one of {} tenants at {NOISE} times its limit of {} writes a second",
        args.tenants, args.limit
    ));
    let (calm_p99, loud_p99) = (calm.percentile(99), loud.percentile(99));
    let (sent, refused) = (sent.load(Ordering::Relaxed), refused.load(Ordering::Relaxed));
    report.figure("questions of the neighbours, calm and in the noise", format!("{}, {}", calm.count(), loud.count()));
    report.figure("from asked to read, p50, calm and in the noise", pair(calm.percentile(50), loud.percentile(50)));
    report.figure("from asked to read, p99, calm and in the noise", pair(calm_p99, loud_p99));
    // Where these differ much, something else on the machine makes more noise than the tenant, and the condition
    // below says nothing.
    report.figure("p99 of each calm turn by itself", calm_turns.join(", "));
    report.figure("writes of the noisy tenant, of them refused", format!("{sent}, {refused}"));
    let bound = calm_p99.mul_f64(1.0 + args.tolerance / 100.0);
    report.require(format!("the neighbours' p99 grows by no more than {} percent", args.tolerance), loud_p99 <= bound);
    if running.has(LIMIT) {
        report.require("the noisy tenant was refused what is over its limit", refused * 2 > sent);
    } else {
        report.figure("limits", format!("this server has no {LIMIT}"));
    }
    Ok(report)
}

fn pair(calm: Duration, loud: Duration) -> String {
    format!("{}, {}", millis(calm), millis(loud))
}

/// A neighbour: the way to ask, and a stream to see it on.
struct Neighbour {
    team: TeamId,
    client: ParticipantClient,
    stream: EventStream,
}

/// Every tenant but the first, which is the noisy one.
struct Neighbours(Vec<Arc<Mutex<Neighbour>>>);

impl Neighbours {
    async fn meet(running: &CrowdServer) -> anyhow::Result<Self> {
        let mut neighbours = Vec::new();
        for tenant in running.tenants.iter().skip(1) {
            let client = running.browser(&tenant.slug, 0);
            let stream = open_stream(&client, None).await?;
            neighbours.push(Arc::new(Mutex::new(Neighbour { team: tenant.team, client, stream })));
        }
        Ok(Self(neighbours))
    }

    /// Each asks when it is its turn, whether or not the one before has its answer; how long until they saw it.
    async fn turn(&self, args: &NoisyArgs) -> anyhow::Result<Delays> {
        let mut asked = JoinSet::new();
        let mut ticks = interval(Duration::from_secs(1) / args.rate);
        for neighbour in self.0.iter().cycle().take((args.rate * args.turn_s) as usize) {
            ticks.tick().await;
            asked.spawn(ask_and_see(neighbour.clone()));
        }
        let delays = async {
            let mut delays = Vec::new();
            while let Some(one) = asked.join_next().await {
                delays.push(one??);
            }
            anyhow::Ok(delays.into_iter().collect())
        };
        timeout(PATIENCE, delays).await.context("a neighbour's question was not on its screen")?
    }
}

async fn ask_and_see(neighbour: Arc<Mutex<Neighbour>>) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let mut neighbour = neighbour.lock().await;
    let Neighbour { team, client, stream } = &mut *neighbour;
    client.send_question(None, *team, "May I have the floor").await?.read::<Question>()?;
    while stream.next_message().await?.context("a neighbour's stream has ended")?.kind() != "question:created" {}
    Ok(start.elapsed())
}

/// Votes in the noisy tenant, for and against, as fast as its share of the noise says; until it is dropped.
async fn shout(
    running: Arc<CrowdServer>,
    first: u32,
    limit: u32,
    sent: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
) -> anyhow::Result<()> {
    let tenant = &running.tenants[0];
    let mut client = running.newcomer(&tenant.slug);
    let mut ticks = interval(Duration::from_secs(1) * NOISE_CONNECTIONS / (limit * NOISE));
    // A server that lets it wait gets no more afterwards.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let voters: Vec<String> = (0..VOTERS).map(|number| running.cookie(number + first as usize * VOTERS)).collect();
    for number in 0_usize.. {
        ticks.tick().await;
        let (voter, up) = (&voters[number % VOTERS], (number / VOTERS).is_multiple_of(2));
        client.http.cookie = Some(voter.clone());
        let answer = client.send_vote(None, tenant.questions[0], up).await?;
        let status = answer.status.as_u16();
        anyhow::ensure!(status == 200 || status == TOO_MANY, answer.as_error());
        sent.fetch_add(1, Ordering::Relaxed);
        refused.fetch_add(usize::from(status == TOO_MANY), Ordering::Relaxed);
    }
    Ok(())
}
