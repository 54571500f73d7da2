//! What browsers keep of us: for whom, what is sent later, the scripts that do it, and how we are installed.

use pulsestage::service::Credentials;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{ASKER, Call, Plan, Reply, Room, TestServer};

/// The name for the reader that an answer sets in a tenant.
fn reader(reply: &Reply, slug: &str) -> Option<String> {
    let prefix = format!("pulsestage_r_{slug}=");
    let cookies = reply.set_cookies();
    let cookie = cookies.iter().find_map(|cookie| cookie.strip_prefix(&prefix))?;
    Some(cookie.split(';').next().unwrap_or_default().to_owned())
}

fn board(server: &TestServer, room: &Room) -> Call {
    server.get(&format!("/t/{}", room.slug))
}

fn vote(server: &TestServer, room: &Room, op: u128, device: u128) -> Call {
    let (question, op) = (room.open.id.to_string(), Uuid::from_u128(op).to_string());
    let fields = [("tenant", room.slug.as_str()), ("question", &question), ("up", "true"), ("op", &op)];
    server.function("set_vote").cookie(&server.participant(device)).form(&fields)
}

async fn votes(server: &TestServer, room: &Room) -> i64 {
    let guest = Credentials { device: Some(Uuid::from_u128(1)), ..Credentials::default() };
    let context = server.service.authenticate(&room.slug, &guest).await.unwrap();
    server.service.board(&context).await.unwrap().board.questions[&room.open.id].upvotes
}

#[tokio::test]
async fn a_page_says_for_whom_its_browser_keeps_things() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let device = server.participant(7);
    let guest = reader(&board(&server, &acme).cookie(&device).send().await, "acme").unwrap();
    assert!(guest.starts_with("g.") && guest.len() == 34, "{guest}");
    let cookie = format!("pulsestage_r_acme={guest}");
    let again = board(&server, &acme).cookie(&device).cookie(&cookie).send().await;
    assert_eq!(again.set_cookies(), Vec::<&str>::new(), "the browser has it");
    let other = reader(&board(&server, &acme).cookie(&server.participant(8)).send().await, "acme").unwrap();
    let elsewhere = reader(&board(&server, &default).cookie(&device).send().await, "default").unwrap();
    assert!(guest != other && guest[2..] != elsewhere[2..], "another browser and another tenant are others");
    let account = board(&server, &acme).cookie(&device).cookie(&cookie).cookie(&acme.moderator).send().await;
    let account = reader(&account, "acme").unwrap();
    assert!(account.starts_with("u.") && account[2..] != guest[2..], "{account}");
    let from_elsewhere = board(&server, &acme).cookie(&server.participant(8)).cookie(&acme.moderator).send().await;
    assert_eq!(reader(&from_elsewhere, "acme"), Some(account), "an account is itself on every device");
    let page = again.text();
    assert!(page.contains("data-slug=\"acme\"") && page.contains("data-worker=\"on\""), "{page}");
    // It tells nothing: neither the pseudonym under which questions and votes are kept, nor the browser's own secret.
    let context = Credentials { device: Some(Uuid::from_u128(7)), ..Credentials::default() };
    let context = server.service.authenticate("acme", &context).await.unwrap();
    assert_ne!(guest[2..], context.actor.participant.unwrap().0.simple().to_string());
    let nowhere = server.get("/t/nowhere").cookie(&device).send().await;
    assert_eq!((nowhere.status.as_u16(), nowhere.set_cookies().len()), (404, 0));
}

#[tokio::test]
async fn a_newcomer_gets_it_with_the_first_page_and_can_send_with_it() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let page = board(&server, &acme).send().await;
    let name = reader(&page, "acme").unwrap();
    let device = page.set_cookies().iter().find(|cookie| cookie.starts_with("pulsestage_p=")).unwrap().to_string();
    let (question, op) = (acme.open.id.to_string(), Uuid::from_u128(5).to_string());
    let fields = [("tenant", "acme"), ("question", question.as_str()), ("up", "true"), ("op", &op)];
    let call = server.function("set_vote").cookie(device.split(';').next().unwrap()).form(&fields);
    let sent = call.header("x-reader", &format!("acme {name}")).send().await;
    assert_eq!((sent.status.as_u16(), votes(&server, &acme).await), (200, 1), "{}", sent.text());
}

#[tokio::test]
async fn what_was_kept_is_sent_for_the_one_who_wrote_it_and_for_nobody_else() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let name = async |room: &Room, device: u128| {
        let page = board(&server, room).cookie(&server.participant(device)).send().await;
        format!("{} {}", room.slug, reader(&page, &room.slug).unwrap())
    };
    let (mine, theirs, elsewhere) = (name(&acme, 7).await, name(&acme, 8).await, name(&default, 7).await);
    // As after signing out, on another device, in a workspace that was replaced, and as a header that was made up.
    let wrong_tenant = elsewhere.replace("default", "acme");
    for other in [&theirs, &wrong_tenant, "acme", "acme ", "nowhere g.1", "", "acme g.\u{e9}", " "] {
        let refused = vote(&server, &acme, 1, 7).header("x-reader", other).send().await;
        assert_eq!((refused.status.as_u16(), votes(&server, &acme).await), (412, 0), "{other}: {}", refused.text());
        let why: Value = refused.json();
        assert_eq!(why["refusal"], "somebody_else", "{other}");
        assert!(why["message"].as_str().is_some_and(|text| text.contains("signed in or out")), "{why}");
    }
    let as_account = vote(&server, &acme, 1, 7).cookie(&acme.moderator).header("x-reader", &mine).send().await;
    assert_eq!((as_account.status.as_u16(), votes(&server, &acme).await), (412, 0), "signed in meanwhile");
    let sent = vote(&server, &acme, 1, 7).header("x-reader", &mine).send().await;
    assert_eq!((sent.status.as_u16(), votes(&server, &acme).await), (200, 1), "{}", sent.text());
    let again = vote(&server, &acme, 1, 7).header("x-reader", &mine).send().await;
    assert_eq!((again.json(), votes(&server, &acme).await), (sent.json(), 1), "its answer was lost");
}

#[tokio::test]
async fn pages_that_end_something_have_it_erased_on_the_device() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let out = server.post("/sign-out", &[("tenant", "acme")]).cookie(&acme.moderator).send().await;
    assert!(out.set_cookies().iter().any(|cookie| cookie.starts_with("pulsestage_r_acme=;")), "{:?}", out.headers);
    let me = server.participant(ASKER);
    // What is typed on pages of one's own is kept.
    let question = acme.open.id;
    for path in ["/t/acme/mine".to_owned(), format!("/t/acme/mine/{question}")] {
        let page = server.get(&path).cookie(&me).send().await;
        assert!(page.text().contains("src=\"/keep.js\"") && page.text().contains("data-draft="), "{}", page.text());
        assert!(!page.text().contains("data-worker") && !page.text().contains("data-erase"), "{path}");
    }
    let erased = server.post("/t/acme/mine/erase", &[]).cookie(&me).send().await;
    let signed_out = server.get("/t/acme/signed-out").send().await;
    let forgotten = server.get("/t/acme/forgotten").send().await;
    for (page, word) in [(&signed_out, "account"), (&forgotten, "all"), (&erased, "mine")] {
        assert_eq!(page.status, 200, "{word}");
        assert!(page.text().contains(&format!("data-erase=\"{word}\"")), "{}", page.text());
        assert!(page.header("content-security-policy").contains("script-src 'self'"), "{word}");
    }
    let forget = server.post("/forget", &[]).cookie("pulsestage_r_acme=g.1").send().await;
    assert!(
        forget.set_cookies().iter().any(|cookie| cookie.starts_with("pulsestage_r_acme=;")),
        "{:?}",
        forget.headers
    );
    // Whoever opens the page without having been forgotten loses nothing, and a page with a password has no script.
    for path in ["/t/acme/forgotten", "/sign-in", "/t/acme/sign-in", "/t/acme/forget", "/join", "/t/acme/mine/erase"] {
        let page = server.get(path).cookie(&me).send().await;
        assert!(!page.text().contains("<script"), "{path}: {}", page.text());
    }
}

#[tokio::test]
async fn the_worker_is_asked_for_each_time_and_can_be_taken_away() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    for path in ["/sw.js", "/keep.js", "/outbox.js"] {
        let reply = server.get(path).send().await;
        assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-cache"), "{path}");
        assert!(reply.header("content-type").starts_with("text/javascript"), "{path}: {:?}", reply.headers);
    }
    let worker = server.get("/sw.js").send().await;
    assert_eq!(worker.header("service-worker-allowed"), "/");
    assert_eq!(worker.header("content-security-policy"), "default-src 'none'; connect-src 'self'");
    let (server, _default, _acme) = TestServer::new(Plan { offline_pages: false, ..Plan::default() }).await;
    let gone = server.get("/sw.js").send().await;
    assert!(gone.text().contains("registration.unregister()") && gone.header("cache-control") == "no-cache");
    let page = server.get(&format!("/t/{}", acme.slug)).send().await;
    assert!(page.text().contains("data-worker=\"off\""), "{}", page.text());
}

#[tokio::test]
async fn each_tenant_is_installed_as_itself() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for (path, name, start) in
        [("/manifest.webmanifest", "Tenant default", "/"), ("/t/acme/manifest.webmanifest", "Tenant acme", "/t/acme/")]
    {
        let reply = server.get(path).send().await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/manifest+json"), "{path}");
        let manifest: Value = reply.json();
        assert_eq!((&manifest["name"], &manifest["start_url"]), (&name.into(), &start.into()), "{path}");
        let page = server.get(start).send().await;
        assert!(page.text().contains(&format!("rel=\"manifest\" href=\"{path}\"")), "{}", page.text());
        assert!(page.text().contains("name=\"description\""), "{}", page.text());
    }
    for path in ["/t/nowhere/manifest.webmanifest", "/t/%3Cscript%3E/manifest.webmanifest"] {
        assert_eq!(server.get(path).send().await.status, 404, "{path}");
    }
}
