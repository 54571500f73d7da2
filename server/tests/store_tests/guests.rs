//! Guests who sign in: what they did becomes their account's, nothing is doubled and nothing is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pulsestage::audience::Audience;
use pulsestage::id::{MessageId, ParticipantId, QuestionId, TenantId};
use pulsestage::ports::{
    Ballot, BoardStore, GuestJoin, GuestStore, LogStore, Merge, MergeStore, ModerationStore, NewQuestion,
    QuestionStore, ReportStore, ThreadReader, ThreadStore, VoteStore, Write,
};
use pulsestage::text::MessageBody;
use pulsestage::thread::Side;
use pulsestage_server::store::open;
use tokio::task::JoinSet;

use crate::stage::{Home, START, Stage, ballot, options, stories};

stories![
    what_a_guest_did_is_the_accounts_afterwards,
    votes_for_ones_own_stay_where_they_count,
    counts_are_right_on_questions_that_take_no_votes_any_more,
    a_merge_can_be_split_after_a_join,
    a_write_that_is_sent_again_is_known_after_a_join,
    whoever_has_done_nothing_is_not_known,
    devices_that_join_one_account_at_once_count_once,
    for_any_deeds_the_counts_are_of_different_people,
];

fn join(home: &Home, guest: ParticipantId, account: ParticipantId, own_votes: bool) -> GuestJoin {
    GuestJoin { tenant: home.tenant, guest, account, own_votes, at: START.plus_millis(1_000) }
}

async fn asked_by(stage: &Stage, home: &Home, asker: ParticipantId, text: &str) -> QuestionId {
    let new = NewQuestion { author: asker, ..stage.new_question(home.team.id, text) };
    stage.store.ask(stage.write(home.tenant), new).await.unwrap().id
}

async fn upvotes(stage: &Stage, tenant: TenantId, question: QuestionId) -> i64 {
    stage.store.case(tenant, question).await.unwrap().question.upvotes
}

/// Every count is the number of its votes.
async fn counted(stage: &Stage, tenant: TenantId) {
    let (_, differing) = stage.store.recount(tenant).await.unwrap();
    assert!(differing.is_empty(), "{differing:?}");
}

async fn what_a_guest_did_is_the_accounts_afterwards(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("default").await);
    let (guest, account, stranger) = (stage.participant(), stage.participant(), stage.participant());
    let mine = asked_by(&stage, &home, guest, "Mine?").await;
    let theirs = asked_by(&stage, &home, account, "Mine on the other device?").await;
    let (one, two, three) =
        (stage.ask(&home, "One?").await.id, stage.ask(&home, "Two?").await.id, stage.ask(&home, "Three?").await.id);
    for (question, voter) in [
        (one, guest),
        (two, guest),
        (two, account),
        (three, account),
        (mine, account),
        (theirs, guest),
        (mine, stranger),
        (two, stranger),
    ] {
        stage.store.set_vote(stage.write(home.tenant), no_own(question, voter)).await.unwrap();
    }
    for (question, reporter) in [(one, guest), (two, guest), (two, account), (theirs, guest), (mine, account)] {
        stage.store.report(stage.write(home.tenant), question, reporter, "Why".to_owned()).await.unwrap();
    }
    let words = MessageBody::parse("Do you mean this?").unwrap();
    let moderator = ThreadReader::Moderator(home.moderator);
    stage.store.say(stage.write(home.tenant), mine, moderator, MessageId(stage.id()), words).await.unwrap();
    // The same browser in another tenant stays whom it was there.
    let elsewhere = asked_by(&stage, &other, guest, "Mine elsewhere?").await;

    assert!(stage.store.has_taken_part(home.tenant, guest).await.unwrap());
    for _ in 0..2 {
        stage.store.join_guest(join(&home, guest, account, false)).await.unwrap();
        for (question, count) in [(one, 1), (two, 2), (three, 1), (mine, 1), (theirs, 0)] {
            assert_eq!(upvotes(&stage, home.tenant, question).await, count, "{question}");
        }
        counted(&stage, home.tenant).await;
        assert!(!stage.store.has_taken_part(home.tenant, guest).await.unwrap(), "nothing of the guest is left");
    }
    let seen = stage.store.snapshot(home.tenant, Some(account)).await.unwrap();
    let set = |ids: &[QuestionId]| ids.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!((set(&seen.voted), set(&seen.own)), (set(&[one, two, three]), set(&[mine, theirs])));
    let left = stage.store.snapshot(home.tenant, Some(guest)).await.unwrap();
    assert_eq!((left.voted, left.own), (vec![], vec![]), "the browser has nothing to show any more");
    assert_eq!(stage.store.own_questions(home.tenant, account).await.unwrap().len(), 2);
    for (question, reports) in [(one, 1), (two, 1), (mine, 0), (theirs, 0)] {
        assert_eq!(stage.store.case(home.tenant, question).await.unwrap().reports, reports, "{question}");
    }
    let thread = stage.store.thread(home.tenant, mine, ThreadReader::Asker(account)).await.unwrap();
    assert_eq!(thread.messages[0].from, Side::Moderators);
    assert!(stage.store.thread(home.tenant, mine, ThreadReader::Asker(guest)).await.is_err());
    let for_askers: Vec<_> = stage.log(home.tenant).await.into_iter().map(|fact| fact.audience).collect();
    assert!(for_askers.contains(&Audience::Asker(account)) && !for_askers.contains(&Audience::Asker(guest)));
    // Open screens are told of the counts that changed.
    let told = stage.store.tallies_since(home.tenant, START.plus_millis(1_000)).await.unwrap();
    let told: BTreeMap<_, _> = told.into_iter().map(|tally| (tally.question, tally.upvotes)).collect();
    assert_eq!(told, BTreeMap::from([(two, 2), (mine, 1), (theirs, 0)]));
    assert_eq!(stage.store.own_questions(other.tenant, guest).await.unwrap()[0].id, elsewhere);
}

/// A vote where people may not vote for their own questions.
fn no_own(question: QuestionId, voter: ParticipantId) -> Ballot {
    Ballot { own_votes: false, ..ballot(question, voter, true) }
}

async fn votes_for_ones_own_stay_where_they_count(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (guest, account) = (stage.participant(), stage.participant());
    let (mine, theirs) =
        (asked_by(&stage, &home, guest, "Mine?").await, asked_by(&stage, &home, account, "Theirs?").await);
    for (question, voter) in [(mine, guest), (mine, account), (theirs, guest)] {
        stage.vote(&home, question, voter, true).await.unwrap();
    }
    stage.store.join_guest(join(&home, guest, account, true)).await.unwrap();
    assert_eq!((upvotes(&stage, home.tenant, mine).await, upvotes(&stage, home.tenant, theirs).await), (1, 1));
    counted(&stage, home.tenant).await;
}

async fn counts_are_right_on_questions_that_take_no_votes_any_more(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (guest, account) = (stage.participant(), stage.participant());
    let (frozen, answered, taken_back) =
        (stage.ask(&home, "Frozen?").await.id, stage.ask(&home, "Answered?").await.id, stage.participant());
    let taken = asked_by(&stage, &home, taken_back, "Taken back?").await;
    for question in [frozen, answered, taken] {
        for voter in [guest, account, stage.participant()] {
            stage.vote(&home, question, voter, true).await.unwrap();
        }
    }
    stage.freeze(&home, frozen, true).await.unwrap();
    stage.answer(&home, answered, "Yes.").await.unwrap();
    stage.store.withdraw_own(stage.write(home.tenant), taken, taken_back).await.unwrap();
    stage.store.join_guest(join(&home, guest, account, false)).await.unwrap();
    for question in [frozen, answered, taken] {
        assert_eq!(upvotes(&stage, home.tenant, question).await, 2, "{question}");
    }
    counted(&stage, home.tenant).await;
}

async fn a_merge_can_be_split_after_a_join(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    // Who voted for the one, and who for the other, as a guest (g) and with the account (a).
    for (one, other, merged, split) in [
        ("g", "a", 1, (1, 1)),
        ("a", "g", 1, (1, 1)),
        ("ga", "", 1, (1, 0)),
        ("g", "g", 1, (1, 1)),
        ("", "ga", 1, (0, 1)),
    ] {
        let (guest, account) = (stage.participant(), stage.participant());
        let (source, target) = (stage.ask(&home, "Lunch?").await.id, stage.ask(&home, "Lunch today?").await.id);
        for (question, who) in [(source, one), (target, other)] {
            for who in who.chars() {
                let voter = if who == 'g' { guest } else { account };
                stage.vote(&home, question, voter, true).await.unwrap();
            }
        }
        let at = START.plus_millis(500);
        let merge = Merge { source, target };
        stage.store.merge(stage.write_at(home.tenant, at), merge, home.moderator).await.unwrap();
        stage.store.join_guest(join(&home, guest, account, false)).await.unwrap();
        assert_eq!(upvotes(&stage, home.tenant, target).await, merged, "{one:?} and {other:?}");
        counted(&stage, home.tenant).await;
        stage.store.split(stage.write(home.tenant), source, home.moderator).await.unwrap();
        let counts = (upvotes(&stage, home.tenant, source).await, upvotes(&stage, home.tenant, target).await);
        assert_eq!(counts, split, "{one:?} and {other:?}");
        counted(&stage, home.tenant).await;
    }
}

async fn a_write_that_is_sent_again_is_known_after_a_join(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (guest, account) = (stage.participant(), stage.participant());
    let question = stage.ask(&home, "Once?").await.id;
    let vote = Write { writer: guest.0, ..stage.write(home.tenant) };
    let ask = Write { writer: guest.0, ..stage.write(home.tenant) };
    stage.store.set_vote(vote, ballot(question, guest, true)).await.unwrap();
    let asked = stage.store.ask(ask, NewQuestion { author: guest, ..asked_once(&stage, &home) }).await.unwrap();
    stage.store.join_guest(join(&home, guest, account, false)).await.unwrap();
    // The answer was lost on its way; the page that is signed in now sends both again under their keys.
    let again = Write { writer: account.0, ..vote };
    let receipt = stage.store.set_vote(again, ballot(question, account, true)).await.unwrap();
    assert_eq!((receipt.up, receipt.upvotes), (true, 1));
    let again = NewQuestion { author: account, ..asked_once(&stage, &home) };
    assert_eq!(stage.store.ask(Write { writer: account.0, ..ask }, again).await.unwrap().id, asked.id);
    counted(&stage, home.tenant).await;
}

fn asked_once(stage: &Stage, home: &Home) -> NewQuestion {
    stage.new_question(home.team.id, "Asked once?")
}

async fn whoever_has_done_nothing_is_not_known(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (guest, account) = (stage.participant(), stage.participant());
    assert!(!stage.store.has_taken_part(home.tenant, guest).await.unwrap());
    let question = stage.ask(&home, "Anybody?").await.id;
    stage.vote(&home, question, guest, true).await.unwrap();
    assert!(stage.store.has_taken_part(home.tenant, guest).await.unwrap());
    assert!(!stage.store.has_taken_part(home.tenant, account).await.unwrap());
}

async fn devices_that_join_one_account_at_once_count_once(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let account = stage.participant();
    let guests: Vec<_> = (0..4).map(|_| stage.participant()).collect();
    let mut questions = Vec::new();
    for number in 0..3 {
        questions.push(stage.ask(&home, &format!("Question {number}?")).await.id);
    }
    let own = asked_by(&stage, &home, guests[0], "Whose?").await;
    for guest in &guests {
        for question in &questions {
            stage.vote(&home, *question, *guest, true).await.unwrap();
        }
    }
    stage.vote(&home, own, guests[1], true).await.unwrap();
    let mut tasks = JoinSet::new();
    for guest in guests.iter().copied() {
        let (url, join) = (stage.url.clone(), join(&home, guest, account, false));
        tasks.spawn(async move {
            // Each device comes to an instance of its own.
            let store = open(&url, options()).await.unwrap();
            store.join_guest(join).await.unwrap();
            store.close().await;
        });
    }
    // Strangers vote all the while.
    for _ in 0..10 {
        let (stage, tenant, voter) = (stage.clone(), home.tenant, stage.participant());
        let questions = questions.clone();
        tasks.spawn(async move {
            for question in questions {
                stage.store.set_vote(stage.write(tenant), ballot(question, voter, true)).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    for question in &questions {
        assert_eq!(upvotes(&stage, home.tenant, *question).await, 11, "{question}");
    }
    assert_eq!(upvotes(&stage, home.tenant, own).await, 0, "one's own");
    counted(&stage, home.tenant).await;
}

/// A small generator of numbers: the steps of a run are those of its seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

async fn for_any_deeds_the_counts_are_of_different_people(stage: Arc<Stage>) {
    for seed in 0..12 {
        let home = stage.home(&format!("tenant-{seed}")).await;
        let mut numbers = Numbers(seed);
        // Two people with an account and two browsers each, and two who stay guests. Nobody votes for their own.
        let bodies: Vec<[ParticipantId; 3]> =
            (0..2).map(|_| [stage.participant(), stage.participant(), stage.participant()]).collect();
        let strangers = [stage.participant(), stage.participant()];
        let all: Vec<ParticipantId> = bodies.iter().flatten().chain(&strangers).copied().collect();
        let person = |id: ParticipantId| {
            let account = bodies.iter().find(|devices| devices.contains(&id)).map(|devices| devices[2]);
            account.unwrap_or(id)
        };
        let mut asked: Vec<(QuestionId, ParticipantId)> = Vec::new();
        let mut votes: BTreeSet<(QuestionId, ParticipantId)> = BTreeSet::new();
        for step in 0..40 {
            let who = all[numbers.below(all.len())];
            if asked.len() < 4 || numbers.below(8) == 0 {
                asked.push((asked_by(&stage, &home, who, &format!("Question {step}?")).await, who));
                continue;
            }
            let (question, _) = asked[numbers.below(asked.len())];
            let up = numbers.below(4) > 0;
            let ballot = Ballot { own_votes: false, ..ballot(question, who, up) };
            let taken = stage.store.set_vote(stage.write(home.tenant), ballot).await.is_ok();
            match (taken, up) {
                (true, true) => drop(votes.insert((question, who))),
                (true, false) => drop(votes.remove(&(question, who))),
                (false, _) => {}
            }
        }
        for devices in &bodies {
            for guest in &devices[..2] {
                stage.store.join_guest(join(&home, *guest, devices[2], false)).await.unwrap();
            }
        }
        for (question, asker) in asked {
            let voters: BTreeSet<_> =
                votes.iter().filter(|(voted, _)| *voted == question).map(|(_, who)| person(*who)).collect();
            let others = voters.iter().filter(|voter| **voter != person(asker)).count();
            let count = upvotes(&stage, home.tenant, question).await;
            assert_eq!(count, i64::try_from(others).unwrap(), "seed {seed}, {question}");
        }
        counted(&stage, home.tenant).await;
    }
}
