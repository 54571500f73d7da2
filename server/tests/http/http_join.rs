//! Joining by a code: the box, the link, the QR code, and whoever guesses.

use crate::support::{Plan, Room, TestServer};
use pulsestage_server::limits::LimitArgs;

/// The code of the room's first team.
async fn code(server: &TestServer, room: &Room) -> String {
    let teams = server.store.teams(room.tenant.id).await.unwrap();
    teams.into_iter().find(|details| details.team.id == room.team.id).unwrap().join_code.unwrap()
}

#[tokio::test]
async fn a_code_leads_to_its_team_without_an_account() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (room, home) in [(&default, "/"), (&acme, "/t/acme/")] {
        let code = code(&server, room).await;
        let spaced = format!("{}%20{}", &code[..3].to_lowercase(), &code[3..]);
        for path in [format!("/j/{code}"), format!("/j/{spaced}")] {
            let reply = server.get(&path).wants_page().send().await;
            let place = format!("{home}?team={}", room.team.slug);
            assert_eq!((reply.status.as_u16(), reply.header("location")), (303, place.as_str()), "{path}");
            let page = server.get(&place).send().await;
            assert!(page.text().contains(&format!("The open question of {}", room.slug)), "{place}");
        }
        let (head, tail) = (code[..3].to_lowercase(), &code[3..]);
        let wide: String = code.chars().filter_map(|sign| char::from_u32(u32::from(sign) + 0xFEE0)).collect();
        for typed in [
            format!("{head} {tail}"),
            format!("{head}–{tail}"),
            format!("{head} — {tail}"),
            format!("{head}−{tail}"),
            format!("{head}\u{2011}{tail}"),
            wide,
            format!("http://127.0.0.1:3000/j/{code}"),
            format!("HTTPS://ASK.EXAMPLE.COM/J/{head}-{tail}/?utm_source=mail#top"),
            format!("acme.ask.example.com./join?code={code}"),
        ] {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("code", &typed).finish();
            let reply = server.get(&format!("/join?{query}")).send().await;
            assert_eq!(
                (reply.status.as_u16(), reply.header("location")),
                (303, format!("/j/{code}").as_str()),
                "{typed}"
            );
        }
    }
}

#[tokio::test]
async fn the_box_needs_no_script_and_says_what_is_wrong() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let page = server.get("/join").send().await;
    assert_eq!(page.status, 200);
    for part in ["<label", "name=\"code\"", "action=\"/join\"", "method=\"get\""] {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    assert!(!page.text().contains(".wasm") && !page.text().contains("<script"), "nothing to run: {}", page.text());
    for (path, status) in [
        ("/join?code=%3Cscript%3E", 422),
        ("/join?code=https%3A%2F%2Fask.example.com%2Ft%2Facme", 422),
        ("/join?code=ABC", 422),
        ("/join?code=%ff", 422),
        ("/j/ABC234", 404),
        ("/j/%3Cscript%3Ealert(1)", 404),
        ("/j/..%2F..%2Fetc", 404),
    ] {
        let reply = server.get(path).wants_page().send().await;
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.text().contains("name=\"code\"") && !reply.text().contains("<script"), "{path}");
    }
}

#[tokio::test]
async fn a_renewed_or_archived_code_leads_nowhere() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let old = code(&server, &acme).await;
    let fields = [("tenant", "acme"), ("team", &acme.team.id.to_string())];
    let renewed = server.function("renew_code").cookie(&acme.owner).form(&fields).send().await;
    let new: String = renewed.read();
    assert_ne!(old, new);
    assert_eq!(server.get(&format!("/j/{old}")).send().await.status, 404);
    assert_eq!(server.get(&format!("/j/{new}")).send().await.status, 303);
    server.function("archive_team").cookie(&acme.owner).form(&fields).send().await;
    for path in [format!("/j/{new}"), format!("/j/{new}/qr.svg")] {
        assert_eq!(server.get(&path).send().await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_qr_code_is_a_picture_of_the_link() {
    let plan = Plan { public_url: Some("https://ask.example.com".to_owned()), ..Plan::default() };
    let (server, default, _acme) = TestServer::new(plan).await;
    let code = code(&server, &default).await;
    let reply = server.get(&format!("/j/{code}/qr.svg")).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "image/svg+xml"));
    assert!(reply.text().starts_with("<svg") && !reply.text().contains("<script"), "{}", &reply.text()[..80]);
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn whoever_guesses_is_held_back_and_a_hall_that_joins_is_not() {
    let limits = LimitArgs { missed_codes_per_network: "3/min".parse().unwrap(), ..LimitArgs::NONE };
    let (server, _default, acme) = TestServer::new(Plan { limits, ..Plan::default() }).await;
    server.clock.stop();
    let code = code(&server, &acme).await;
    for _ in 0..50 {
        assert_eq!(server.get(&format!("/j/{code}")).send().await.status, 303, "right is never too often");
    }
    for (guess, status) in [("AAAAAA", 404), ("BBBBBB", 404), ("CCCCCC", 404), ("DDDDDD", 429), (code.as_str(), 303)] {
        assert_eq!(server.get(&format!("/j/{guess}")).send().await.status, status, "{guess}");
    }
    server.clock.turn_on(60);
    assert_eq!(server.get(&format!("/j/{code}")).send().await.status, 303);
}
