//! Teams and tags after they were made: changed, closed, put away, found by their code.

use std::sync::Arc;

use pulsestage::board::Applied;
use pulsestage::error::{Noun, Refusal};
use pulsestage::event::{Cursor, Event, Gone};
use pulsestage::id::{TagId, TeamId};
use pulsestage::ports::{
    BoardStore, LogStore, NewTeam, NewTenant, QuestionStore, StoreError, StoreResult, TagStore, TeamChange, TeamStore,
    TenantStore,
};
use pulsestage::tag::Tag;
use pulsestage::team::{Team, TeamSettings, TeamState};
use pulsestage::text::{Color, Name, Slug};

use crate::stage::{Home, START, Stage, stories};

stories![
    a_team_is_changed,
    a_tenant_begins_with_its_first_team_or_not_at_all,
    a_closed_team_takes_nothing_and_one_for_votes_no_questions,
    an_archived_team_is_gone_and_comes_back_with_its_questions,
    a_code_leads_to_one_team,
    a_tag_is_changed_and_deleted_everywhere,
    nothing_of_another_tenant_is_changed,
];

fn refused<T>(refusal: Refusal) -> StoreResult<T> {
    Err(StoreError::Refused(refusal))
}

fn missing<T>(what: Noun) -> StoreResult<T> {
    refused(Refusal::NotFound { what })
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

async fn a_tenant_begins_with_its_first_team_or_not_at_all(stage: Arc<Stage>) {
    let with_team = |text: &str| {
        let id = TeamId(stage.id());
        let team = NewTeam { id, slug: Slug::parse("everyone").unwrap(), name: name(text), code: stage.code() };
        NewTenant { first_team: Some(team), ..stage.new_tenant("acme") }
    };
    let tenant = stage.store.create_tenant(with_team("Everyone")).await.unwrap();
    let teams = stage.store.teams(tenant.id).await.unwrap();
    let [first] = &teams[..] else { panic!("{teams:?}") };
    assert_eq!((first.team.name.as_str(), first.team.state), ("Everyone", TeamState::Open));
    assert!(first.join_code.is_some());
    let told = stage.store.facts_after(tenant.id, 0, 10).await.unwrap();
    let told: Vec<_> = told.iter().map(|fact| (fact.team, fact.subject)).collect();
    assert_eq!(told, [(Some(first.team.id), Some(first.team.id.0))]);
    // Once more makes neither another tenant nor another team.
    assert_eq!(
        stage.store.create_tenant(with_team("Others")).await,
        refused(Refusal::NameTaken { what: Noun::Tenant })
    );
    assert_eq!(stage.store.teams(tenant.id).await.unwrap().len(), 1);
    assert_eq!(stage.store.tenants().await.unwrap().len(), 1);
}

async fn change(stage: &Stage, home: &Home, id: TeamId, to: &str, settings: TeamSettings) -> StoreResult<Team> {
    stage.store.change_team(stage.write(home.tenant), TeamChange { id, name: name(to), settings }).await
}

async fn set_state(stage: &Stage, home: &Home, state: TeamState) -> StoreResult<Team> {
    stage.store.set_team_state(stage.write(home.tenant), home.team.id, state).await
}

async fn archive(stage: &Stage, home: &Home, on: bool) -> StoreResult<Team> {
    stage.store.set_team_archived(stage.write(home.tenant), home.team.id, on).await
}

/// The facts after the first `seen`.
async fn said(stage: &Stage, home: &Home, seen: usize) -> Vec<Event> {
    stage.log(home.tenant).await.split_off(seen).into_iter().map(|fact| fact.envelope.unwrap().event).collect()
}

async fn a_team_is_changed(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    stage.team(home.tenant, "Ökologie").await.unwrap();
    let seen = stage.log(home.tenant).await.len();
    let settings = TeamSettings { guests_allowed: Some(false), pre_moderation: Some(true) };
    let changed = change(&stage, &home, home.team.id, "Platform", settings).await.unwrap();
    assert_eq!(changed, Team { name: "Platform".to_owned(), ..home.team.clone() });
    let rules = stage.store.tenancy(&Slug::parse("acme").unwrap()).await.unwrap().unwrap().rules;
    assert_eq!(rules.teams.get(&home.team.id), Some(&settings));
    for taken in ["ökologie", "ÖKOLOGIE"] {
        let end = change(&stage, &home, home.team.id, taken, settings).await;
        assert_eq!(end, refused(Refusal::NameTaken { what: Noun::Team }));
    }
    // Its own name in another case is its own.
    let loud = change(&stage, &home, home.team.id, "PLATFORM", TeamSettings::default()).await.unwrap();
    // Both facts say what it is called now.
    assert_eq!(said(&stage, &home, seen).await, [Event::TeamUpdated(loud.clone()), Event::TeamUpdated(loud.clone())]);
    let board = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert!(board.teams.contains(&loud));
    let unknown = change(&stage, &home, TeamId(stage.id()), "Nobody", settings).await;
    assert_eq!(unknown, missing(Noun::Team));
}

async fn a_closed_team_takes_nothing_and_one_for_votes_no_questions(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Asked in time?").await.id;
    let (voter, late) = (stage.participant(), stage.participant());
    stage.vote(&home, question, voter, true).await.unwrap();
    let ask = async || stage.store.ask(stage.write(home.tenant), stage.new_question(home.team.id, "Too late?")).await;

    assert_eq!(set_state(&stage, &home, TeamState::Voting).await.unwrap().state, TeamState::Voting);
    assert_eq!(ask().await, refused(Refusal::AskingClosed));
    assert_eq!(stage.vote(&home, question, late, true).await, Ok(2));

    let closed = set_state(&stage, &home, TeamState::Closed).await.unwrap();
    let seen = stage.log(home.tenant).await.len();
    assert_eq!(ask().await, refused(Refusal::TeamClosed));
    for (who, up) in [(voter, false), (stage.participant(), true), (late, false)] {
        assert_eq!(stage.vote(&home, question, who, up).await, refused(Refusal::TeamClosed));
    }
    assert_eq!(stage.vote(&home, question, voter, true).await, refused(Refusal::TeamClosed), "also what is so already");
    assert_eq!(set_state(&stage, &home, TeamState::Closed).await, Ok(closed), "no news");
    assert_eq!(said(&stage, &home, seen).await, [], "what was refused left nothing");
    assert_eq!(stage.store.snapshot(home.tenant, None).await.unwrap().board.questions[&question].upvotes, 2);

    set_state(&stage, &home, TeamState::Open).await.unwrap();
    assert_eq!(stage.vote(&home, question, late, false).await, Ok(1));
    ask().await.unwrap();
}

async fn an_archived_team_is_gone_and_comes_back_with_its_questions(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Where am I?").await.id;
    let before = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    archive(&stage, &home, true).await.unwrap();
    let seen = stage.log(home.tenant).await.len();
    let gone = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert!(gone.teams.is_empty() && gone.questions.is_empty());
    let mut folded = before.clone();
    assert_eq!(folded.apply(Some(gone.cursor), &Event::TeamArchived(Gone { id: home.team.id.0 })), Applied::Changed);
    assert_eq!(folded, gone);
    let ask = stage.store.ask(stage.write(home.tenant), stage.new_question(home.team.id, "Anybody there?")).await;
    assert_eq!(ask, missing(Noun::Team));
    assert_eq!(stage.vote(&home, question, stage.participant(), true).await, missing(Noun::Question));
    assert_eq!(set_state(&stage, &home, TeamState::Closed).await, missing(Noun::Team));
    archive(&stage, &home, true).await.unwrap();
    assert_eq!(said(&stage, &home, seen).await, [], "twice is once");
    let details = stage.store.teams(home.tenant).await.unwrap();
    assert!(details.len() == 1 && details[0].is_archived);

    let back = archive(&stage, &home, false).await.unwrap();
    assert_eq!(said(&stage, &home, seen).await, [Event::TeamRestored(back.clone())]);
    let now = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert_eq!((&now.teams, &now.questions), (&before.teams, &before.questions));
    // The fact has no questions, so whoever only folds it asks for the board.
    assert_eq!(folded.apply(Some(now.cursor), &Event::TeamRestored(back)), Applied::Resync);
    let missed = Cursor { seq: before.cursor.seq, ..before.cursor };
    assert!(now.cursor.seq == missed.seq + 2);
}

async fn a_code_leads_to_one_team(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let code_of = async |home: &Home| stage.store.teams(home.tenant).await.unwrap()[0].join_code.clone().unwrap();
    let code = pulsestage::join::JoinCode::parse(&code_of(&home).await).unwrap();
    let found = stage.store.team_by_code(&code).await.unwrap().unwrap();
    assert_eq!((found.tenant.as_str(), found.team.id), ("acme", home.team.id));
    assert_ne!(code_of(&other).await, code.as_str());
    // Nobody else gets it.
    assert_eq!(stage.store.set_join_code(stage.write(other.tenant), other.team.id, &code).await, Ok(false));
    let fresh = stage.code();
    assert_eq!(stage.store.set_join_code(stage.write(home.tenant), home.team.id, &fresh).await, Ok(true));
    assert_eq!(stage.store.team_by_code(&code).await, Ok(None), "the old one leads nowhere");
    assert!(stage.store.team_by_code(&fresh).await.unwrap().is_some());
    assert_eq!(
        stage.store.set_join_code(stage.write(other.tenant), home.team.id, &stage.code()).await,
        missing(Noun::Team)
    );
    archive(&stage, &home, true).await.unwrap();
    assert_eq!(stage.store.team_by_code(&fresh).await, Ok(None), "the team is archived");
    archive(&stage, &home, false).await.unwrap();
    stage.store.set_archived(&Slug::parse("acme").unwrap(), Some(START)).await.unwrap();
    assert_eq!(stage.store.team_by_code(&fresh).await, Ok(None), "its tenant is");
}

async fn a_tag_is_changed_and_deleted_everywhere(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Tagged?").await.id;
    let zebra = stage.tag(home.tenant, "Zebra").await.unwrap();
    for tag in [home.tag.id, zebra.id] {
        stage.store.set_tag(stage.write(home.tenant), question, tag, true).await.unwrap();
    }
    let mut folded = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    let change = async |id, to: &str| {
        let color = Color::parse("#10B981").unwrap();
        stage.store.change_tag(stage.write(home.tenant), id, name(to), color).await
    };
    assert_eq!(change(home.tag.id, "zEBRA").await, refused(Refusal::NameTaken { what: Noun::Tag }));
    assert_eq!(change(TagId(stage.id()), "Nothing").await, missing(Noun::Tag));
    // Past the other one in the order of names.
    let changed = change(home.tag.id, "Zulu").await.unwrap();
    assert_eq!(changed, Tag { id: home.tag.id, name: "Zulu".to_owned(), color: "#10B981".to_owned() });
    let now = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert_eq!(now.questions[&question].tags, [zebra.clone(), changed.clone()]);
    assert_eq!(folded.apply(Some(now.cursor), &Event::TagUpdated(changed)), Applied::Changed);
    assert_eq!(folded, now);

    let write = stage.write(home.tenant);
    for _ in 0..2 {
        assert_eq!(stage.store.delete_tag(write, zebra.id).await, Ok(()), "twice under one key is once");
    }
    let now = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    assert_eq!(folded.apply(Some(now.cursor), &Event::TagDeleted(Gone { id: zebra.id.0 })), Applied::Changed);
    assert_eq!(folded, now);
    assert_eq!(now.questions[&question].tags.len(), 1);
    assert_eq!(stage.store.delete_tag(stage.write(home.tenant), zebra.id).await, missing(Noun::Tag));
    assert!(stage.tag(home.tenant, "Zebra").await.is_ok(), "the name is free again");
}

async fn nothing_of_another_tenant_is_changed(stage: Arc<Stage>) {
    let (ours, theirs) = (stage.home("acme").await, stage.home("widgets").await);
    let before = stage.store.snapshot(theirs.tenant, None).await.unwrap();
    let write = || stage.write(ours.tenant);
    let settings = TeamSettings::default();
    assert_eq!(change(&stage, &ours, theirs.team.id, "Stolen", settings).await, missing(Noun::Team));
    assert_eq!(stage.store.set_team_state(write(), theirs.team.id, TeamState::Closed).await, missing(Noun::Team));
    for on in [true, false] {
        assert_eq!(stage.store.set_team_archived(write(), theirs.team.id, on).await, missing(Noun::Team));
    }
    let color = Color::parse("#000000").unwrap();
    assert_eq!(stage.store.change_tag(write(), theirs.tag.id, name("Stolen"), color).await, missing(Noun::Tag));
    assert_eq!(stage.store.delete_tag(write(), theirs.tag.id).await, missing(Noun::Tag));
    let question = stage.ask(&theirs, "Whose?").await.id;
    assert_eq!(stage.store.team_of(ours.tenant, question).await, Ok(None));
    assert_eq!(stage.store.team_of(theirs.tenant, question).await, Ok(Some(theirs.team.id)));
    let after = stage.store.snapshot(theirs.tenant, None).await.unwrap();
    assert_eq!((before.board.teams, before.board.tags), (after.board.teams, after.board.tags));
}
