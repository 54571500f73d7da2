//! Settings, limits, logos: what a tenant decides, and what is decided about it.

use std::sync::Arc;

use pulsestage::error::{Noun, Refusal};
use pulsestage::event::Event;
use pulsestage::id::TenantId;
use pulsestage::logo::{Logo, LogoKind};
use pulsestage::ports::{BoardStore, LinkStore, QuestionStore, StoreError, StoreResult, TenantStore};
use pulsestage::settings::{NewSettings, SettingsForm};
use pulsestage::tenant::{Tenancy, Tenant, TenantLimits};
use pulsestage::text::Slug;
use pulsestage::user::Role;

use crate::stage::{START, Stage, stories};

stories![
    settings_are_changed_to_the_version_that_was_seen,
    of_two_admins_at_once_one_is_told,
    what_staff_know_is_in_no_fact_and_no_board,
    a_logo_is_put_replaced_and_taken_away,
    limits_hold_in_the_transaction,
    an_archived_tenant_is_known_as_such,
];

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

async fn tenancy(stage: &Stage, text: &str) -> Tenancy {
    stage.store.tenancy(&slug(text)).await.unwrap().unwrap()
}

fn settings(version: i64, name: &str) -> NewSettings {
    let form = SettingsForm {
        version,
        name: name.to_owned(),
        question_min: 4,
        question_max: 40,
        asking_open: true,
        words: "secretword".to_owned(),
        accent: "#1D4ED8".to_owned(),
        votes_per_minute: 7,
        ..SettingsForm::default()
    };
    form.parse().unwrap()
}

async fn change(stage: &Stage, tenant: TenantId, version: i64, name: &str) -> StoreResult<Tenant> {
    stage.store.change_settings(stage.write(tenant), settings(version, name)).await
}

fn refused<T>(refusal: Refusal) -> StoreResult<T> {
    Err(StoreError::Refused(refusal))
}

async fn settings_are_changed_to_the_version_that_was_seen(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let other = stage.home("widgets").await;
    let before = tenancy(&stage, "widgets").await;
    assert_eq!(tenancy(&stage, "acme").await.rules.version, 0);
    let write = stage.write(home.tenant);
    let changed = stage.store.change_settings(write, settings(0, "Acme & Co")).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.settings.accent.as_deref()), ("Acme & Co", Some("#1D4ED8")));
    let now = tenancy(&stage, "acme").await;
    assert_eq!((&now.tenant, now.rules.version), (&changed, 1));
    assert_eq!((now.rules.staff.words.join(" "), now.rules.staff.votes_per_minute), ("secretword".to_owned(), Some(7)));
    // The same once more, under the same key and under another.
    assert_eq!(stage.store.change_settings(write, settings(0, "Acme & Co")).await, Ok(changed.clone()));
    assert_eq!(change(&stage, home.tenant, 0, "Acme & Co").await, refused(Refusal::Outdated));
    assert_eq!(change(&stage, home.tenant, 2, "Acme & Co").await, refused(Refusal::Outdated));
    assert_eq!(tenancy(&stage, "acme").await, now);
    let snapshot = stage.store.snapshot(home.tenant, None).await.unwrap();
    assert_eq!(snapshot.tenant, changed);
    let facts = stage.log(home.tenant).await;
    assert_eq!(facts.last().unwrap().event(), Some(&Event::TenantUpdated(changed)));
    assert_eq!(tenancy(&stage, "widgets").await, before, "another tenant's are its own");
    assert!(stage.log(other.tenant).await.iter().all(|fact| !matches!(fact.event(), Some(Event::TenantUpdated(_)))));
    let nowhere = change(&stage, TenantId(stage.id()), 0, "Nobody").await;
    assert_eq!(nowhere, refused(Refusal::NotFound { what: Noun::Tenant }));
}

async fn of_two_admins_at_once_one_is_told(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let tries = (0..8).map(|number| {
        let stage = stage.clone();
        async move { change(&stage, home.tenant, 0, &format!("Name {number}")).await }
    });
    let ends = futures::future::join_all(tries).await;
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1);
    assert!(ends.iter().all(|end| end.is_ok() || *end == refused(Refusal::Outdated)));
    assert_eq!(tenancy(&stage, "acme").await.rules.version, 1);
}

async fn what_staff_know_is_in_no_fact_and_no_board(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    change(&stage, home.tenant, 0, "Acme").await.unwrap();
    let facts = stage.log(home.tenant).await;
    let board = stage.store.snapshot(home.tenant, None).await.unwrap();
    let found = stage.store.tenant_by_slug(&slug("acme")).await.unwrap();
    for shown in [format!("{facts:?}"), format!("{board:?}"), format!("{found:?}")] {
        assert!(!shown.contains("secretword"), "{shown}");
    }
}

async fn a_logo_is_put_replaced_and_taken_away(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let other = stage.home("widgets").await;
    assert_eq!(stage.store.logo(home.tenant).await, Ok(None));
    change(&stage, home.tenant, 0, "Acme").await.unwrap();
    for (word, kind) in [("one", LogoKind::Png), ("two", LogoKind::WebP)] {
        let logo = Logo { kind, bytes: word.as_bytes().to_vec() };
        let tenant = stage.store.set_logo(stage.write(home.tenant), Some(logo.clone()), Some(word.to_owned())).await;
        let settings = tenant.unwrap().settings;
        assert_eq!((settings.logo.as_deref(), settings.accent.as_deref()), (Some(word), Some("#1D4ED8")));
        assert_eq!(stage.store.logo(home.tenant).await, Ok(Some(logo)));
    }
    assert_eq!(stage.store.logo(other.tenant).await, Ok(None));
    let rules = tenancy(&stage, "acme").await.rules;
    assert_eq!((rules.version, rules.staff.words.len()), (3, 1), "what staff know stays");
    // The form knows nothing of the logo and keeps it.
    assert_eq!(change(&stage, home.tenant, 3, "Acme").await.unwrap().settings.logo.as_deref(), Some("two"));
    let gone = stage.store.set_logo(stage.write(home.tenant), None, None).await.unwrap();
    assert_eq!((gone.settings.logo, stage.store.logo(home.tenant).await), (None, Ok(None)));
}

async fn limits_hold_in_the_transaction(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let other = stage.home("widgets").await;
    stage.ask(&home, "The first of two?").await;
    let limits = TenantLimits { questions: Some(2), people: Some(2), streams: Some(5) };
    stage.store.set_limits(&slug("acme"), limits).await.unwrap();
    assert_eq!(tenancy(&stage, "acme").await.rules.limits, limits);
    let asks = (0..6).map(|number| {
        let (stage, team) = (stage.clone(), home.team.id);
        async move {
            let new = stage.new_question(team, &format!("One of many, number {number}?"));
            stage.store.ask(stage.write(home.tenant), new).await
        }
    });
    let ends = futures::future::join_all(asks).await;
    assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1);
    let full = refused(Refusal::LimitReached { what: Noun::Question });
    assert!(ends.iter().all(|end| end.is_ok() || *end == full), "{ends:?}");
    for _ in 0..3 {
        stage.ask(&other, "Another tenant's are not counted?").await;
    }
    // One moderator is there: one more, and then owners alone.
    let redeem = async |role| {
        let (link, session) = stage.link(home.tenant, role);
        stage.store.put_link(link).await.unwrap();
        stage.store.redeem_link(link.hash, session).await
    };
    assert!(redeem(Role::Moderator).await.unwrap().is_some());
    assert_eq!(redeem(Role::Moderator).await, refused(Refusal::LimitReached { what: Noun::Person }));
    assert!(redeem(Role::Owner).await.unwrap().is_some());
    stage.store.set_limits(&slug("acme"), TenantLimits::default()).await.unwrap();
    assert!(redeem(Role::Moderator).await.unwrap().is_some());
    stage.ask(&home, "As many as one likes?").await;
    let missing = refused(Refusal::NotFound { what: Noun::Tenant });
    assert_eq!(stage.store.set_limits(&slug("nope"), limits).await, missing);
}

async fn an_archived_tenant_is_known_as_such(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    stage.home("widgets").await;
    stage.ask(&home, "How many?").await;
    stage.store.set_archived(&slug("acme"), Some(START)).await.unwrap();
    assert_eq!(tenancy(&stage, "acme").await.rules.archived_at, Some(START));
    let summaries = stage.store.tenant_summaries().await.unwrap();
    let told: Vec<_> = summaries
        .iter()
        .map(|one| (one.slug.as_str(), one.is_archived, one.teams, one.questions, one.people))
        .collect();
    assert_eq!(told, [("acme", true, 1, 1, 1), ("widgets", false, 1, 0, 1)]);
    stage.store.set_archived(&slug("acme"), None).await.unwrap();
    assert_eq!(tenancy(&stage, "acme").await.rules.archived_at, None);
    let missing = refused(Refusal::NotFound { what: Noun::Tenant });
    assert_eq!(stage.store.set_archived(&slug("nope"), None).await, missing);
}
