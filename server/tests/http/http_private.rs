//! A tenant that guests may not see, and roles between a guest and a moderator.

use uuid::Uuid;

use pulsestage::event::Epoch;
use pulsestage::id::TenantId;
use pulsestage::ports::NewTenant;
use pulsestage::tenant::TenantSettings;
use pulsestage::text::{Limits, Name, Slug};
use pulsestage::time::Timestamp;
use pulsestage::user::Role;

use crate::support::{Plan, TestServer, Wire, assert_refused, signed_in};

const SLUG: &str = "board-only";

/// A server with a tenant for people with an account alone, whose questions are short; the cookie of its owner.
async fn closed_house() -> (TestServer, String) {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let new = NewTenant {
        id: TenantId(Uuid::from_u128(0xC105ED)),
        slug: Slug::parse(SLUG).unwrap(),
        name: Name::parse("The board").unwrap(),
        settings: TenantSettings {
            question_length: Limits { min: 5, max: 10 },
            guests_allowed: false,
            ..TenantSettings::default()
        },
        epoch: Epoch(1),
        at: Timestamp(1),
        first_team: None,
    };
    server.store.create_tenant(new).await.unwrap();
    let owner = signed_in(&server.service, &Slug::parse(SLUG).unwrap(), Role::Owner).await.0;
    (server, owner)
}

#[tokio::test]
async fn guests_see_nothing_of_it() {
    let (server, owner) = closed_house().await;
    let team =
        server.function("create_team").cookie(&owner).form(&[("tenant", SLUG), ("name", "Secret team")]).send().await;
    let team = team.json()["id"].as_str().unwrap().to_owned();
    for cookie in [String::new(), server.participant(1)] {
        for path in [format!("/t/{SLUG}"), format!("/t/{SLUG}/admin")] {
            let page = server.get(&path).cookie(&cookie).send().await;
            assert_eq!(page.status, 303, "{path}");
            assert!(!page.text().contains("Secret team"), "{path}");
        }
        let board = server.get(&format!("/api/fn/load_board?tenant={SLUG}")).cookie(&cookie).send().await;
        assert_refused("load_board", &board, 403, "not_signed_in");
        let stream = server.get(&format!("/sse?tenantId={SLUG}")).cookie(&cookie).send().await;
        assert_eq!(stream.status, 403);
        assert!(stream.json()["error"].is_string(), "{}", stream.text());
        let polled = server.get(&format!("/api/events?tenantId={SLUG}")).cookie(&cookie).send().await;
        assert_refused("events", &polled, 403, "not_signed_in");
        let ask =
            server.function("ask").cookie(&cookie).form(&[("tenant", SLUG), ("team", &team), ("question", "May I?")]);
        assert_refused("ask", &ask.send().await, 403, "not_signed_in");
    }
    assert_eq!(server.bus.metrics().total_connections, 0);
}

#[tokio::test]
async fn people_with_an_account_do_what_their_role_may() {
    let (server, owner) = closed_house().await;
    let team =
        server.function("create_team").cookie(&owner).form(&[("tenant", SLUG), ("name", "Everyone")]).send().await;
    let team = team.json()["id"].as_str().unwrap().to_owned();
    let slug = Slug::parse(SLUG).unwrap();
    let viewer = signed_in(&server.service, &slug, Role::Viewer).await.0;
    let member = signed_in(&server.service, &slug, Role::Member).await.0;
    let ask = async |session: &str, text: &str| {
        let call = server.function("ask").cookie(session).cookie(&server.participant(1));
        call.form(&[("tenant", SLUG), ("team", &team), ("question", text)]).send().await
    };
    assert_refused("a viewer asks", &ask(&viewer, "May I?").await, 403, "not_allowed");
    // The limits are this tenant's own.
    assert_refused("four characters", &ask(&member, "Why?").await, 422, "invalid");
    assert_refused("eleven characters", &ask(&member, "Why not so?").await, 422, "invalid");
    let asked = ask(&member, "Why not?").await;
    let question = asked.json()["id"].as_str().unwrap().to_owned();
    // Whoever asked is the same person in every browser, and nobody votes for their own question.
    for (session, voted) in [(&viewer, 200), (&member, 409)] {
        let mut wire = Wire::of(server.get(&format!("/sse?tenantId={SLUG}")).cookie(session).open().await);
        wire.greeting().await;
        assert_eq!(server.get(&format!("/t/{SLUG}")).cookie(session).send().await.status, 200);
        let vote = server.function("set_vote").cookie(session).cookie(&server.participant(2));
        assert_eq!(vote.form(&[("tenant", SLUG), ("question", &question), ("up", "true")]).send().await.status, voted);
        let pin =
            server.function("pin").cookie(session).form(&[("tenant", SLUG), ("question", &question)]).send().await;
        assert_refused("pin", &pin, 403, "not_allowed");
        assert_eq!(server.get(&format!("/t/{SLUG}/admin")).cookie(session).send().await.status, 403);
    }
}
