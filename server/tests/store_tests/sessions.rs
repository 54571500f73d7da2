//! Sessions: listed, seen, and ended one by one or all at once.

use std::sync::Arc;

use pulsestage::id::{SessionId, TenantId, UserId};
use pulsestage::ports::{LinkStore, NewSession, PeopleStore, SessionStore};
use pulsestage::session::{Revocation, Session};
use pulsestage::time::{DAY_MS, Timestamp};
use pulsestage::user::Role;

use crate::stage::{START, Stage, stories};

stories![
    sessions_are_listed_without_their_secrets,
    of_when_somebody_was_here_the_day_is_kept,
    one_session_ends_and_the_others_stay,
    all_sessions_end_together,
    revocations_are_read_and_forgotten,
];

/// Somebody with as many sessions as are asked for: by one link for each.
async fn somebody(stage: &Stage, tenant: TenantId) -> (UserId, NewSession) {
    let (link, session) = stage.link(tenant, Role::Moderator);
    stage.store.put_link(link).await.unwrap();
    stage.store.redeem_link(link.hash, session.clone()).await.unwrap().unwrap();
    (session.user, session)
}

fn listed(session: &NewSession) -> Session {
    Session {
        id: session.id,
        label: "Firefox on Linux".to_owned(),
        created_at: session.at,
        seen_at: Some(session.at.day()),
        expires_at: session.expires_at,
    }
}

async fn sessions_are_listed_without_their_secrets(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let (user, first) = somebody(&stage, home.tenant).await;
    assert_eq!(stage.store.sessions_of(home.tenant, user, START).await, Ok(vec![listed(&first)]));
    assert_eq!(stage.store.sessions_of(other.tenant, user, START).await, Ok(vec![]));
    assert_eq!(stage.store.sessions_of(home.tenant, user, first.expires_at).await, Ok(vec![]));
    let signed_in = stage.store.session(first.hash, START).await.unwrap().unwrap();
    assert_eq!(
        (signed_in.session, signed_in.seen_at, signed_in.expires_at),
        (first.id, Some(START.day()), first.expires_at)
    );
}

async fn of_when_somebody_was_here_the_day_is_kept(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (user, session) = somebody(&stage, home.tenant).await;
    let seen = async || {
        let sessions = stage.store.sessions_of(home.tenant, user, START).await.unwrap();
        (sessions[0].seen_at, stage.store.person(home.tenant, user).await.unwrap().unwrap().seen_at)
    };
    let (today, tomorrow) = (Some(START.day()), Some(START.plus_millis(DAY_MS).day()));
    assert_eq!(seen().await, (today, None));
    for later in [500, 60_000, 3_600_000] {
        stage.store.touch_session(session.hash, START.plus_millis(later)).await.unwrap();
        assert_eq!(seen().await, (today, today));
    }
    stage.store.touch_session(stage.hash(), START.plus_millis(DAY_MS)).await.unwrap();
    assert_eq!(seen().await, (today, today), "nobody's session");
    stage.store.touch_session(session.hash, START.plus_millis(DAY_MS)).await.unwrap();
    assert_eq!(seen().await, (tomorrow, tomorrow));
    stage.store.touch_session(session.hash, START).await.unwrap();
    assert_eq!(seen().await, (tomorrow, tomorrow), "a clock that is behind takes no day back");
}

async fn one_session_ends_and_the_others_stay(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("widgets").await);
    let (ann, first) = somebody(&stage, home.tenant).await;
    let (bob, his) = somebody(&stage, home.tenant).await;
    let revoke =
        async |tenant, user, id: SessionId| stage.store.revoke_session(tenant, user, id, stage.ending()).await.unwrap();
    let before = stage.store.revocations_since(Timestamp(0)).await.unwrap().len();
    assert!(!revoke(home.tenant, ann, his.id).await, "another's");
    assert!(!revoke(other.tenant, bob, his.id).await, "another tenant's");
    assert!(!revoke(home.tenant, ann, SessionId(stage.id())).await);
    assert_eq!(stage.store.revocations_since(Timestamp(0)).await.unwrap().len(), before);
    assert!(revoke(home.tenant, ann, first.id).await);
    assert!(!revoke(home.tenant, ann, first.id).await);
    assert_eq!(stage.store.session(first.hash, START).await, Ok(None));
    assert!(stage.store.session(his.hash, START).await.unwrap().is_some());
    stage.store.end_session(his.hash, stage.ending()).await.unwrap();
    let revoked: Vec<_> = stage.store.revocations_since(Timestamp(0)).await.unwrap().into_iter().map(|r| r.1).collect();
    for (user, session) in [(ann, first.id), (bob, his.id)] {
        let revocation = Revocation { tenant: home.tenant, user, session: Some(session) };
        assert_eq!(revoked.iter().filter(|other| **other == revocation).count(), 1);
    }
}

async fn all_sessions_end_together(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (ann, first) = somebody(&stage, home.tenant).await;
    let second = stage.open_session(home.tenant, ann).await;
    let (bob, his) = somebody(&stage, home.tenant).await;
    assert_eq!(stage.store.sessions_of(home.tenant, ann, START).await.unwrap().len(), 2);
    stage.store.revoke_sessions(home.tenant, ann, stage.ending()).await.unwrap();
    for session in [&first, &second] {
        assert_eq!(stage.store.session(session.hash, START).await, Ok(None));
    }
    assert_eq!(stage.store.sessions_of(home.tenant, bob, START).await, Ok(vec![listed(&his)]));
    let revoked = stage.store.revocations_since(Timestamp(0)).await.unwrap();
    assert!(revoked.iter().any(|(_, r)| *r == Revocation { tenant: home.tenant, user: ann, session: None }));
}

async fn revocations_are_read_and_forgotten(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (ann, _) = somebody(&stage, home.tenant).await;
    let ending = stage.ending();
    stage.store.revoke_sessions(home.tenant, ann, ending).await.unwrap();
    let revocation = Revocation { tenant: home.tenant, user: ann, session: None };
    assert_eq!(stage.store.revocations_since(START).await, Ok(vec![(ending.id, revocation)]));
    assert_eq!(stage.store.revocations_since(START.plus_millis(1)).await, Ok(vec![]));
    stage.store.forget_revocations(START).await.unwrap();
    assert_eq!(stage.store.revocations_since(START).await.unwrap().len(), 1);
    stage.store.forget_revocations(START.plus_millis(1)).await.unwrap();
    assert_eq!(stage.store.revocations_since(Timestamp(0)).await, Ok(vec![]));
}
