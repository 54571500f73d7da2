//! Taking away and erasing what one wrote, and how long a tenant keeps texts: the pages and their forms.

use axum::http::Method;
use serde_json::Value;

use crate::support::{ASKER, HOST, Plan, TestServer};

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
    assert!(done.text().contains("Your texts are erased"), "{}", done.text());
    assert_eq!(wire.until("question:removed").await.last().unwrap().kind(), "question:removed", "screens lose it live");
    assert!(questions("default").await.iter().all(String::is_empty));
    assert_eq!(questions("acme").await, elsewhere, "another tenant's are not touched");
    let board = server.get("/api/fn/load_board").send().await.json();
    let shown = board["board"]["questions"].to_string();
    assert!(!shown.contains(&room.open.id.to_string()), "{shown}");
    assert!(!acme.slug.is_empty());
    let again = server.request(Method::POST, "/mine/erase").cookie(&asker).form(&[]).send().await;
    assert!(again.text().contains("You had no questions left"));
    let nobody = server.request(Method::POST, "/mine/erase").form(&[]).send().await;
    assert!(nobody.status.is_client_error(), "{}", nobody.status);
}

#[tokio::test]
async fn admins_say_how_long_texts_are_kept() {
    let (server, room, acme) = TestServer::new(Plan::default()).await;
    let referer = format!("http://{HOST}/admin/data");
    let send = async |form: &[(&str, &str)]| {
        let call = server.function("set_retention").cookie(&room.owner).wants_page().header("referer", &referer);
        call.form(form).send().await
    };
    for wrong in ["0", "-1", "a month", "36501", "<b>"] {
        let refused = send(&[("days", wrong), ("hold", "true")]).await;
        let page = refused.text().replace("&lt;", "<").replace("&gt;", ">");
        assert_eq!(refused.status, 422, "{wrong}: {page}");
        assert!(page.contains("aria-invalid=\"true\"") && page.contains("checked"), "{wrong}: {page}");
        assert!(page.contains(&format!("value=\"{wrong}\"")), "{wrong} is not there any more");
        assert!(!refused.text().contains("value=\"<b>"), "{wrong}");
    }
    let saved = send(&[("days", "30"), ("hold", "true")]).await;
    assert_eq!((saved.status.as_u16(), saved.header("location")), (303, &*format!("{referer}?saved=set_retention")));
    let kept = server.store.retention(room.tenant.id).await.unwrap();
    assert!(kept.days == Some(30) && kept.hold_since.is_some());
    let page = server.get("/admin/data?saved=set_retention").cookie(&room.owner).wants_page().send().await;
    assert!(page.text().contains("value=\"30\"") && page.text().contains("Nothing has been deleted since"));
    assert_eq!(server.store.retention(acme.tenant.id).await.unwrap(), pulsestage::retention::Retention::default());
}
