//! What is another tenant's does not exist.

use std::sync::Arc;

use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{TagId, TeamId, TenantId};
use pulsestage::ports::{
    BoardStore, LogStore, NewTeam, PortError, QuestionStore, StoreError, StoreResult, TagStore, TeamStore, VoteStore,
};
use pulsestage::text::{Color, Name, Slug};
use pulsestage::time::Timestamp;

use crate::stage::{START, Stage, ballot, stories};

stories![
    another_tenants_things_are_not_found,
    a_tenant_that_is_not_there_is_not_found,
    nobody_signs_for_another_tenant
];

fn missing<T>(what: Noun) -> StoreResult<T> {
    Err(StoreError::Refused(Refusal::NotFound { what }))
}

async fn another_tenants_things_are_not_found(stage: Arc<Stage>) {
    let (ours, theirs) = (stage.home("acme").await, stage.home("widgets").await);
    let our_question = stage.ask(&ours, "Ours?").await.id;
    let their_question = stage.ask(&theirs, "Theirs?").await.id;
    let voter = stage.participant();
    stage.vote(&theirs, their_question, voter, true).await.unwrap();
    stage.store.set_tag(stage.write(theirs.tenant), their_question, theirs.tag.id, true).await.unwrap();
    let before =
        (stage.store.snapshot(ours.tenant, Some(voter)).await, stage.store.snapshot(theirs.tenant, Some(voter)).await);

    let write = || stage.write(ours.tenant);
    let store = &stage.store;
    assert_eq!(store.ask(write(), stage.new_question(theirs.team.id, "Into theirs?")).await, missing(Noun::Team));
    assert_eq!(stage.answer(&ours, their_question, "No.").await, missing(Noun::Question));
    for on in [true, false] {
        assert_eq!(store.set_vote(write(), ballot(their_question, voter, on)).await, missing(Noun::Question));
        assert_eq!(store.set_pinned(write(), their_question, on, ours.moderator).await, missing(Noun::Question));
        assert_eq!(store.set_frozen(write(), their_question, on, ours.moderator).await, missing(Noun::Question));
        assert_eq!(store.set_tag(write(), their_question, ours.tag.id, on).await, missing(Noun::Question));
        assert_eq!(store.set_tag(write(), our_question, theirs.tag.id, on).await, missing(Noun::Tag));
    }

    let after =
        (stage.store.snapshot(ours.tenant, Some(voter)).await, stage.store.snapshot(theirs.tenant, Some(voter)).await);
    assert_eq!(before, after);
    let (ours_now, theirs_now) = (after.0.unwrap(), after.1.unwrap());
    assert_eq!((ours_now.voted, theirs_now.voted), (vec![], vec![their_question]));
    assert!(ours_now.board.questions.keys().eq([&our_question]));
    assert!(theirs_now.board.questions.keys().eq([&their_question]));
    assert!(!ours_now.board.teams.iter().any(|team| team.id == theirs.team.id));
    assert!(!ours_now.board.tags.iter().any(|tag| tag.id == theirs.tag.id));
    assert_eq!(store.tallies_since(ours.tenant, Timestamp(0)).await, Ok(vec![]));
    for fact in stage.log(ours.tenant).await {
        assert_eq!(fact.envelope.as_ref().unwrap().tenant_id, ours.tenant);
        assert_ne!(fact.event().unwrap().question(), Some(their_question));
    }
}

async fn a_tenant_that_is_not_there_is_not_found(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "Whose?").await.id;
    let nowhere = TenantId(stage.id());
    let write = || stage.write(nowhere);
    let store = &stage.store;
    assert_eq!(store.head(nowhere).await, missing(Noun::Tenant));
    assert_eq!(store.snapshot(nowhere, None).await, missing(Noun::Tenant));
    assert_eq!(store.facts_after(nowhere, 0, 10).await, Ok(vec![]));
    assert_eq!(store.fact_time(nowhere, 1).await, Ok(None));
    assert_eq!(store.tallies_since(nowhere, Timestamp(0)).await, Ok(vec![]));
    assert_eq!(store.ask(write(), stage.new_question(home.team.id, "Where?")).await, missing(Noun::Tenant));
    assert_eq!(store.set_vote(write(), ballot(question, stage.participant(), true)).await, missing(Noun::Question));
    assert_eq!(store.set_pinned(write(), question, true, home.moderator).await, missing(Noun::Tenant));
    assert_eq!(stage.team(nowhere, "Nobody").await, missing(Noun::Tenant));
    assert_eq!(stage.tag(nowhere, "Nothing").await, missing(Noun::Tenant));
}

async fn nobody_signs_for_another_tenant(stage: Arc<Stage>) {
    let (ours, theirs) = (stage.home("acme").await, stage.home("widgets").await);
    let question = stage.ask(&ours, "Signed by whom?").await.id;
    let before = stage.store.snapshot(ours.tenant, None).await.unwrap();
    let write = || stage.write(ours.tenant);
    // No use case can ask for this: the session's tenant is checked long before. The schema holds it all the same.
    let broken = Err(StoreError::Port(PortError::Broken));
    assert_eq!(stage.store.set_pinned(write(), question, true, theirs.moderator).await, broken);
    assert_eq!(stage.store.set_frozen(write(), question, true, theirs.moderator).await, broken);
    assert_eq!(stage.store.snapshot(ours.tenant, None).await.unwrap(), before);

    // Nor does an id that another tenant already uses become ours.
    let (team, tag) = (Name::parse("New").unwrap(), Color::parse("#000000").unwrap());
    let slug = Slug::parse("new").unwrap();
    let stolen = stage
        .store
        .create_team(write(), NewTeam { id: TeamId(theirs.team.id.0), slug, name: team.clone(), code: stage.code() })
        .await;
    assert!(stolen.is_err());
    assert!(stage.store.create_tag(write(), TagId(theirs.tag.id.0), team, tag).await.is_err());
    assert_eq!(stage.store.snapshot(ours.tenant, None).await.unwrap(), before);
    assert_eq!(stage.store.fact_time(ours.tenant, before.board.cursor.seq).await, Ok(Some(START)));
}
