//! The secret of a link is not in the log, however talkative it is, nor in the database.

use pulsestage::link::PersonLinkPurpose;
use pulsestage::user::Role;

use crate::support::{Folder, Log, MailServer, PASSWORD, Plan, Room, TestServer, dump, open_store};

const ANN: &str = "ann@example.com";
const WRONG: &str = "a wrong lamp at dawn";
const NEXT: &str = "the river bends twice";

/// What is secret of a `Set-Cookie` header, or of a cookie that is brought.
fn value(cookie: &str) -> String {
    cookie.split(';').next().unwrap().split_once('=').unwrap().1.to_owned()
}

fn token(path: &str) -> String {
    path.rsplit('/').next().unwrap().to_owned()
}

/// Uses every kind of link; gives their secrets.
async fn use_every_link(server: &TestServer, room: &Room, mail: &mut MailServer) -> Vec<String> {
    let user = server.person(room, ANN, Role::Admin).await;
    let mut secrets = vec![PASSWORD.to_owned(), WRONG.to_owned(), NEXT.to_owned()];
    let invitation = server.link_for(room, user, PersonLinkPurpose::Invitation).await;
    let fields = [("name", "Ann Lee"), ("password", PASSWORD)];
    for _ in 0..2 {
        secrets.extend(server.post(&invitation, &fields).send().await.set_cookies().into_iter().map(value));
    }
    server.post("/t/acme/sign-in", &[("email", ANN), ("password", WRONG)]).send().await;
    let came = server.post("/t/acme/sign-in", &[("email", ANN), ("password", PASSWORD)]).send().await;
    let (session, _) = came.came_in();
    let change = [("old", PASSWORD), ("password", NEXT)];
    server.post("/t/acme/password", &change).cookie(&session).send().await;
    let by_mail = server.post("/t/acme/sign-in/forgot", &[("email", ANN)]).send().await;
    assert_eq!(by_mail.status, 200, "{}", by_mail.text());
    let letter = mail.letter_with_link().await.text;
    let at = letter.find("/open/").expect("a link in the letter");
    let reset = letter[at..].split_whitespace().next().unwrap().to_owned();
    let renewed = server.post(&reset, &[("password", PASSWORD)]).send().await;
    let link = server.link_for(room, user, PersonLinkPurpose::SignIn).await;
    let opened = server.press(&link).send().await;
    for reply in [&came, &renewed, &opened] {
        secrets.extend(reply.set_cookies().into_iter().map(value));
    }
    secrets.extend([&invitation, &reset, &link].map(|path| token(path)));
    for path in ["/open/", "/claim/", "/sign-in/", "/thread/"].map(|path| format!("{path}{}", "k".repeat(43))) {
        server.get(&path).send().await;
        server.post(&path, &[("text", "Hello?")]).send().await;
        secrets.push(token(&path));
    }
    secrets.push(value(&room.owner));
    secrets.retain(|secret| !secret.is_empty());
    secrets
}

#[tokio::test]
async fn secrets_of_links_are_neither_logged_nor_kept() {
    let log = Log::listen();
    let folder = Folder::new();
    let mut mail = MailServer::start().await;
    let plan = Plan { mail: mail.args.clone(), public_url: Some("http://ask.test".to_owned()), ..Plan::default() };
    let server = TestServer::on(open_store(&folder.sqlite_url()).await, plan);
    let room = Room::furnish(&server.service, "acme").await;
    let secrets = use_every_link(&server, &room, &mut mail).await;
    assert!(secrets.len() >= 12, "{secrets:?}");
    let said = log.text();
    assert!(
        said.contains("sqlx") && said.len() > 10_000,
        "the log is as talkative as it gets: {} {said:.3000}",
        said.len()
    );
    for secret in &secrets {
        assert!(!said.contains(secret.as_str()), "{secret} is in the log: {said}");
    }
    for (table, rows) in dump(&folder.sqlite_url()).await {
        let rows = serde_json::Value::from(rows).to_string();
        for secret in &secrets {
            assert!(!rows.contains(secret.as_str()), "{secret} is in {table}");
        }
    }
}
