//! Limits of streams, as a browser on a real socket meets them.

use uuid::Uuid;

use crate::support::{Connection, Kind, Live, WireMessage, soon};

const CONNECTED: &str = "\"type\":\"connected\"";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_life_ends_with_the_time_to_come_back() {
    for kind in Kind::ALL {
        let live = Live::start(kind, &["--stream-life-s", "1"]).await;
        let mut wire = live.stream("").await;
        let start = wire.greeting().await;
        let rest = wire.rest().await;
        assert_eq!(rest.len(), 1, "{kind:?} {rest:?}");
        let retry = rest[0].closing_frame().unwrap();
        assert!((1_000..3_000).contains(&retry), "{kind:?} {retry}");
        live.has_streams(0).await;
        // What was said while nobody listened is heard by those who come back.
        live.ask("Is anybody there?").await;
        let mut back = live.stream(&format!("last_event_id={start}")).await;
        back.greeting().await;
        assert_eq!(back.message().await.cursor().unwrap().seq, start.seq + 1, "{kind:?}");
        live.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_33rd_tab_waits_until_another_is_closed() {
    let live = Live::start(Kind::Plain, &[]).await;
    let open = async |participant: u128| {
        let cookie = live.running.state.cookies().device_cookie(Uuid::from_u128(participant));
        let cookie = cookie.stripped().to_string();
        let head = format!("GET /sse HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: {cookie}\r\n\r\n");
        Connection::send(live.addr(), &head).await
    };
    let mut tabs = Vec::new();
    for _ in 0..32 {
        let mut tab = open(7).await;
        tab.until(CONNECTED).await;
        tabs.push(tab);
    }
    let turned_away = open(7).await.rest().await;
    let (head, body) = turned_away.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("text/event-stream"), "{head}");
    let retry = WireMessage::parse(body).closing_frame().unwrap();
    assert!((5_000..=15_000).contains(&retry), "{retry}");
    open(8).await.until(CONNECTED).await;
    drop(tabs.pop());
    let streams = &live.running.state.limits().streams;
    let left = async {
        while streams.taken() != 31 {
            tokio::task::yield_now().await;
        }
    };
    soon("the closed tab to be counted out", left).await;
    let mut let_in = open(7).await;
    let_in.until(CONNECTED).await;
    assert_eq!(streams.refused().participant, 1);
    drop((tabs, let_in));
    live.stop().await;
}
