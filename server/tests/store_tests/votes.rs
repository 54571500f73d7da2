//! One person, one vote, and the database counts.

use std::sync::Arc;

use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Event, Tally};
use pulsestage::id::QuestionId;
use pulsestage::ports::{BoardStore, LogStore, QuestionStore, StoreError, TagStore, TenantStore, VoteStore};
use pulsestage::time::Timestamp;
use pulsestage_server::store::open;
use tokio::task::{JoinHandle, JoinSet};

use crate::stage::{START, Stage, ballot, options, stories};

stories![
    two_hundred_voters_at_once_are_two_hundred_votes,
    a_double_click_is_one_vote,
    a_vote_is_withdrawn_once,
    a_closed_question_takes_no_vote_and_gives_none_back,
    a_hidden_question_is_not_there_to_vote_for,
    changed_counts_are_found_by_their_time,
    a_viewer_gets_their_own_votes,
    a_request_that_is_dropped_leaves_nothing_half_done,
];

async fn two_hundred_voters_at_once_are_two_hundred_votes(stage: Arc<Stage>) {
    let home = Arc::new(stage.home("acme").await);
    let question = stage.ask(&home, "What is the roadmap?").await.id;
    let before = stage.log(home.tenant).await.len();
    let mut at_once = JoinSet::new();
    for number in 0..200 {
        let (stage, home, voter) = (stage.clone(), home.clone(), stage.participant());
        at_once.spawn(async move {
            stage.vote(&home, question, voter, true).await.unwrap();
            // Some click twice, some ask and moderate between the votes: all of it meets on the same rows.
            match number % 5 {
                0 => drop(stage.vote(&home, question, voter, true).await.unwrap()),
                1 => drop(stage.ask(&home, "And what of the office?").await),
                2 if number % 2 == 0 => {
                    drop(
                        stage
                            .store
                            .set_tag(stage.write(home.tenant), question, home.tag.id, number % 4 == 0)
                            .await
                            .unwrap(),
                    );
                }
                3 => drop(
                    stage.store.set_pinned(stage.write(home.tenant), question, true, home.moderator).await.unwrap(),
                ),
                _ => {}
            }
        });
    }
    while let Some(end) = at_once.join_next().await {
        end.unwrap();
    }
    let board = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert_eq!(board.questions[&question].upvotes, 200);
    let log = stage.log(home.tenant).await;
    let asked = log[before..].iter().filter(|fact| matches!(fact.event(), Some(Event::Created(_)))).count();
    let pinned = log[before..].iter().filter(|fact| matches!(fact.event(), Some(Event::Pinned(_)))).count();
    assert_eq!((asked, pinned), (40, 1));
    assert!(log.iter().all(|fact| !matches!(fact.event(), Some(Event::Upvoted(_)))));
}

async fn a_double_click_is_one_vote(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Once or twice?").await.id;
    let voter = stage.participant();
    let (first, second) =
        tokio::join!(stage.vote(&home, question, voter, true), stage.vote(&home, question, voter, true));
    assert_eq!((first, second), (Ok(1), Ok(1)));
    assert_eq!(stage.vote(&home, question, voter, true).await, Ok(1));
    assert_eq!(stage.vote(&home, question, stage.participant(), true).await, Ok(2));
}

async fn a_vote_is_withdrawn_once(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "May I take it back?").await.id;
    let (voter, other) = (stage.participant(), stage.participant());
    assert_eq!(stage.vote(&home, question, voter, false).await, Ok(0));
    assert_eq!(stage.vote(&home, question, voter, true).await, Ok(1));
    assert_eq!(stage.vote(&home, question, other, true).await, Ok(2));
    let (first, second) =
        tokio::join!(stage.vote(&home, question, voter, false), stage.vote(&home, question, voter, false));
    assert_eq!((first, second), (Ok(1), Ok(1)));
    assert_eq!(stage.vote(&home, question, voter, true).await, Ok(2));
}

async fn a_closed_question_takes_no_vote_and_gives_none_back(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (voter, late) = (stage.participant(), stage.participant());
    let frozen = stage.ask(&home, "Frozen?").await.id;
    let answered = stage.ask(&home, "Answered?").await.id;
    for question in [frozen, answered] {
        assert_eq!(stage.vote(&home, question, voter, true).await, Ok(1));
    }
    stage.freeze(&home, frozen, true).await.unwrap();
    stage.answer(&home, answered, "Yes.").await.unwrap();
    for (question, refusal) in [(frozen, Refusal::Frozen), (answered, Refusal::VotingClosed)] {
        let refused = Err(StoreError::Refused(refusal));
        assert_eq!(stage.vote(&home, question, late, true).await, refused);
        assert_eq!(stage.vote(&home, question, late, false).await, refused);
        assert_eq!(stage.vote(&home, question, voter, true).await, refused);
        assert_eq!(stage.vote(&home, question, voter, false).await, refused);
    }
    let snapshot = stage.store.snapshot(home.tenant, Some(voter)).await.unwrap();
    assert!(snapshot.board.questions.values().all(|question| question.upvotes == 1));
    assert_eq!(snapshot.voted, [frozen, answered]);
    assert_eq!(stage.store.snapshot(home.tenant, Some(late)).await.unwrap().voted, []);

    stage.freeze(&home, frozen, false).await.unwrap();
    assert_eq!(stage.vote(&home, frozen, late, true).await, Ok(2));
    // An answered question that is frozen as well says the stronger of the two.
    stage.freeze(&home, answered, true).await.unwrap();
    assert_eq!(stage.vote(&home, answered, late, true).await, Err(StoreError::Refused(Refusal::Frozen)));
}

async fn a_hidden_question_is_not_there_to_vote_for(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let voter = stage.participant();
    let question = stage.ask(&home, "Hidden?").await.id;
    stage.vote(&home, question, voter, true).await.unwrap();
    stage.sneak("update questions set status = 'UNDER_REVIEW'").await;
    let missing = Err(StoreError::Refused(Refusal::NotFound { what: Noun::Question }));
    for up in [true, false] {
        assert_eq!(stage.vote(&home, question, voter, up).await, missing);
        assert_eq!(stage.vote(&home, QuestionId(stage.id()), voter, up).await, missing);
    }
    let snapshot = stage.store.snapshot(home.tenant, Some(voter)).await.unwrap();
    assert_eq!((snapshot.board.questions.len(), snapshot.voted), (0, vec![]));
    assert_eq!(stage.store.tallies_since(home.tenant, Timestamp(0)).await, Ok(vec![]));
}

async fn changed_counts_are_found_by_their_time(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (tenant, voter) = (home.tenant, stage.participant());
    let early = stage.ask(&home, "Early?").await.id;
    let late = stage.ask(&home, "Late?").await.id;
    stage.ask(&home, "Never?").await;
    let at = |ms| START.plus_millis(ms);
    let set = |question, ms, up| stage.store.set_vote(stage.write_at(tenant, at(ms)), ballot(question, voter, up));
    let since = async |ms| stage.store.tallies_since(tenant, at(ms)).await.unwrap();
    let tally = |question, upvotes| Tally { question, team: home.team.id, upvotes };

    assert_eq!(since(0).await, []);
    set(early, 100, true).await.unwrap();
    set(late, 200, true).await.unwrap();
    assert_eq!(since(0).await, [tally(early, 1), tally(late, 1)]);
    assert_eq!(since(100).await, [tally(early, 1), tally(late, 1)]);
    assert_eq!(since(101).await, [tally(late, 1)]);
    assert_eq!(since(201).await, []);
    // A vote that changes nothing is no news; one that is taken back is.
    set(early, 300, true).await.unwrap();
    assert_eq!(since(201).await, []);
    set(early, 400, false).await.unwrap();
    assert_eq!(since(201).await, [tally(early, 0)]);
    // Another server's clock is behind: its vote is news all the same.
    set(early, 350, true).await.unwrap();
    assert_eq!(since(400).await, [tally(early, 1)]);
}

async fn a_viewer_gets_their_own_votes(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (ada, bob) = (stage.participant(), stage.participant());
    let first = stage.ask(&home, "First?").await.id;
    let second = stage.ask(&home, "Second?").await.id;
    stage.vote(&home, first, ada, true).await.unwrap();
    stage.vote(&home, second, bob, true).await.unwrap();
    stage.vote(&home, second, ada, true).await.unwrap();
    stage.vote(&home, first, bob, true).await.unwrap();
    stage.vote(&home, first, bob, false).await.unwrap();
    let voted = async |viewer| stage.store.snapshot(home.tenant, viewer).await.unwrap().voted;
    assert_eq!(voted(Some(ada)).await, [first, second]);
    assert_eq!(voted(Some(bob)).await, [second]);
    assert_eq!(voted(Some(stage.participant())).await, []);
    assert_eq!(voted(None).await, []);
}

async fn a_request_that_is_dropped_leaves_nothing_half_done(stage: Arc<Stage>) {
    let home = Arc::new(stage.home("acme").await);
    let question = stage.ask(&home, "Will you hang up?").await.id;
    let witness = open(&stage.url, options()).await.unwrap();
    let mut tenants = witness.tenants().await.unwrap().len();
    for round in 0..24 {
        // Browsers hang up at every point of what they asked for: after so many turns of the runtime, finished or not.
        let requests: Vec<_> = (0..12)
            .map(|_| {
                let (actor, home) = (stage.clone(), home.clone());
                tokio::spawn(async move {
                    actor.store.snapshot(home.tenant, None).await.unwrap();
                    actor.vote(&home, question, actor.participant(), true).await.unwrap();
                    actor.ask(&home, "And now?").await;
                })
            })
            .collect();
        for _ in 0..round * 4 {
            tokio::task::yield_now().await;
        }
        requests.iter().for_each(JoinHandle::abort);
        for request in requests {
            drop(request.await);
        }
        // Whoever gets their connections next is heard: what they write is there for everybody at once.
        let mut next = JoinSet::new();
        for _ in 0..12 {
            let (stage, slug) = (stage.clone(), format!("tenant-{}", stage.next()));
            next.spawn(async move { stage.store.create_tenant(stage.new_tenant(&slug)).await.unwrap() });
        }
        tenants += next.join_all().await.len();
        assert_eq!(witness.tenants().await.unwrap().len(), tenants, "round {round}");
    }
    witness.close().await;
    let counted = stage.vote(&home, question, stage.participant(), true).await.unwrap();
    // A question takes its turn behind every write that is still on its way.
    stage.ask(&home, "Are they all gone?").await;
    // Each counted vote is there, and each vote that is there is counted.
    stage
        .sneak(
            "update questions set voted_at = null
            where upvotes <> (select count(*) from votes where question_id = questions.id)",
        )
        .await;
    let tallies = stage.store.tallies_since(home.tenant, Timestamp(0)).await.unwrap();
    assert_eq!(tallies, [Tally { question, team: home.team.id, upvotes: counted }]);
    let log = stage.log(home.tenant).await;
    let asked = log.iter().filter(|fact| matches!(fact.event(), Some(Event::Created(_)))).count();
    assert_eq!(asked, stage.store.snapshot(home.tenant, None).await.unwrap().board.questions.len());
}
