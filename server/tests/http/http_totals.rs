//! How many questions were received, are shown and were declined: told to everybody where the workspace wants that, live, and
//! never a word of what waits.

use pulsestage::board::Applied;
use pulsestage::command::Ask;
use pulsestage::event::TeamTotals;
use pulsestage::service::Credentials;
use pulsestage::tenant::TenantSettings;
use uuid::Uuid;

use crate::http_tenancy::{call, fields, with};
use crate::support::{ASKER, Plan, Room, TestServer, Wire, soon};

const ASKED: &str = "Who is paid how much for this?";

async fn show(server: &TestServer, room: &Room, version: &str, on: &str) {
    let changes = [("settings[version]", version), ("settings[show_totals]", on)];
    let reply = call(server, "change_settings", &room.owner, &with(fields(room), &changes)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
}

/// Asks a question that waits for a moderator.
async fn ask_held(server: &TestServer, room: &Room) -> String {
    let caller = Credentials { device: Some(Uuid::from_u128(ASKER)), ..Credentials::default() };
    let mut context = server.service.authenticate(&room.slug, &caller).await.unwrap();
    context.tenant.settings = TenantSettings { pre_moderation: true, ..context.tenant.settings };
    let ask = Ask { team: room.team.id, body: ASKED.to_owned(), name: None };
    server.service.ask(&context, None, ask).await.unwrap().id.to_string()
}

/// The next message about the totals.
async fn counted(wire: &mut Wire) -> TeamTotals {
    let told = wire.until("team:counted").await.pop().unwrap();
    assert!(told.id.is_none(), "a tally has no number");
    serde_json::from_value(told.json()["data"].clone()).unwrap()
}

#[tokio::test]
async fn totals_are_live_on_every_page_while_the_workspace_shows_them() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let page = async || server.get("/t/acme").send().await.text().to_owned();
    let mut stranger = server.stream("tenantId=acme").await;
    let mut board = server.store.snapshot(acme.tenant.id, None).await.unwrap().board;
    stranger.greeting().await;
    assert!(!page().await.contains(" received, "), "nothing is shown unless it is wanted");

    show(&server, &acme, "0", "true").await;
    let of_team = async |wire: &mut Wire| {
        soon("the totals", async {
            loop {
                let totals = counted(wire).await;
                if totals.id == acme.team.id {
                    return totals;
                }
            }
        })
        .await
    };
    let before = of_team(&mut stranger).await;
    assert_eq!((before.received, before.declined), (before.shown, 0));
    let all = page().await;
    assert!(all.contains(" received, ") && all.contains(" shown, 0 declined"), "{all}");

    let id = ask_held(&server, &acme).await;
    let waits = of_team(&mut stranger).await;
    assert_eq!(waits, TeamTotals { received: before.received + 1, ..before });
    let decline = [("tenant", &*acme.slug), ("question", &id), ("decision", "decline"), ("reason", "Not for here")];
    let reply = server.function("decide").cookie(&acme.moderator).form(&decline).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let declined = of_team(&mut stranger).await;
    assert_eq!(declined, TeamTotals { declined: 1, ..waits });

    // Whoever comes back has the same, whether it is read from the buffer or from the database.
    let missed = server.get(&format!("/api/events?tenantId=acme&last_event_id={}", board.cursor)).send().await;
    let told: Vec<_> = missed.text().split_inclusive("\n\n").skip(1).map(crate::support::WireMessage::parse).collect();
    for message in &told {
        assert_ne!(message.fold_into(&mut board), Applied::Resync);
    }
    assert_eq!(board.totals, server.store.team_totals(acme.tenant.id).await.unwrap());
    assert!(board.totals.contains(&declined), "{:?}", board.totals);

    // Numbers, and not a word of what was held back and declined.
    for text in
        [page().await, missed.text().to_owned(), server.get("/api/board?tenant=acme").send().await.text().to_owned()]
    {
        assert!(!text.contains(ASKED) && !text.contains(&id) && !text.contains("Not for here"), "{text}");
    }

    show(&server, &acme, "1", "false").await;
    stranger.until("tenant:updated").await;
    assert!(!page().await.contains(" received, "));
    assert!(!server.get("/api/board?tenant=acme").send().await.text().contains("\"totals\""));
    let since = server.get(&format!("/api/events?tenantId=acme&last_event_id={}", board.cursor)).send().await;
    assert!(!since.text().contains("team:counted"), "{}", since.text());
}

#[tokio::test]
async fn totals_of_teams_that_a_guest_may_not_see_are_not_told() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    show(&server, &acme, "0", "true").await;
    let team = acme.team.id.to_string();
    let form = with(fields(&acme), &[("team", &team), ("guests", "no")]);
    let reply = call(&server, "change_team", &acme.owner, &form).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    for path in ["/api/board?tenant=acme", "/t/acme"] {
        let told = server.get(path).send().await;
        assert!(!told.text().contains(&format!("\"id\":\"{team}\"")), "{}", told.text());
    }
    let mut stranger = server.stream("tenantId=acme").await;
    stranger.greeting().await;
    for (team, body) in [(&acme.team, "Is this for members alone?"), (&acme.other_team, "Is this for everybody?")] {
        let ask = Ask { team: team.id, body: body.to_owned(), name: None };
        server.service.ask(&acme.context, None, ask).await.unwrap();
    }
    let told = soon("the other team's", counted(&mut stranger)).await;
    assert_eq!(told.id, acme.other_team.id);
}
