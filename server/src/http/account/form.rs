//! What a form brought. Whatever it is, it can be read; a field that is missing is empty.

use axum::body::{HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use std::fmt;

use crate::unicode::nfc;
use pulsestage::error::Refusal;

/// The largest form, in bytes: the longest password, each of its bytes written as `%XX`, fits in several times.
const MAX: usize = 16 * 1024;

/// The fields of a form or of an address.
pub(in crate::http) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The fields behind the question mark.
    pub(in crate::http) fn of_query(query: Option<&str>) -> Self {
        Self::parse(query.unwrap_or_default().as_bytes())
    }

    /// The fields of a form that was posted.
    pub(in crate::http) async fn of_body(request: Request) -> Result<(HeaderMap, Self), Refusal> {
        let (head, body) = request.into_parts();
        let kind = head.headers.get(CONTENT_TYPE);
        if kind.is_none() && body.is_end_stream() {
            // A form without a field, whatever it would have been.
            return Ok((head.headers, Self(Vec::new())));
        }
        let kind = kind.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Refusal::UnsupportedMediaType);
        }
        let body = to_bytes(body, MAX).await.map_err(|_| Refusal::TooLarge)?;
        Ok((head.headers, Self::parse(&body)))
    }

    fn parse(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text);
        Self(pairs.map(|(name, value)| (name.into_owned(), nfc(&value).into_owned())).collect())
    }

    /// A field; empty when it is not there, the first when it is there twice.
    pub(in crate::http) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }
}

/// There are passwords in it.
impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fields").field("count", &self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_can_be_read() {
        let fields = Fields::of_query(Some("a=1&a=2&b=%C3%A9+%ff&c&=x&%"));
        assert_eq!([fields.get("a"), fields.get("b"), fields.get("c"), fields.get("d")], ["1", "é \u{fffd}", "", ""]);
        assert_eq!(Fields::of_query(None).get("a"), "");
    }
}
