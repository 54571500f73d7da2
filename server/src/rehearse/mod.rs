//! `pulsestage rehearse`: an audience of real clients against an instance of its own or a running server.
//!
//! Every participant loads the page, holds a stream open, votes, and folds their own board with `Board::apply`; at the
//! end all boards must equal the server's. [`args`] and `plan` say what will be done, `own_server` where,
//! `participant` and `load` do it with the clients of [`crate::audience`], `measurements` and `measured_board` measure,
//! `report` judges.

pub mod args;
mod load;
mod measured_board;
mod measurements;
mod own_server;
mod participant;
pub mod plan;
mod process;
mod progress;
mod report;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Mutex, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::audience::{HttpClient, Origin, ParticipantClient};
use crate::limits::raise_open_files;
use crate::system::SystemRng;
use args::RehearseArgs;
use load::Load;
use measurements::Measurements;
use own_server::OwnServer;
use participant::{Browser, Goal, Participant, ParticipantOutcome};
use plan::{RehearsalPlan, micros};
use process::Usage;
use progress::ProgressLine;
use pulsestage::id::{QuestionId, TeamId};
use pulsestage::text::Slug;
use report::{Latencies, Planned, Quantiles, RehearsalCounts, RehearsalReport, ServerUse, checks};

/// The exit code when something did not hold.
const FAILED: u8 = 1;
/// The exit code when there was nothing to hold, for it could not be run.
const NOT_RUN: u8 = 2;
/// People who join at the same moment at most; others wait their turn, and their wait is measured.
const JOINING_AT_ONCE: usize = 256;
/// Open files that we and the instance need beside connections.
const OTHER_FILES: u64 = 256;

/// Rehearses, and says how it went on standard output.
pub async fn run(args: &RehearseArgs) -> ExitCode {
    match rehearse(args).await {
        Ok(report) => {
            let text = if args.json { serde_json::to_string(&report).unwrap_or_default() } else { report.to_string() };
            println!("{text}");
            if report.passed { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
        }
        Err(why) => {
            eprintln!("the rehearsal could not be run: {why}");
            ExitCode::from(NOT_RUN)
        }
    }
}

/// Does the work unless somebody says stop. What it holds is dropped then: the instance ends, its folder goes.
async fn unless_interrupted<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let caught = |kind| signal(kind).map_err(|error| format!("signals cannot be caught: {error}"));
    let (mut interrupt, mut terminate) = (caught(SignalKind::interrupt())?, caught(SignalKind::terminate())?);
    let mut hangup = caught(SignalKind::hangup())?;
    tokio::select! {
        done = work => done,
        _ = interrupt.recv() => Err("it was interrupted".to_owned()),
        _ = terminate.recv() => Err("it was asked to stop".to_owned()),
        _ = hangup.recv() => Err("its terminal was closed".to_owned()),
    }
}

async fn rehearse(args: &RehearseArgs) -> Result<RehearsalReport, String> {
    let plan = RehearsalPlan::of(args)?;
    let foreign = foreign(args)?;
    // A stream and a kept connection for everybody, and a connection for whoever asked before.
    let people = plan.participants.saturating_mul(2).saturating_add(plan.opening_questions);
    let needed = u64::try_from(people).unwrap_or(u64::MAX).saturating_add(OTHER_FILES);
    let allowed = raise_open_files() as u64;
    if allowed < needed {
        return Err(format!(
            "{needed} open files are needed and {allowed} are allowed; raise it with `ulimit -n {needed}` \
             (as root, or in /etc/security/limits.conf), or take fewer --participants"
        ));
    }
    match foreign {
        Some((url, tenant)) => {
            let rehearsal = Rehearsal { plan, url, tenant, instance: None };
            let run = unless_interrupted(rehearsal.run()).await;
            run.map_err(|why| format!("{why}; whatever it had asked and voted for by then is still there"))
        }
        None => unless_interrupted(by_itself(args, plan)).await,
    }
}

/// Rehearses against an instance of its own.
async fn by_itself(args: &RehearseArgs, plan: RehearsalPlan) -> Result<RehearsalReport, String> {
    let instance = OwnServer::start(args.site_dir.as_deref()).await?;
    let (url, tenant) = (instance.url.clone(), Slug::default_tenant());
    let rehearsal = Rehearsal { plan, url, tenant, instance: Some(instance) };
    let report = rehearsal.run().await;
    if let Some(instance) = rehearsal.instance {
        instance.end().await;
    }
    report
}

/// The server and the tenant that were named, once it is clear that they may be written to.
fn foreign(args: &RehearseArgs) -> Result<Option<(String, Slug)>, String> {
    let Some(url) = &args.url else { return Ok(None) };
    match (&args.tenant, args.yes_write_to_this_tenant) {
        (Some(tenant), true) => Ok(Some((url.clone(), tenant.clone()))),
        (None, _) => Err("name the tenant to rehearse in with --tenant, best one that was made for it".to_owned()),
        (Some(_), false) => Err(
            "this asks and votes in the tenant and takes it back at the end; say --yes-write-to-this-tenant if it may"
                .to_owned(),
        ),
    }
}

/// One rehearsal against one tenant.
struct Rehearsal {
    plan: RehearsalPlan,
    url: String,
    tenant: Slug,
    /// The server, when it is ours.
    instance: Option<OwnServer>,
}

impl Rehearsal {
    async fn run(&self) -> Result<RehearsalReport, String> {
        let plan = &self.plan;
        let origin = Arc::new(Origin::of(&self.url).await?);
        let newcomer = || ParticipantClient::new(HttpClient::new(origin.clone()), self.tenant.as_str());
        let mut reader = newcomer();
        let opened = self.ask_opening_questions(&mut reader, &newcomer).await;
        let (team, opening) = opened.map_err(|error| error.to_string())?;
        let questions: Vec<QuestionId> = opening.iter().map(|(_, question)| *question).collect();
        let measurements = Arc::new(Measurements::new(&questions, plan.participants)?);
        let progress = ProgressLine::start(measurements.clone(), plan.participants);
        let mut people: Vec<Browser> = (0..plan.participants).map(|_| Arc::new(Mutex::new(newcomer()))).collect();
        people.extend(opening.iter().map(|(asker, _)| asker.clone()));
        let load = Load { measurements: measurements.clone(), people, team, questions };

        let (announce, goal) = watch::channel(None);
        let watching = come_in(&load, plan, &goal).await;
        if measurements.joined() == 0 {
            let why = measurements.ledger().first_failure.clone();
            return Err(why.unwrap_or_else(|| "nobody could come in".to_owned()));
        }
        let (before, began) = (self.usage(), Instant::now());
        load.act(plan).await;
        let (after, time) = (self.usage(), began.elapsed());
        let board = reader.load_board().await.map_err(|error| format!("the last board: {error}"))?;
        announce.send_replace(Some(Arc::new(board)));
        let outcomes = watching.join_all().await;
        drop(progress);

        let mut report = self.judge(&measurements, &outcomes, server_use(before, after, time));
        if self.instance.is_none() {
            let askers = plan.participants..;
            measurements.ledger().asked.extend(load.questions.iter().copied().zip(askers));
            let (votes, asked) = (load.withdraw_votes().await, load.withdraw_questions().await);
            report.left_behind = Some(match (votes, asked) {
                (0, 0) => "its votes and questions were taken back".to_owned(),
                (votes, asked) => format!("{votes} votes and {asked} questions could not be taken back"),
            });
        }
        Ok(report)
    }

    /// Asks the questions that are there when people come in. The team that is asked, and who asked what.
    async fn ask_opening_questions(
        &self,
        reader: &mut ParticipantClient,
        newcomer: &impl Fn() -> ParticipantClient,
    ) -> std::io::Result<(TeamId, Vec<(Browser, QuestionId)>)> {
        reader.load_page().await?;
        let board = reader.load_board().await?;
        let team =
            board.teams.first().map(|team| team.id).ok_or_else(|| std::io::Error::other("the tenant has no team"))?;
        let mut opening = Vec::with_capacity(self.plan.opening_questions);
        for number in 1..=self.plan.opening_questions {
            // Each by somebody else: one person may ask only so much.
            let mut asker = newcomer();
            asker.load_page().await?;
            let question = asker.ask(team, &format!("Rehearsal: what is question {number} about?")).await?;
            opening.push((Arc::new(Mutex::new(asker)), question));
        }
        Ok((team, opening))
    }

    fn usage(&self) -> Option<Usage> {
        self.instance.as_ref().and_then(OwnServer::usage)
    }

    fn judge(
        &self,
        measurements: &Measurements,
        outcomes: &[ParticipantOutcome],
        server: Option<ServerUse>,
    ) -> RehearsalReport {
        let plan = &self.plan;
        let ledger = measurements.ledger();
        let sum = |part: fn(&ParticipantOutcome) -> u64| outcomes.iter().map(part).sum();
        let counts = RehearsalCounts {
            joined: measurements.joined(),
            asked: ledger.asked.len() as u64,
            voted: ledger.votes.len() as u64,
            failed: ledger.failed,
            messages: measurements.messages(),
            lost: sum(|outcome| outcome.faults.lost),
            doubled: sum(|outcome| outcome.faults.doubled),
            unreadable: sum(|outcome| outcome.faults.unreadable),
            resyncs: sum(|outcome| outcome.resyncs),
            reconnects: sum(|outcome| outcome.reconnects),
        };
        let latency_ms = Latencies {
            join: Quantiles::of(&measurements.join.histogram()),
            vote_acknowledged: Quantiles::of(&measurements.acknowledged.histogram()),
            vote_to_screen: Quantiles::of(&measurements.to_screen.histogram()),
        };
        let checks = checks(&plan.limits, &counts, latency_ms.vote_to_screen, server.as_ref());
        RehearsalReport {
            version: 1,
            passed: checks.iter().all(|check| check.passed),
            url: self.url.clone(),
            plan: Planned {
                participants: plan.participants,
                questions: plan.opening_questions,
                asks_per_minute: plan.asks_per_minute,
                votes_per_second: plan.votes_per_second,
                duration_ms: micros(plan.duration) / 1_000,
                join_ms: micros(plan.join) / 1_000,
            },
            counts,
            latency_ms,
            server,
            checks,
            first_failure: ledger.first_failure.clone(),
            left_behind: None,
        }
    }
}

/// Lets everybody in, each when they are due, and waits until all are in or were turned away.
async fn come_in(load: &Load, plan: &RehearsalPlan, goal: &Goal) -> JoinSet<ParticipantOutcome> {
    let (began, arrivals) = (Instant::now(), plan.arrivals());
    let turns = Arc::new(Semaphore::new(JOINING_AT_ONCE));
    let mut entering = JoinSet::new();
    for (number, browser) in (0..).zip(load.people.iter().take(plan.participants)) {
        sleep_until(began + Duration::from_micros(arrivals.due(number, &SystemRng))).await;
        let (measurements, browser) = (load.measurements.clone(), browser.clone());
        let (turns, goal) = (turns.clone(), goal.clone());
        entering.spawn(async move {
            let _turn = turns.acquire_owned().await;
            Participant::join(measurements.clone(), browser, goal)
                .await
                .inspect_err(|error| measurements.ledger().fail(|| format!("coming in: {error}")))
                .ok()
        });
    }
    let mut watching = JoinSet::new();
    while let Some(entered) = entering.join_next().await {
        if let Ok(Some(participant)) = entered {
            watching.spawn(participant.watch());
        }
    }
    watching
}

fn server_use(before: Option<Usage>, after: Option<Usage>, time: Duration) -> Option<ServerUse> {
    let (before, after) = before.zip(after)?;
    let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
    Some(ServerUse::new(after.peak_memory, cpu, time.as_secs_f64()))
}
