//! One-time links and sessions.

use std::sync::Arc;

use pulsestage::ports::{NewLink, NewSession, SessionStore, Store};
use pulsestage::user::Role;
use tokio::task::JoinSet;

use crate::stage::{START, Stage, stories};

stories![
    a_link_opens_one_session,
    of_twenty_at_once_one_gets_in,
    a_link_runs_out,
    a_new_link_withdraws_the_one_before,
    sessions_end,
];

async fn a_link_opens_one_session(stage: Arc<Stage>) {
    let tenant = stage.store.create_tenant(stage.new_tenant("acme")).await.unwrap();
    for role in Role::ALL {
        let (link, session) = stage.link(tenant.id, role);
        stage.store.put_link(link).await.unwrap();
        assert_eq!(stage.store.session(session.hash, START).await, Ok(None));
        let signed_in = stage.store.redeem_link(link.hash, session.clone()).await.unwrap().unwrap();
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

async fn a_new_link_withdraws_the_one_before(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let put = async |tenant, role| {
        let (link, session) = stage.link(tenant, role);
        stage.store.put_link(link).await.unwrap();
        (link, session)
    };
    let redeem =
        async |(link, session): (NewLink, NewSession)| stage.store.redeem_link(link.hash, session).await.unwrap();
    let old = put(home.tenant, Role::Moderator).await;
    let owner = put(home.tenant, Role::Owner).await;
    let elsewhere = put(other.tenant, Role::Moderator).await;
    let new = put(home.tenant, Role::Moderator).await;
    assert_eq!(redeem(old).await, None);
    assert_eq!(redeem(owner).await.unwrap().role, Role::Owner);
    assert_eq!(redeem(elsewhere).await.unwrap().tenant.id, other.tenant);
    assert_eq!(redeem(new).await.unwrap().role, Role::Moderator);

    // Many at once: exactly one is left.
    let mut race = JoinSet::new();
    for _ in 0..8 {
        let (stage, pair) = (stage.clone(), stage.link(home.tenant, Role::Moderator));
        race.spawn(async move {
            stage.store.put_link(pair.0).await.unwrap();
            pair
        });
    }
    let mut open = 0;
    for pair in race.join_all().await {
        open += usize::from(redeem(pair).await.is_some());
    }
    assert_eq!(open, 1);
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
