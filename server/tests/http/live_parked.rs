//! Streams whose socket was taken out of hyper, byte for byte and by clients that do as they like.

use tokio::io::AsyncWriteExt;

use crate::support::{Connection, Kind, Live, WireMessage, soon};

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
async fn a_stream_is_chunks_and_says_so() {
    let live = Live::start(Kind::Plain, &["--cors-origin", "https://intranet.example.com"]).await;
    let origin = "GET /sse HTTP/1.1\r\nhost: x\r\norigin: https://intranet.example.com\r\n\r\n";
    let mut stream = Connection::send(live.addr(), origin).await;
    stream.until(CONNECTED).await;
    let text = stream.text();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for line in
        ["transfer-encoding: chunked", "connection: close", "access-control-allow-origin: https://intranet.example.com"]
    {
        assert!(head.lines().any(|other| other == line), "{line} in {head}");
    }
    assert!(!head.contains("content-length"), "{head}");
    assert!(body.split_once("\r\n").unwrap().1.starts_with("retry: "), "{body}");
    live.stop().await;
}

/// The bytes of a body of chunks, whether its last chunk came, and what is left of a chunk that has not come whole.
fn unchunked(mut body: &[u8]) -> (Vec<u8>, bool, usize) {
    let mut bytes = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        let rest = &body[end + 2..];
        if size == 0 {
            assert_eq!(rest, b"\r\n", "nothing comes after the last chunk");
            return (bytes, true, 0);
        }
        if rest.len() < size + 2 {
            break;
        }
        bytes.extend_from_slice(&rest[..size]);
        assert_eq!(&rest[size..size + 2], b"\r\n", "a chunk ends where its size says");
        body = &rest[size + 2..];
    }
    (bytes, false, body.len())
}

/// The messages of a stream that was read byte by byte, each whole.
fn messages(bytes: &[u8], gzip: bool) -> Vec<WireMessage> {
    let text = if gzip {
        let mut decoder = flate2::write::GzDecoder::new(Vec::new());
        std::io::Write::write_all(&mut decoder, bytes).unwrap();
        std::io::Write::flush(&mut decoder).unwrap();
        std::mem::take(decoder.get_mut())
    } else {
        bytes.to_vec()
    };
    let text = String::from_utf8(text).unwrap();
    assert!(text.ends_with("\n\n"), "half a message: {text}");
    text.split_inclusive("\n\n").map(WireMessage::parse).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_a_stream_says_is_whole_chunks_up_to_the_last_one() {
    for gzip in [false, true] {
        let live = Live::start(Kind::Plain, &[FREELY, &["--heartbeat-s", "1"]].concat()).await;
        let subscription = live.running.state.bus().subscribe(live.context.tenant.id).await.unwrap();
        let (epoch, start) = (subscription.channel().epoch, subscription.channel().tail().1);
        drop(subscription);
        let first = live.ask("What did they miss?").await;
        let coding = if gzip { "accept-encoding: gzip\r\n" } else { "" };
        let mut streams = Vec::new();
        for query in [
            String::new(),
            format!("lastEventId={epoch}-{start}"),
            "lastEventId=garbage".to_owned(),
            "events=question:pinned".to_owned(),
            format!("events=question:upvoted&lastEventId={epoch}-{start}"),
            "teamId=00000000-0000-0000-0000-000000000001".to_owned(),
        ] {
            let request = format!("GET /sse?{query} HTTP/1.1\r\nhost: x\r\n{coding}\r\n");
            streams.push(Connection::send(live.addr(), &request).await);
        }
        live.has_streams(streams.len()).await;
        live.vote(&first).await;
        live.ask("And what came then?").await;
        let mut watcher = live.stream("").await;
        watcher.until("heartbeat").await;
        watcher.until("heartbeat").await;
        drop(watcher);
        live.stop().await;
        for stream in streams {
            let bytes = stream.rest_of_bytes().await;
            let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
            let (body, is_ended, left) = unchunked(&bytes[head..]);
            assert!(is_ended && left == 0, "{gzip}: {}", String::from_utf8_lossy(&bytes));
            let messages = messages(&body, gzip);
            assert_eq!(messages[0].kind(), "connected");
            assert!(messages.last().unwrap().closing_frame().is_some(), "{messages:?}");
            assert!(messages.iter().any(|message| message.kind() == "heartbeat"), "{messages:?}");
            let moved = messages.iter().rev().find_map(WireMessage::cursor).unwrap();
            assert_eq!(moved.seq, start + 2, "{messages:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_that_was_written_in_part_is_finished_before_anything_else() {
    let live = Live::start(Kind::Plain, &[FREELY, &["--heartbeat-s", "600"]].concat()).await;
    let mut lazy = Connection::get(live.addr(), "/sse").await;
    lazy.until(CONNECTED).await;
    let mut quick = live.stream("").await;
    let start = quick.greeting().await;
    let long = "as it is ".repeat(53);
    for n in 1..=1_500_i64 {
        live.ask(&format!("{n} {long}")).await;
        quick.message().await;
    }
    // All of it is read while the server stops: what was half written is whole, or the end is not said to be one.
    let reading = tokio::spawn(lazy.rest_of_bytes());
    live.stop().await;
    let bytes = reading.await.unwrap();
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let (body, is_ended, left) = unchunked(&bytes[head..]);
    let text = String::from_utf8(body).unwrap();
    let read: Vec<_> =
        text.split_inclusive("\n\n").filter(|text| text.ends_with("\n\n")).map(WireMessage::parse).collect();
    let seqs: Vec<_> = read.iter().skip(1).filter_map(WireMessage::cursor).map(|cursor| cursor.seq).collect();
    assert_eq!(seqs, (start.seq + 1..).take(seqs.len()).collect::<Vec<_>>(), "each once and in order");
    if is_ended {
        assert!(left == 0 && read.last().unwrap().closing_frame().is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_1_0_gets_no_chunks() {
    let live = Live::start(Kind::Plain, &[]).await;
    for version in ["HTTP/1.0", "HTTP/1.0\r\nconnection: keep-alive"] {
        let mut stream = Connection::send(live.addr(), &format!("GET /sse {version}\r\nhost: x\r\n\r\n")).await;
        stream.until(CONNECTED).await;
        let question = live.ask(&format!("Is it bare, {}?", version.len())).await;
        stream.until(&question.id.to_string()).await;
        let text = stream.text();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert!(body.starts_with("retry: ") && !body.contains('\r'), "{body}");
    }
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
