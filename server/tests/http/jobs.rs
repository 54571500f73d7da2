//! Background jobs are done although they fail, panic, or their instance ends; and not for ever.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use pulsestage::id::TenantId;
use pulsestage::ports::Clock;
use pulsestage_server::jobs::{JobCounts, JobError, JobHandler, JobPorts, JobQueue, JobRunner, LEASE, MAX_ATTEMPTS};
use pulsestage_server::system::{InstallationKey, SystemRng};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::stage::{Stage, stories};
use crate::support::{HandClock, soon};

stories![
    what_fails_is_tried_again_until_it_is_done,
    what_cannot_be_done_is_given_up,
    what_another_instance_left_is_done,
    what_does_not_finish_goes_back_to_the_queue,
    what_is_due_at_the_end_is_done_first,
];

const HOUR_MS: i64 = 3_600_000;

/// How an attempt ends.
enum AttemptEnd {
    Done,
    Fails,
    Panics,
    GivesUp,
    Never,
}

/// Ends its attempts as it is told, and says what it was given.
struct TestHandler {
    ends: Mutex<VecDeque<AttemptEnd>>,
    given: UnboundedSender<(TenantId, Vec<u8>)>,
}

#[async_trait]
impl JobHandler for TestHandler {
    async fn run(&self, tenant: TenantId, payload: &[u8]) -> Result<(), JobError> {
        self.given.send((tenant, payload.to_vec())).unwrap();
        let ends = self.ends.lock().unwrap().pop_front().unwrap_or(AttemptEnd::Done);
        match ends {
            AttemptEnd::Done => Ok(()),
            AttemptEnd::Fails => Err(JobError::Retry),
            AttemptEnd::Panics => panic!("a mistake of ours"),
            AttemptEnd::GivesUp => Err(JobError::GiveUp("it was told to")),
            AttemptEnd::Never => std::future::pending().await,
        }
    }
}

/// An instance that does jobs.
struct JobWorker {
    clock: HandClock,
    queue: JobQueue,
    given: UnboundedReceiver<(TenantId, Vec<u8>)>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl JobWorker {
    fn start(stage: &Stage, clock: HandClock, grace: Duration, ends: impl IntoIterator<Item = AttemptEnd>) -> Self {
        let queue = JobQueue::new("test", ports(stage, &clock));
        let (to, given) = unbounded_channel();
        let handler = TestHandler { ends: Mutex::new(ends.into_iter().collect()), given: to };
        let stop = CancellationToken::new();
        let runner = JobRunner::new(queue.clone(), Arc::new(handler));
        let task = tokio::spawn(runner.run(stop.clone(), grace));
        Self { clock, queue, given, stop, task }
    }

    async fn given(&mut self) -> Vec<u8> {
        soon("an attempt", self.given.recv()).await.unwrap().1
    }

    /// Turns the clock on and has the runner look at it.
    fn turn_on(&self, seconds: i64) {
        self.clock.turn_on(seconds);
        self.queue.wake();
    }

    async fn counted(&self, expected: [u64; 3]) {
        let read = |counts: &JobCounts| counts.read().map(|(_, count)| count);
        soon("the counts", async {
            while read(self.queue.counts()) != expected {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    async fn stop(self) {
        self.stop.cancel();
        soon("the runner to end", self.task).await.unwrap();
    }
}

fn ports(stage: &Stage, clock: &HandClock) -> JobPorts {
    let (clock, rng) = (Arc::new(clock.clone()), Arc::new(SystemRng));
    JobPorts { store: stage.store.clone(), key: InstallationKey::new([7; 32]), clock, rng }
}

fn stopped_clock() -> HandClock {
    let clock = HandClock::default();
    clock.stop();
    clock
}

async fn what_fails_is_tried_again_until_it_is_done(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let ends = [AttemptEnd::Fails, AttemptEnd::Panics, AttemptEnd::Fails];
    let mut worker = JobWorker::start(&stage, stopped_clock(), Duration::ZERO, ends);
    worker.queue.push(home.tenant, b"a letter", HOUR_MS).await.unwrap();
    for attempt in 1..=4 {
        assert_eq!(worker.given().await, b"a letter", "attempt {attempt}");
        worker.counted([u64::from(attempt == 4), attempt.min(3), 0]).await;
        assert!(worker.given.try_recv().is_err(), "not before a pause is over");
        worker.turn_on(1 << attempt);
    }
    assert_eq!(stage.store.next_job_due("test").await.unwrap(), None);
    worker.stop().await;
}

async fn what_cannot_be_done_is_given_up(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let failing = (0..200).map(|number| if number == 0 { AttemptEnd::GivesUp } else { AttemptEnd::Fails });
    let mut worker = JobWorker::start(&stage, stopped_clock(), Duration::ZERO, failing);
    worker.queue.push(home.tenant, b"said so", HOUR_MS).await.unwrap();
    worker.given().await;
    worker.counted([0, 0, 1]).await;
    // Its time is over before the second attempt may be.
    worker.queue.push(home.tenant, b"in time", 400).await.unwrap();
    worker.given().await;
    worker.counted([0, 0, 2]).await;
    // It comes too late.
    worker.queue.push(home.tenant, b"late", HOUR_MS).await.unwrap();
    worker.given().await;
    worker.counted([0, 1, 2]).await;
    worker.turn_on(2 * 3_600);
    worker.counted([0, 1, 3]).await;
    assert!(worker.given.try_recv().is_err(), "what is of no use any more is not tried");
    worker.queue.push(home.tenant, b"too often", i64::MAX / 2).await.unwrap();
    for attempt in 1..=u64::try_from(MAX_ATTEMPTS).unwrap() {
        worker.given().await;
        let is_last = attempt == u64::try_from(MAX_ATTEMPTS).unwrap();
        worker.counted([0, 1 + attempt - u64::from(is_last), 3 + u64::from(is_last)]).await;
        worker.turn_on(1_800);
    }
    assert_eq!(stage.store.next_job_due("test").await.unwrap(), None);
    worker.stop().await;
}

async fn what_another_instance_left_is_done(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let clock = stopped_clock();
    let lease = i64::try_from(LEASE.as_millis()).unwrap();
    let queue = JobQueue::new("test", ports(&stage, &clock));
    queue.push(home.tenant, b"a letter", HOUR_MS).await.unwrap();
    // It ended without a word, with the job in its hands.
    let gone = (clock.now(), clock.now().plus_millis(lease));
    assert_eq!(stage.store.take_jobs("test", Uuid::from_u128(0xDEAD), gone, 10).await.unwrap().len(), 1);
    let mut worker = JobWorker::start(&stage, clock, Duration::ZERO, []);
    worker.turn_on(lease / 1_000 - 1);
    // Another job is done meanwhile, so the runner has looked.
    worker.queue.push(home.tenant, b"another", HOUR_MS).await.unwrap();
    assert_eq!(worker.given().await, b"another");
    worker.turn_on(1);
    assert_eq!(worker.given().await, b"a letter");
    worker.counted([2, 0, 0]).await;
    worker.stop().await;
}

async fn what_does_not_finish_goes_back_to_the_queue(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let clock = stopped_clock();
    let mut worker = JobWorker::start(&stage, clock.clone(), Duration::from_millis(10), [AttemptEnd::Never]);
    worker.queue.push(home.tenant, b"a letter", HOUR_MS).await.unwrap();
    worker.given().await;
    worker.stop().await;
    let mut next = JobWorker::start(&stage, clock, Duration::ZERO, []);
    assert_eq!(next.given().await, b"a letter", "at once, for the lease was ended");
    next.counted([1, 0, 0]).await;
    next.stop().await;
}

async fn what_is_due_at_the_end_is_done_first(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let mut worker = JobWorker::start(&stage, stopped_clock(), Duration::from_secs(60), []);
    // More than are done at once.
    for number in 0..40_u8 {
        worker.queue.push(home.tenant, &[number], HOUR_MS).await.unwrap();
    }
    worker.stop.cancel();
    soon("the runner to end", &mut worker.task).await.unwrap();
    worker.counted([40, 0, 0]).await;
    assert_eq!(stage.store.next_job_due("test").await.unwrap(), None);
}
