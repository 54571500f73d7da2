//! What the audience does: questions and votes, each when it is due, whether the last one was answered or not.

use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::measurements::Measurements;
use super::participant::Browser;
use super::plan::{RehearsalPlan, Schedule, pick};
use crate::system::SystemRng;
use pulsestage::id::{QuestionId, TeamId};

/// People who take their votes and questions back at once.
const WITHDRAWING: usize = 16;

/// The participants and what they act on.
pub(super) struct Load {
    /// What was measured.
    pub(super) measurements: Arc<Measurements>,
    /// The participants, and behind them those who asked the opening questions. The ledger has their places here.
    pub(super) people: Vec<Browser>,
    /// The team that is asked.
    pub(super) team: TeamId,
    /// The questions that are voted for.
    pub(super) questions: Vec<QuestionId>,
}

impl Load {
    /// Asks and votes as planned, until all of it was answered.
    pub(super) async fn act(&self, plan: &RehearsalPlan) {
        let began = Instant::now();
        tokio::join!(self.vote(plan, began), self.ask(plan, began));
        // Without votes and questions there is still the time to be there.
        sleep_until(began + plan.duration).await;
    }

    async fn vote(&self, plan: &RehearsalPlan, began: Instant) {
        let (mut running, schedule) = (JoinSet::new(), plan.votes());
        if self.questions.is_empty() {
            return;
        }
        let first = pick(&SystemRng, plan.participants);
        for number in 0..schedule.count() {
            let due = due(schedule, number, began).await;
            // Everybody once, then everybody once more: each time another question, so that each vote counts.
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            let who = (first + number) % plan.participants;
            let question = self.questions[(who + number / plan.participants) % self.questions.len()];
            let (measurements, browser) = (self.measurements.clone(), self.people[who].clone());
            running.spawn(async move {
                // From when it was due: a generator that lags must not make the server look fast.
                match browser.lock().await.vote(question, true).await {
                    Ok(upvotes) => {
                        measurements.note_vote(question, upvotes, due);
                        measurements.acknowledged.add(due.elapsed());
                        measurements.ledger().note_vote(question, who, true);
                    }
                    Err(error) => measurements.ledger().fail(|| format!("a vote: {error}")),
                }
            });
        }
        running.join_all().await;
    }

    async fn ask(&self, plan: &RehearsalPlan, began: Instant) {
        let (mut running, schedule) = (JoinSet::new(), plan.asks());
        for number in 0..schedule.count() {
            due(schedule, number, began).await;
            let who = pick(&SystemRng, plan.participants);
            let (measurements, browser, team) = (self.measurements.clone(), self.people[who].clone(), self.team);
            running.spawn(async move {
                let body = format!("Rehearsal: what comes after question {} of the hall?", number + 1);
                match browser.lock().await.ask(team, &body).await {
                    Ok(question) => {
                        measurements.ledger().asked.insert(question, who);
                    }
                    Err(error) => measurements.ledger().fail(|| format!("a question: {error}")),
                }
            });
        }
        running.join_all().await;
    }

    /// Takes all votes back; how many could not be.
    pub(super) async fn withdraw_votes(&self) -> usize {
        let votes = self.measurements.ledger().votes.clone();
        let job = |(question, who): (QuestionId, usize)| {
            let browser = self.people[who].clone();
            async move { browser.lock().await.vote(question, false).await.is_ok() }
        };
        undone(votes.into_iter().map(job)).await
    }

    /// Takes all questions back; how many could not be.
    pub(super) async fn withdraw_questions(&self) -> usize {
        let asked = self.measurements.ledger().asked.clone();
        let job = |(question, who): (QuestionId, usize)| {
            let browser = self.people[who].clone();
            async move { browser.lock().await.withdraw(question).await.is_ok() }
        };
        undone(asked.into_iter().map(job)).await
    }
}

/// Waits until the thing of this number is due; gives when that was.
async fn due(schedule: Schedule, number: u64, began: Instant) -> Instant {
    let due = began + Duration::from_micros(schedule.due(number, &SystemRng));
    sleep_until(due).await;
    due
}

/// Does all of this, a few at a time; how much of it could not be done.
async fn undone<F>(jobs: impl Iterator<Item = F>) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    let (mut running, mut left) = (JoinSet::new(), 0);
    for job in jobs {
        if running.len() >= WITHDRAWING {
            left += usize::from(!matches!(running.join_next().await, Some(Ok(true))));
        }
        running.spawn(job);
    }
    left + running.join_all().await.into_iter().filter(|done| !done).count()
}
