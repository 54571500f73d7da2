//! Streams whose socket was taken out of hyper, byte for byte and by clients that do as they like.

use tokio::io::AsyncWriteExt;

use crate::support::{Connection, Kind, Live, soon};

const CONNECTED: &str = "\"type\":\"connected\"";
/// Asks as fast as it can, and hears of each question alone.
const FREELY: &[&str] = &[
    "--window-ms",
    "0",
    "--asks-per-participant",
    "0",
    "--reads-per-participant",
    "0",
    "--changes-per-moderator",
    "0",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_head_ends_with_the_connection() {
    let live = Live::start(Kind::Plain, &["--cors-origin", "https://intranet.example.com"]).await;
    let origin = "GET /sse HTTP/1.1\r\nhost: x\r\norigin: https://intranet.example.com\r\n\r\n";
    let mut stream = Connection::send(live.addr(), origin).await;
    stream.until(CONNECTED).await;
    let text = stream.text();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for line in ["connection: close", "access-control-allow-origin: https://intranet.example.com"] {
        assert!(head.lines().any(|other| other == line), "{line} in {head}");
    }
    for name in ["content-length", "transfer-encoding"] {
        assert!(!head.contains(name), "{head}");
    }
    assert!(body.starts_with("retry: "), "{body}");
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_and_odd_requests_are_streams_too() {
    let live = Live::start(Kind::Plain, &[]).await;
    for request in [
        "GET /sse HTTP/1.0\r\n\r\n",
        "GET /sse HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "GET /sse HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello",
        "GET /sse HTTP/1.1\r\nhost: x\r\n\r\nGET /sse HTTP/1.1\r\nhost: x\r\n\r\n",
    ] {
        let mut stream = Connection::send(live.addr(), request).await;
        stream.until(CONNECTED).await;
        let question = live.ask(&format!("Was it {} bytes?", request.len())).await;
        stream.until(&question.id.to_string()).await;
        assert_eq!(stream.text().matches("HTTP/1.1 200 OK").count(), 1, "{request:?}: one answer and no other");
    }
    live.has_streams(0).await;
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_before_a_stream_come_before_it() {
    let live = Live::start(Kind::Plain, &[]).await;
    // All at once: the stream's request is there before the first answer is written.
    let ahead = "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n".repeat(20);
    let mut stream = Connection::send(live.addr(), &format!("{ahead}GET /sse HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    stream.until(CONNECTED).await;
    let text = stream.text();
    assert_eq!(text.matches("\r\n\r\nok").count(), 20, "{text}");
    assert!(text.rfind("\r\n\r\nok") < text.find("text/event-stream"), "{text}");
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_alone_is_no_stream() {
    let live = Live::start(Kind::Plain, &[]).await;
    let mut answer = Connection::send(live.addr(), "HEAD /sse HTTP/1.1\r\nhost: x\r\n\r\n").await;
    answer.until("\r\n\r\n").await;
    assert!(answer.text().contains("text/event-stream"), "{}", answer.text());
    live.has_streams(0).await;
    let mut refused = Connection::get(live.addr(), "/sse?tenantId=nope").await;
    refused.until("Tenant not found").await;
    assert!(refused.text().starts_with("HTTP/1.1 404"), "{}", refused.text());
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_talks_too_much_or_hangs_up_is_let_go() {
    let live = Live::start(Kind::Plain, &[]).await;
    let mut chatty = Connection::get(live.addr(), "/sse").await;
    chatty.until(CONNECTED).await;
    live.has_streams(1).await;
    chatty.socket.write_all(&[b'x'; 10_000]).await.unwrap();
    let question = live.ask("Is it still there?").await;
    chatty.until(&question.id.to_string()).await;
    let said = async { while chatty.socket.write_all(&[b'x'; 10_000]).await.is_ok() {} };
    soon("a chatty client to be cut off", said).await;
    live.has_streams(0).await;
    for half_close in [false, true] {
        let mut leaving = Connection::get(live.addr(), "/sse").await;
        leaving.until(CONNECTED).await;
        live.has_streams(1).await;
        if half_close {
            leaving.socket.shutdown().await.unwrap();
            live.has_streams(0).await;
        }
        drop(leaving);
        live.has_streams(0).await;
    }
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_read_holds_up_nobody_and_misses_nothing() {
    // A client that takes nothing for half a heartbeat is let go; here it is the ring alone that has to hold out.
    let patiently = [FREELY, &["--heartbeat-s", "600"]].concat();
    let live = Live::start(Kind::Plain, &patiently).await;
    let mut lazy = Connection::get(live.addr(), "/sse").await;
    lazy.until(CONNECTED).await;
    let mut quick = live.stream("").await;
    let start = quick.greeting().await;
    // More than the kernel holds of a stream for a client and for us together.
    let long = "as it is ".repeat(53);
    for n in 1..=1_000_i64 {
        live.ask(&format!("{n} {long}")).await;
        let message = quick.message().await;
        assert_eq!(message.cursor().unwrap().seq, start.seq + n);
    }
    live.has_streams(2).await;
    let last = format!("id: {:016x}-{}\n", start.epoch.0, start.seq + 1_000);
    lazy.until(&last).await;
    let text = lazy.text();
    let ids: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("id: ")).skip(1).collect();
    let expected: Vec<_> = (1..=1_000).map(|n| format!("{:016x}-{}", start.epoch.0, start.seq + n)).collect();
    assert_eq!(ids, expected, "each once and in order");
    live.stop().await;
}
