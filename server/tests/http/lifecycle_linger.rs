//! A server that is told to stop goes on until whoever sends people to it has noticed, and cuts nobody off who came.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::Instant;

use pulsestage_server::lifecycle::{self, Running};

use crate::support::{Connection, Folder, Kind, Live, args, soon};

const ALIVE: &str = "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n";

async fn started(flags: &[&str]) -> (Running, Folder, Folder) {
    let (data, site) = (Folder::new(), Folder::site());
    let running = soon("the server to start", lifecycle::start(&args(&data, &site, flags))).await.unwrap();
    (running, data, site)
}

/// Stops a server; what is sent hurries it.
fn stopping(running: Running) -> (oneshot::Sender<()>, tokio::task::JoinHandle<Duration>) {
    let (hurry, hurried) = oneshot::channel();
    let began = Instant::now();
    let stopped = tokio::spawn(async move {
        let hurry = async {
            // A sender that is dropped is no hurry.
            if hurried.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        running.stop(hurry).await;
        began.elapsed()
    });
    (hurry, stopped)
}

/// Waits until it says that it stops; gives the answer that said so.
async fn is_stopping(addr: SocketAddr) -> String {
    let stops = async {
        loop {
            let mut ready = Connection::get(addr, "/health/ready").await;
            ready.until("\r\n\r\n").await;
            if ready.text().starts_with("HTTP/1.1 503") {
                return ready.text() + &ready.rest().await;
            }
        }
    };
    soon("it to say that it stops", stops).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_that_it_stops_and_goes_on_until_nobody_comes() {
    let (running, _data, _site) = started(&["--linger-s", "2", "--drain-s", "1"]).await;
    let (addr, state) = (running.addr, running.state.clone());
    let mut stream = Connection::get(addr, "/sse").await;
    stream.until("\"type\":\"connected\"").await;
    let mut kept = Connection::send(addr, ALIVE).await;
    kept.until("\r\n\r\nok").await;
    assert!(!kept.text().contains("connection: close"), "{}", kept.text());
    let (_hurry, stopped) = stopping(running);
    let unready = is_stopping(addr).await;
    assert!(unready.ends_with("stopping") && unready.contains("connection: close"), "{unready}");
    // Whoever comes is answered, on a connection that is kept and on a new one; both end then.
    kept.socket.write_all(ALIVE.as_bytes()).await.unwrap();
    let last = kept.rest().await;
    assert!(last.starts_with("HTTP/1.1 200") && last.contains("connection: close") && last.ends_with("ok"), "{last}");
    let mut new = Connection::get(addr, "/").await;
    new.until("\r\n\r\n").await;
    assert!(new.text().starts_with("HTTP/1.1 200") && new.text().contains("connection: close"), "{}", new.text());
    let mut late = Connection::get(addr, "/sse").await;
    late.until("\"type\":\"connected\"").await;
    assert_eq!(state.bus().metrics().total_connections, 2, "streams stay while others may still send people here");
    let refused = async {
        while TcpStream::connect(addr).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("it to accept nobody", refused).await;
    for stream in [stream, late] {
        assert!(stream.rest().await.contains("retry: "), "they are told when to come back");
    }
    let took = soon("it to stop", stopped).await.unwrap();
    assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(6), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_the_waiting() {
    let (running, _data, _site) = started(&["--linger-s", "600", "--drain-s", "600"]).await;
    let addr = running.addr;
    let mut stream = Connection::get(addr, "/sse").await;
    stream.until("\"type\":\"connected\"").await;
    let (hurry, stopped) = stopping(running);
    is_stopping(addr).await;
    let hurried_at = Instant::now();
    hurry.send(()).unwrap();
    soon("it to stop", stopped).await.unwrap();
    assert!(hurried_at.elapsed() < Duration::from_secs(3), "{:?}", hurried_at.elapsed());
    assert!(stream.rest().await.contains("retry: "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_is_answered_while_it_lingers() {
    let live = Live::start(Kind::Http2, &["--linger-s", "2"]).await;
    let mut stream = live.stream("").await;
    stream.greeting().await;
    live.running.state.readiness().set_stopping();
    assert_eq!(live.get("/health/ready").await.status(), 503);
    assert_eq!(live.get("/health/live").await.status(), 200);
    live.stop().await;
    assert!(!stream.rest().await.is_empty(), "it is told when to come back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_to_be_accepted_is_answered() {
    // Two are accepted; the others have connected and sent their requests, and wait with the kernel.
    let (running, _data, _site) = started(&["--linger-s", "1", "--accept-rate", "2/1h"]).await;
    let addr = running.addr;
    let mut waiting = Vec::new();
    for _ in 0..40 {
        waiting.push(Connection::send(addr, ALIVE).await);
    }
    let (_hurry, stopped) = stopping(running);
    for connection in waiting {
        let answer = soon("an answer", connection.rest()).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok"), "{answer}");
    }
    soon("it to stop", stopped).await.unwrap();
    assert!(TcpStream::connect(addr).await.is_err());
}

/// What became of a request over a connection of its own.
#[derive(Debug, PartialEq, Eq)]
enum RequestOutcome {
    Answered,
    /// Nobody listens: nothing was sent, so it may be sent elsewhere.
    NotAccepted,
    /// It was sent, and nobody knows what became of it.
    Cut(String),
}

async fn request(addr: SocketAddr, pause: Duration) -> RequestOutcome {
    let Ok(mut socket) = TcpStream::connect(addr).await else { return RequestOutcome::NotAccepted };
    tokio::time::sleep(pause).await;
    let mut answer = Vec::new();
    let asked = async {
        socket.write_all(ALIVE.as_bytes()).await?;
        while !answer.ends_with(b"\r\n\r\nok") {
            if socket.read_buf(&mut answer).await? == 0 {
                break;
            }
        }
        Ok::<_, std::io::Error>(())
    };
    match asked.await {
        Ok(()) if answer.ends_with(b"\r\n\r\nok") => RequestOutcome::Answered,
        other => RequestOutcome::Cut(format!("{other:?} {}", String::from_utf8_lossy(&answer))),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_cut_off_at_the_moment_it_stops_accepting() {
    for round in 0..3 {
        let (running, _data, _site) = started(&["--linger-s", "1"]).await;
        let (addr, over) = (running.addr, Arc::new(AtomicBool::new(false)));
        let clients: Vec<_> = (0..16)
            .map(|client| {
                let over = over.clone();
                // Some send their request at once, some a moment after they were accepted.
                let pause = Duration::from_millis(if client % 4 == 0 { 20 } else { 0 });
                tokio::spawn(async move {
                    let mut answered = 0_u32;
                    loop {
                        match request(addr, pause).await {
                            RequestOutcome::Answered => answered += 1,
                            RequestOutcome::NotAccepted if over.load(Ordering::Acquire) => return answered,
                            other => panic!("client {client}, after {answered} answers: {other:?}"),
                        }
                    }
                })
            })
            .collect();
        over.store(true, Ordering::Release);
        running.stop(std::future::pending()).await;
        let mut answered = 0;
        for client in clients {
            answered += soon("a client to be turned away", client).await.unwrap();
        }
        assert!(answered > 100, "round {round}: {answered}");
    }
}
