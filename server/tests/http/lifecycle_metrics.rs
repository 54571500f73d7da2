//! A whole server with a port for Prometheus: what parked streams were written is counted there.

use clap::Parser;
use std::collections::BTreeMap;
use std::future::pending;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use pulsestage::command::Ask;
use pulsestage::text::Slug;
use pulsestage::user::Role;
use pulsestage_server::commands::Cli;
use pulsestage_server::lifecycle::{self, Running};

use crate::http_health::samples;
use crate::support::{Folder, signed_in, soon};

const STREAMS: usize = 12;

async fn get(addr: SocketAddr, path: &str) -> TcpStream {
    let mut socket = TcpStream::connect(addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

async fn whole(addr: SocketAddr, path: &str) -> String {
    let mut text = String::new();
    soon(path, get(addr, path).await.read_to_string(&mut text)).await.unwrap();
    text
}

async fn scraped(running: &Running) -> BTreeMap<String, f64> {
    let text = whole(running.metrics_addr.unwrap(), "/metrics").await;
    samples(text.split_once("\r\n\r\n").unwrap().1)
}

/// Scrapes until it is so.
async fn scraped_until(running: &Running, what: &str, is_so: impl Fn(&BTreeMap<String, f64>) -> bool) {
    let scrape = async { while !is_so(&scraped(running).await) {} };
    soon(what, scrape).await;
}

/// The sum of a family over its labels.
fn sum(samples: &BTreeMap<String, f64>, family: &str) -> f64 {
    samples.iter().filter(|(name, _)| name.split('{').next() == Some(family)).map(|(_, value)| value).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_parked_streams_were_written_is_counted_on_a_port_of_its_own() {
    let (data, site) = (Folder::new(), Folder::site());
    let (data, site) = (data.path().display().to_string(), site.path().display().to_string());
    let words = ["pulsestage", "--addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0", "--data-dir", &data];
    let more = ["--site-dir", &site, "--drain-s", "0", "--heartbeat-s", "1", "--sqlite-sync", "normal"];
    let args = Cli::try_parse_from(words.into_iter().chain(more)).unwrap().serve;
    let running = soon("the server to start", lifecycle::start(&args)).await.unwrap();
    let mut open = Vec::new();
    for _ in 0..STREAMS {
        open.push(get(running.addr, "/sse").await);
    }
    scraped_until(&running, "all streams", |it| sum(it, "pulsestage_streams") == STREAMS as f64).await;
    let service = running.state.service();
    let (_, mut caller) = signed_in(service, &Slug::default_tenant(), Role::Owner).await;
    caller.device = Some(uuid::Uuid::from_u128(1));
    let context = service.authenticate("default", &caller).await.unwrap();
    let team = service.board(&context).await.unwrap().board.teams[0].id;
    service.ask(&context, None, Ask { team, body: "Is this counted?".to_owned(), name: None }).await.unwrap();
    scraped_until(&running, "all deliveries", |it| sum(it, "pulsestage_deliveries_total") >= STREAMS as f64).await;
    scraped_until(&running, "heartbeats", |it| it["pulsestage_heartbeats_total{outcome=\"sent\"}"] >= STREAMS as f64)
        .await;
    let metrics = scraped(&running).await;
    assert!(sum(&metrics, "pulsestage_delivered_bytes_total") > 100.0 * STREAMS as f64);
    assert!(metrics["pulsestage_heartbeat_age_seconds"] < 60.0);
    assert!(metrics["pulsestage_table_rows{table=\"events\"}"] >= 1.0, "the first team was there when it began");
    assert!(metrics["pulsestage_database_bytes"] > 4_096.0 && metrics.contains_key("pulsestage_database_log_bytes"));
    assert!(whole(running.addr, "/metrics").await.starts_with("HTTP/1.1 404"), "never on the public port");
    assert!(whole(running.addr, "/health/ready").await.starts_with("HTTP/1.1 200"));
    drop(open);
    scraped_until(&running, "the ends", |it| it["pulsestage_stream_duration_seconds_count"] == STREAMS as f64).await;
    let readiness = running.state.readiness().clone();
    let (store, metrics_addr) = (running.state.clone(), running.metrics_addr.unwrap());
    running.stop(pending()).await;
    assert!(
        readiness.check(store.store(), &store.metrics().store, store.clock().now()).await.is_err(),
        "nobody is to be sent to a server that stops"
    );
    assert!(TcpStream::connect(metrics_addr).await.is_err(), "the port of the metrics is free again");
}
