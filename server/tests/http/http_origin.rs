//! Every address that changes something, written to from another site: refused, and nothing has changed.

use axum::http::Method;
use pulsestage::link::PersonLinkPurpose;
use pulsestage::user::Role;

use crate::endpoints::WRITES;
use crate::support::{
    ASKER, Call, Folder, PASSWORD, Plan, Room, TestServer, assert_refused, assert_refused_page, dump, open_store,
};

/// What a browser says of a write that another site's page sends. The last are browsers that leave `Origin` out.
const FOREIGN: [&[(&str, &str)]; 9] = [
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("origin", "https://ask.test.evil.example"), ("referer", "http://ask.test/")],
    &[("origin", "http://ask.test:8080")],
    &[("origin", "http://evil.test"), ("sec-fetch-site", "same-origin")],
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("referer", "https://evil.example/http://ask.test/")],
    &[("referer", "http://ask.test@evil.example/")],
];

/// A server on a database whose address is known.
async fn server() -> (TestServer, Room, Room, Folder) {
    let folder = Folder::new();
    let server = TestServer::on(open_store(&folder.sqlite_url()).await, Plan::default());
    let default = Room::furnish(&server.service, "default").await;
    let acme = Room::furnish(&server.service, "acme").await;
    (server, default, acme, folder)
}

/// Every cookie that could make a write of this room succeed.
fn with_cookies(call: Call, server: &TestServer, room: &Room) -> Call {
    call.cookie(&room.owner).cookie(&server.participant(ASKER))
}

/// Addresses of forms beside the server functions.
async fn forms(server: &TestServer, room: &Room) -> Vec<String> {
    let person = server.person_with_password(room, &format!("ann@{}.example", room.slug), Role::Member).await;
    let open = server.link_for(room, person, PersonLinkPurpose::Password).await;
    let at = |path: &str| format!("/t/{}/{path}", room.slug);
    let report = format!("report/{}", room.open.id);
    let account = ["sign-in", "sign-in/link", "sign-in/forgot", "password", "logo", "mine", "forget", &report].map(at);
    let others = ["/sign-in", "/sign-in/link", "/sign-in/forgot", "/password", "/mine", "/sign-out", "/forget"]
        .map(str::to_owned);
    let claim = format!("/claim/{}", "0".repeat(64));
    account.into_iter().chain(others).chain([open, claim]).collect()
}

#[tokio::test]
async fn no_form_of_another_site_changes_anything() {
    let (server, default, acme, folder) = server().await;
    for room in [&default, &acme] {
        let forms = forms(&server, room).await;
        let functions = leptos::server_fn::axum::server_fn_paths().filter(|(_, method)| method == Method::POST);
        let functions: Vec<String> = functions.map(|(path, _)| path.to_owned()).collect();
        assert!(functions.len() > WRITES.len());
        let question = room.open.id.to_string();
        let email = format!("ann@{}.example", room.slug);
        let fields = [
            ("tenant", room.slug.as_str()),
            ("question", &question),
            ("do", "withdraw"),
            ("email", &email),
            ("password", PASSWORD),
            ("up", "true"),
        ];
        let before = dump(&folder.sqlite_url()).await;
        for path in functions.iter().chain(&forms) {
            for headers in FOREIGN {
                let call = with_cookies(server.request(Method::POST, path), &server, room).form(&fields);
                let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
                let reply = call.wants_page().send().await;
                let case = format!("{path} {headers:?}");
                assert_refused_page(&case, &reply, 403, "came from another site");
                assert!(reply.set_cookies().is_empty(), "{case}");
            }
        }
        assert_eq!(dump(&folder.sqlite_url()).await, before, "nothing has changed in {}", room.slug);
    }
}

#[tokio::test]
async fn good_calls_are_refused_for_their_origin_alone() {
    let (server, default, _acme, folder) = server().await;
    let before = dump(&folder.sqlite_url()).await;
    for endpoint in WRITES {
        for headers in FOREIGN {
            let call = endpoint.call(&server, &default, &endpoint.form(&default));
            let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
            assert_refused(&format!("{} {headers:?}", endpoint.name), &call.send().await, 403, "foreign_origin");
        }
    }
    assert_eq!(dump(&folder.sqlite_url()).await, before);
    for endpoint in WRITES {
        let call = endpoint.call(&server, &default, &endpoint.form(&default));
        assert_eq!(call.header("origin", "http://ask.test").send().await.status, 200, "{}", endpoint.name);
    }
    assert_ne!(dump(&folder.sqlite_url()).await, before, "the same calls from our own pages are writes");
}

#[tokio::test]
async fn no_write_is_had_by_asking_for_a_page() {
    let (server, default, _acme, folder) = server().await;
    let before = dump(&folder.sqlite_url()).await;
    for endpoint in WRITES {
        let form = endpoint.form(&default);
        let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let query = crate::support::encode_form(&fields);
        for method in [Method::GET, Method::HEAD] {
            let call = server.request(method, &format!("/api/fn/{}?{query}", endpoint.name));
            let reply = with_cookies(call, &server, &default).cookie(&endpoint.cookie(&server, &default)).send().await;
            assert_eq!(reply.status, 405, "{}", endpoint.name);
        }
    }
    assert_eq!(dump(&folder.sqlite_url()).await, before);
}
