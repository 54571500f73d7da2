//! What the audience does: questions and votes, each when it is due, whether the last one was answered or not.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::client::Client;
use super::hall::Hall;
use super::plan::{Pace, Plan, pick};
use super::room::Room;
use crate::system::SystemRng;
use pulsestage::id::{QuestionId, TeamId};

/// People who take their votes and questions back at once.
const WITHDRAWING: usize = 16;

/// One participant's browser; a participant does one thing at a time.
pub(super) type Browser = Arc<Mutex<Client>>;
/// Who voted for what.
pub(super) type Votes = Vec<(usize, QuestionId)>;
/// Who asked what.
pub(super) type Asked = Vec<(Browser, QuestionId)>;

/// The audience and what it acts on.
pub(super) struct Audience {
    /// What was measured.
    pub(super) hall: Arc<Hall>,
    /// Where they are.
    pub(super) room: Arc<Room>,
    /// The participants.
    pub(super) people: Vec<Browser>,
    /// The team that is asked.
    pub(super) team: TeamId,
    /// The questions that are voted for.
    pub(super) questions: Vec<QuestionId>,
}

impl Audience {
    /// Asks and votes as planned, until all of it was answered. Who voted for what, and who asked what.
    pub(super) async fn act(&self, plan: &Plan) -> (Votes, Asked) {
        let began = Instant::now();
        let done = tokio::join!(self.vote(plan.votes(), began), self.ask(plan.asks(), began));
        // Without votes and questions there is still the time to be there.
        sleep_until(began + plan.duration).await;
        done
    }

    async fn vote(&self, pace: Pace, began: Instant) -> Votes {
        let mut running = JoinSet::new();
        if self.questions.is_empty() {
            return Votes::new();
        }
        let first = pick(&SystemRng, self.people.len());
        for number in 0..pace.count() {
            let due = began + Duration::from_micros(pace.due(number, &SystemRng));
            sleep_until(due).await;
            // Everybody once, then everybody once more: each time another question, so that each vote counts.
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            let who = (first + number) % self.people.len();
            let question = self.questions[(who + number / self.people.len()) % self.questions.len()];
            let (hall, room, browser) = (self.hall.clone(), self.room.clone(), self.people[who].clone());
            running.spawn(async move {
                // From when it was due: a generator that lags must not make the server look fast.
                let answer = room.vote(&mut *browser.lock().await, question, true).await;
                match answer {
                    Ok(upvotes) => {
                        hall.note_vote(question, upvotes, due);
                        hall.acknowledged.add(due.elapsed());
                        hall.voted.one();
                        Some((who, question))
                    }
                    Err(error) => {
                        hall.fail(|| format!("a vote: {error}"));
                        None
                    }
                }
            });
        }
        running.join_all().await.into_iter().flatten().collect()
    }

    async fn ask(&self, pace: Pace, began: Instant) -> Asked {
        let mut running = JoinSet::new();
        for number in 0..pace.count() {
            sleep_until(began + Duration::from_micros(pace.due(number, &SystemRng))).await;
            let browser = self.people[pick(&SystemRng, self.people.len())].clone();
            let (hall, room, team) = (self.hall.clone(), self.room.clone(), self.team);
            running.spawn(async move {
                let body = format!("Rehearsal: what comes after question {} of the hall?", number + 1);
                let answer = room.ask(&mut *browser.lock().await, team, &body).await;
                match answer {
                    Ok(question) => {
                        hall.asked.one();
                        Some((browser, question))
                    }
                    Err(error) => {
                        hall.fail(|| format!("a question: {error}"));
                        None
                    }
                }
            });
        }
        running.join_all().await.into_iter().flatten().collect()
    }

    /// Takes votes back; how many could not be.
    pub(super) async fn withdraw_votes(&self, votes: Votes) -> usize {
        let job = |(who, question): (usize, QuestionId)| {
            let (room, browser) = (self.room.clone(), self.people[who].clone());
            async move { room.vote(&mut *browser.lock().await, question, false).await.is_ok() }
        };
        undone(votes.into_iter().map(job)).await
    }

    /// Takes questions back; how many could not be.
    pub(super) async fn withdraw_questions(&self, asked: Asked) -> usize {
        let job = |(browser, question): (Browser, QuestionId)| {
            let room = self.room.clone();
            async move { room.withdraw(&mut *browser.lock().await, question).await.is_ok() }
        };
        undone(asked.into_iter().map(job)).await
    }
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
