//! What every refusal must be, and what must not have changed.

use axum::http::StatusCode;

use pulsestage::board::Board;

use super::{Reply, Room, TestServer};

/// The boards of both tenants.
pub(crate) type Boards = (Board, Board);

/// Reads what both tenants have stored.
pub(crate) async fn boards(server: &TestServer, one: &Room, other: &Room) -> Boards {
    let read = async |room: &Room| server.store.snapshot(room.tenant.id, None).await.unwrap().board;
    (read(one).await, read(other).await)
}

/// A refusal for a browser: this status, and a page that says this sentence.
pub(crate) fn assert_refused_page(case: &str, reply: &Reply, status: u16, sentence: &str) {
    assert_eq!(reply.status, StatusCode::from_u16(status).unwrap(), "{case}: {}", String::from_utf8_lossy(&reply.body));
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{case}");
    assert!(reply.text().contains(sentence), "{case}: {}", reply.text());
}

/// A refusal: this status, JSON, our word for it and a sentence for people.
pub(crate) fn assert_refused(case: &str, reply: &Reply, status: u16, refusal: &str) {
    assert_eq!(reply.status, StatusCode::from_u16(status).unwrap(), "{case}: {}", String::from_utf8_lossy(&reply.body));
    assert_eq!(reply.header("content-type"), "application/json", "{case}");
    let body = reply.json();
    assert_eq!(body["refusal"], refusal, "{case}: {body}");
    let message = body["message"].as_str().unwrap_or_default();
    assert!(message.starts_with(char::is_uppercase) && message.contains(' '), "{case}: {body}");
}
