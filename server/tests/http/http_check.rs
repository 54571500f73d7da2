//! The page that tells what a network lets through.

use crate::support::{Plan, TestServer};

#[tokio::test]
async fn it_says_what_the_server_sees_and_works_without_script() {
    let (server, _default, _acme) = TestServer::new(Plan::default()).await;
    for (path, tenant, home) in [("/check", "default", "/"), ("/t/acme/check", "acme", "/t/acme/")] {
        let reply = server.get(path).header("via", "1.1 office <b>").send().await;
        assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "private, no-store"), "{path}");
        let page = reply.text();
        for part in [
            format!("data-tenant=\"{tenant}\"").as_str(),
            format!("href=\"{home}\"").as_str(),
            "data-heartbeat=\"3600000\"",
            "data-cookies=\"unknown\"",
            "HTTP/1.1 at the server.",
            "1.1 office &lt;b&gt;",
            "<noscript>",
            "Needs JavaScript.",
        ] {
            assert!(page.contains(part), "{path}: {part} in {page}");
        }
        assert!(!page.contains(".wasm"), "a small script alone");
        let cookie = reply.set_cookies()[0].split(';').next().unwrap().to_owned();
        let again = format!("{path}?again");
        for (cookie, kept) in [(cookie.as_str(), "yes"), ("", "no"), (server.participant(1).as_str(), "yes")] {
            let reply = server.get(&again).cookie(cookie).send().await;
            assert!(reply.text().contains(&format!("data-cookies=\"{kept}\"")), "{again}: {kept}");
        }
    }
    assert_eq!(server.get("/t/nope/check").send().await.status, 404);
}
