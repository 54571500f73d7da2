//! What a plain form's refusal looks like when it comes back in the page's address.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use leptos::prelude::use_context;
use leptos::server::ServerActionError;
use pulsestage::error::Refusal;

use super::API_PREFIX;

/// A form that was sent without script and refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormError {
    /// Which server function said no: the last part of its address, such as `ask`.
    pub endpoint: String,
    /// What it said.
    pub refusal: Refusal,
}

impl FormError {
    /// Reads what a redirect put into an address; anybody can write one, so only what reads as a refusal is taken.
    #[must_use]
    pub fn parse(path: &str, error: &str) -> Option<Self> {
        let endpoint = path.strip_prefix(API_PREFIX)?.strip_prefix('/')?;
        let refusal = serde_json::from_slice(&URL_SAFE.decode(error).ok()?).ok()?;
        Some(Self { endpoint: endpoint.to_owned(), refusal })
    }

    /// What brings it back in an address, as the framework writes it for server functions.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn query(self) -> String {
        let why = serde_json::to_vec(&super::ApiError::from(self.refusal)).unwrap_or_default();
        // No character of base64 needs to be written otherwise there.
        format!("__path={API_PREFIX}/{}&__err={}", self.endpoint, URL_SAFE.encode(why))
    }
}

/// The refusal that brought the visitor back to this page, when they sent a form without script.
///
/// The server and the browser read it from the same address, so both draw the same page.
#[must_use]
pub fn form_error() -> Option<FormError> {
    let came = use_context::<ServerActionError>()?;
    FormError::parse(came.path(), came.err())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ApiError;
    use proptest::prelude::*;

    #[test]
    fn a_refusal_comes_back_from_an_address() {
        let sent = URL_SAFE.encode(serde_json::to_vec(&ApiError::from(Refusal::Frozen)).unwrap());
        let read = FormError::parse("/api/fn/set_vote", &sent);
        assert_eq!(read, Some(FormError { endpoint: "set_vote".to_owned(), refusal: Refusal::Frozen }));
        assert_eq!(FormError::parse("/elsewhere/set_vote", &sent), None);
    }

    #[test]
    fn only_refusals_are_read() {
        for text in ["", "%%%", "bm90IGpzb24=", "eyJ3aXJlIjoibG9zdCJ9"] {
            assert_eq!(FormError::parse("/api/fn/ask", text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_address_panics(path in ".*", error in ".*") {
            let _ = FormError::parse(&path, &error);
        }
    }
}
