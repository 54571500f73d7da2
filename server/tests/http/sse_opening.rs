//! How streams are opened: the default tenant, bad addresses, and that each is counted in and out.

use crate::support::{Plan, TestServer};

#[tokio::test]
async fn no_tenant_is_the_default_one() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (query, room) in
        [("", &default), ("tenantId=", &default), ("tenantId=default", &default), ("tenantId=acme", &acme)]
    {
        let mut wire = server.stream(query).await;
        assert_eq!(wire.message().await.envelope().tenant_id, room.tenant.id, "{query}");
    }
    let mut wire = crate::support::Wire::of(server.get("/sse").open().await);
    assert_eq!(wire.message().await.envelope().tenant_id, default.tenant.id);
    // What is said twice is what was said last.
    let mut wire = server.stream("tenantId=default&tenantId=acme&events=nope&events=question:created").await;
    assert_eq!(wire.message().await.envelope().tenant_id, acme.tenant.id);
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_400() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let bad = [
        "events=nope",
        "events=question:created,nope",
        "events=question:created,",
        "events=,",
        "events=*",
        "events=%3Cscript%3E",
        "events=QUESTION:CREATED",
        "events=question:created%00",
        "teamId=1",
        "teamId=not-an-id",
        "teamId=%27%20or%201=1",
        "teamId=%3Cscript%3E",
        "events=question:created&events=b",
        "events=a&lastEventId=1",
    ];
    for query in bad {
        let reply = server.get(&format!("/sse?{query}")).send().await;
        assert_eq!(reply.status, 400, "{query}: {}", reply.text());
        assert_eq!(reply.header("content-type"), "application/json", "{query}");
        let message = reply.json()["error"].as_str().unwrap().to_owned();
        assert!(!message.is_empty() && !message.contains("script"), "{message}");
    }
    for query in ["tenantId=%ff", "%ff=%ff", "events=%ff", "=&=&&", &"x=1&".repeat(10_000)] {
        let response = server.get(&format!("/sse?{query}")).open().await;
        assert!(!response.status().is_server_error(), "{query:.40}: {}", response.status());
    }
}

#[tokio::test]
async fn streams_are_counted_in_and_out() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    assert_eq!(server.bus.metrics().total_connections, 0);
    let mut wires = Vec::new();
    for n in 1..=5 {
        wires.push(server.stream("tenantId=default").await);
        wires.push(server.stream("tenantId=acme").await);
        let metrics = server.bus.metrics();
        assert_eq!((metrics.total_connections, metrics.tenant_count), (2 * n, 2));
        assert_eq!(metrics.tenant_connections[&default.tenant.id.to_string()], n);
        assert_eq!(metrics.tenant_connections[&acme.tenant.id.to_string()], n);
    }
    for left in (0..10).rev() {
        drop(wires.pop());
        assert_eq!(server.bus.metrics().total_connections, left);
    }
    assert_eq!(server.bus.metrics().tenant_count, 0);
    for query in ["tenantId=nope", "events=nope"] {
        server.get(&format!("/sse?{query}")).send().await;
    }
    drop(server.request(axum::http::Method::HEAD, "/sse").send().await);
    assert_eq!(server.bus.metrics().total_connections, 0, "what was refused is not counted");
    let json = serde_json::to_string(&server.bus.metrics()).unwrap();
    assert_eq!(json, r#"{"totalConnections":0,"tenantConnections":{},"tenantCount":0}"#);
}
