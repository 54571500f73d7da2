//! Streams as a town hall makes them: the batches that a tenant's streams get, one after another.

use pulsestage::audience::Audience;
use pulsestage::event::{
    Envelope, Epoch, Event, Fact, QuestionAnswered, QuestionCreated, QuestionPinned, QuestionTags, Tally,
};
use pulsestage::id::{QuestionId, TagId, TeamId, TenantId, UserId, uuid_v7};
use pulsestage::question::Status;
use pulsestage::tag::Tag;
use pulsestage::time::Timestamp;

use crate::frame::{Batch, Frame};

const START_MS: i64 = 1_790_000_000_000;
const EPOCH: Epoch = Epoch(0x5d1e_90c4_77a2_0b3f);

/// Sentences that questions are made of.
const OPENINGS: [&str; 8] = [
    "When will we hear",
    "Could somebody explain",
    "What has to happen before we decide",
    "Who looks after the customers while we talk",
    "Is there a plan for the warehouse and",
    "I read in the summer letter",
    "My team would like to know",
    "Why did we only learn last week",
];
const ENDINGS: [&str; 8] = [
    "how the new shifts are shared out between the two sites?",
    "about the price of the canteen, which went up twice this year?",
    "whether remote work stays as it is after January?",
    "that the old sensors are no longer repaired?",
    "what the merger means for people on fixed contracts?",
    "how many of us are expected to move to Rotterdam?",
    "about the budget for training, and who may use it?",
    "why gate 4 is still open to forklifts and to people on foot?",
];

/// Numbers that look like chance and are the same in every run (Vigna's splitmix64).
pub struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or(0)
    }
}

/// A tenant while it talks.
pub struct Hall {
    chance: Chance,
    now: i64,
    seq: i64,
    tenant: TenantId,
    team: TeamId,
    tags: Vec<Tag>,
    questions: Vec<(QuestionId, i64)>,
}

impl Hall {
    /// A tenant that nobody has asked anything.
    pub fn new() -> Self {
        let mut hall = Self {
            chance: Chance(7),
            now: START_MS,
            seq: 0,
            tenant: TenantId(uuid_v7(Timestamp(START_MS), [1; 10])),
            team: TeamId(uuid_v7(Timestamp(START_MS), [2; 10])),
            tags: Vec::new(),
            questions: Vec::new(),
        };
        for (name, color) in [("Roadmap", "#3B82F6"), ("Safety", "#B4540A"), ("People", "#0B7F63")] {
            let id = TagId(hall.id());
            hall.tags.push(Tag { id, name: name.to_owned(), color: color.to_owned() });
        }
        hall
    }

    /// A quiet hour: now and then one event, mostly a question or a single vote.
    pub fn quiet(batches: usize) -> Vec<Batch> {
        let mut hall = Self::new();
        (0..batches)
            .map(|number| {
                hall.now += 4_000;
                let frames = match number % 6 {
                    0 => vec![hall.created()],
                    5 => vec![hall.changed()],
                    _ => hall.tallies(1),
                };
                Batch::new(hall.tenant, frames, Timestamp(hall.now))
            })
            .collect()
    }

    /// 200 votes a second on twenty questions, 20 new questions a minute, a change by the moderators now and then.
    pub fn voting(batches: usize) -> Vec<Batch> {
        let mut hall = Self::new();
        (0..20).for_each(|_| drop(hall.created()));
        (0..batches)
            .map(|number| {
                hall.now += 50;
                let mut frames = Vec::new();
                if number % 60 == 0 {
                    frames.push(hall.created());
                }
                if number % 100 == 50 {
                    frames.push(hall.changed());
                }
                frames.extend(hall.tallies(8));
                Batch::new(hall.tenant, frames, Timestamp(hall.now))
            })
            .collect()
    }

    /// A handful of questions and nothing else: what a client missed that comes back.
    pub fn replay(batches: usize) -> Vec<Batch> {
        let mut hall = Self::new();
        (0..batches)
            .map(|_| {
                let mut frames: Vec<Frame> = (0..20).map(|_| hall.created()).collect();
                frames.extend(hall.tallies(20));
                Batch::new(hall.tenant, frames, Timestamp(hall.now))
            })
            .collect()
    }

    fn id(&mut self) -> uuid::Uuid {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.chance.next().to_le_bytes());
        random[8..].copy_from_slice(&self.chance.next().to_le_bytes()[..2]);
        uuid_v7(Timestamp(self.now), random)
    }

    fn fact(&mut self, event: Event) -> Frame {
        self.seq += 1;
        let at = Timestamp(self.now);
        let envelope = Some(Envelope { tenant_id: self.tenant, event, timestamp: at });
        let (team, audience) = (Some(self.team), Audience::Everybody);
        Frame::fact(EPOCH, &Fact { seq: self.seq, team, audience, at, subject: None, envelope })
    }

    fn created(&mut self) -> Frame {
        self.now += 1;
        let id = QuestionId(self.id());
        self.questions.push((id, 0));
        let body = format!("{} {}", OPENINGS[self.chance.below(8)], ENDINGS[self.chance.below(8)]);
        let created = QuestionCreated {
            id,
            body,
            upvotes: 0,
            status: Status::Open,
            team_id: self.team,
            created_at: Timestamp(self.now),
            tags: Vec::new(),
            is_pinned: false,
            is_frozen: false,
            author_name: None,
        };
        self.fact(Event::Created(created))
    }

    /// What moderators do: answer, tag, pin.
    fn changed(&mut self) -> Frame {
        let (question_id, _) = self.any_question();
        let event = match self.chance.below(3) {
            0 => Event::Answered(QuestionAnswered {
                id: question_id,
                response_text: format!(
                    "We looked into it. {} Ask again {}",
                    OPENINGS[2],
                    ENDINGS[self.chance.below(8)]
                ),
                responded_at: Timestamp(self.now),
                status: Status::Answered,
            }),
            1 => Event::Tagged(QuestionTags { question_id, tags: self.tags[..=self.chance.below(2)].to_vec() }),
            _ => Event::Pinned(QuestionPinned {
                question_id,
                is_pinned: true,
                pinned_by: Some(UserId(self.id())),
                pinned_at: Some(Timestamp(self.now)),
            }),
        };
        self.fact(event)
    }

    /// So many votes, as they leave: one count for each question that has a new one.
    fn tallies(&mut self, votes: usize) -> Vec<Frame> {
        let mut changed: Vec<usize> = (0..votes).map(|_| self.chance.below(self.questions.len().min(20))).collect();
        for &at in &changed {
            self.questions[at].1 += 1;
        }
        changed.sort_unstable();
        changed.dedup();
        let tally = |at: usize| {
            let (question, upvotes) = self.questions[at];
            Frame::tally(self.tenant, &Tally { question, team: self.team, upvotes }, Timestamp(self.now))
        };
        changed.into_iter().map(tally).collect()
    }

    fn any_question(&mut self) -> (QuestionId, i64) {
        let at = self.chance.below(self.questions.len());
        self.questions[at]
    }
}
