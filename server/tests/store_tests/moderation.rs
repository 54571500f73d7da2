//! Moderation: what a decision makes of a question, who is told, and that nothing is lost when two decide at once.

use std::sync::Arc;

use pulsestage::audience::Audience;
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Event, QuestionRef, QuestionReviewed};
use pulsestage::id::{ParticipantId, QuestionId, TeamId};
use pulsestage::moderation::{CLAIM_LIFE_MS, Case, Hold, Note, ReviewDecision, Standing};
use pulsestage::ports::{
    Ballot, BoardStore, LinkStore, LogStore, MergeStore, ModerationStore, NewQuestion, QuestionStore, StoreResult,
    TagStore, VoteStore,
};
use pulsestage::question::Status;
use pulsestage::text::AnswerText;
use tokio::task::JoinSet;

use crate::merges::of;
use crate::stage::{Home, START, Stage, body, stories};

stories![
    a_question_waits_until_it_is_approved,
    a_declined_question_is_gone_with_its_reason_and_can_come_back,
    of_two_who_answer_at_once_one_is_told,
    a_decision_is_about_what_was_seen,
    notes_are_for_moderators,
    a_claim_keeps_others_away_for_a_while,
    askers_change_and_withdraw_their_own,
    reports_hold_a_question_until_it_is_looked_at,
    what_waits_or_was_noted_is_listed_before_the_rest,
    a_list_of_many_has_what_is_wanted_first,
    nobody_votes_for_their_own_question,
    another_tenants_questions_are_not_there,
];

pub(crate) const MISSING: Refusal = Refusal::NotFound { what: Noun::Question };

async fn held(stage: &Stage, home: &Home, asker: ParticipantId) -> QuestionId {
    let new =
        NewQuestion { author: asker, hold: Some(Hold::PreModeration), ..stage.new_question(home.team.id, "May I?") };
    stage.store.ask(stage.write(home.tenant), new).await.unwrap().id
}

pub(crate) async fn asked_by(stage: &Stage, home: &Home, asker: ParticipantId) -> QuestionId {
    let new = NewQuestion { author: asker, ..stage.new_question(home.team.id, "Why?") };
    stage.store.ask(stage.write(home.tenant), new).await.unwrap().id
}

async fn decide(stage: &Stage, home: &Home, question: QuestionId, verdict: ReviewDecision) -> StoreResult<Case> {
    stage.store.decide(stage.write(home.tenant), question, verdict, None, home.moderator).await
}

async fn note(stage: &Stage, home: &Home, question: QuestionId, note: Note) -> Case {
    stage.store.remark(stage.write(home.tenant), question, note, home.moderator).await.unwrap()
}

async fn standing(stage: &Stage, home: &Home, asker: ParticipantId) -> Standing {
    stage.store.own_questions(home.tenant, asker).await.unwrap()[0].standing
}

/// The last facts of the log with their audiences.
pub(crate) async fn last_facts(stage: &Stage, home: &Home, count: usize) -> Vec<(Audience, Event)> {
    let log = stage.log(home.tenant).await;
    log[log.len() - count..].iter().map(|fact| (fact.audience, fact.event().unwrap().clone())).collect()
}

fn moderated(question_id: QuestionId) -> (Audience, Event) {
    (Audience::Staff, Event::Moderated(QuestionRef { question_id }))
}

fn reviewed(asker: ParticipantId, question_id: QuestionId, standing: Standing) -> (Audience, Event) {
    (Audience::Asker(asker), Event::Reviewed(QuestionReviewed { question_id, standing }))
}

async fn a_question_waits_until_it_is_approved(stage: Arc<Stage>) {
    let (home, asker) = (stage.home("acme").await, stage.participant());
    let id = held(&stage, &home, asker).await;
    assert_eq!(last_facts(&stage, &home, 2).await, [moderated(id), reviewed(asker, id, Standing::Waiting)]);
    let board = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert!(!board.questions.contains_key(&id));
    assert_eq!(stage.vote(&home, id, stage.participant(), true).await, Err(MISSING.into()));
    let waiting = &stage.store.cases(home.tenant, None, 9).await.unwrap().0[0];
    assert_eq!((waiting.question.id, &waiting.hold), (id, &Some(Hold::PreModeration)));
    assert_eq!(standing(&stage, &home, asker).await, Standing::Waiting);

    let shown = decide(&stage, &home, id, ReviewDecision::Approve).await.unwrap();
    assert_eq!((shown.hold.as_ref(), shown.question.status, shown.version), (None, Status::Open, 2));
    let facts = last_facts(&stage, &home, 3).await;
    assert!(matches!(&facts[0], (Audience::Everybody, Event::Created(data)) if data.id == id));
    assert_eq!(facts[1..], [moderated(id), reviewed(asker, id, Standing::Shown)]);
    assert_eq!(stage.vote(&home, id, stage.participant(), true).await, Ok(1));
    let again = decide(&stage, &home, id, ReviewDecision::Approve).await;
    assert_eq!(again, Err(Refusal::NotNow.into()));
}

async fn a_declined_question_is_gone_with_its_reason_and_can_come_back(stage: Arc<Stage>) {
    let (home, asker) = (stage.home("acme").await, stage.participant());
    let id = asked_by(&stage, &home, asker).await;
    assert_eq!(stage.vote(&home, id, stage.participant(), true).await, Ok(1));
    let why = ReviewDecision::Decline { reason: Some("Asked last week".to_owned()) };
    decide(&stage, &home, id, why).await.unwrap();
    let removed = (Audience::Everybody, Event::Removed(QuestionRef { question_id: id }));
    assert_eq!(last_facts(&stage, &home, 3).await, [removed, moderated(id), reviewed(asker, id, Standing::Declined)]);
    let own = &stage.store.own_questions(home.tenant, asker).await.unwrap()[0];
    assert_eq!((own.standing, own.reason.as_deref()), (Standing::Declined, Some("Asked last week")));
    // It is there for nobody who votes, answers, tags, pins or freezes, and its count is not told.
    assert_eq!(stage.vote(&home, id, stage.participant(), true).await, Err(MISSING.into()));
    assert_eq!(stage.answer(&home, id, "No.").await, Err(MISSING.into()));
    let tag = stage.store.set_tag(stage.write(home.tenant), id, home.tag.id, true).await;
    assert_eq!(tag, Err(MISSING.into()));
    assert_eq!(stage.freeze(&home, id, true).await, Err(MISSING.into()));
    assert!(stage.store.tallies_since(home.tenant, START).await.unwrap().is_empty());

    let back = decide(&stage, &home, id, ReviewDecision::Restore).await.unwrap();
    assert_eq!((back.removed, back.question.upvotes), (None, 1));
    assert!(stage.store.snapshot(home.tenant, None).await.unwrap().board.questions.contains_key(&id));
    assert_eq!(standing(&stage, &home, asker).await, Standing::Shown);
}

async fn of_two_who_answer_at_once_one_is_told(stage: Arc<Stage>) {
    let home = Arc::new(stage.home("acme").await);
    let id = stage.ask(&home, "Who is first?").await.id;
    let mut both = JoinSet::new();
    for text in ["I am.", "No, I am."] {
        let (stage, home) = (stage.clone(), home.clone());
        both.spawn(async move {
            let text = AnswerText::parse(text).unwrap();
            stage.store.answer(stage.write(home.tenant), id, text, Some(1), home.moderator).await.map(drop)
        });
    }
    let outcomes = both.join_all().await;
    assert!(outcomes.contains(&Ok(())) && outcomes.contains(&Err(Refusal::Changed.into())), "{outcomes:?}");
    let answers =
        stage.log(home.tenant).await.into_iter().filter(|fact| matches!(fact.event(), Some(Event::Answered(_))));
    assert_eq!(answers.count(), 1);
}

async fn a_decision_is_about_what_was_seen(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let id = stage.ask(&home, "When?").await.id;
    let edit = |text: &str| ReviewDecision::Edit { body: body(text) };
    let write = || stage.write(home.tenant);
    let edited = stage.store.decide(write(), id, edit("When exactly?"), Some(1), home.moderator).await.unwrap();
    assert_eq!((edited.version, edited.original.as_deref()), (2, Some("When?")));
    let log = stage.log(home.tenant).await.len();
    let late = stage.store.decide(write(), id, edit("Whenever?"), Some(1), home.moderator).await;
    assert_eq!(late, Err(Refusal::Changed.into()));
    assert_eq!(stage.log(home.tenant).await.len(), log, "nothing was changed");
    // The same key again is the same decision once.
    let once = write();
    for _ in 0..2 {
        let held = stage.store.decide(once, id, ReviewDecision::Hold, Some(2), home.moderator).await.unwrap();
        assert_eq!((held.version, held.hold), (3, Some(Hold::Moderator)));
    }
    stage.answer(&home, id, "Soon.").await.unwrap_err();
    decide(&stage, &home, id, ReviewDecision::Approve).await.unwrap();
    stage.answer(&home, id, "Soon.").await.unwrap();
    let reopened = decide(&stage, &home, id, ReviewDecision::Reopen).await.unwrap();
    assert_eq!((reopened.question.status, reopened.question.answer), (Status::Open, None));
}

async fn notes_are_for_moderators(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let id = stage.ask(&home, "Noted?").await.id;
    let before = stage.store.snapshot(home.tenant, None).await.unwrap().board.questions;
    note(&stage, &home, id, Note::Star(true)).await;
    note(&stage, &home, id, Note::Label(Some("for the CFO".to_owned()))).await;
    let case = note(&stage, &home, id, Note::Draft(Some("We will".to_owned()))).await;
    assert!(case.starred && case.version == 1);
    assert_eq!(
        (case.label.as_deref(), case.draft.as_ref().map(|draft| &*draft.text)),
        (Some("for the CFO"), Some("We will"))
    );
    let log = stage.log(home.tenant).await.len();
    note(&stage, &home, id, Note::Star(true)).await;
    assert_eq!(stage.log(home.tenant).await.len(), log, "what is noted already is no fact");
    let facts = last_facts(&stage, &home, 3).await;
    assert_eq!(facts, [moderated(id), moderated(id), moderated(id)]);
    assert!(stage.log(home.tenant).await.iter().all(|fact| !format!("{fact:?}").contains("CFO")));
    assert_eq!(stage.store.snapshot(home.tenant, None).await.unwrap().board.questions, before);
    stage.answer(&home, id, "We will.").await.unwrap();
    assert_eq!(stage.store.cases(home.tenant, None, 9).await.unwrap().0[0].draft, None, "what is answered is no draft");
}

async fn a_claim_keeps_others_away_for_a_while(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let id = stage.ask(&home, "Mine?").await.id;
    let (link, session) = stage.link(home.tenant, pulsestage::user::Role::Moderator);
    stage.store.put_link(link).await.unwrap();
    let other = stage.store.redeem_link(link.hash, session).await.unwrap().unwrap().signed_in().unwrap().user;
    let claim = |by, ms| {
        let write = stage.write_at(home.tenant, START.plus_millis(ms));
        stage.store.remark(write, id, Note::Claim(true), by)
    };
    assert_eq!(claim(home.moderator, 0).await.unwrap().claim.map(|claim| claim.by), Some(home.moderator));
    assert_eq!(claim(other, 1_000).await, Err(Refusal::Claimed.into()));
    claim(home.moderator, 60_000).await.unwrap();
    assert_eq!(claim(other, CLAIM_LIFE_MS + 1_000).await, Err(Refusal::Claimed.into()), "it was renewed");
    assert_eq!(claim(other, CLAIM_LIFE_MS + 60_001).await.unwrap().claim.map(|claim| claim.by), Some(other));
}

async fn askers_change_and_withdraw_their_own(stage: Arc<Stage>) {
    let (home, asker) = (stage.home("acme").await, stage.participant());
    let id = asked_by(&stage, &home, asker).await;
    let edit = |by, hold| stage.store.edit_own(stage.write(home.tenant), id, by, body("Why not?"), hold);
    assert_eq!(edit(stage.participant(), None).await, Err(MISSING.into()), "somebody else's is not there");
    let edited = edit(asker, None).await.unwrap();
    assert_eq!((edited.body.as_str(), edited.standing), ("Why not?", Standing::Shown));
    assert_eq!(edit(asker, Some(Hold::Link)).await.unwrap().standing, Standing::Waiting);
    decide(&stage, &home, id, ReviewDecision::Approve).await.unwrap();
    stage.answer(&home, id, "Because.").await.unwrap();
    assert_eq!(edit(asker, None).await, Err(Refusal::NotNow.into()));
    let withdraw = |id| stage.store.withdraw_own(stage.write(home.tenant), id, asker);
    assert_eq!(withdraw(id).await, Err(Refusal::NotNow.into()));
    let second = asked_by(&stage, &home, asker).await;
    assert_eq!(withdraw(second).await.unwrap().standing, Standing::Withdrawn);
    assert!(!stage.store.snapshot(home.tenant, None).await.unwrap().board.questions.contains_key(&second));
    let restored = decide(&stage, &home, second, ReviewDecision::Restore).await;
    assert_eq!(restored, Err(Refusal::NotNow.into()), "what its asker took back stays so");
}

async fn what_waits_or_was_noted_is_listed_before_the_rest(stage: Arc<Stage>) {
    let (home, asker) = (stage.home("acme").await, stage.participant());
    let mut asked = Vec::new();
    for _ in 0..6 {
        asked.push(asked_by(&stage, &home, asker).await);
    }
    decide(&stage, &home, asked[1], ReviewDecision::Hold).await.unwrap();
    note(&stage, &home, asked[0], Note::Star(true)).await;
    let report = stage.store.report(stage.write(home.tenant), asked[2], stage.participant(), String::new());
    report.await.unwrap();
    let listed = async |teams: Option<&[TeamId]>, most: usize| {
        let (cases, more) = stage.store.cases(home.tenant, teams, most).await.unwrap();
        (cases.iter().map(|case| case.question.id).collect::<Vec<_>>(), more)
    };
    let newest_first = |places: &[usize]| places.iter().map(|place| asked[*place]).collect::<Vec<_>>();
    let team = Some(&[home.team.id][..]);
    for teams in [None, team] {
        assert_eq!(listed(teams, 6).await, (newest_first(&[5, 4, 3, 2, 1, 0]), false));
        assert_eq!(listed(teams, 5).await, (newest_first(&[5, 4, 2, 1, 0]), true));
        assert_eq!(listed(teams, 3).await, (newest_first(&[2, 1, 0]), true));
        assert_eq!(listed(teams, 1).await, (newest_first(&[1]), true));
    }
    assert_eq!(listed(Some(&[]), 6).await, (Vec::new(), false), "of no team nothing");
}

/// What is listed is what a sort of everything would begin with, whatever there is more of.
async fn a_list_of_many_has_what_is_wanted_first(stage: Arc<Stage>) {
    let (home, asker) = (stage.home("acme").await, stage.participant());
    let other = stage.team(home.tenant, "Other").await.unwrap();
    let mut all = Vec::new();
    for n in 0..60_i64 {
        let team = if n % 3 == 0 { other.id } else { home.team.id };
        let waits = n % 7 == 0;
        let hold = waits.then_some(Hold::PreModeration);
        let new = NewQuestion { author: asker, hold, ..stage.new_question(team, &format!("Question {n}?")) };
        // Some at one moment: then the later id comes first.
        let write = stage.write_at(home.tenant, START.plus_millis(n / 2));
        let id = stage.store.ask(write, new).await.unwrap().id;
        match n % 10 {
            1 => drop(note(&stage, &home, id, Note::Star(true)).await),
            2 => drop(note(&stage, &home, id, Note::Draft(Some("Soon.".to_owned()))).await),
            3 => drop(note(&stage, &home, id, Note::Claim(true)).await),
            4 if !waits => {
                let report = stage.store.report(stage.write(home.tenant), id, stage.participant(), "Why?".to_owned());
                report.await.unwrap();
            }
            _ => {}
        }
        if n % 5 == 0 && !waits {
            stage.store.set_tag(stage.write(home.tenant), id, home.tag.id, true).await.unwrap();
        }
        let case = stage.store.case(home.tenant, id).await.unwrap();
        let is_wanted = case.starred || case.draft.is_some() || case.claim.is_some() || case.reports > 0;
        let rank = if case.hold.is_some() { 0 } else { 2 - i32::from(is_wanted) };
        all.push((rank, std::cmp::Reverse((n / 2, id)), team, case));
    }
    all.sort_by_key(|(rank, asked, ..)| (*rank, *asked));
    for team in [None, Some(home.team.id), Some(other.id)] {
        for most in [1, 5, 9, 20, 59, 60, 61] {
            let teams = team.map(|team| [team]);
            let (cases, more) =
                stage.store.cases(home.tenant, teams.as_ref().map(|team| &team[..]), most).await.unwrap();
            let of_team = all.iter().filter(|(_, _, of, _)| team.is_none_or(|team| *of == team));
            let mut wanted: Vec<_> = of_team.clone().take(most).collect();
            wanted.sort_by_key(|(_, asked, ..)| *asked);
            let wanted: Vec<_> = wanted.into_iter().map(|(.., case)| case.clone()).collect();
            assert_eq!(more, of_team.count() > most, "{team:?} {most}");
            assert_eq!(cases, wanted, "{team:?} {most}");
        }
    }
}

async fn reports_hold_a_question_until_it_is_looked_at(stage: Arc<Stage>) {
    let (home, asker) = (stage.home("acme").await, stage.participant());
    let id = asked_by(&stage, &home, asker).await;
    let report_as = |by, why: &str| stage.store.report(stage.write(home.tenant), id, by, why.to_owned());
    let report = |by| report_as(by, "");
    let (first, second) = (stage.participant(), stage.participant());
    report_as(first, "Rude: it has 'quotes' & signs").await.unwrap();
    for by in [asker, first, first, second, second] {
        report(by).await.unwrap();
    }
    assert!(
        stage.store.snapshot(home.tenant, None).await.unwrap().board.questions.contains_key(&id),
        "two people so far"
    );
    let later = stage.write_at(home.tenant, START.plus_millis(1));
    stage.store.report(later, id, stage.participant(), "Rude".to_owned()).await.unwrap();
    let case = &stage.store.cases(home.tenant, None, 9).await.unwrap().0[0];
    assert_eq!((&case.hold, case.reports), (&Some(Hold::Reports), 3));
    assert_eq!(
        case.report_reasons,
        ["Rude", "Rude: it has 'quotes' & signs"],
        "the newest first, none that says nothing"
    );
    assert_eq!(report(stage.participant()).await, Err(MISSING.into()));
    let shown = decide(&stage, &home, id, ReviewDecision::Approve).await.unwrap();
    assert_eq!((shown.question.status, shown.reports, shown.report_reasons.len()), (Status::Open, 0, 0));
    let now = &stage.store.cases(home.tenant, None, 9).await.unwrap().0[0];
    assert_eq!(now, &shown, "what a decision answers with is what there is");
    report(second).await.unwrap();
    decide(&stage, &home, id, ReviewDecision::Delete).await.unwrap();
    let back = decide(&stage, &home, id, ReviewDecision::Undelete).await.unwrap();
    assert_eq!((back.reports, &stage.store.cases(home.tenant, None, 9).await.unwrap().0[0]), (0, &back));
    report(first).await.unwrap();
    assert!(stage.store.snapshot(home.tenant, None).await.unwrap().board.questions.contains_key(&id));
}

async fn nobody_votes_for_their_own_question(stage: Arc<Stage>) {
    let (home, asker) = (stage.home("acme").await, stage.participant());
    let id = asked_by(&stage, &home, asker).await;
    let vote = |voter, up| {
        let ballot = Ballot { question: id, voter, up, own_votes: false };
        stage.store.set_vote(stage.write(home.tenant), ballot)
    };
    assert_eq!(vote(asker, true).await, Err(Refusal::OwnQuestion.into()));
    assert_eq!(vote(asker, false).await.unwrap().upvotes, 0);
    assert_eq!(vote(stage.participant(), true).await.unwrap().upvotes, 1);
    // A vote from when it was allowed may still be taken back.
    assert_eq!(stage.vote(&home, id, asker, true).await, Ok(2));
    assert_eq!(vote(asker, false).await.unwrap().upvotes, 1);
}

async fn another_tenants_questions_are_not_there(stage: Arc<Stage>) {
    let (ours, theirs, asker) = (stage.home("ours").await, stage.home("theirs").await, stage.participant());
    let id = asked_by(&stage, &theirs, asker).await;
    let own = stage.ask(&ours, "Ours?").await.id;
    let missing = || Err(MISSING.into());
    let write = || stage.write(ours.tenant);
    for verdict in [ReviewDecision::Hold, ReviewDecision::Delete, ReviewDecision::Edit { body: body("Mine now") }] {
        assert_eq!(stage.store.decide(write(), id, verdict, None, ours.moderator).await, missing());
    }
    assert_eq!(stage.store.remark(write(), id, Note::Star(true), ours.moderator).await, missing());
    assert_eq!(stage.store.merge(write(), of(id, own), ours.moderator).await, missing());
    assert_eq!(stage.store.merge(write(), of(own, id), ours.moderator).await, missing());
    assert_eq!(stage.store.split(write(), id, ours.moderator).await, missing());
    assert_eq!(stage.store.withdraw_own(write(), id, asker).await.map(drop), Err(MISSING.into()));
    assert_eq!(stage.store.report(write(), id, stage.participant(), String::new()).await, Err(MISSING.into()));
    assert_eq!(stage.store.own_questions(ours.tenant, asker).await, Ok(Vec::new()));
    assert!(stage.store.cases(ours.tenant, None, 9).await.unwrap().0.iter().all(|case| case.question.id == own));
}
