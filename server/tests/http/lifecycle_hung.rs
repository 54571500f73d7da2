//! A database that hangs, is killed, or is somebody else's for a while: every request is answered in time, by what it
//! asked for or by 503, and whatever was acknowledged is there once.
//!
//! `PULSESTAGE_TEST_KILLS` makes it a longer one.

use axum::http::Method;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use pulsestage::question::Question;
use pulsestage_server::audience::Ledger;

use crate::routes::{admin_views, routes};
use crate::stage::{Stage, on_postgres};
use crate::support::{Call, Cluster, Folder, Plan, Relay, Reply, Room, TestServer, assert_kept, open_store, soon};

/// What is promised, and a little for a machine that is busy with other tests.
const IN_TIME: Duration = Duration::from_millis(5_500);
const WRITERS: usize = 8;

/// Every address of the server that is read, for somebody who may see all.
fn addresses(room: &Room) -> Vec<String> {
    let files = ["questions.csv", "questions.json", "questions.xlsx", "votes.csv", "audit.csv", "audit.jsonl"];
    let mut addresses = Vec::new();
    // A stream does not end.
    for route in routes().into_iter().filter(|route| route != "/sse") {
        let mut of_route = vec![route];
        for (parameter, values) in [
            ("{room}", vec![String::new(), format!("/t/{}", room.slug)]),
            ("{tenant}", vec![room.slug.clone()]),
            ("{question}", vec![room.open.id.to_string()]),
            ("{token}", vec!["a".repeat(64)]),
            ("{code}", vec!["ABCDEF".to_owned()]),
            ("{view}", admin_views().into_iter().map(str::to_owned).collect()),
            ("{file}", files.iter().map(|file| (*file).to_owned()).collect()),
            ("{*name}", vec!["load_board?tenant=".to_owned(), "load_people?tenant=".to_owned()]),
            ("{*rest}", vec!["nothing".to_owned()]),
        ] {
            let fill = |route: &String| values.iter().map(|value| route.replace(parameter, value)).collect();
            of_route = of_route.iter().flat_map::<Vec<String>, _>(fill).collect();
        }
        addresses.extend(of_route);
    }
    addresses.sort();
    addresses.dedup();
    addresses
}

/// Holds that an answer came in time, and is no failure but 503 with the time to come again.
fn assert_in_time(what: &str, took: Duration, reply: &Reply) {
    assert!(took < IN_TIME, "{what} took {took:?}");
    let status = reply.status.as_u16();
    assert!(status < 500 || status == 503, "{what}: {status} {}", reply.text());
    assert!(status != 503 || !reply.header("retry-after").is_empty(), "{what}: 503 without Retry-After");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_address_answers_in_time_while_the_server_hangs() {
    on_postgres("hung_addresses", every_address).await;
}

async fn every_address(stage: Arc<Stage>) {
    let relay = Relay::to(&stage.url).await;
    let server = TestServer::on(open_store(&relay.url(&stage.url)).await, Plan::default());
    let room = Room::furnish(&server.service, "default").await;
    let mut usual = BTreeMap::new();
    for path in addresses(&room) {
        usual.insert(path.clone(), server.get(&path).cookie(&room.owner).send().await.status);
    }
    let opened = relay.opened();
    relay.hold();
    // What people may see is kept for a second.
    sleep(Duration::from_millis(1_100)).await;
    let mut asked = JoinSet::new();
    for path in usual.keys() {
        for method in [Method::GET, Method::POST] {
            let call = server.request(method.clone(), path).cookie(&room.owner);
            // A form that went to a function without script is told on the page that it came from.
            let call = if path.starts_with("/api/") { call } else { call.wants_page() };
            let call = if method == Method::POST { call.form(&[("tenant", "")]) } else { call };
            let path = path.clone();
            asked.spawn(async move {
                let began = Instant::now();
                (path, method, call.send().await, began.elapsed())
            });
        }
    }
    let mut unavailable = BTreeSet::new();
    while let Some(answer) = asked.join_next().await {
        let (path, method, reply, took) = answer.unwrap();
        assert_in_time(&format!("{method} {path}"), took, &reply);
        if method == Method::GET {
            // Nobody is told that something is not there, or not theirs, by a database that says nothing.
            let as_usual = reply.status == usual[&path];
            assert!(as_usual || reply.status == 503, "{path}: {} instead of {}", reply.status, usual[&path]);
            if reply.status == 503 {
                unavailable.insert(path);
            }
        }
    }
    for path in
        ["/", "/admin", "/export/audit.csv", "/export/questions.csv", "/health/ready", "/j/ABCDEF", "/mine", "/sign-in"]
    {
        assert!(unavailable.contains(path), "{path} was answered without the database: {unavailable:?}");
    }
    assert!(unavailable.contains("/api/fn/load_board?tenant="), "{unavailable:?}");
    // EventSource gives up for good on any status but 200; it gets a stream that ends at once.
    let began = Instant::now();
    let stream = server.get("/sse").send().await;
    assert!(stream.status == 200 && began.elapsed() < IN_TIME && stream.text().starts_with("retry:"), "{stream:?}");

    let operation = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001).to_string();
    let (team, cookie) = (room.team.id.to_string(), server.participant(7));
    let form = [("tenant", ""), ("op", &*operation), ("team", &*team), ("question", "Is anybody there at all?")];
    let ask = || server.function("ask").cookie(&cookie).form(&form);
    let began = Instant::now();
    let reply = ask().send().await;
    assert_in_time("ask", began.elapsed(), &reply);
    assert_eq!(reply.status, 503, "{}", reply.text());
    let began = Instant::now();
    let signed_in = server.request(Method::POST, "/sign-in").form(&[("email", "a@b.test"), ("password", "x")]);
    assert_in_time("sign-in", began.elapsed(), &signed_in.wants_page().send().await);

    relay.release();
    let began = Instant::now();
    let back = async {
        while ask().send().await.status != 200 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    soon("a write to go through", back).await;
    assert!(began.elapsed() < Duration::from_secs(3), "it took {:?} to be there again", began.elapsed());
    assert!(relay.opened() < opened + 200, "{} connections were opened", relay.opened() - opened);
    assert_eq!(ask().send().await.status, 200);
    let asked = server.store.snapshot(room.tenant.id, None).await.unwrap().board.questions;
    assert_eq!(asked.values().filter(|question| question.body == form[3].1).count(), 1, "asked four times, once there");
    server.close().await;
}

/// Notes an answer, which must be a success or say when to come again.
fn note(ledger: &Mutex<Ledger>, what: &str, reply: &Reply, took: Duration) {
    let (status, mut ledger) = (reply.status.as_u16(), ledger.lock().unwrap());
    ledger.note_status(status, took);
    if status != 200 && (status != 503 || reply.header("retry-after").is_empty()) {
        ledger.fail(|| format!("{what}: {status} {}", reply.text()));
    }
}

/// Writers and readers at work on one instance.
struct RouterLoad {
    ledger: Arc<Mutex<Ledger>>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl RouterLoad {
    fn start(server: &TestServer, room: &Room) -> Self {
        let mut load = Self { ledger: Arc::default(), stop: CancellationToken::new(), tasks: JoinSet::new() };
        for writer in 0..WRITERS {
            let (ledger, stop, router) = (load.ledger.clone(), load.stop.clone(), server.router.clone());
            let (cookie, team) = (server.participant(100 + writer as u128), room.team.id.to_string());
            load.tasks.spawn(async move {
                for turn in 0_u128.. {
                    let body = format!("Question {turn} of writer {writer}?");
                    // The key stays the same until it is answered.
                    let operation = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + turn).to_string();
                    let form = [("tenant", ""), ("op", &*operation), ("team", &*team), ("question", &*body)];
                    while !stop.is_cancelled() {
                        let began = Instant::now();
                        let reply =
                            Call::new(&router, Method::POST, "/api/fn/ask").cookie(&cookie).form(&form).send().await;
                        note(&ledger, "ask", &reply, began.elapsed());
                        if reply.status == 200 {
                            let question = reply.read::<Question>().id;
                            ledger.lock().unwrap().asked.insert(question, writer);
                            break;
                        }
                        sleep(Duration::from_millis(50)).await;
                    }
                    if stop.is_cancelled() {
                        return;
                    }
                    sleep(Duration::from_millis(5)).await;
                }
            });
        }
        for path in ["/api/fn/load_board?tenant=", "/", "/export/questions.csv"] {
            let (ledger, stop, router) = (load.ledger.clone(), load.stop.clone(), server.router.clone());
            let owner = room.owner.clone();
            load.tasks.spawn(async move {
                while !stop.is_cancelled() {
                    let call = Call::new(&router, Method::GET, path).cookie(&owner);
                    let began = Instant::now();
                    // An export whose head was sent breaks off: half a file must not look like a whole one.
                    if path.starts_with("/export") {
                        let (head, _cut) = call.open().await.into_parts();
                        let reply = Reply { status: head.status, headers: head.headers, body: Default::default() };
                        note(&ledger, path, &reply, began.elapsed());
                    } else {
                        let reply = call.send().await;
                        note(&ledger, path, &reply, began.elapsed());
                    }
                    sleep(Duration::from_millis(100)).await;
                }
            });
        }
        load
    }

    /// Waits until so much more was acknowledged; says how long it took to the first.
    async fn goes_on(&self, more: usize) -> Duration {
        let count = || self.ledger.lock().unwrap().asked.len();
        let (before, began) = (count(), Instant::now());
        let reached = async |wanted: usize| {
            while count() < wanted {
                sleep(Duration::from_millis(10)).await;
            }
        };
        soon("a write to go through", reached(before + 1)).await;
        let first = began.elapsed();
        soon("writes to go on", reached(before + more)).await;
        first
    }

    /// Ends it; what was confirmed must be there once.
    async fn end(mut self, server: &TestServer, room: &Room) {
        self.stop.cancel();
        let ended = async {
            while let Some(task) = self.tasks.join_next().await {
                task.unwrap();
            }
        };
        soon("the load to end", ended).await;
        let board = server.store.snapshot(room.tenant.id, None).await.unwrap().board;
        let ledger = self.ledger.lock().unwrap();
        assert_eq!(ledger.failed, 0, "answers were wrong: {:?}", ledger.first_failure);
        assert!(ledger.slowest < IN_TIME, "the slowest took {:?}", ledger.slowest);
        assert!(ledger.statuses.contains_key(&503), "nobody noticed");
        assert_kept(&ledger, &board);
        let asked =
            || board.questions.values().map(|question| &question.body).filter(|body| body.contains(" of writer "));
        assert_eq!(asked().collect::<BTreeSet<_>>().len(), asked().count(), "a question is there twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_frozen_and_killed_costs_nothing_but_time() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let server = TestServer::on(open_store(&cluster.url()).await, Plan::default());
    let room = Room::furnish(&server.service, "default").await;
    let load = RouterLoad::start(&server, &room);
    load.goes_on(50).await;
    // Longer and shorter than anything that waits here.
    for frozen in [8_000, 1_200, 3_100] {
        cluster.freeze();
        sleep(Duration::from_millis(frozen)).await;
        cluster.thaw();
        let took = load.goes_on(30).await;
        assert!(took < Duration::from_secs(3), "{took:?} after it was frozen for {frozen} ms");
    }
    let kills = std::env::var("PULSESTAGE_TEST_KILLS").map_or(3, |text| text.parse().unwrap());
    for _ in 0..kills {
        cluster.kill();
        cluster.up().await;
        load.goes_on(30).await;
    }
    load.end(&server, &room).await;
    server.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_another_program_keeps_costs_nothing_but_time() {
    let folder = Folder::new();
    let server = TestServer::on(open_store(&folder.sqlite_url()).await, Plan::default());
    let room = Room::furnish(&server.service, "default").await;
    let load = RouterLoad::start(&server, &room);
    load.goes_on(50).await;
    let file = SqliteConnectOptions::new().filename(folder.path().join("pulsestage.db"));
    let mut other: SqliteConnection = file.busy_timeout(Duration::from_secs(5)).connect().await.unwrap();
    let taken = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    sleep(Duration::from_secs(8)).await;
    // What is there can be read.
    assert_eq!(server.get("/api/fn/load_board?tenant=").send().await.status, 200);
    taken.rollback().await.unwrap();
    let took = load.goes_on(30).await;
    assert!(took < Duration::from_secs(2), "{took:?}");
    load.end(&server, &room).await;
    server.close().await;
}
