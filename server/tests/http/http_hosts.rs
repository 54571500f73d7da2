//! Tenants with hosts of their own: what a host names, and that two tenants never meet by way of one.

use axum::http::Method;

use crate::support::{Call, Plan, Room, TestServer, assert_refused};

async fn hosted() -> (TestServer, Room, Room) {
    let plan = Plan {
        base_domain: Some("ask.example.com".parse().unwrap()),
        public_url: Some("http://ask.example.com".to_owned()),
        ..Plan::default()
    };
    TestServer::new(plan).await
}

fn get(server: &TestServer, host: &str, path: &str) -> Call {
    server.get(path).header("host", host)
}

#[tokio::test]
async fn a_host_is_its_tenant_on_every_page() {
    let (server, _default, acme) = hosted().await;
    for host in ["acme.ask.example.com", "ACME.ask.example.com.:8443"] {
        let page = get(&server, host, "/").send().await;
        assert!(page.text().contains("The open question of acme") && !page.text().contains("of default"), "{host}");
        let board = get(&server, host, "/api/fn/load_board").send().await.json();
        assert_eq!(board["tenant"]["slug"], "acme", "{host}");
        assert_eq!(get(&server, host, "/admin").cookie(&acme.moderator).send().await.status, 200);
        assert_eq!(get(&server, host, "/t/acme").send().await.status, 200, "the path form works as well");
        let ask = server.function("ask").header("host", host).cookie(&server.participant(3));
        let team = acme.team.id.to_string();
        let asked = ask.form(&[("team", &team), ("question", "Asked by host"), ("again", "true")]).send().await;
        assert_eq!(asked.status, 200, "{}", asked.text());
        let mut wire = crate::support::Wire::of(get(&server, host, "/sse").open().await);
        wire.greeting().await;
    }
    let out = server.request(Method::POST, "/sign-out").header("host", "acme.ask.example.com").cookie(&acme.moderator);
    let out = out.form(&[("tenant", "acme")]).send().await;
    let left = (out.status.as_u16(), out.header("location"));
    assert_eq!(left, (303, "/signed-out"), "that page is the host's own");
    assert_eq!(get(&server, "acme.ask.example.com", "/signed-out").send().await.status, 200);
    let page = get(&server, "ask.example.com", "/").send().await;
    assert!(page.text().contains("The open question of default"));
    assert_eq!(get(&server, "ask.example.com", "/t/acme").send().await.status, 200);
}

#[tokio::test]
async fn no_other_tenant_is_found_on_a_tenants_host() {
    let (server, default, acme) = hosted().await;
    let host = "acme.ask.example.com";
    for path in ["/t/default", "/t/default/admin", "/api/fn/load_board?tenant=default", "/sse?tenantId=default"] {
        let reply = get(&server, host, path).cookie(&default.owner).send().await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(!reply.text().contains("of default"), "{path}");
    }
    let pin = server.function("pin").header("host", host).cookie(&default.moderator);
    let reply = pin.form(&[("tenant", "default"), ("question", &default.open.id.to_string())]).send().await;
    assert_refused("pin across hosts", &reply, 404, "not_found");
    assert_eq!(get(&server, host, "/t/default/theme.css").send().await.status, 404);
    assert_eq!(get(&server, host, "/t/default/logo").send().await.status, 404);
    // The session of the default tenant is worth nothing here.
    let reply = get(&server, host, "/admin").cookie(&default.owner).send().await;
    assert_eq!(reply.status, 303);
    let _ = acme;
}

#[tokio::test]
async fn a_host_that_is_none_of_ours_is_refused() {
    let (server, _default, _acme) = hosted().await;
    for host in [
        "evil.example",
        "acme.evil.example",
        "a.acme.ask.example.com",
        "127.0.0.1:3000",
        "ask.example.com.evil.example",
    ] {
        for path in ["/", "/t/acme", "/sse", "/api/fn/load_board", "/pkg/pulsestage.js", "/join"] {
            let reply = get(&server, host, path).header("x-forwarded-host", "acme.ask.example.com").send().await;
            assert_eq!(reply.status, 421, "{host}{path}");
            assert!(reply.set_cookies().is_empty() && !reply.text().contains(host), "{host}{path}");
        }
        assert_eq!(get(&server, host, "/health/live").send().await.status, 200, "whoever watches us knows our address");
    }
    // What a client says of another host is not believed.
    let reply = get(&server, "ask.example.com", "/").header("x-forwarded-host", "acme.ask.example.com").send().await;
    assert!(reply.text().contains("of default") && !reply.text().contains("The open question of acme"));
    assert_eq!(get(&server, "nobody.ask.example.com", "/").send().await.status, 404, "a tenant that is not there");
}

#[tokio::test]
async fn a_page_of_another_host_may_not_write() {
    let (server, _default, acme) = hosted().await;
    let vote = |host: &str, origin: &str| {
        let call = server.function("set_vote").header("host", host).header("origin", origin);
        call.cookie(&server.participant(1)).form(&[
            ("tenant", "acme"),
            ("question", &acme.open.id.to_string()),
            ("up", "true"),
        ])
    };
    let host = "acme.ask.example.com";
    for origin in ["http://ask.example.com", "http://default.ask.example.com", "http://evil.example", "null"] {
        assert_refused(origin, &vote(host, origin).send().await, 403, "foreign_origin");
    }
    assert_eq!(vote(host, "http://acme.ask.example.com").send().await.status, 200);
    assert_eq!(vote("ask.example.com", "http://ask.example.com").send().await.status, 200);
}

#[tokio::test]
async fn without_a_base_domain_the_host_says_nothing() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let page = get(&server, "acme.ask.example.com", "/").send().await;
    assert!(page.text().contains("The open question of default"));
}

#[tokio::test]
async fn where_a_public_url_is_set_no_other_host_is_answered() {
    let also_hosts = vec!["ask.internal".parse().unwrap()];
    let public_url = Some("https://ask.example.com".to_owned());
    let (server, default, _acme) = TestServer::new(Plan { public_url, also_hosts, ..Plan::default() }).await;
    for host in ["ask.example.com", "ask.example.com:443", "ask.internal:3000"] {
        assert_eq!(get(&server, host, "/").send().await.status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "127.0.0.1:3000",
        "acme.ask.example.com",
        "ask.example.com:444",
        "ask.example.com.evil.example",
    ] {
        for path in
            ["/", "/t/acme", "/sse", "/api/fn/load_board", "/pkg/pulsestage.js", "/sign-in", "/j/ABCDEF", "/nowhere"]
        {
            let call = get(&server, host, path).cookie(&default.owner).header("x-forwarded-host", "ask.example.com");
            let reply = call.send().await;
            assert_eq!(reply.status, 421, "{host}{path}");
            assert!(reply.set_cookies().is_empty() && !reply.text().contains(host), "{host}{path}");
        }
        for path in ["/health/live", "/health/ready"] {
            assert_eq!(get(&server, host, path).send().await.status, 200, "{host}{path}");
        }
    }
    let form = [("email", "ann@example.com"), ("password", "x")];
    let reply = server.post("/sign-in", &form).header("host", "evil.example").send().await;
    assert_eq!(reply.status, 421, "whatever the method is");
}
