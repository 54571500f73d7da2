//! A letter that was promised is sent: before the server ends, when the mail server is back, and after a crash.

use std::future::pending;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use pulsestage::email::Email;
use pulsestage::id::UserId;
use pulsestage::ports::NewPerson;
use pulsestage::text::{Name, Slug};
use pulsestage::user::Role;
use pulsestage_server::lifecycle;
use pulsestage_server::mail::MailArgs;
use pulsestage_server::state::AppState;

use crate::support::{Connection, Folder, MailServer, Plan, Process, TestServer, args, soon};

const ANN: &str = "ann@example.com";

/// Takes one letter, and answers nothing before it may.
async fn take_letter(socket: TcpStream, may_answer: impl Future<Output = ()>) -> String {
    let (read, mut write) = socket.into_split();
    may_answer.await;
    write.write_all(b"220 mail.test ESMTP\r\n").await.unwrap();
    let (mut lines, mut text) = (BufReader::new(read).lines(), String::new());
    let mut in_letter = false;
    while let Some(line) = lines.next_line().await.unwrap() {
        text += &line;
        text.push('\n');
        let answer = match line.get(..4).unwrap_or_default() {
            "DATA" => {
                in_letter = true;
                "354 go on\r\n"
            }
            "QUIT" => "221 bye\r\n",
            _ if line == "." => {
                write.write_all(b"250 taken\r\n").await.unwrap();
                return text;
            }
            _ if in_letter => continue,
            _ => "250 ok\r\n",
        };
        write.write_all(answer.as_bytes()).await.unwrap();
    }
    panic!("the letter broke off: {text}");
}

/// Adds somebody who gets mail.
async fn add_ann(state: &AppState) {
    let tenant = state.store().tenant_by_slug(&Slug::default_tenant()).await.unwrap().unwrap();
    let new = NewPerson {
        id: UserId(Uuid::from_u128(7)),
        name: Name::parse("Ann Lee").unwrap(),
        email: Some(Email::parse(ANN).unwrap()),
        role: Role::Moderator,
        memberships: Vec::new(),
        at: state.clock().now(),
    };
    state.store().add_person(tenant.id, new).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_was_begun_is_delivered() {
    let (data, site) = (Folder::new(), Folder::site());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = args(&data, &site, &["--public-url", "http://ask.test"]);
    settings.mail = MailArgs {
        smtp_url: Some(format!("smtp://{}", listener.local_addr().unwrap())),
        mail_from: Some("PulseStage <ask@example.com>".to_owned()),
    };
    let running = lifecycle::start(&settings).await.unwrap();
    add_ann(&running.state).await;
    let form = "email=ann%40example.com";
    let head = "POST /sign-in/link HTTP/1.1\r\nhost: ask.test\r\ncontent-type: application/x-www-form-urlencoded";
    let asked = format!("{head}\r\ncontent-length: {}\r\n\r\n{form}", form.len());
    let mut asking = Connection::send(running.addr, &asked).await;
    asking.until("HTTP/1.1 200").await;
    let (socket, _) = soon("the mail server to be called", listener.accept()).await.unwrap();
    let state = running.state.clone();
    let stopped = tokio::spawn(running.stop(pending()));
    let stopping = async {
        let (store, times) = (state.store(), &state.metrics().store);
        while state.readiness().check(store, times, state.clock().now()).await.is_ok() {
            tokio::task::yield_now().await;
        }
        // Longer than requests have: a server that does not wait for its letters has ended by then.
        tokio::time::sleep(lifecycle::STOP_DEADLINE).await;
        assert!(!stopped.is_finished(), "it waits for the letter");
    };
    let letter = soon("the letter", take_letter(socket, stopping)).await;
    assert!(letter.contains(ANN) && letter.contains("ask.test/open/"), "{letter}");
    soon("the server to stop", stopped).await.unwrap();
}

#[tokio::test]
async fn a_letter_is_sent_when_the_mail_server_is_back() {
    // It is about to stop, knows no password yet, and has no answer at all.
    let refusals = &["421 mail.test is closing", "535 5.7.8 not known", ""];
    let mut mail = MailServer::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), refusals);
    let plan = Plan { mail: mail.args.clone(), public_url: Some("http://ask.test".to_owned()), ..Plan::default() };
    let (server, default, _acme) = TestServer::new(plan).await;
    server.person(&default, ANN, Role::Moderator).await;
    assert_eq!(server.post("/sign-in/link", &[("email", ANN)]).send().await.status, 200);
    for _ in refusals {
        mail.refused().await;
    }
    let letter = mail.letter().await;
    server.press(&letter.link("http://ask.test")).send().await.came_in();
    assert!(mail.is_empty(), "one letter");
}

#[tokio::test]
async fn a_link_that_nobody_waits_for_any_more_is_not_sent() {
    let mut mail = MailServer::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), &["421 later"]);
    let plan = Plan { mail: mail.args.clone(), public_url: Some("http://ask.test".to_owned()), ..Plan::default() };
    let (server, default, _acme) = TestServer::new(plan).await;
    server.clock.stop();
    for email in [ANN, "bob@example.com"] {
        server.person(&default, email, Role::Moderator).await;
    }
    assert_eq!(server.post("/sign-in/link", &[("email", ANN)]).send().await.status, 200);
    mail.refused().await;
    server.clock.turn_on(15 * 60);
    assert_eq!(server.post("/sign-in/link", &[("email", "bob@example.com")]).send().await.status, 200);
    assert_eq!(mail.letter().await.to, "bob@example.com", "Ann's link would have run out");
    assert!(mail.is_empty());
}

#[tokio::test]
async fn a_letter_is_sent_although_the_server_was_killed() {
    let (data, site) = (Folder::new(), Folder::site());
    let first = lifecycle::start(&args(&data, &site, &[])).await.unwrap();
    add_ann(&first.state).await;
    first.stop(async {}).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let flags = ["--public-url", "http://ask.test", "--mail-from", "ask@example.com", "--smtp-url", &url];
    let process = Process::start(data, "", &flags).await;
    let asked = process.post("/sign-in/link", "", "email=ann%40example.com").await.unwrap();
    assert_eq!(asked.status, 200, "{}", asked.text());
    // It is in the middle of sending.
    let (socket, _) = soon("the mail server to be called", listener.accept()).await.unwrap();
    let data = process.kill();
    drop(socket);
    let mut mail = MailServer::on(listener, &[]);
    let _next = Process::start(data, "", &flags).await;
    assert_eq!(mail.letter().await.to, ANN);
}
