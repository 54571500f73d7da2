//! Exports, statistics and recounts.

use std::sync::Arc;

use pulsestage::audit::{Act, Filter, PageCursor};
use pulsestage::export::{QuestionCursor, QuestionFilter, Scope, State};
use pulsestage::id::{QuestionId, TagId, TeamId};
use pulsestage::ports::{AuditStore, LogStore, QuestionStore, ReportStore, StatisticsStore, TagStore, VoteStore};
use pulsestage::statistics::Range;
use pulsestage::text::AnswerText;
use pulsestage::time::Timestamp;

use crate::stage::{Home, START, Stage, ballot, stories};

stories![
    questions_are_read_page_by_page_in_order,
    questions_are_filtered,
    nobody_exports_what_is_not_theirs,
    a_ballot_has_every_voter_once,
    statistics_count_what_was_done,
    a_recount_finds_what_differs_and_puts_it_right,
    a_repair_loses_no_vote,
];

const ALL: i64 = 1_000;

async fn export(stage: &Stage, home: &Home, filter: QuestionFilter) -> Vec<String> {
    let read = stage.store.exported_questions(home.tenant, Scope::Tenant, &filter, QuestionCursor::OLDEST, ALL).await;
    read.unwrap()
        .into_iter()
        .filter(|question| filter.matches(question, &pulsestage_server::unicode::Tables))
        .map(|question| question.text)
        .collect()
}

async fn questions_are_read_page_by_page_in_order(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    for number in 0..23 {
        // Several at one moment: the id decides among them.
        let write = stage.write_at(home.tenant, START.plus_millis(number / 5));
        let new = stage.new_question(home.team.id, &format!("Question {number}"));
        stage.store.ask(write, new).await.unwrap();
    }
    let filter = QuestionFilter::default();
    let page = async |after, limit| {
        stage.store.exported_questions(home.tenant, Scope::Tenant, &filter, after, limit).await.unwrap()
    };
    let whole = page(QuestionCursor::OLDEST, ALL).await;
    assert_eq!(whole.len(), 23);
    let (mut read, mut mark) = (Vec::new(), QuestionCursor::OLDEST);
    loop {
        let next = page(mark, 4).await;
        let Some(last) = next.last() else { break };
        mark = last.into();
        read.extend(next);
    }
    assert_eq!(read, whole);
    assert!(page(QuestionCursor::OLDEST, -1).await.is_empty());
    let first = &whole[0];
    assert_eq!((first.team.as_str(), first.state, first.votes), ("Engineering", State::Open, 0));
    assert_eq!((&first.answer, &first.tags, first.pinned), (&None, &Vec::new(), false));
}

async fn questions_are_filtered(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let other = stage.team(home.tenant, "People").await.unwrap();
    let question = async |team: TeamId, text: &str, second: i64| {
        let write = stage.write_at(home.tenant, START.plus_millis(second * 1_000));
        stage.store.ask(write, stage.new_question(team, text)).await.unwrap().id
    };
    let tagged = question(home.team.id, "Tagged?", 1).await;
    let answered = question(home.team.id, "Answered?", 2).await;
    question(other.id, "Elsewhere, 100%?", 3).await;
    stage.store.set_tag(stage.write(home.tenant), tagged, home.tag.id, true).await.unwrap();
    let second = stage.tag(home.tenant, "Alpha").await.unwrap();
    stage.store.set_tag(stage.write(home.tenant), tagged, second.id, true).await.unwrap();
    stage.answer(&home, answered, "Über alles.").await.unwrap();
    let none = QuestionFilter::default;
    let found = async |filter| export(&stage, &home, filter).await;
    assert_eq!(found(none()).await, ["Tagged?", "Answered?", "Elsewhere, 100%?"]);
    assert_eq!(found(QuestionFilter { team: Some(other.id), ..none() }).await, ["Elsewhere, 100%?"]);
    assert_eq!(found(QuestionFilter { state: Some(State::Answered), ..none() }).await, ["Answered?"]);
    assert_eq!(found(QuestionFilter { state: Some(State::Declined), ..none() }).await, [""; 0]);
    assert_eq!(found(QuestionFilter { tag: Some(home.tag.id), ..none() }).await, ["Tagged?"]);
    assert_eq!(found(QuestionFilter { tag: Some(TagId(stage.id())), ..none() }).await, [""; 0]);
    let (from, until) = (Some(START.plus_millis(2_000)), Some(START.plus_millis(3_000)));
    assert_eq!(found(QuestionFilter { from, until, ..none() }).await, ["Answered?"]);
    for (text, expected) in [
        ("ÜBER", vec!["Answered?"]),
        ("100%", vec!["Elsewhere, 100%?"]),
        ("%", vec!["Elsewhere, 100%?"]),
        ("_", vec![]),
    ] {
        assert_eq!(found(QuestionFilter { text: text.to_owned(), ..none() }).await, expected, "{text}");
    }
    let all = stage.store.exported_questions(home.tenant, Scope::Tenant, &none(), QuestionCursor::OLDEST, ALL).await;
    let all = all.unwrap();
    assert_eq!(all[0].tags, ["Alpha", "Product"]);
    assert_eq!((all[1].answer.as_deref(), all[1].answered_by.as_deref()), (Some("Über alles."), Some("Moderator")));
    // What is gone for good is in no export, and what was declined says so.
    stage.sneak("update questions set removal = 'declined', removal_reason = 'Not here' where body = 'Tagged?'").await;
    stage.sneak("update questions set removal = 'withdrawn' where body = 'Answered?'").await;
    assert_eq!(found(none()).await, ["Tagged?", "Elsewhere, 100%?"]);
    assert_eq!(found(QuestionFilter { state: Some(State::Declined), ..none() }).await, ["Tagged?"]);
}

async fn nobody_exports_what_is_not_theirs(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let mine = stage.ask(&home, "Mine?").await.id;
    let theirs = stage.ask(&other, "Theirs?").await.id;
    let filter = QuestionFilter { team: Some(other.team.id), ..QuestionFilter::default() };
    assert!(export(&stage, &home, filter).await.is_empty());
    assert_eq!(stage.store.voters(home.tenant, Scope::Tenant, theirs).await, Ok(None));
    // A person of the tenant who moderates nothing, until they do.
    let scope = Scope::ModeratedBy(home.moderator);
    let read = async || {
        let none = QuestionFilter::default();
        stage.store.exported_questions(home.tenant, scope, &none, QuestionCursor::OLDEST, ALL).await.unwrap().len()
    };
    assert_eq!((read().await, stage.store.voters(home.tenant, scope, mine).await), (0, Ok(None)));
    assert!(stage.store.teams_within(home.tenant, scope).await.unwrap().is_empty());
    stage
        .sneak(
            "insert into memberships (tenant_id, team_id, user_id, role, created_at)
            select t.tenant_id, t.id, u.id, 'moderator', 0
            from teams t join users u on u.tenant_id = t.tenant_id where t.name = 'Engineering' and u.role = 'moderator'",
        )
        .await;
    assert_eq!(read().await, 1);
    assert!(stage.store.voters(home.tenant, scope, mine).await.unwrap().is_some());
    assert_eq!(stage.store.voters(home.tenant, scope, theirs).await, Ok(None));
    assert_eq!(stage.store.teams_within(home.tenant, scope).await.unwrap()[0].id, home.team.id);
    stage.sneak("update memberships set role = 'member'").await;
    assert_eq!(read().await, 0, "a right that ends, ends an export");
    stage.sneak("update memberships set role = 'moderator'").await;
    stage.sneak("update teams set archived_at = 1").await;
    assert_eq!(read().await, 0, "nobody moderates a team that is put away");
}

async fn a_ballot_has_every_voter_once(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Why?").await.id;
    let empty = stage.store.voters(home.tenant, Scope::Tenant, question).await.unwrap().unwrap();
    assert_eq!((empty.total, empty.voters.len()), (0, 0));
    let mut voters: Vec<_> = (0..7).map(|_| stage.participant()).collect();
    for voter in &voters {
        for up in [true, false, true, true] {
            stage.vote(&home, question, *voter, up).await.unwrap();
        }
    }
    stage.vote(&home, question, voters.pop().unwrap(), false).await.unwrap();
    let mut read = stage.store.voters(home.tenant, Scope::Tenant, question).await.unwrap().unwrap();
    read.voters.sort_unstable();
    voters.sort_unstable();
    assert_eq!((read.total, read.voters), (6, voters));
}

async fn statistics_count_what_was_done(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let other = stage.team(home.tenant, "People").await.unwrap();
    let minute = |number: i64| START.plus_millis(number * 60_000);
    let ask = async |team: TeamId, at: Timestamp| {
        stage.store.ask(stage.write_at(home.tenant, at), stage.new_question(team, "Why?")).await.unwrap().id
    };
    let (first, second) = (ask(home.team.id, minute(0)).await, ask(home.team.id, minute(10)).await);
    let elsewhere = ask(other.id, minute(20)).await;
    let voter = stage.participant();
    for question in [first, second, elsewhere] {
        let write = stage.write_at(home.tenant, minute(21));
        stage.store.set_vote(write, ballot(question, voter, true)).await.unwrap();
    }
    let answer = async |question, at| {
        let text = AnswerText::parse("So.").unwrap();
        stage.store.answer(stage.write_at(home.tenant, at), question, text, None, home.moderator).await.unwrap();
    };
    answer(first, minute(30)).await;
    answer(elsewhere, minute(30)).await;
    let read =
        async |scope, team| stage.store.statistics(home.tenant, scope, team, Range::Hour, minute(40)).await.unwrap();
    let all = read(Scope::Tenant, None).await;
    let total = all.total;
    assert_eq!((total.asked, total.shown, total.declined, total.answered), (3, 3, 0, 2));
    assert_eq!((total.votes, total.participants), (3, 4), "three who asked, one who voted");
    assert_eq!((all.waits.half, all.waits.nine_of_ten), (Some(10 * 60_000), Some(30 * 60_000)));
    assert_eq!(all.buckets.len(), 30);
    let sum = |of: fn(&pulsestage::statistics::Volume) -> i64| all.buckets.iter().map(|b| of(&b.volume)).sum::<i64>();
    assert_eq!((sum(|v| v.asked), sum(|v| v.votes), sum(|v| v.answered)), (3, 3, 2));
    let names: Vec<_> = all.teams.iter().map(|team| (team.name.as_str(), team.volume.asked, team.waits.half)).collect();
    assert_eq!(names, [("Engineering", 2, Some(30 * 60_000)), ("People", 1, Some(10 * 60_000))]);
    let [moderator] = all.moderators.as_slice() else { panic!("{:?}", all.moderators) };
    assert_eq!((moderator.user, moderator.answers, moderator.waits.count), (home.moderator, 2, 2));

    let one = read(Scope::Tenant, Some(other.id)).await;
    assert_eq!((one.total.asked, one.total.votes, one.total.participants, one.teams.len()), (1, 1, 2, 1));
    let nobody = read(Scope::ModeratedBy(home.moderator), None).await;
    assert_eq!((nobody.total, nobody.teams.len(), nobody.moderators.len()), (Default::default(), 0, 0));
    let elsewhere = stage.home("widgets").await;
    let theirs = stage.store.statistics(elsewhere.tenant, Scope::Tenant, Some(other.id), Range::Year, minute(40)).await;
    assert_eq!(theirs.unwrap().total, Default::default(), "another tenant's team is not there");
    // The last moment of time, and the first.
    for now in [Timestamp(i64::MAX), Timestamp(i64::MIN), Timestamp(0)] {
        stage.store.statistics(home.tenant, Scope::Tenant, None, Range::Week, now).await.unwrap();
    }
}

async fn a_recount_finds_what_differs_and_puts_it_right(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (good, bad) = (stage.ask(&home, "Good?").await.id, stage.ask(&home, "Bad?").await.id);
    for question in [good, bad] {
        for _ in 0..3 {
            stage.vote(&home, question, stage.participant(), true).await.unwrap();
        }
    }
    assert_eq!(stage.store.recount(home.tenant).await, Ok((2, Vec::new())));
    stage.sneak("update questions set upvotes = 9 where body = 'Bad?'").await;
    let (questions, found) = stage.store.recount(home.tenant).await.unwrap();
    assert_eq!((questions, found.len()), (2, 1));
    assert_eq!((found[0].question, found[0].shown, found[0].votes), (bad, 9, 3));
    let other = stage.home("widgets").await;
    assert_eq!(stage.store.recount(other.tenant).await, Ok((0, Vec::new())));
    let now = START.plus_millis(60_000);
    assert_eq!(stage.store.repair_count(other.tenant, bad, now).await, Ok(None), "not theirs");
    assert_eq!(stage.store.repair_count(home.tenant, QuestionId(stage.id()), now).await, Ok(None));
    assert_eq!(stage.store.repair_count(home.tenant, good, now).await, Ok(None));
    assert_eq!(stage.store.repair_count(home.tenant, bad, now).await.unwrap().as_ref(), found.first());
    assert_eq!(stage.store.repair_count(home.tenant, bad, now).await, Ok(None));
    assert_eq!(stage.store.recount(home.tenant).await, Ok((2, Vec::new())));
    let tallies = stage.store.tallies_since(home.tenant, now).await.unwrap();
    let tallies: Vec<_> = tallies.iter().map(|tally| (tally.question, tally.upvotes)).collect();
    assert_eq!(tallies, [(bad, 3)], "open screens hear of it");
    let filter = Filter { action: Some(Act::Recount.word()), ..Filter::default() };
    let noted = stage.store.audit(home.tenant, &filter, PageCursor::NEWEST, 10).await.unwrap();
    assert_eq!(noted.len(), 1);
    assert_eq!(
        (noted[0].before.as_deref(), noted[0].after.as_deref()),
        (Some(r#"{"upvotes":9}"#), Some(r#"{"upvotes":3}"#))
    );
}

async fn a_repair_loses_no_vote(stage: Arc<Stage>) {
    let home = Arc::new(stage.home("acme").await);
    let question = stage.ask(&home, "Why?").await.id;
    let mut race = tokio::task::JoinSet::new();
    for number in 0..40_u8 {
        let (stage, home) = (stage.clone(), home.clone());
        race.spawn(async move {
            if number % 4 == 0 {
                stage.store.repair_count(home.tenant, question, START).await.unwrap();
            } else {
                stage.vote(&home, question, stage.participant(), true).await.unwrap();
            }
        });
    }
    stage.sneak("update questions set upvotes = upvotes + 5").await;
    race.join_all().await;
    stage.store.repair_count(home.tenant, question, START).await.unwrap();
    let voters = stage.store.voters(home.tenant, Scope::Tenant, question).await.unwrap().unwrap();
    assert_eq!((voters.total, voters.voters.len()), (30, 30));
    assert_eq!(stage.store.recount(home.tenant).await, Ok((1, Vec::new())));
}
