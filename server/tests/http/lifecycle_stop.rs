//! A whole server on a real socket: it starts with what it was given, and it ends in time whoever is still there.

use std::future::pending;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use pulsestage::command::{Ask, SetVote};
use pulsestage_server::lifecycle::{self, Running};

use crate::support::{Connection, Folder, PATIENCE, WireMessage, args, signed_in, soon};

const STREAMS: usize = 100;

async fn started() -> (Running, Folder, Folder) {
    let (data, site) = (Folder::new(), Folder::site());
    let running = soon("the server to start", lifecycle::start(&args(&data, &site, &[]))).await.unwrap();
    (running, data, site)
}

async fn streams(running: &Running, count: usize) -> Vec<Connection> {
    let mut open = Vec::new();
    for _ in 0..count {
        let mut stream = Connection::get(running.addr, "/sse").await;
        stream.until("\"type\":\"connected\"").await;
        open.push(stream);
    }
    open
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stops_within_two_seconds_with_a_hundred_streams_open() {
    let (running, _data, _site) = started().await;
    let open = streams(&running, STREAMS).await;
    assert_eq!(running.state.bus().metrics().total_connections, STREAMS);
    let state = running.state.clone();
    let addr = running.addr;
    let began = Instant::now();
    running.stop(pending()).await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(2), "it took {took:?}");
    for stream in open {
        assert!(stream.text().starts_with("HTTP/1.1 200 OK\r\n"));
        let end = stream.rest().await;
        // Told when to come back, and ended with the last chunk.
        let (size, rest) = end.split_once("\r\n").unwrap();
        let (message, last) = rest.split_at(usize::from_str_radix(size, 16).unwrap());
        assert!(WireMessage::parse(message).closing_frame().is_some(), "{end:?}");
        assert_eq!(last, "\r\n0\r\n\r\n");
    }
    assert_eq!(state.bus().metrics().total_connections, 0);
    assert!(TcpStream::connect(addr).await.is_err(), "the port is free again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stops_in_time_for_those_who_do_not_read() {
    let (running, _data, _site) = started().await;
    let _unread = streams(&running, 10).await;
    // Half a request, and a connection that waits between two.
    let _half = Connection::send(running.addr, "POST /api/fn/ask HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\ncontent-type: application/x-www-form-urlencoded\r\n\r\nteam=").await;
    let _head = Connection::send(running.addr, "GET / HT").await;
    let mut idle = Connection::get(running.addr, "/health/live").await;
    idle.until("\r\n\r\nok").await;
    let began = Instant::now();
    running.stop(pending()).await;
    assert!(began.elapsed() < Duration::from_secs(2), "it took {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_is_on_every_stream_and_what_was_said_is_kept() {
    let (data, site) = (Folder::new(), Folder::site());
    let running = lifecycle::start(&args(&data, &site, &[])).await.unwrap();
    let slug = pulsestage::text::Slug::default_tenant();
    let service = running.state.service().clone();
    let (_cookie, mut caller) = signed_in(&service, &slug, pulsestage::user::Role::Owner).await;
    caller.device = Some(uuid::Uuid::from_u128(1));
    let mut context = service.authenticate("default", &caller).await.unwrap();
    context.tenant.settings.own_votes = true;
    let board = service.board(&context).await.unwrap().board;
    assert_eq!(
        board.teams.iter().map(|team| team.name.as_str()).collect::<Vec<_>>(),
        ["Everyone"],
        "a first start makes a room"
    );
    let mut open = streams(&running, 20).await;
    let question = service
        .ask(&context, None, Ask { team: board.teams[0].id, body: "Does everybody hear this?".to_owned(), name: None })
        .await
        .unwrap();
    service.set_vote(&context, None, SetVote { question: question.id, up: true }).await.unwrap();
    for stream in &mut open {
        stream.until("question:created").await;
        stream.until("question:upvoted").await;
    }
    running.stop(pending()).await;
    let again = lifecycle::start(&args(&data, &site, &[])).await.unwrap();
    let context = again.state.service().authenticate("default", &caller).await.unwrap();
    let view = again.state.service().board(&context).await.unwrap();
    assert_eq!(view.board.questions[&question.id].upvotes, 1);
    assert_eq!(view.voted, [question.id], "and it is known whose vote it was");
    assert_eq!((context.actor.role, view.board.cursor.epoch), (pulsestage::user::Role::Owner, board.cursor.epoch));
    // A cursor from before the restart is still a place to go on from.
    let mut stream = Connection::get(again.addr, &format!("/sse?last_event_id={}", board.cursor)).await;
    stream.until("question:created").await;
    stream.until("question:upvoted").await;
    assert!(!stream.text().contains("resync"));
    again.stop(pending()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_that_leaves_is_counted_out() {
    let (running, _data, _site) = started().await;
    let mut open = streams(&running, 20).await;
    open.truncate(7);
    let left = async {
        while running.state.bus().metrics().total_connections != 7 {
            tokio::task::yield_now().await;
        }
    };
    soon("thirteen streams to be counted out", left).await;
    drop(open);
    running.stop(pending()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense_on_the_socket_is_turned_away() {
    let (running, _data, _site) = started().await;
    let long = format!("GET / HTTP/1.1\r\nhost: x\r\nlast-event-id: {}\r\n\r\n", "9".repeat(2 << 20));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(1_000));
    for bytes in [
        "\r\n\r\n",
        "NONSENSE\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\u{0}\u{0}\u{0}\r\n\r\n",
        &long,
        &many,
    ] {
        let mut connection = TcpStream::connect(running.addr).await.unwrap();
        // It may be cut off before everything is sent: that is an answer as well.
        let _cut_off = connection.write_all(bytes.as_bytes()).await;
        let _cut_off = connection.shutdown().await;
        let mut answer = Vec::new();
        let _cut_off = tokio::time::timeout(PATIENCE, connection.read_to_end(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{bytes:.30?}: {answer:.60}");
    }
    let mut fine = Connection::get(running.addr, "/health/live").await;
    fine.until("\r\n\r\nok").await;
    drop(fine);
    running.stop(pending()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_welcome_has_a_link_to_claim_the_installation() {
    let (running, _data, _site) = started().await;
    let welcome = lifecycle::welcome(&running).await.unwrap();
    let link = welcome.split_whitespace().find(|word| word.contains("/claim/")).unwrap();
    let path = link.strip_prefix(&format!("http://{}", running.addr)).unwrap();
    assert!(!welcome.contains("/sign-in/"), "no way in for whoever does not own it: {welcome}");
    let mut page = Connection::get(running.addr, path).await;
    page.until("Claim this installation").await;
    assert!(page.text().starts_with("HTTP/1.1 200"), "{}", page.text());
    running.stop(pending()).await;
}

#[tokio::test]
async fn what_cannot_be_used_is_said() {
    let (data, site, empty) = (Folder::new(), Folder::site(), Folder::new());
    let no_site = lifecycle::start(&args(&data, &empty, &[])).await.err().unwrap();
    assert!(format!("{no_site:#}").contains("--site-dir"), "{no_site:#}");
    let mut no_database = args(&data, &site, &[]);
    no_database.store.database_url = Some("mysql://x".to_owned());
    let no_database = lifecycle::start(&no_database).await.err().unwrap();
    assert!(format!("{no_database:#}").contains("sqlite://"), "{no_database:#}");
    let mut no_redis = args(&data, &site, &[]);
    no_redis.redis_url = Some("http://x".to_owned());
    let no_redis = lifecycle::start(&no_redis).await.err().unwrap();
    assert!(format!("{no_redis:#}").contains("REDIS_URL"), "{no_redis:#}");
    let running = lifecycle::start(&args(&data, &site, &[])).await.unwrap();
    let mut taken = args(&data, &site, &[]);
    taken.addr = running.addr;
    let taken = lifecycle::start(&taken).await.err().unwrap();
    assert!(format!("{taken:#}").contains(&running.addr.to_string()), "{taken:#}");
    running.stop(pending()).await;
}
