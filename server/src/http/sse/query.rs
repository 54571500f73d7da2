//! What a client may say in the address of its stream.
//!
//! Whoever cannot set a header says there where to go on, and clients spell that in many ways. What is said twice is what
//! was said last, as with a client that adds its own to the address it was given. No address is refused for what it says of a
//! cursor: EventSource gives up for good on every status but 200.

use axum::http::HeaderMap;
use url::form_urlencoded;

use pulsestage::event::Cursor;

/// The longest cursor that is looked at: an epoch of 16 digits, a hyphen and a number of 19.
const MAX_CURSOR: usize = 64;

/// The header by which clients resume.
const LAST_EVENT_ID: &str = "last-event-id";

/// What the query of an address says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct StreamQuery {
    /// The tenant's slug; the one whose host it is when absent, or `default`.
    pub(super) tenant: Option<String>,
    /// Event types to be sent, separated by commas; all when absent.
    pub(super) events: Option<String>,
    /// A team's id: only its questions are sent.
    pub(super) team: Option<String>,
    /// Whether its client asks what its stream may carry.
    pub(super) tells_viewer: bool,
    /// Where to go on.
    last_event_id: Option<String>,
}

impl StreamQuery {
    /// Reads a query. Broken escapes stand for themselves, bytes that are no text for question marks, and parameters that
    /// nobody agreed on for nothing.
    pub(super) fn parse(query: &str) -> Self {
        let mut read = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let into = match &*name {
                "tenantId" => &mut read.tenant,
                "events" => &mut read.events,
                "teamId" => &mut read.team,
                "viewer" => {
                    read.tells_viewer = value == "1";
                    continue;
                }
                // An empty one is none, so it does not take the place of one that was given.
                name if is_last_event_id(name) && !value.is_empty() => &mut read.last_event_id,
                _ => continue,
            };
            *into = Some(value.into_owned());
        }
        read
    }

    /// Where its client goes on: nothing for a new one, `Some(None)` when that cannot be read.
    ///
    /// The header wins where it can be read: a browser that reconnects sends the cursor that it has by now, beside the
    /// address with the one that it began at.
    pub(super) fn cursor(&self, headers: &HeaderMap) -> Option<Option<Cursor>> {
        let mut header =
            headers.get_all(LAST_EVENT_ID).into_iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let header = header.rfind(|text| !text.is_empty());
        let said = [header.as_deref(), self.last_event_id.as_deref()];
        let read = said.iter().flatten().find_map(|text| read_cursor(text));
        said.iter().any(Option::is_some).then_some(read)
    }
}

/// How long a query is without what it says of cursors, which may be anything.
pub fn length_without_cursors(query: &str) -> usize {
    let is_cursor = |pair: &&str| form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| is_last_event_id(&name));
    query.split('&').filter(|pair| !is_cursor(pair)).map(|pair| pair.len() + 1).sum()
}

fn read_cursor(text: &str) -> Option<Cursor> {
    if text.len() > MAX_CURSOR { None } else { text.trim().parse().ok() }
}

/// `lastEventId`, `last_event_id`, `Last-Event-ID` and whatever else is spelled alike.
fn is_last_event_id(name: &str) -> bool {
    let letters = name.bytes().filter(|byte| !b"-_".contains(byte)).map(|byte| byte.to_ascii_lowercase());
    name.len() <= 16 && letters.eq(b"lasteventid".iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: &str = "00000000000000ab-7";
    const B: &str = "00000000000000ab-9";

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LAST_EVENT_ID, axum::http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn cursor(query: &str, header: &[&str]) -> Option<Option<String>> {
        let found = StreamQuery::parse(query).cursor(&headers(header));
        found.map(|cursor| cursor.map(|cursor| cursor.to_string()))
    }

    fn at(cursor: &str) -> Option<Option<String>> {
        Some(Some(cursor.to_owned()))
    }

    #[test]
    fn each_spelling_is_the_header() {
        for name in
            ["lastEventId", "Last-Event-ID", "last-event-id", "last_event_id", "LAST_EVENT_ID", "last%5Fevent%5Fid"]
        {
            assert_eq!(cursor(&format!("tenantId=a&{name}={A}"), &[]), at(A), "{name}");
        }
        for name in ["last", "eventId", "lastEventIds", "last_event_id[]", "last event id", ""] {
            assert_eq!(cursor(&format!("{name}={A}"), &[]), None, "{name}");
        }
    }

    #[test]
    fn of_two_the_last_is_meant_and_an_empty_one_is_none() {
        assert_eq!(cursor(&format!("lastEventId={A}&last-event-id={B}"), &[]), at(B));
        assert_eq!(cursor(&format!("last_event_id={B}&last_event_id={A}"), &[]), at(A));
        assert_eq!(cursor(&format!("lastEventId=garbage&lastEventId={A}"), &[]), at(A));
        assert_eq!(cursor(&format!("lastEventId={A}&lastEventId=garbage"), &[]), Some(None));
        assert_eq!(cursor(&format!("lastEventId={A}&lastEventId=&last_event_id"), &[]), at(A));
        assert_eq!(cursor("lastEventId=&last_event_id", &[""]), None);
        assert_eq!(cursor("", &[A, B]), at(B));
        let query = StreamQuery::parse("tenantId=a&events=x&teamId=1&tenantId=b&events=y&teamId=2");
        let wanted = ["b", "y", "2"].map(|value| Some(value.to_owned()));
        assert_eq!([query.tenant, query.events, query.team], wanted);
    }

    #[test]
    fn the_header_wins_where_it_can_be_read() {
        let old = format!("last_event_id={A}");
        assert_eq!(cursor(&old, &[B]), at(B));
        assert_eq!(cursor(&old, &[""]), at(A));
        assert_eq!(cursor(&old, &["garbage"]), at(A), "nothing is left out: it is where it began");
        assert_eq!(cursor("last_event_id=garbage", &[B]), at(B));
        assert_eq!(cursor("last_event_id=garbage", &["garbage"]), Some(None));
        assert_eq!(cursor("", &["\u{e9}\u{1F600}"]), Some(None));
    }

    #[test]
    fn what_cannot_be_read_is_no_cursor_and_no_mistake() {
        for value in ["%", "%zz", "%00", "%ff%fe", "1%00", "\u{1F600}", "+", &"9".repeat(60_000)] {
            assert_eq!(cursor(&format!("lastEventId={value}"), &[]), Some(None), "{value:.20}");
        }
        assert_eq!(length_without_cursors(&format!("a=1&lastEventId={}&b=2", "9".repeat(60_000))), 8);
        assert!(length_without_cursors(&format!("a={}", "9".repeat(60_000))) > 60_000);
    }

    proptest! {
        #[test]
        fn no_query_panics(query in ".*") {
            let read = StreamQuery::parse(&query);
            let _ = read.cursor(&HeaderMap::new());
            prop_assert!(length_without_cursors(&query) <= query.len() + 1);
        }
    }
}
