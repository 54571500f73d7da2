//! The wire, byte for byte: each type of event after the real write that causes it.

use axum::http::Method;
use pulsestage::ports::Clock;
use pulsestage::time::Timestamp;
use pulsestage_server::system::SystemClock;
use serde_json::Value;
use uuid::Uuid;

use crate::support::{Plan, Room, TestServer, Wire, WireMessage};

/// A room with a stream that has said hello.
struct Scene {
    server: TestServer,
    room: Room,
    wire: Wire,
    epoch: String,
    seq: i64,
    began: Timestamp,
}

impl Scene {
    async fn new() -> Self {
        let (server, _default, room) = TestServer::new(Plan::default()).await;
        let began = SystemClock.now();
        let mut wire = server.stream("tenantId=acme").await;
        let start = wire.greeting().await;
        Self { server, room, wire, epoch: start.epoch.to_string(), seq: start.seq, began }
    }

    /// A moderator's call on the open question; gives the question as it is answered.
    async fn moderate(&self, name: &str, more: &[(&str, &str)]) -> Value {
        let question = self.room.open.id.to_string();
        let fields = [&[("tenant", "acme"), ("question", question.as_str())], more].concat();
        self.server.function(name).cookie(&self.room.moderator).form(&fields).send().await.read()
    }

    /// The next message must be a fact of this type and data, and nothing else.
    async fn fact(&mut self, kind: &str, data: &str) -> Timestamp {
        self.seq += 1;
        let (at, message) = self.event(kind, Some(data)).await;
        let data_line = self.data_line(kind, Some(data), at);
        assert_eq!(message.raw, format!("id: {}-{}\n{data_line}\n\n", self.epoch, self.seq));
        at
    }

    /// The next message must be a tally of this data, and nothing else.
    async fn tally(&mut self, data: &str) {
        let (at, message) = self.event("question:upvoted", Some(data)).await;
        assert_eq!(message.raw, format!("{}\n\n", self.data_line("question:upvoted", Some(data), at)));
    }

    async fn event(&mut self, kind: &str, data: Option<&str>) -> (Timestamp, WireMessage) {
        let message = self.wire.message().await;
        assert_eq!(message.kind(), kind, "{data:?}");
        let at = message.envelope().timestamp;
        assert!(self.began.whole_second() <= at && at <= SystemClock.now(), "the time of {}", message.raw);
        (at, message)
    }

    fn data_line(&self, kind: &str, data: Option<&str>, at: Timestamp) -> String {
        let data = data.map(|data| format!("\"data\":{data},")).unwrap_or_default();
        format!("data: {{\"type\":\"{kind}\",\"tenantId\":\"{}\",{data}\"timestamp\":{}}}", self.room.tenant.id, at.0)
    }
}

#[tokio::test]
async fn a_stream_begins_as_agreed() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let head = server.store.head(acme.tenant.id).await.unwrap();
    let mut wire = server.stream("tenantId=acme").await;
    let header = |name: &str| wire.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("content-type"), Some("text/event-stream"));
    assert_eq!(header("cache-control"), Some("no-cache, no-transform"));
    assert_eq!(header("x-accel-buffering"), Some("no"));
    for name in ["content-length", "content-encoding", "set-cookie", "access-control-allow-origin", "etag"] {
        assert_eq!(header(name), None, "{name}");
    }
    let connected = wire.message().await;
    let (at, retry) = (connected.envelope().timestamp.0, connected.retry.unwrap());
    assert!((1_000..3_000).contains(&retry));
    let expected = format!(
        "retry: {retry}\nid: {head}\ndata: {{\"type\":\"connected\",\"tenantId\":\"{}\",\"timestamp\":{at}}}\n\n",
        acme.tenant.id
    );
    assert_eq!(connected.raw, expected);
    assert!(wire.is_quiet(), "nothing follows by itself");
}

#[tokio::test]
async fn each_client_is_told_its_own_time_to_come_back() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let mut retries = std::collections::BTreeSet::new();
    for _ in 0..20 {
        retries.extend(server.stream("").await.message().await.retry);
    }
    assert!(retries.len() > 10, "a herd would come back at once: {retries:?}");
}

#[tokio::test]
async fn question_created() {
    let mut scene = Scene::new().await;
    let team = scene.room.other_team.id.to_string();
    let fields = [("tenant", "acme"), ("team", team.as_str()), ("question", "Why \"not\" <b>\\n?\nÜ\u{2028}😀")];
    let asked: Value =
        scene.server.function("ask").cookie(&scene.server.participant(1)).form(&fields).send().await.read();
    let (id, created) = (asked["id"].as_str().unwrap().to_owned(), asked["createdAt"].as_str().unwrap().to_owned());
    let body = "Why \\\"not\\\" <b>\\\\n?\\nÜ\\n😀";
    let data = format!(
        "{{\"id\":\"{id}\",\"body\":\"{body}\",\"upvotes\":0,\"status\":\"OPEN\",\"teamId\":\"{team}\",\"createdAt\":\"{created}\",\"tags\":[],\"isPinned\":false,\"isFrozen\":false}}"
    );
    let at = scene.fact("question:created", &data).await;
    assert_eq!(Some(at), Timestamp::from_rfc3339(&created));
    // Nothing that everybody sees tells the millisecond at which somebody asked.
    let id: Uuid = id.parse().unwrap();
    assert_eq!((at.0 % 1_000, id.get_timestamp().unwrap().to_unix()), (0, (u64::try_from(at.0 / 1_000).unwrap(), 0)));
    assert!(scene.wire.is_quiet());
}

#[tokio::test]
async fn question_upvoted() {
    let mut scene = Scene::new().await;
    let id = scene.room.open.id.to_string();
    for (voter, up, upvotes) in [(1, "true", 1), (2, "true", 2), (1, "false", 1)] {
        let call = scene.server.function("set_vote").cookie(&scene.server.participant(voter));
        let receipt: Value = call.form(&[("tenant", "acme"), ("question", &id), ("up", up)]).send().await.read();
        assert_eq!(receipt["upvotes"], upvotes);
        scene.tally(&format!("{{\"questionId\":\"{id}\",\"upvotes\":{upvotes}}}")).await;
    }
    assert!(scene.wire.is_quiet());
}

#[tokio::test]
async fn question_answered() {
    let mut scene = Scene::new().await;
    let id = scene.room.open.id;
    for text in ["Because.", "Because of \"this\"."] {
        let question = scene.moderate("answer", &[("answer", text)]).await;
        let responded = question["answer"]["respondedAt"].as_str().unwrap();
        let data = format!(
            "{{\"id\":\"{id}\",\"responseText\":{},\"respondedAt\":\"{responded}\",\"status\":\"ANSWERED\"}}",
            serde_json::to_string(text).unwrap()
        );
        let at = scene.fact("question:answered", &data).await;
        assert_eq!(Some(at), Timestamp::from_rfc3339(responded));
    }
    assert!(scene.wire.is_quiet());
}

#[tokio::test]
async fn question_tagged_and_untagged() {
    let mut scene = Scene::new().await;
    let id = scene.room.open.id;
    let color = ("color", "#10b981");
    let call = scene.server.function("create_tag").cookie(&scene.room.moderator);
    let other: Value = call.form(&[("tenant", "acme"), ("name", "All \"hands\""), color]).send().await.read();
    let first = scene.room.tag.id.to_string();
    let second = other["id"].as_str().unwrap().to_owned();
    let first_json = format!("{{\"id\":\"{first}\",\"name\":\"Roadmap acme\",\"color\":\"#3B82F6\"}}");
    let second_json = format!("{{\"id\":\"{second}\",\"name\":\"All \\\"hands\\\"\",\"color\":\"#10B981\"}}");
    scene.fact("tag:created", &second_json).await;
    // The full list after the change, by name.
    let both = format!("{second_json},{first_json}");
    for (name, tag, kind, tags) in [
        ("tag", &first, "question:tagged", first_json.as_str()),
        ("tag", &second, "question:tagged", &both),
        ("untag", &first, "question:untagged", &second_json),
        ("untag", &second, "question:untagged", ""),
    ] {
        scene.moderate(name, &[("tag", tag)]).await;
        scene.fact(kind, &format!("{{\"questionId\":\"{id}\",\"tags\":[{tags}]}}")).await;
    }
    // What changes nothing is no fact.
    scene.moderate("untag", &[("tag", &second)]).await;
    scene.moderate("pin", &[]).await;
    assert_eq!(scene.wire.message().await.kind(), "question:pinned");
}

/// Pinning and freezing have the same form.
async fn marked(on: &str, off: &str, kind: &str, [is, by, at]: [&str; 3], field: &str) {
    let mut scene = Scene::new().await;
    let id = scene.room.open.id;
    for _ in 0..2 {
        let question = scene.moderate(on, &[]).await;
        let user = question[field]["by"].as_str().unwrap();
        let moment = Timestamp(question[field]["at"].as_i64().unwrap());
        let data = format!("{{\"questionId\":\"{id}\",\"{is}\":true,\"{by}\":\"{user}\",\"{at}\":\"{moment}\"}}");
        assert_eq!(scene.fact(kind, &data).await, moment);
        scene.moderate(on, &[]).await;
        scene.moderate(off, &[]).await;
        scene.fact(kind, &format!("{{\"questionId\":\"{id}\",\"{is}\":false,\"{by}\":null,\"{at}\":null}}")).await;
    }
    assert!(scene.wire.is_quiet());
}

#[tokio::test]
async fn question_pinned() {
    marked("pin", "unpin", "question:pinned", ["isPinned", "pinnedBy", "pinnedAt"], "pinned").await;
}

#[tokio::test]
async fn question_frozen() {
    marked("freeze", "unfreeze", "question:frozen", ["isFrozen", "frozenBy", "frozenAt"], "frozen").await;
}

#[tokio::test]
async fn team_created() {
    let mut scene = Scene::new().await;
    let call = scene.server.function("create_team").cookie(&scene.room.owner);
    let team: Value = call.form(&[("tenant", "acme"), ("name", "Legal & Co")]).send().await.read();
    let id = team["id"].as_str().unwrap();
    let data = format!(r#"{{"id":"{id}","slug":"legal-co","name":"Legal & Co","state":"open"}}"#);
    scene.fact("team:created", &data).await;
}

#[tokio::test]
async fn a_tenant_that_is_not_there() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for slug in ["nope", "DEFAULT", "%3Cscript%3E", "..%2Fdefault", "%27%20or%201=1", "default%00", &"a".repeat(5_000)]
    {
        for query in [format!("tenantId={slug}"), format!("tenantId={slug}&last_event_id=garbage")] {
            let reply = server.get(&format!("/sse?{query}")).send().await;
            assert_eq!((reply.status.as_u16(), reply.text()), (404, r#"{"error":"Tenant not found"}"#), "{slug:.40}");
            assert_eq!(reply.header("content-type"), "application/json");
        }
    }
}

#[tokio::test]
async fn other_methods() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let reply = server.request(method, "/sse").send().await;
        assert_eq!((reply.status.as_u16(), &reply.json()["refusal"]), (405, &"method_not_allowed".into()));
    }
}
