//! Every request has an id, and whatever is logged because of it says which it was.

use axum::http::Method;
use std::collections::BTreeSet;

use pulsestage_server::limits::LimitArgs;

use crate::support::{Call, Log, Plan, Reply, Room, TestServer};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";

fn id(reply: &Reply) -> String {
    let mut ids = reply.headers.get_all("x-request-id").into_iter();
    let id = ids.next().expect("an id").to_str().unwrap().to_owned();
    assert!(ids.next().is_none(), "one id");
    id
}

/// The lines of one request.
fn lines(log: &Log, id: &str) -> Vec<String> {
    let text = log.text();
    // Terminals' colours stand between a name and its value.
    let plain = text.split('\u{1b}').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest));
    let plain: String = plain.collect();
    plain.lines().filter(|line| line.contains(&format!("id=\"{id}\""))).map(str::to_owned).collect()
}

/// The one line that says what came of a request.
fn line(log: &Log, id: &str) -> String {
    let said: Vec<_> = lines(log, id).into_iter().filter(|line| line.contains("answered")).collect();
    let [line] = &said[..] else { panic!("one line for {id}: {said:#?}") };
    line.clone()
}

fn behind_a_proxy() -> Plan {
    Plan { limits: LimitArgs { proxies: 1, ..LimitArgs::NONE }, ..Plan::default() }
}

async fn ask(server: &TestServer, room: &Room, text: &str) -> Reply {
    let (team, cookie) = (room.team.id.to_string(), server.participant(1));
    let fields = [("tenant", room.slug.as_str()), ("team", &team), ("question", text)];
    server.function("ask").cookie(&cookie).form(&fields).send().await
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let (server, _, _) = TestServer::new(Plan::default()).await;
    let mut ids = BTreeSet::new();
    let paths = [
        "/",
        "/t/acme/",
        "/health/live",
        "/nothing/here",
        "/api/fn/nothing",
        "/pkg/pulsestage.css",
        "/pkg/no.js",
        "/sign-in",
    ];
    for path in paths.iter().chain(&paths) {
        ids.insert(id(&server.get(path).send().await));
    }
    ids.insert(id(&server.request(Method::DELETE, "/sse").send().await));
    ids.insert(id(&server.get("/sse?tenantId=nobody").send().await));
    assert_eq!(ids.len(), 2 * paths.len() + 2);
    assert!(ids.iter().all(|id| id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit())), "{ids:?}");
}

#[tokio::test]
async fn an_id_is_taken_over_from_a_proxy_of_ours_and_from_nobody_else() {
    let (server, _, _) = TestServer::new(Plan::default()).await;
    assert_ne!(id(&server.get("/health/live").header("x-request-id", "mine").send().await), "mine");
    let (server, _, _) = TestServer::new(behind_a_proxy()).await;
    let given = |text: &str| server.get("/health/live").header("x-request-id", text);
    assert_eq!(id(&given("9f1c-44:a.b").send().await), "9f1c-44:a.b");
    for odd in ["", " ", "a b", "\"a\"", "é", "a\tb", &"x".repeat(65)] {
        assert_ne!(id(&given(odd).send().await), odd, "{odd:?}");
    }
}

#[tokio::test]
async fn what_is_logged_beneath_a_request_says_which_it_was() {
    let log = Log::listen();
    let (server, _, acme) = TestServer::new(Plan::default()).await;
    let asked = ask(&server, &acme, "Which of these lines are mine?").await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let asked = id(&asked);
    let said = line(&log, &asked);
    for words in [" INFO ", "method=\"POST\"", "route=\"/api/fn/ask\"", "tenant=\"acme\"", "status=200", "ms="] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let beneath = lines(&log, &asked);
    assert!(beneath.iter().any(|line| line.contains("sqlx") && line.contains("insert into questions")), "{beneath:#?}");
    assert!(!said.contains("address"), "{said}");
    let read = line(&log, &id(&server.get("/t/acme/?text=my+secret").send().await));
    assert!(read.contains("DEBUG") && read.contains("tenant=\"acme\"") && !read.contains("secret"), "{read}");
    let refused = ask(&server, &acme, "").await;
    assert!(line(&log, &id(&refused)).contains("status=422"), "{}", line(&log, &id(&refused)));
    assert!(!log.text().contains("my+secret") || !lines(&log, &asked).is_empty());
    for line in log.text().lines().filter(|line| line.contains("request{")) {
        assert!(!line.contains("Which of these lines are mine?") || line.contains("sqlx"), "{line}");
    }
}

#[tokio::test]
async fn a_route_stands_for_what_opens_something() {
    let log = Log::listen();
    let (server, _, _) = TestServer::new(Plan::default()).await;
    let secret = "k".repeat(43);
    for (path, route) in [
        ("/open/", "/open/{token}"),
        ("/claim/", "/claim/{token}"),
        ("/sign-in/", "/sign-in/{token}"),
        ("/t/acme/", "/*"),
        ("/pkg/", "/*"),
        ("/api/fn/", "/api/fn/{*name}"),
        ("/nothing/", "/*"),
    ] {
        let said = line(&log, &id(&server.get(&format!("{path}{secret}")).send().await));
        assert!(said.contains(&format!("route=\"{route}\"")), "{path}: {said}");
    }
    let odd = line(&log, &id(&server.request("BREW".parse().unwrap(), "/").send().await));
    assert!(odd.contains("method=\"other\""), "{odd}");
    assert!(!log.text().contains(&secret));
}

#[tokio::test]
async fn an_address_is_logged_where_that_was_asked_for() {
    let log = Log::listen();
    let from = |call: Call| call.header("x-forwarded-for", "203.0.113.77, 198.51.100.7");
    let (server, _, _) = TestServer::new(behind_a_proxy()).await;
    from(server.get("/")).send().await;
    assert!(!log.text().contains("198.51.100.7") && !log.text().contains("203.0.113.77"));
    let (server, _, _) = TestServer::new(Plan { log_addresses: true, ..behind_a_proxy() }).await;
    let said = line(&log, &id(&from(server.get("/")).send().await));
    assert!(said.contains("address=198.51.100.7"), "{said}");
    assert!(!log.text().contains("203.0.113.77"), "what the client says itself is not believed");
}

#[tokio::test]
async fn a_trace_goes_on() {
    let log = Log::listen();
    let (server, _, acme) = TestServer::new(Plan::default()).await;
    let traced = server.get("/t/acme/").header("traceparent", &format!("00-{TRACE}-{PARENT}-01")).send().await;
    let said = line(&log, &id(&traced));
    for words in [format!("trace_id=\"{TRACE}\""), format!("parent_id=\"{PARENT}\""), "span_id=\"".to_owned()] {
        assert!(said.contains(&words), "{words}: {said}");
    }
    let odd = server.get("/t/acme/").header("traceparent", &format!("00-{TRACE}-{PARENT}-01-x")).send().await;
    assert!(odd.status == 200 && !line(&log, &id(&odd)).contains("trace_id"), "passed over");
    drop(acme);
}

#[tokio::test]
async fn a_stream_has_a_line_when_it_begins_and_one_when_it_ends() {
    let log = Log::listen();
    let (server, _, _) = TestServer::new(Plan::default()).await;
    let mut stream = server.stream("tenantId=acme").await;
    stream.greeting().await;
    let opened = stream.headers["x-request-id"].to_str().unwrap().to_owned();
    drop(stream);
    let ended = async {
        while !lines(&log, &opened).iter().any(|line| line.contains("stream closed")) {
            tokio::task::yield_now().await;
        }
    };
    crate::support::soon("the end of a stream to be said", ended).await;
    let said = lines(&log, &opened);
    assert!(said.iter().any(|line| line.contains("stream opened") && line.contains("tenant=\"acme\"")), "{said:#?}");
    let closed = said.iter().find(|line| line.contains("stream closed")).unwrap();
    assert!(closed.contains("seconds=0") && closed.contains("why=\"client gone\""), "{closed}");
    let mut stream = server.stream("tenantId=acme").await;
    stream.greeting().await;
    let opened = stream.headers["x-request-id"].to_str().unwrap().to_owned();
    server.stop.cancel();
    stream.rest().await;
    let said = lines(&log, &opened);
    assert!(said.iter().any(|line| line.contains("stream closed") && line.contains("why=\"stopping\"")), "{said:#?}");
}
