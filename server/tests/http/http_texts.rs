//! Taking away and erasing what one wrote, and how long a tenant keeps texts: the pages and their forms.

use axum::http::Method;
use serde_json::Value;

use crate::support::{ASKER, Plan, TestServer, assert_refused};

#[tokio::test]
async fn somebody_takes_away_what_they_wrote() {
    let (server, room, _acme) = TestServer::new(Plan::default()).await;
    let asker = server.participant(ASKER);
    let page = server.get("/mine").cookie(&asker).wants_page().send().await;
    assert!(page.text().contains("/mine/written.json") && page.text().contains("/mine/erase"));
    let file = server.get("/mine/written.json").cookie(&asker).send().await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"pulsestage-default.json\"");
    assert_eq!(file.header("cache-control"), "no-store");
    let written = file.json();
    let ids: Vec<&Value> = written["questions"].as_array().unwrap().iter().map(|question| &question["id"]).collect();
    assert!(ids.contains(&&Value::from(room.open.id.to_string())), "{written}");
    // Nothing of another's, nothing without a cookie, nothing of another tenant.
    let other = server.get("/mine/written.json").cookie(&server.participant(77)).send().await.json();
    assert_eq!(other["questions"], Value::from(Vec::<Value>::new()));
    let nobody = server.get("/mine/written.json").send().await;
    assert!(nobody.status.is_client_error(), "{}", nobody.status);
    let nowhere = server.get("/t/nowhere/mine/written.json").cookie(&asker).send().await;
    assert_eq!(nowhere.status, 404);
}

#[tokio::test]
async fn looking_erases_nothing_and_sending_the_form_erases_all() {
    let (server, room, acme) = TestServer::new(Plan::default()).await;
    let asker = server.participant(ASKER);
    let questions = async |tenant: &str| {
        let own = server.get(&format!("/api/fn/own_questions?tenant={tenant}")).cookie(&asker).send().await.json();
        own.as_array().unwrap().iter().map(|own| own["body"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (before, elsewhere) = (questions("default").await, questions("acme").await);
    assert!(!before.is_empty() && before.iter().all(|text| !text.is_empty()));
    for _ in 0..3 {
        let page = server.get("/mine/erase").cookie(&asker).wants_page().send().await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains("Erase what I wrote") && page.text().contains("Backups"));
    }
    assert_eq!(questions("default").await, before);
    let mut wire = server.stream("").await;
    wire.greeting().await;
    let done = server.request(Method::POST, "/mine/erase").cookie(&asker).form(&[]).send().await;
    assert_eq!(done.status, 200);
    assert!(done.text().contains("It is erased"), "{}", done.text());
    assert_eq!(wire.until("question:removed").await.last().unwrap().kind(), "question:removed", "screens lose it live");
    assert!(questions("default").await.iter().all(String::is_empty));
    assert_eq!(questions("acme").await, elsewhere, "another tenant's are not touched");
    let board = server.get("/api/fn/load_board").send().await.json();
    let shown = board["board"]["questions"].to_string();
    assert!(!shown.contains(&room.open.id.to_string()), "{shown}");
    assert!(!acme.slug.is_empty());
    let again = server.request(Method::POST, "/mine/erase").cookie(&asker).form(&[]).send().await;
    assert!(again.text().contains("There was no question of yours left"));
    let nobody = server.request(Method::POST, "/mine/erase").form(&[]).send().await;
    assert!(nobody.status.is_client_error(), "{}", nobody.status);
}

#[tokio::test]
async fn admins_say_how_long_texts_are_kept_and_nobody_else() {
    let (server, room, acme) = TestServer::new(Plan::default()).await;
    let (show, send) = ("/admin/data", [("days", "30"), ("hold", "true")]);
    let guest = server.get(show).cookie(&server.participant(7)).wants_page().send().await;
    assert_eq!((guest.status.as_u16(), guest.header("location")), (303, "/sign-in?to=/admin/data"));
    for cookie in [&room.moderator, &acme.owner, &server.participant(7)] {
        let refused = server.request(Method::POST, show).cookie(cookie).form(&send).send().await;
        let refusal = if *cookie == room.moderator { "not_allowed" } else { "not_signed_in" };
        assert_refused("data", &refused, 403, refusal);
    }
    let page = server.get(show).cookie(&room.moderator).wants_page().send().await;
    assert_eq!(page.status, 403);
    let page = server.get(show).cookie(&room.owner).wants_page().send().await;
    assert!(page.text().contains("How long texts are kept"));
    let settings = server.get("/admin/settings").cookie(&room.owner).wants_page().send().await;
    assert!(settings.text().contains("/admin/data"));
    for wrong in ["0", "-1", "a month", "36501", "<b>"] {
        let form = [("days", wrong)];
        let refused = server.request(Method::POST, show).cookie(&room.owner).form(&form).send().await;
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(refused.text().contains("class=\"notice") && !refused.text().contains("<b>\""), "{wrong}");
    }
    let saved = server.request(Method::POST, show).cookie(&room.owner).form(&send).send().await;
    assert_eq!((saved.status.as_u16(), saved.header("location")), (303, "/admin/data?saved"));
    let kept = server.store.retention(room.tenant.id).await.unwrap();
    assert!(kept.days == Some(30) && kept.hold_since.is_some());
    let page = server.get("/admin/data?saved").cookie(&room.owner).wants_page().send().await;
    assert!(page.text().contains("value=\"30\"") && page.text().contains("Everything is kept since"));
    assert_eq!(server.store.retention(acme.tenant.id).await.unwrap(), pulsestage::retention::Retention::default());
}
