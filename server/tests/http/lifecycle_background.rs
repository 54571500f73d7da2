//! What a request began and nobody waits for is finished before the server ends.

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

use crate::support::{Connection, Folder, args, soon};

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
    let tenant = running.state.store().tenant_by_slug(&Slug::default_tenant()).await.unwrap().unwrap();
    let new = NewPerson {
        id: UserId(Uuid::from_u128(7)),
        name: Name::parse("Ann Lee").unwrap(),
        email: Some(Email::parse(ANN).unwrap()),
        role: Role::Moderator,
        memberships: Vec::new(),
        at: running.state.clock().now(),
    };
    running.state.store().add_person(tenant.id, new).await.unwrap();
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
