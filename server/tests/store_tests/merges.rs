//! Merging: the union of the voters, back again, and votes that are cast meanwhile.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use pulsestage::audience::Audience;
use pulsestage::audit::{Filter, PageCursor};
use pulsestage::error::Refusal;
use pulsestage::event::{Event, QuestionRef};
use pulsestage::id::QuestionId;
use pulsestage::moderation::Hold;
use pulsestage::ports::{
    AuditStore, Ballot, BoardStore, Merge, MergeStore, ModerationStore, NewQuestion, QuestionStore, StoreError,
    VoteStore,
};
use pulsestage::question::Status;
use tokio::task::JoinSet;

use crate::moderation::{MISSING, asked_by, last_facts};
use crate::stage::{START, Stage, stories};

stories![
    a_merge_has_the_union_of_voters_and_a_split_takes_it_back,
    one_that_waits_is_merged_without_being_shown,
    a_merge_counts_everybody_and_so_does_not_tell_who_asked,
    counts_are_what_people_made_them_whoever_asked,
    votes_that_are_cast_during_a_merge_count_once,
];

/// The merge of one into another.
pub(crate) fn of(source: QuestionId, target: QuestionId) -> Merge {
    Merge { source, target }
}

async fn a_merge_has_the_union_of_voters_and_a_split_takes_it_back(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (one, other) = (stage.ask(&home, "Lunch?").await.id, stage.ask(&home, "What is for lunch?").await.id);
    let voters: Vec<_> = (0..5).map(|_| stage.participant()).collect();
    for (voter, questions) in voters.iter().zip([&[one][..], &[one], &[one, other], &[other], &[]]) {
        for question in questions {
            stage.vote(&home, *question, *voter, true).await.unwrap();
        }
    }
    let merge = |ms| {
        let write = stage.write_at(home.tenant, START.plus_millis(ms));
        stage.store.merge(write, of(one, other), home.moderator)
    };
    assert_eq!(merge(10).await.unwrap().question.upvotes, 4, "each voter once");
    let facts = last_facts(&stage, &home, 4).await;
    assert!(
        matches!(&facts[0], (Audience::Everybody, Event::Merged(data)) if data.question_id == one && data.into == other)
    );
    assert_eq!(merge(20).await, Err(Refusal::NotNow.into()), "it is merged already");
    assert_eq!(stage.vote(&home, one, voters[4], true).await, Err(MISSING.into()));
    // One whose vote came along takes it back; another votes now.
    assert_eq!(stage.vote(&home, other, voters[0], false).await, Ok(3));
    assert_eq!(stage.vote(&home, other, voters[4], true).await, Ok(4));
    let back = stage.store.split(stage.write(home.tenant), one, home.moderator).await.unwrap();
    assert_eq!(back.question.upvotes, 3, "its own votes were never lost");
    let board = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert_eq!((board.questions[&one].upvotes, board.questions[&other].upvotes), (3, 3));
    let alone = stage.store.split(stage.write(home.tenant), one, home.moderator).await;
    assert_eq!(alone, Err(Refusal::NotNow.into()));
    let itself = stage.store.merge(stage.write(home.tenant), of(one, one), home.moderator).await;
    assert_eq!(itself, Err(Refusal::NotNow.into()));
}

async fn one_that_waits_is_merged_without_being_shown(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let target = stage.ask(&home, "Lunch?").await.id;
    let held =
        NewQuestion { hold: Some(Hold::PreModeration), ..stage.new_question(home.team.id, "What is for lunch?") };
    let held = stage.store.ask(stage.write(home.tenant), held).await.unwrap().id;
    let merged = stage.store.merge(stage.write(home.tenant), of(held, target), home.moderator).await.unwrap();
    assert_eq!((merged.question.id, merged.question.upvotes), (target, 0));
    let board = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert_eq!(board.questions.keys().collect::<Vec<_>>(), [&target]);
    let told = stage.log(home.tenant).await;
    assert!(
        told.iter().all(|fact| fact.audience != Audience::Everybody || fact.subject != Some(held.0)),
        "nobody else hears of it: {told:?}"
    );
    let back = stage.store.split(stage.write(home.tenant), held, home.moderator).await.unwrap();
    assert_eq!((back.question.status, back.hold), (Status::UnderReview, Some(Hold::PreModeration)), "it waits again");
}

async fn a_merge_counts_everybody_and_so_does_not_tell_who_asked(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (asker, friend) = (stage.participant(), stage.participant());
    let (own, same) = (asked_by(&stage, &home, asker).await, stage.ask(&home, "The same again?").await.id);
    let (theirs, decoy) = (stage.ask(&home, "Somebody else's?").await.id, stage.ask(&home, "A decoy?").await.id);
    for question in [same, decoy] {
        for voter in [asker, friend] {
            stage.vote(&home, question, voter, true).await.unwrap();
        }
    }
    let before = stage.log(home.tenant).await.len();
    for (source, target) in [(same, own), (decoy, theirs)] {
        let write = stage.write(home.tenant);
        let merged = stage.store.merge(write, of(source, target), home.moderator).await.unwrap();
        assert_eq!(merged.question.upvotes, 2, "whoever asked it");
    }
    // Theirs is refused as before, and can be taken back.
    let ballot = |up| Ballot { question: own, voter: asker, up, own_votes: false };
    let refused = async |up| stage.store.set_vote(stage.write(home.tenant), ballot(up)).await;
    assert_eq!(refused(false).await.unwrap().upvotes, 1);
    assert_eq!(refused(true).await, Err(Refusal::OwnQuestion.into()));
    for (source, target, left) in [(same, own, 0), (decoy, theirs, 0)] {
        let back = stage.store.split(stage.write(home.tenant), source, home.moderator).await.unwrap();
        assert_eq!(back.question.upvotes, 2);
        assert_eq!(stage.store.case(home.tenant, target).await.unwrap().question.upvotes, left);
    }
    // Both are told of at both, to moderators and in the audit.
    let log = stage.log(home.tenant).await.split_off(before);
    for question_id in [own, same, theirs, decoy] {
        let told = log.iter().filter(|fact| fact.event() == Some(&Event::Moderated(QuestionRef { question_id })));
        assert_eq!(told.count(), 2);
        let filter = Filter { subject: Some(question_id.0), ..Filter::default() };
        let noted = stage.store.audit(home.tenant, &filter, PageCursor::NEWEST, 10).await.unwrap();
        assert_eq!(noted.iter().map(|entry| entry.action.as_str()).collect::<HashSet<_>>(), ["merge", "split"].into());
    }
}

/// What people do to five questions; each number picks among them, or among five people.
#[derive(Clone, Copy, Debug)]
enum MergeAct {
    Vote { question: usize, voter: usize, up: bool },
    Merge { source: usize, target: usize },
    Split { source: usize },
}

fn op() -> impl Strategy<Value = MergeAct> {
    prop_oneof![
        5 => (0..5_usize, 0..5_usize, any::<bool>()).prop_map(|(question, voter, up)| MergeAct::Vote { question, voter, up }),
        2 => (0..5_usize, 0..5_usize).prop_map(|(source, target)| MergeAct::Merge { source, target }),
        2 => (0..5_usize).prop_map(|source| MergeAct::Split { source }),
    ]
}

/// Who votes for each question, by themselves (`None`) or by a merge.
#[derive(Default)]
struct Model {
    votes: [BTreeMap<usize, Option<usize>>; 5],
    into: [Option<usize>; 5],
}

impl Model {
    fn act(&mut self, op: MergeAct) {
        match op {
            MergeAct::Vote { question, voter, up } if self.into[question].is_none() => {
                if up {
                    self.votes[question].entry(voter).or_insert(None);
                } else {
                    self.votes[question].remove(&voter);
                }
            }
            MergeAct::Merge { source, target }
                if source != target && self.into[source].is_none() && self.into[target].is_none() =>
            {
                self.into[source] = Some(target);
                for voter in self.votes[source].clone().into_keys() {
                    self.votes[target].entry(voter).or_insert(Some(source));
                }
            }
            MergeAct::Split { source } => {
                let mut target = self.into[source].take();
                while let Some(here) = target {
                    let (votes, into) = (self.votes.clone(), self.into);
                    let brings =
                        |source: usize, voter: &usize| into[source] == Some(here) && votes[source].contains_key(voter);
                    self.votes[here].retain(|voter, by| {
                        if by.is_some_and(|by| !brings(by, voter)) {
                            *by = (0..5).find(|source| brings(*source, voter));
                            return by.is_some();
                        }
                        true
                    });
                    target = self.into[here];
                }
            }
            MergeAct::Vote { .. } | MergeAct::Merge { .. } => {}
        }
    }
}

/// Plays it in a tenant where these people asked the five questions.
async fn play(stage: &Stage, ops: &[MergeAct], own: bool) {
    let home = stage.home(&format!("case-{}", stage.next())).await;
    let voters: Vec<_> = (0..5).map(|_| stage.participant()).collect();
    let mut questions = Vec::new();
    for voter in &voters {
        let asker = if own { *voter } else { stage.participant() };
        questions.push(asked_by(stage, &home, asker).await);
    }
    let mut model = Model::default();
    for (number, op) in ops.iter().enumerate() {
        let write = stage.write_at(home.tenant, START.plus_millis(i64::try_from(number).unwrap()));
        let refused = match *op {
            MergeAct::Vote { question, voter, up } => {
                // Nobody votes for their own by themselves.
                if question == voter {
                    continue;
                }
                let ballot = Ballot { question: questions[question], voter: voters[voter], up, own_votes: false };
                stage.store.set_vote(write, ballot).await.err()
            }
            MergeAct::Merge { source, target } => {
                stage.store.merge(write, of(questions[source], questions[target]), home.moderator).await.err()
            }
            MergeAct::Split { source } => stage.store.split(write, questions[source], home.moderator).await.err(),
        };
        assert!(matches!(refused, None | Some(StoreError::Refused(MISSING | Refusal::NotNow))), "{op:?}: {refused:?}");
        model.act(*op);
        for (question, votes) in questions.iter().zip(&model.votes) {
            let upvotes = stage.store.case(home.tenant, *question).await.unwrap().question.upvotes;
            assert_eq!(upvotes, i64::try_from(votes.len()).unwrap(), "{op:?}, {own}");
        }
    }
}

async fn counts_are_what_people_made_them_whoever_asked(stage: Arc<Stage>) {
    let config = Config { cases: 12, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        TestRunner::new(config)
            .run(&proptest::collection::vec(op(), 40), |ops| {
                // The same model for strangers' questions and for those that the voters asked themselves.
                runtime.block_on(play(&stage, &ops, false));
                runtime.block_on(play(&stage, &ops, true));
                Ok(())
            })
            .unwrap();
    });
}

async fn votes_that_are_cast_during_a_merge_count_once(stage: Arc<Stage>) {
    let home = Arc::new(stage.home("acme").await);
    let (one, other) = (stage.ask(&home, "Lunch?").await.id, stage.ask(&home, "What is for lunch?").await.id);
    let voters: Vec<_> = (0..30).map(|_| stage.participant()).collect();
    let mut all = JoinSet::new();
    for (number, voter) in voters.iter().copied().enumerate() {
        for question in [one, other] {
            let (stage, home) = (stage.clone(), home.clone());
            all.spawn(async move {
                // Votes for the one that come too late find nothing to vote for.
                match stage.vote(&home, question, voter, true).await {
                    Ok(_) | Err(StoreError::Refused(MISSING)) => {}
                    Err(other) => panic!("{other}"),
                }
            });
        }
        if number == 12 {
            let (stage, home) = (stage.clone(), home.clone());
            all.spawn(async move {
                stage.store.merge(stage.write(home.tenant), of(one, other), home.moderator).await.unwrap();
            });
        }
    }
    all.join_all().await;
    let upvotes = stage.store.snapshot(home.tenant, None).await.unwrap().board.questions[&other].upvotes;
    assert_eq!(upvotes, 30, "everybody voted for the other, and is counted once");
    for voter in voters {
        assert_eq!(stage.store.snapshot(home.tenant, Some(voter)).await.unwrap().voted, [other]);
    }
}
