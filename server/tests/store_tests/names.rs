//! Tenants, teams and tags: whose names are whose.

use std::sync::Arc;

use pulsestage::error::{Noun, Refusal};
use pulsestage::event::Event;
use pulsestage::ports::{BoardStore, LogStore, NewTenant, StoreError, TenantStore};
use pulsestage::tenant::TenantSettings;
use pulsestage::text::{Limits, Slug};

use crate::stage::{START, Stage, stories};

stories![
    tenants_are_found_by_their_slug,
    a_name_is_taken_whatever_its_case,
    teams_of_one_slug_are_numbered,
    of_many_at_once_one_gets_the_name,
];

async fn tenants_are_found_by_their_slug(stage: Arc<Stage>) {
    let settings = TenantSettings {
        question_length: Limits { min: 10, max: 200 },
        guests_allowed: false,
        ..TenantSettings::default()
    };
    let late = NewTenant { at: START.plus_millis(1), settings: settings.clone(), ..stage.new_tenant("late") };
    let epoch = late.epoch;
    let late = stage.store.create_tenant(late).await.unwrap();
    let early = stage.store.create_tenant(stage.new_tenant("early")).await.unwrap();
    assert_eq!(late.settings, settings);
    let find = async |slug: &str| stage.store.tenant_by_slug(&Slug::parse(slug).unwrap()).await.unwrap();
    assert_eq!(find("late").await.as_ref(), Some(&late));
    assert_eq!(find("nope").await, None);
    assert_eq!(stage.store.tenants().await, Ok(vec![early, late.clone()]));
    let taken = stage.store.create_tenant(stage.new_tenant("late")).await;
    assert_eq!(taken, Err(StoreError::Refused(Refusal::NameTaken { what: Noun::Tenant })));
    let head = stage.store.head(late.id).await.unwrap();
    assert_eq!((head.epoch, head.seq), (epoch, 0));
}

async fn a_name_is_taken_whatever_its_case(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let other = stage.home("widgets").await;
    stage.team(home.tenant, "Ökologie").await.unwrap();
    stage.tag(home.tenant, "Ökologie").await.unwrap();
    let before = stage.log(home.tenant).await.len();
    for name in ["Ökologie", "ökologie", "ÖKOLOGIE"] {
        let team = stage.team(home.tenant, name).await;
        assert_eq!(team, Err(StoreError::Refused(Refusal::NameTaken { what: Noun::Team })));
        let tag = stage.tag(home.tenant, name).await;
        assert_eq!(tag, Err(StoreError::Refused(Refusal::NameTaken { what: Noun::Tag })));
    }
    assert_eq!(stage.log(home.tenant).await.len(), before);
    // Another tenant's names are its own.
    assert_eq!(stage.team(other.tenant, "Ökologie").await.unwrap().name, "Ökologie");
    assert_eq!(stage.tag(other.tenant, "ökologie").await.unwrap().name, "ökologie");
}

async fn teams_of_one_slug_are_numbered(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let mut slugs = Vec::new();
    for name in ["Ops", "Ops!", "Ops?", "Ops 2"] {
        let team = stage.team(home.tenant, name).await.unwrap();
        let said = stage.log(home.tenant).await.pop().unwrap();
        assert_eq!((said.team, said.event()), (Some(team.id), Some(&Event::TeamCreated(team.clone()))));
        slugs.push(team.slug);
    }
    assert_eq!(slugs, ["ops", "ops-2", "ops-3", "ops-2-2"]);
    let board = stage.store.snapshot(home.tenant, None).await.unwrap().board;
    let names: Vec<&str> = board.teams.iter().map(|team| team.name.as_str()).collect();
    assert_eq!(names, ["Engineering", "Ops", "Ops 2", "Ops!", "Ops?"]);
}

async fn of_many_at_once_one_gets_the_name(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let tries = (0..10).map(|_| {
        let (stage, tenant) = (stage.clone(), home.tenant);
        tokio::spawn(async move { (stage.team(tenant, "Sales").await, stage.tag(tenant, "Pricing").await) })
    });
    let (mut teams, mut tags) = (0, 0);
    for end in tries.collect::<Vec<_>>() {
        match end.await.unwrap() {
            (Ok(_), tag) => (teams, tags) = (teams + 1, tags + usize::from(tag.is_ok())),
            (Err(refused), tag) => {
                assert_eq!(refused, StoreError::Refused(Refusal::NameTaken { what: Noun::Team }));
                tags += usize::from(tag.is_ok());
            }
        }
    }
    assert_eq!((teams, tags), (1, 1));
    stage.log(home.tenant).await;
}
