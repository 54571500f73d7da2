//! Sockets that stall take nothing from those who ask whether the server lives, nor from those who are served.
#![cfg(target_os = "linux")]

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use pulsestage_server::limits::raise_open_files;

use crate::support::{Connection, Folder, Process, soon};

/// A server that has few files, as one in a small container.
async fn small() -> Process {
    assert!(raise_open_files() > 2_000, "this test opens sockets itself");
    Process::start(Folder::new(), "ulimit -n 600;", &["--streams-per-unknown-network", "0"]).await
}

/// Opens sockets that send this and then nothing.
async fn stall(process: &Process, count: usize, begun: &str) -> Vec<TcpStream> {
    let mut stalled = Vec::new();
    for _ in 0..count {
        let mut socket = TcpStream::connect(process.addr).await.unwrap();
        // Who was let go already is no longer listened to.
        let _sent = socket.write_all(begun.as_bytes()).await;
        stalled.push(socket);
    }
    stalled
}

async fn is_well(process: &Process, what: &str) {
    for path in ["/health/live", "/health/ready", "/api/fn/load_board?tenant=default"] {
        let began = Instant::now();
        let answer = timeout(Duration::from_secs(2), process.get(path)).await;
        let answer = answer.unwrap_or_else(|_| panic!("{path} took longer than 2 s while {what}"));
        let answer = answer.unwrap_or_else(|| panic!("{path} was not answered while {what}"));
        assert_eq!(answer.status, 200, "{path} while {what}: {}", answer.text());
        assert!(began.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn seven_hundred_stalled_sockets_keep_nobody_out() {
    let process = small().await;
    let head = "POST /sign-in HTTP/1.1\r\nhost: ask.test\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    let kinds = [
        ("nothing is sent", String::new()),
        ("a head has no end", "GET / HTTP/1.1\r\nhost: ask.test\r\nx-a: b\r\n".to_owned()),
        ("a body has no end", format!("{head}content-length: 1000\r\n\r\nemail=")),
        ("a chunk has no end", format!("{head}transfer-encoding: chunked\r\n\r\n5\r\nemail\r\n")),
        ("a connection is kept", "GET /health/live HTTP/1.1\r\nhost: ask.test\r\n\r\n".to_owned()),
    ];
    let mut all = Vec::new();
    for (what, begun) in &kinds {
        all.push(stall(&process, 700, begun).await);
        is_well(&process, what).await;
    }
    drop(all);
    is_well(&process, "all of them have gone").await;
}

#[tokio::test]
async fn streams_and_what_is_answered_do_not_give_way() {
    let process = small().await;
    let mut streams = Vec::new();
    for _ in 0..100 {
        let head = "GET /sse HTTP/1.1\r\nhost: ask.test\r\n\r\n";
        let mut stream = Connection::send(process.addr, head).await;
        stream.until("\"type\":\"connected\"").await;
        streams.push(stream);
    }
    let _stalled = stall(&process, 700, "GET / HTTP/1.1\r\n").await;
    is_well(&process, "sockets stall").await;
    // A stream that had given way would be at its end.
    for stream in &mut streams {
        assert!(timeout(Duration::from_millis(1), stream.until("\"type\":\"never\"")).await.is_err(), "it goes on");
    }
}

#[tokio::test]
async fn a_body_that_stops_is_told_so() {
    let process = small().await;
    let mut socket = TcpStream::connect(process.addr).await.unwrap();
    let head = "POST /sign-in HTTP/1.1\r\nhost: ask.test\r\ncontent-type: application/x-www-form-urlencoded\r\n";
    socket.write_all(format!("{head}content-length: 1000\r\n\r\nemail=").as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut text = String::new();
    soon("the answer", socket.read_to_string(&mut text)).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 408 ") && text.contains("connection: close"), "{text}");
    assert!((14..25).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}
