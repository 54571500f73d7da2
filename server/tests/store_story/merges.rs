//! Merging: the union of the voters, back again, and votes that are cast meanwhile.

use std::sync::Arc;

use pulsestage::audience::Audience;
use pulsestage::error::Refusal;
use pulsestage::event::Event;
use pulsestage::id::QuestionId;
use pulsestage::ports::{Merge, ModerationStore, Store, StoreError};
use tokio::task::JoinSet;

use crate::moderation::{MISSING, asked_by, last_facts};
use crate::stage::{START, Stage, stories};

stories![
    a_merge_has_the_union_of_voters_and_a_split_takes_it_back,
    a_merge_makes_no_vote_for_ones_own_question,
    votes_that_are_cast_during_a_merge_count_once,
];

/// The merge of one into another, where nobody votes for their own.
pub(crate) fn of(source: QuestionId, target: QuestionId) -> Merge {
    Merge { source, target, own_votes: false }
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
    let facts = last_facts(&stage, &home, 3).await;
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

async fn a_merge_makes_no_vote_for_ones_own_question(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (asker, friend) = (stage.participant(), stage.participant());
    let (own, same) = (asked_by(&stage, &home, asker).await, stage.ask(&home, "The same again?").await.id);
    for voter in [asker, friend] {
        stage.vote(&home, same, voter, true).await.unwrap();
    }
    let merged = async |own_votes| {
        let merge = Merge { source: same, target: own, own_votes };
        stage.store.merge(stage.write(home.tenant), merge, home.moderator).await.unwrap().question.upvotes
    };
    assert_eq!(merged(false).await, 1, "the friend's");
    let back = stage.store.split(stage.write(home.tenant), same, home.moderator).await.unwrap();
    assert_eq!(back.question.upvotes, 2);
    assert_eq!(merged(true).await, 2, "where one's own may be voted for");
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
