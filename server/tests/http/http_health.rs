//! Who is told how we are doing: orchestrators, Prometheus, and admins about their own tenant.

use axum::http::Method;
use std::collections::BTreeMap;

use pulsestage::command::{Ask, SetVote};
use pulsestage::text::Slug;
use pulsestage::user::Role;
use pulsestage_server::metrics;

use crate::support::{Call, Folder, Plan, TestServer, Wire, assert_refused, open_store, signed_in, soon};

/// Every sample of the text that Prometheus reads, by its name and labels. Every line must be one, or a comment.
async fn scraped(server: &TestServer) -> BTreeMap<String, f64> {
    let reply = Call::new(
        &metrics::router((server.state.metrics().clone(), server.state.limits().clone())),
        Method::GET,
        "/metrics",
    )
    .send()
    .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    samples(reply.text())
}

pub(crate) fn samples(text: &str) -> BTreeMap<String, f64> {
    let mut samples = BTreeMap::new();
    let mut types = BTreeMap::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let mut words = comment.splitn(3, ' ');
            let (kind, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            match kind {
                "HELP" => assert!(!rest.is_empty(), "{line}"),
                "TYPE" => assert!(types.insert(name.to_owned(), rest.to_owned()).is_none(), "twice: {line}"),
                _ => panic!("{line}"),
            }
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
        let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
        let bare = name.split('{').next().unwrap();
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| bare.strip_suffix(end)).unwrap_or(bare);
        assert!(types.contains_key(family) || types.contains_key(bare), "no type: {line}");
        assert!(bare.starts_with("pulsestage_"), "{line}");
        assert!(samples.insert(name.to_owned(), value).is_none(), "twice: {line}");
    }
    samples
}

#[tokio::test]
async fn we_are_ready_until_the_database_fails_or_we_stop() {
    let folder = Folder::new();
    let store = open_store(&folder.sqlite_url()).await;
    let server = TestServer::on(store.clone(), Plan::default());
    for path in ["/health/live", "/health/ready"] {
        let reply = server.get(path).send().await;
        assert_eq!((reply.status.as_u16(), reply.text()), (200, "ok"), "{path}");
    }
    assert_eq!(server.get("/health/ready").send().await.header("cache-control"), "no-store");
    server.state.readiness().set_stopping();
    let reply = server.get("/health/ready").send().await;
    assert_eq!((reply.status.as_u16(), reply.text()), (503, "stopping"));
    assert_eq!(server.get("/health/live").send().await.status, 200, "to stop is not to be dead");
}

#[tokio::test]
async fn a_database_that_fails_is_no_readiness() {
    let folder = Folder::new();
    let store = open_store(&folder.sqlite_url()).await;
    let server = TestServer::on(store.clone(), Plan::default());
    soon("the database to close", store.close()).await;
    let reply = server.get("/health/ready").send().await;
    assert_eq!((reply.status.as_u16(), reply.text()), (503, "the database does not answer"));
    assert_eq!(server.get("/health/live").send().await.status, 200);
    assert!(scraped(&server).await["pulsestage_store_failures_total{kind=\"tenant\"}"] >= 1.0);
}

#[tokio::test]
async fn only_admins_see_how_their_own_tenant_is_doing() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let mut watching = Wire::of(server.get("/sse?tenantId=acme").open().await);
    watching.greeting().await;
    let slug = Slug::default_tenant();
    let viewer = signed_in(&server.service, &slug, Role::Viewer).await.0;
    let admin = signed_in(&server.service, &slug, Role::Admin).await.0;
    for (who, cookie, refusal) in [
        ("nobody", String::new(), Some("not_signed_in")),
        ("a guest", server.participant(1), Some("not_signed_in")),
        ("a viewer", viewer, Some("not_allowed")),
        ("a moderator", default.moderator.clone(), Some("not_allowed")),
        ("another tenant's owner", acme.owner.clone(), Some("not_signed_in")),
        ("an admin", admin, None),
        ("the owner", default.owner.clone(), None),
    ] {
        let reply = server.get("/api/fn/load_health").cookie(&cookie).send().await;
        let page = server.get("/admin/health").cookie(&cookie).send().await;
        match refusal {
            Some(name) => {
                assert_refused(who, &reply, 403, name);
                let is_known = name == "not_allowed";
                assert_eq!(page.status, if is_known { 403 } else { 303 }, "{who}");
                assert_eq!(page.text().contains("This page is for admins"), is_known, "{who}");
            }
            None => {
                assert_eq!(page.status, 200, "{who}");
                assert_eq!(reply.json()["health"]["streams"], 0, "the stream of another tenant is none of theirs");
                assert!(page.text().contains("No open pages"), "{who}");
            }
        }
        for text in [reply.text(), page.text()] {
            assert!(!text.contains(&acme.tenant.id.to_string()), "{who}");
        }
    }
    let missing = server.get("/t/nowhere/admin/health").cookie(&default.owner).send().await;
    assert_eq!(missing.status, 404);
    assert_eq!(server.get("/api/fn/load_health?tenant=nowhere").send().await.status, 404);
}

#[tokio::test]
async fn an_owner_sees_streams_and_what_was_delivered() {
    let (server, _default, acme) = TestServer::new(Plan::default()).await;
    let mut watching = Wire::of(server.get("/sse?tenantId=acme").open().await);
    watching.greeting().await;
    let ask = Ask { team: acme.team.id, body: "Is anybody counting?".to_owned(), name: None };
    let question = server.service.ask(&acme.context, None, ask).await.unwrap();
    watching.until("question:created").await;
    server.service.set_vote(&acme.context, None, SetVote { question: question.id, up: true }).await.unwrap();
    watching.until("question:upvoted").await;
    let health =
        server.get("/api/fn/load_health?tenant=acme").cookie(&acme.owner).send().await.json()["health"].clone();
    assert_eq!((&health["streams"], &health["published"]), (&1.into(), &2.into()), "{health}");
    assert!(health["deliveries"].as_u64() >= Some(2) && health["bytes"].as_u64() > Some(200), "{health}");
    assert_eq!(health["heartbeat"]["everyMs"], 3_600_000);
    assert_eq!(health["samples"].as_array().unwrap().last().unwrap()["streams"], 1);
    let page = server.get("/t/acme/admin/health").cookie(&acme.owner).send().await;
    assert_eq!(page.status, 200);
    for words in ["Open streams", "Heartbeat", "On time", "role=\"img\""] {
        assert!(page.text().contains(words), "{words}");
    }
}

#[tokio::test]
async fn prometheus_reads_what_happened_and_the_public_port_tells_nothing() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let before = scraped(&server).await;
    assert_eq!(before["pulsestage_streams{tenant=\"other\"}"], 0.0);
    let mut watching = server.stream("tenantId=acme").await;
    watching.greeting().await;
    let mut lost = server.stream("tenantId=acme&last_event_id=nonsense").await;
    lost.until("resync").await;
    let head = server.store.head(acme.tenant.id).await.unwrap();
    let mut back = server.stream(&format!("tenantId=acme&last_event_id={head}")).await;
    back.greeting().await;
    let ask = Ask { team: acme.team.id, body: "Who reads all this?".to_owned(), name: None };
    server.service.ask(&acme.context, None, ask).await.unwrap();
    watching.until("question:created").await;
    let now = scraped(&server).await;
    let own = format!("{{tenant=\"{}\"}}", acme.tenant.id);
    assert_eq!(now[&format!("pulsestage_streams{own}")], 3.0);
    assert_eq!(now[&format!("pulsestage_events_published_total{own}")], 1.0);
    assert!(now[&format!("pulsestage_deliveries_total{own}")] >= 1.0);
    assert!(now[&format!("pulsestage_delivered_bytes_total{own}")] > 100.0);
    assert_eq!(now["pulsestage_resyncs_total"], 1.0);
    let replays = ["ring", "database"].map(|source| now[&format!("pulsestage_replays_total{{source=\"{source}\"}}")]);
    assert_eq!(replays.iter().sum::<f64>(), 1.0, "{replays:?}");
    assert_eq!(now["pulsestage_slow_streams_ended_total"], 0.0);
    assert_eq!(now["pulsestage_watched_tenants"], 1.0);
    assert_eq!(now["pulsestage_tailer_lag_seconds_count"], 1.0);
    assert_eq!(now["pulsestage_stream_duration_seconds_count"], 0.0);
    assert!(now["pulsestage_store_latency_seconds_count{kind=\"ask\"}"] >= 7.0);
    assert!(now["pulsestage_heartbeat_age_seconds"] >= 0.0);
    let unwatched = default.tenant.id.to_string();
    assert!(now.keys().all(|name| !name.contains(&unwatched)), "a tenant that nobody watches has no label");
    drop((watching, lost, back));
    let left = async {
        while scraped(&server).await["pulsestage_stream_duration_seconds_count"] < 3.0 {
            tokio::task::yield_now().await;
        }
    };
    soon("three streams to be counted out", left).await;
    assert_eq!(server.get("/metrics").send().await.status, 404);
}
