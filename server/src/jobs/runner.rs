//! Doing jobs: those that are due are leased, begun, and ended or put off.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use pulsestage::id::uuid_v7;
use pulsestage::ports::{Rng, StoreResult};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use super::{AttemptOutcome, JobError, JobHandler, JobQueue, seal};
use crate::store::LeasedJob;

/// How often the database is asked when nothing is known to be due: for jobs of instances that ended.
const POLL: Duration = Duration::from_secs(30);
/// How long a job is an instance's without being renewed.
pub const LEASE: Duration = Duration::from_secs(15);
/// How often leases are renewed.
const RENEW: Duration = Duration::from_secs(5);
/// The most jobs of one kind that an instance does at once.
const AT_ONCE: usize = 16;
/// The longest attempt.
const ATTEMPT: Duration = Duration::from_secs(120);
/// The pause after the first attempt; each further one is twice as long.
const FIRST_PAUSE_MS: u64 = 1_000;
/// The longest pause.
const LONGEST_PAUSE_MS: u64 = 30 * 60 * 1_000;
/// The most attempts: more than fit into a day, and an end for a job that ends the process each time.
pub const MAX_ATTEMPTS: i64 = 60;

/// Does the jobs of one queue. Cheap to clone.
#[derive(Clone)]
pub struct JobRunner {
    queue: JobQueue,
    handler: Arc<dyn JobHandler>,
    /// What this instance is called in the leases.
    name: Uuid,
}

impl JobRunner {
    /// Does the jobs of this queue by this handler.
    #[must_use]
    pub fn new(queue: JobQueue, handler: Arc<dyn JobHandler>) -> Self {
        let mut random = [0; 10];
        queue.ports.rng.fill(&mut random);
        let name = uuid_v7(queue.ports.clock.now(), random);
        Self { queue, handler, name }
    }

    /// Does jobs until it is told to stop. What is due then is still begun, and what is under way finished, within `grace`;
    /// what is left goes back to the queue, for another instance or the next start.
    pub async fn run(self, stop: CancellationToken, grace: Duration) {
        let mut running = JoinSet::new();
        let mut renew = interval(RENEW);
        renew.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            // Trouble was logged by the store; the next poll may go better.
            let pause = self.begin_due(&mut running).await.unwrap_or(POLL);
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.queue.added.notified() => {}
                Some(_) = running.join_next(), if !running.is_empty() => {}
                _ = renew.tick(), if !running.is_empty() => self.renew().await,
                () = sleep(pause) => {}
            }
        }
        let rest = async {
            while self.begin_due(&mut running).await.is_ok() && running.join_next().await.is_some() {}
            while running.join_next().await.is_some() {}
        };
        if timeout(grace, rest).await.is_err() {
            tracing::warn!(job.kind = self.queue.kind, "some jobs did not finish in time and are left for later");
            running.shutdown().await;
            let now = self.queue.ports.clock.now();
            // Otherwise the leases run out by themselves.
            let _logged = self.queue.ports.store.release_jobs(self.queue.kind, self.name, now).await;
        }
    }

    /// Begins what is due, as much as there is room for; gives the time until it is to be called again.
    async fn begin_due(&self, running: &mut JoinSet<()>) -> StoreResult<Duration> {
        let (store, kind) = (&self.queue.ports.store, self.queue.kind);
        loop {
            let room = AT_ONCE.saturating_sub(running.len());
            if room == 0 {
                return Ok(POLL);
            }
            // A read first: it costs less than a write that finds nothing.
            let (due, now) = (store.next_job_due(kind).await?, self.queue.ports.clock.now());
            match due {
                Some(due) if due <= now => {}
                Some(due) => {
                    let pause = Duration::from_millis(u64::try_from(due.0 - now.0).unwrap_or_default());
                    return Ok(pause.min(POLL));
                }
                None => return Ok(POLL),
            }
            let lease = (now, now.plus_millis(millis(LEASE)));
            let taken = store.take_jobs(kind, self.name, lease, i64::try_from(room).unwrap_or(1)).await?;
            if taken.is_empty() {
                // Another instance was faster.
                return Ok(Duration::from_secs(1));
            }
            for job in taken {
                let span = tracing::info_span!("job", id = %job.id(), kind, attempt = job.attempts());
                let runner = self.clone();
                running.spawn(async move { runner.attempt(&job).await }.instrument(span));
            }
        }
    }

    async fn renew(&self) {
        let until = self.queue.ports.clock.now().plus_millis(millis(LEASE));
        // A lease that is not renewed runs out: the job is done twice rather than not at all.
        let _logged = self.queue.ports.store.renew_jobs(self.queue.kind, self.name, until).await;
    }

    /// Does a job once and notes what came of it.
    async fn attempt(&self, job: &LeasedJob) {
        let outcome = match self.perform(job).await {
            Ok(()) => AttemptOutcome::Done,
            Err(JobError::GiveUp(why)) => self.give_up(job, why),
            Err(JobError::Retry) => {
                let until = self.queue.ports.clock.now().plus_millis(pause(job.attempts(), &*self.queue.ports.rng));
                if until < job.expires_at() && job.attempts() < MAX_ATTEMPTS {
                    let _logged = self.queue.ports.store.put_job_off(job, self.name, until).await;
                    self.queue.counts.count(AttemptOutcome::PutOff);
                    return;
                }
                self.give_up(job, "it failed until its time or its attempts were over")
            }
        };
        // Where that fails the lease runs out, and it is done again.
        let _logged = self.queue.ports.store.end_job(job, self.name).await;
        self.queue.counts.count(outcome);
    }

    async fn perform(&self, job: &LeasedJob) -> Result<(), JobError> {
        if job.expires_at() <= self.queue.ports.clock.now() {
            return Err(JobError::GiveUp("its time was over before it could be done"));
        }
        if job.attempts() > MAX_ATTEMPTS {
            return Err(JobError::GiveUp("it was begun too often without an end"));
        }
        let payload = seal::open(&self.queue.ports.key, job.id(), job.tenant(), job.payload())
            .ok_or(JobError::GiveUp("it was sealed under another key of the installation"))?;
        let doing = AssertUnwindSafe(self.handler.run(job.tenant(), &payload)).catch_unwind();
        // A panic is in the log by itself.
        timeout(ATTEMPT, doing).await.unwrap_or(Ok(Err(JobError::Retry))).unwrap_or(Err(JobError::Retry))
    }

    fn give_up(&self, job: &LeasedJob, why: &'static str) -> AttemptOutcome {
        tracing::error!(job.id = %job.id(), job.kind = self.queue.kind, job.attempts = job.attempts(), why, "gave a job up");
        AttemptOutcome::GivenUp
    }
}

/// The pause after so many attempts: twice as long each time, and somewhere between half of that and all of it, so that
/// jobs which failed together do not come back together.
fn pause(attempts: i64, rng: &dyn Rng) -> i64 {
    let doublings = u32::try_from(attempts - 1).unwrap_or_default().min(20);
    let longest = FIRST_PAUSE_MS.saturating_mul(1 << doublings).min(LONGEST_PAUSE_MS);
    let mut random = [0; 8];
    rng.fill(&mut random);
    let half = longest / 2;
    i64::try_from(longest - u64::from_le_bytes(random) % (half + 1)).unwrap_or(i64::MAX)
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Debug for JobRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobRunner").field("queue", &self.queue).field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemRng;

    #[test]
    fn pauses_double_up_to_half_an_hour_and_differ() {
        for (attempts, longest) in [(1, 1_000), (2, 2_000), (5, 16_000), (12, 1_800_000), (60, 1_800_000)] {
            let pauses: Vec<i64> = (0..200).map(|_| pause(attempts, &SystemRng)).collect();
            assert!(pauses.iter().all(|pause| (longest / 2..=longest).contains(pause)), "{attempts}: {pauses:?}");
            assert!(pauses.iter().any(|pause| pause != &pauses[0]), "{attempts}");
        }
    }
}
