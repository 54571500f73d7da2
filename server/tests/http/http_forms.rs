//! Plain HTML forms, as a browser without script sends them: back to the page, with what was refused shown there.

use axum::http::Method;

use crate::endpoints::{FunctionCaller, WRITES, with};
use crate::support::{Call, HOST, Plan, Reply, Room, TestServer, boards};

fn ask(server: &TestServer, room: &Room, text: &str) -> Call {
    let fields = [("tenant", room.slug.as_str()), ("team", &room.team.id.to_string()), ("question", text)];
    server.function("ask").cookie(&server.participant(9)).wants_page().form(&fields)
}

/// "See other", nothing in the body, and the place it leads to.
fn leads_to(reply: &Reply) -> String {
    assert_eq!((reply.status.as_u16(), reply.body.len()), (303, 0), "{}", reply.text());
    reply.header("location").to_owned()
}

/// The place as a path, when it is on our own site.
fn own_path(location: &str) -> &str {
    let path = location.strip_prefix(&format!("http://{HOST}")).unwrap_or_else(|| panic!("{location} leads away"));
    if path.is_empty() { "/" } else { path }
}

#[tokio::test]
async fn a_form_comes_back_to_its_page() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    for (room, page) in [(&default, "/"), (&acme, "/t/acme/"), (&acme, "/t/acme/?tab=all&sort=newest")] {
        let referer = format!("http://{HOST}{page}");
        let text = format!("From a form on {page}");
        let reply = ask(&server, room, &text)
            .header("referer", &referer)
            .header("origin", &format!("http://{HOST}"))
            .send()
            .await;
        assert_eq!(own_path(&leads_to(&reply)), page);
        let shown = server.get(page).cookie(&server.participant(9)).send().await;
        assert!(shown.text().contains(&text), "the question is on {page}");
        // The page says that it was sent, once, where there is no script.
        let said = "Your question was sent.";
        assert!(!shown.text().contains(said));
        let flash = reply.set_cookies().into_iter().find(|cookie| cookie.starts_with("pulsestage_flash=")).unwrap();
        let flash = flash.split(';').next().unwrap().to_owned();
        let shown = server.get(page).cookie(&format!("{}; {flash}", server.participant(9))).send().await;
        let notice = shown.text().split("<noscript>").nth(1).unwrap().split("</noscript>").next().unwrap();
        assert!(notice.contains(said) && notice.contains("role=\"status\""), "{notice}");
        assert!(
            shown.set_cookies().iter().any(|cookie| cookie.starts_with("pulsestage_flash=;")),
            "{:?}",
            shown.set_cookies()
        );
    }
}

#[tokio::test]
async fn each_form_works_without_script() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    for endpoint in WRITES {
        let page = if endpoint.caller == FunctionCaller::Participant { "/" } else { "/admin" };
        let call = endpoint.call(&server, &default, &endpoint.form(&default)).wants_page();
        let reply = call.header("referer", &format!("http://{HOST}{page}")).send().await;
        assert_eq!(own_path(&leads_to(&reply)), page, "{}", endpoint.name);
    }
}

#[tokio::test]
async fn what_was_refused_is_shown_on_the_page() {
    let (server, default, acme) = TestServer::new(Plan::default()).await;
    let mut before = boards(&server, &default, &acme).await;
    let too_short = "too short: at least 3 characters";
    for (room, page) in [(&default, "/"), (&acme, "/t/acme/"), (&default, "/?tab=answered")] {
        let team = room.other_team.id.to_string();
        let fields = [("tenant", room.slug.as_str()), ("team", &team), ("question", "<&"), ("name", "Zo\u{eb}")];
        let call = server.function("ask").cookie(&server.participant(9)).wants_page().form(&fields);
        let shown = call.header("referer", &format!("http://{HOST}{page}")).send().await;
        assert_eq!(shown.status, 422, "{page}");
        assert!(shown.text().contains(too_short), "{page} does not say what was wrong");
        assert!(shown.text().contains("&lt;&amp;</textarea>"), "{page}: the question is gone");
        assert!(shown.text().contains(&format!("value=\"{team}\" selected")), "{page}: another team is chosen");
        assert!(!server.get(page).send().await.text().contains(too_short), "the page says it unasked");
        // Wrong once more, from the page that shows the first refusal, which is at the function's address; then right.
        let from = format!("http://{HOST}/api/fn/ask");
        let at = form_address(shown.text(), "ask");
        let again = |text| {
            let fields = [("tenant", room.slug.as_str()), ("team", &team), ("question", text)];
            let call = server.request(Method::POST, &at).cookie(&server.participant(9)).wants_page();
            call.header("referer", &from).form(&fields)
        };
        let shown = again("").send().await.text().to_owned();
        assert!(shown.contains("is empty") && !shown.contains(too_short), "the later refusal is shown");
        assert_eq!(boards(&server, &default, &acme).await, before);
        let right = again("Right at last").send().await;
        assert_eq!(own_path(&leads_to(&right)), page, "a success takes the refusal out of the address");
        let asked = server.get("/?tab=all&sort=newest").cookie(&server.participant(9)).send().await.text().to_owned();
        assert!(room.slug != "default" || asked.contains("Right at last"));
        before = boards(&server, &default, &acme).await;
    }
}

/// Where a form of a page is sent.
fn form_address(html: &str, function: &str) -> String {
    let start = format!("action=\"/api/fn/{function}");
    let rest = html.split_once(&start).and_then(|(_, rest)| rest.split_once('"')).map(|(rest, _)| rest);
    format!("/api/fn/{function}{}", rest.unwrap_or_default().replace("&amp;", "&"))
}

#[tokio::test]
async fn a_refused_vote_is_shown_on_the_page() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let vote = WRITES[1];
    let form = with(&vote.form(&default), "question", &default.frozen.id.to_string());
    let call = vote.call(&server, &default, &form).wants_page().header("referer", &format!("http://{HOST}/"));
    let shown = call.send().await;
    assert_eq!(shown.status, 409);
    assert!(shown.text().contains("This question is frozen"), "the page says why");
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let (server, default, _acme) = TestServer::new(Plan::default()).await;
    let foreign = [
        "",
        "https://evil.example/",
        "http://evil.example/?http://ask.test/",
        "http://ask.test.evil.example/",
        "http://ask.test@evil.example/",
        "http://ask.test:80@evil.example/",
        "http://ask.test\\@evil.example/",
        "http://ask.test#@evil.example/",
        "http://ask.test?@evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "HTTP://evil.example",
        "http:///evil.example",
        "ftp://ask.test/",
        "not an address",
        "\u{e9}",
    ];
    for referer in foreign {
        for text in ["A question from nowhere", "x"] {
            let call = ask(&server, &default, text).header("origin", &format!("http://{HOST}"));
            let reply = call.header("referer", referer).send().await;
            if text == "x" {
                assert_eq!((reply.status.as_u16(), reply.header("location")), (422, ""), "{referer:?}");
                assert_eq!(form_address(reply.text(), "ask").split("%3F").next(), Some("/api/fn/ask?page=%2F"));
            } else {
                assert_eq!(own_path(&leads_to(&reply)), "/", "{referer:?}");
            }
        }
    }
    let reply = ask(&server, &default, "A question without an address").send().await;
    assert_eq!(own_path(&leads_to(&reply)), "/");
}

#[tokio::test]
async fn an_address_with_a_made_up_refusal_is_only_a_page() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    let plain = "eyJyZWZ1c2FsIjoiZnJvemVuIn0=";
    for query in [
        "__path=/api/fn/ask&__err=%%%".to_owned(),
        "__path=/api/fn/ask&__err=".to_owned(),
        "__err=eyJ3aXJlIjoibG9zdCJ9&__path=<script>alert(1)</script>".to_owned(),
        format!("__path=/api/fn/%3Cscript%3Ealert(1)%3C/script%3E&__err={plain}"),
        format!("__path=/api/fn/ask&__err={plain}"),
        format!("__path=//evil.example&__err={plain}"),
    ] {
        let shown = server.get(&format!("/?{}", query.replace('<', "%3C").replace('>', "%3E"))).send().await;
        assert_eq!(shown.status, 200, "{query}");
        assert!(!shown.text().contains("<script>alert(1)"), "{query}");
    }
}

#[tokio::test]
async fn behind_a_proxy_the_page_is_the_public_one() {
    let also_hosts = vec!["10.0.0.1:3000".parse().unwrap()];
    let plan = Plan { public_url: Some("https://ask.example.com".to_owned()), also_hosts, ..Plan::default() };
    let (server, default, _acme) = TestServer::new(plan).await;
    // The proxy names itself as the host; the browser speaks of the public address.
    let call = |referer: &str| {
        let call = ask(&server, &default, "Behind a proxy").header("host", "10.0.0.1:3000");
        call.header("origin", "https://ask.example.com").header("referer", referer)
    };
    let reply = call("https://ask.example.com/t/acme/").send().await;
    assert_eq!(leads_to(&reply), "https://ask.example.com/t/acme/");
    let reply = call("https://evil.example/").send().await;
    assert_eq!(leads_to(&reply), "https://ask.example.com/");
}
