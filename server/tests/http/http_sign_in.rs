//! Who may call a server function, and how: cookies, roles, methods, addresses, other sites.

use axum::http::Method;

use crate::attack::Attack;
use crate::endpoints::{FunctionCaller, WRITES};
use crate::support::{TestServer, boards};

#[tokio::test]
async fn participants_without_a_genuine_cookie() {
    let attack = Attack::new().await;
    let genuine = attack.server.participant(0xABC);
    let (name, value) = genuine.split_once('=').unwrap();
    let (id, code) = value.split_once('.').unwrap();
    let other = attack.server.participant(6);
    let other_id = other.split_once('=').unwrap().1.split_once('.').unwrap().0;
    let forged = [
        String::new(),
        TestServer::foreign_participant(0xABC),
        format!("{name}="),
        format!("{name}={id}"),
        format!("{name}={id}."),
        format!("{name}=.{code}"),
        format!("{name}={other_id}.{code}"),
        format!("{name}={}.{code}", id.to_uppercase()),
        format!("{name}={id}.{}", "0".repeat(64)),
        format!("{name}={id}.{}", &code[..62]),
        format!("{name}={id}.{code}00"),
        format!("{name}={}", "a".repeat(5_000)),
        format!("{name}=<script>.'--"),
        "=;;;===".to_owned(),
    ];
    for endpoint in WRITES.into_iter().filter(|endpoint| endpoint.caller == FunctionCaller::Participant) {
        for cookie in &forged {
            let call = endpoint.as_nobody(&attack.server, &endpoint.form(&attack.default)).cookie(cookie);
            attack.refused(&format!("{}: {cookie:.80}", endpoint.name), call, 401, "no_participant").await;
        }
    }
}

#[tokio::test]
async fn guests_and_lesser_roles() {
    let attack = Attack::new().await;
    let (slug, secret) = attack.acme.moderator.split_once('=').unwrap();
    let renamed = format!("{}={secret}", slug.replace("acme", "default"));
    let sessions = [
        String::new(),
        // Signed in, but elsewhere.
        attack.acme.moderator.clone(),
        attack.acme.owner.clone(),
        // Elsewhere's secret under this tenant's name.
        renamed,
        format!("pulsestage_s_default={}", "0".repeat(64)),
        format!("pulsestage_s_default={}", "a".repeat(5_000)),
        "pulsestage_s_default=<script>' or 1=1 --".to_owned(),
    ];
    for endpoint in WRITES.into_iter().filter(|endpoint| endpoint.caller >= FunctionCaller::Moderator) {
        for session in &sessions {
            let form = endpoint.form(&attack.default);
            let call = endpoint.as_nobody(&attack.server, &form).cookie(session).cookie(&attack.server.participant(5));
            attack.refused(&format!("{} by {session:.60}", endpoint.name), call, 403, "not_signed_in").await;
        }
        if endpoint.caller == FunctionCaller::Owner {
            let form = endpoint.form(&attack.default);
            let call = endpoint.as_nobody(&attack.server, &form).cookie(&attack.default.moderator);
            attack.refused(endpoint.name, call, 403, "not_allowed").await;
        }
    }
}

#[tokio::test]
async fn other_methods_and_other_addresses() {
    let attack = Attack::new().await;
    for endpoint in WRITES {
        let path = format!("/api/fn/{}", endpoint.name);
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::TRACE] {
            let query = crate::support::encode_form(&[("tenant", "default")]);
            let call = attack.server.request(method.clone(), &format!("{path}?{query}"));
            let call = call.cookie(&endpoint.cookie(&attack.server, &attack.default));
            attack.refused(&format!("{method} {path}"), call, 405, "method_not_allowed").await;
        }
        let head = attack.server.request(Method::HEAD, &path).send().await;
        assert_eq!((head.status.as_u16(), head.body.len()), (405, 0), "{path}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let call = attack.server.request(method.clone(), "/api/fn/load_board").form(&[("tenant", "default")]);
        attack.refused(&format!("{method} load_board"), call, 405, "method_not_allowed").await;
    }
    for path in [
        "/api/fn/nope",
        "/api/fn/ask/",
        "/api/fn/ASK",
        "/api/fn/%61sk",
        "/api/fn/ask%00",
        "/api/fn//ask",
        "/api/x",
        "/api/fn/%ff",
    ] {
        for method in [Method::GET, Method::POST] {
            let call = attack.server.request(method.clone(), path).form(&[("tenant", "default")]);
            let reply = call.cookie(&attack.server.participant(5)).send().await;
            assert_eq!(reply.status, 404, "{method} {path}");
            assert_eq!(reply.header("content-type"), "application/json", "{method} {path}");
            assert!(reply.json()["error"].is_string());
        }
    }
    assert_eq!(boards(&attack.server, &attack.default, &attack.acme).await, attack.before);
}

#[tokio::test]
async fn writes_from_other_sites() {
    let attack = Attack::new().await;
    let foreign = [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://ask.test.evil.example"),
        ("origin", "http://ask.test:8080"),
        ("origin", "ask.test"),
        ("origin", ""),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ];
    for endpoint in WRITES {
        for (name, value) in foreign {
            let call =
                endpoint.call(&attack.server, &attack.default, &endpoint.form(&attack.default)).header(name, value);
            attack.refused(&format!("{} with {name}: {value}", endpoint.name), call, 403, "foreign_origin").await;
        }
    }
    let sign_out = attack.server.request(Method::POST, "/sign-out").form(&[("tenant", "default")]);
    let sign_out = sign_out.cookie(&attack.default.moderator).header("origin", "https://evil.example");
    attack.refused("sign-out", sign_out, 403, "foreign_origin").await;
    for endpoint in WRITES {
        let call = endpoint
            .call(&attack.server, &attack.acme, &endpoint.form(&attack.acme))
            .header("origin", "http://ask.test");
        assert_eq!(call.header("sec-fetch-site", "same-origin").send().await.status, 200, "{}", endpoint.name);
    }
}
