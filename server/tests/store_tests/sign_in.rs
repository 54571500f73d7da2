//! One-time links and sessions.

use std::sync::Arc;

use pulsestage::link::{LinkPurpose, RoleLink};
use pulsestage::ports::{
    AccountStore, Admission, LinkStore, MOST_WAITING_LINKS, NewLink, NewSession, SessionStore, TenantStore,
};
use pulsestage::user::Role;
use tokio::task::JoinSet;

use crate::stage::{START, Stage, stories};

stories![
    a_link_opens_one_session,
    of_twenty_at_once_one_gets_in,
    a_link_runs_out,
    a_new_link_leaves_the_others,
    so_many_links_wait_and_no_more,
    a_link_serves_its_own_purpose_alone,
    sessions_end,
];

async fn a_link_opens_one_session(stage: Arc<Stage>) {
    let tenant = stage.store.create_tenant(stage.new_tenant("acme")).await.unwrap();
    for role in Role::ALL {
        let (link, session) = stage.link(tenant.id, role);
        stage.store.put_link(link).await.unwrap();
        assert_eq!(stage.store.session(session.hash, START).await, Ok(None));
        let signed_in = stage.store.redeem_link(link.hash, session.clone()).await.unwrap().unwrap();
        let signed_in = signed_in.signed_in().unwrap();
        assert_eq!((&signed_in.tenant, signed_in.user, signed_in.role), (&tenant, session.user, role));
        assert_eq!(stage.store.session(session.hash, START).await, Ok(Some(signed_in)));
        let (_, second) = stage.link(tenant.id, role);
        assert_eq!(stage.store.redeem_link(link.hash, second.clone()).await, Ok(None));
        assert_eq!(stage.store.session(second.hash, START).await, Ok(None));
    }
    assert_eq!(stage.store.redeem_link(stage.hash(), stage.link(tenant.id, Role::Owner).1).await, Ok(None));
}

async fn of_twenty_at_once_one_gets_in(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (link, _) = stage.link(home.tenant, Role::Moderator);
    stage.store.put_link(link).await.unwrap();
    let mut race = JoinSet::new();
    for _ in 0..20 {
        let (stage, (_, session)) = (stage.clone(), stage.link(home.tenant, Role::Moderator));
        race.spawn(async move { (session.clone(), stage.store.redeem_link(link.hash, session).await.unwrap()) });
    }
    let (winners, losers): (Vec<_>, Vec<_>) = race.join_all().await.into_iter().partition(|(_, got)| got.is_some());
    assert_eq!((winners.len(), losers.len()), (1, 19));
    assert!(stage.store.session(winners[0].0.hash, START).await.unwrap().is_some());
    for (session, _) in losers {
        assert_eq!(stage.store.session(session.hash, START).await, Ok(None));
    }
}

async fn a_link_runs_out(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (link, session) = stage.link(home.tenant, Role::Moderator);
    stage.store.put_link(link).await.unwrap();
    let at = |at| NewSession { at, ..session.clone() };
    assert_eq!(stage.store.redeem_link(link.hash, at(link.expires_at)).await, Ok(None));
    // Whoever came too late has not used it up.
    assert!(stage.store.redeem_link(link.hash, at(link.expires_at.plus_millis(-1))).await.unwrap().is_some());
}

async fn a_new_link_leaves_the_others(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let put = async |tenant, role| {
        let (link, session) = stage.link(tenant, role);
        assert_eq!(stage.store.put_link(link).await, Ok(true));
        (link, session)
    };
    let redeem = async |(link, session): (NewLink, NewSession)| {
        stage.store.redeem_link(link.hash, session).await.unwrap().and_then(Admission::signed_in)
    };
    let old = put(home.tenant, Role::Moderator).await;
    let owner = put(home.tenant, Role::Owner).await;
    let elsewhere = put(other.tenant, Role::Moderator).await;
    let new = put(home.tenant, Role::Moderator).await;
    let withdrawn = put(home.tenant, Role::Moderator).await;
    assert_eq!(redeem(old).await.unwrap().role, Role::Moderator);
    assert_eq!(redeem(new).await.unwrap().role, Role::Moderator);
    // Those of one role are withdrawn when somebody asks for it, and no others.
    let count = stage.store.withdraw_links(home.tenant, LinkPurpose::SignIn, Some(Role::Moderator)).await;
    assert_eq!(count, Ok(1));
    assert_eq!(redeem(withdrawn).await, None);
    assert_eq!(redeem(owner).await.unwrap().role, Role::Owner);
    assert_eq!(redeem(elsewhere).await.unwrap().tenant.id, other.tenant);
    let again = put(home.tenant, Role::Admin).await;
    assert_eq!(stage.store.withdraw_links(home.tenant, LinkPurpose::Claim, None).await, Ok(0));
    assert_eq!(stage.store.withdraw_links(home.tenant, LinkPurpose::SignIn, None).await, Ok(1));
    assert_eq!(redeem(again).await, None);
}

async fn so_many_links_wait_and_no_more(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let before = stage.store.waiting_links(home.tenant, START).await.unwrap();
    assert_eq!(before, []);
    let put = async |role, at, purpose| {
        let (link, _) = stage.link(home.tenant, role);
        stage.store.put_link(NewLink { at, purpose, ..link }).await.unwrap()
    };
    for _ in 0..MOST_WAITING_LINKS {
        assert!(put(Role::Moderator, START, LinkPurpose::SignIn).await);
    }
    assert!(!put(Role::Moderator, START, LinkPurpose::SignIn).await);
    assert!(put(Role::Owner, START, LinkPurpose::SignIn).await && put(Role::Owner, START, LinkPurpose::Claim).await);
    let listed = stage.store.waiting_links(home.tenant, START).await.unwrap();
    assert_eq!(listed.len() as i64, MOST_WAITING_LINKS + 2);
    assert_eq!(listed.iter().filter(|link| link.purpose == LinkPurpose::Claim).count(), 1);
    let later = START.plus_millis(1_000);
    assert_eq!(stage.store.waiting_links(home.tenant, later).await, Ok(Vec::new()), "they have run out");
    assert!(put(Role::Moderator, later, LinkPurpose::SignIn).await, "those that have run out do not count");
}

async fn a_link_serves_its_own_purpose_alone(stage: Arc<Stage>) {
    let tenant = stage.store.create_tenant(stage.new_tenant("acme")).await.unwrap();
    let (link, session) = stage.link(tenant.id, Role::Owner);
    let (claim, _) = stage.link(tenant.id, Role::Owner);
    let claim = NewLink { purpose: LinkPurpose::Claim, ..claim };
    for link in [link, claim] {
        assert_eq!(stage.store.put_link(link).await, Ok(true));
    }
    assert_eq!(stage.store.role_link(claim.hash, START).await, Ok(None));
    assert_eq!(stage.store.redeem_link(claim.hash, session.clone()).await, Ok(None));
    assert_eq!(stage.store.claimable(link.hash, START).await, Ok(None));
    assert!(stage.store.claimable(claim.hash, START).await.unwrap().is_some());
    let opens = RoleLink { tenant, role: Role::Owner };
    assert_eq!(stage.store.role_link(link.hash, START).await, Ok(Some(opens)));
    assert_eq!(stage.store.role_link(link.hash, link.expires_at).await, Ok(None));
    assert!(stage.store.redeem_link(link.hash, session).await.unwrap().is_some());
    assert_eq!(stage.store.role_link(link.hash, START).await, Ok(None));
}

async fn sessions_end(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (link, session) = stage.link(home.tenant, Role::Moderator);
    stage.store.put_link(link).await.unwrap();
    stage.store.redeem_link(link.hash, session.clone()).await.unwrap().unwrap();
    let open_at = async |at| stage.store.session(session.hash, at).await.unwrap().is_some();
    assert!(open_at(session.expires_at.plus_millis(-1)).await);
    assert!(!open_at(session.expires_at).await);
    stage.store.end_session(session.hash, stage.ending()).await.unwrap();
    assert!(!open_at(START).await);
    assert_eq!(stage.store.end_session(session.hash, stage.ending()).await, Ok(None));
    assert_eq!(stage.store.end_session(stage.hash(), stage.ending()).await, Ok(None));
}
