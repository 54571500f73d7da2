//! What of a refusal is in the audit: who, what, and no more of them than a flood is worth.

use std::time::Duration;

use pulsestage::audit::{Filter, Outcome, PageCursor, Record};
use pulsestage::text::Slug;
use pulsestage::user::Role;
use pulsestage_server::limits::NOTED_A_MINUTE;

use crate::support::{Plan, Room, TestServer, assert_refused, signed_in, soon};

/// What of this room's refusals is in the audit, once there are at least so many.
async fn refusals(server: &TestServer, room: &Room, at_least: usize) -> Vec<Record> {
    let filter = Filter { outcome: Some(Outcome::Refused), ..Filter::default() };
    soon("refusals to be noted", async {
        loop {
            let found = server.store.audit(room.tenant.id, &filter, PageCursor::NEWEST, 1_000).await.unwrap();
            if found.len() >= at_least {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
}

#[tokio::test]
async fn what_the_table_forbids_is_noted_and_changes_nothing() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let (cookie, caller) = signed_in(&server.service, &Slug::default_tenant(), Role::Viewer).await;
    let person = server.service.authenticate("default", &caller).await.unwrap().actor.user;
    let before = server.store.snapshot(default.tenant.id, None).await.unwrap().board;
    let question = default.open.id.to_string();
    let team = server.function("create_team").cookie(&cookie).form(&[("name", "Mine")]).send().await;
    assert_refused("a team", &team, 403, "not_allowed");
    assert_refused(
        "a pin",
        &server.function("pin").cookie(&cookie).form(&[("question", &question)]).send().await,
        403,
        "not_allowed",
    );
    // A guest and another tenant's owner are nobody here: there is nobody to note.
    for cookie in [server.participant(7), acme.owner.clone()] {
        let reply = server.function("create_team").cookie(&cookie).form(&[("name", "Mine")]).send().await;
        assert_refused("nobody", &reply, 403, "not_signed_in");
    }
    let noted = refusals(&server, &default, 2).await;
    let mut words: Vec<&str> = noted.iter().map(|record| record.action.as_str()).collect();
    words.sort_unstable();
    assert_eq!(words, ["create_team", "pin"]);
    for record in &noted {
        assert_eq!((record.by, &record.before, &record.after), (person, &None, &None), "{record:?}");
    }
    assert_eq!(server.store.snapshot(default.tenant.id, None).await.unwrap().board, before);
    assert!(refusals(&server, &acme, 0).await.is_empty());
}

#[tokio::test]
async fn a_flood_of_refusals_is_noted_in_part() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    server.clock.stop();
    let flood = async || {
        for _ in 0..3 * NOTED_A_MINUTE {
            let reply = server.get("/api/fn/load_health").cookie(&default.moderator).send().await;
            assert_refused("a moderator", &reply, 403, "not_allowed");
        }
    };
    let noted = usize::try_from(NOTED_A_MINUTE).unwrap();
    flood().await;
    refusals(&server, &default, noted).await;
    server.clock.turn_on(60);
    flood().await;
    assert_eq!(refusals(&server, &default, 2 * noted).await.len(), 2 * noted);
}
