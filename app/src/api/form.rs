//! What a plain form's refusal looks like when it comes back in the page's address.

#[cfg(not(feature = "browser"))]
use base64::Engine;
#[cfg(not(feature = "browser"))]
use base64::engine::general_purpose::URL_SAFE;
use leptos::prelude::use_context;
use pulsestage::error::Refusal;
use serde::{Deserialize, Serialize};

use super::API_PREFIX;
use crate::address::PageQuery;

/// A plain form that was refused, with everything that was typed. Provided by the server as context of the page that it
/// comes back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedForm {
    /// Which server function said no: the last part of its address, such as `ask`.
    pub endpoint: String,
    /// What it said, unless it only previewed what it would do.
    pub refusal: Option<Refusal>,
    /// The fields as they were sent.
    pub fields: Vec<(String, String)>,
}

impl ReturnedForm {
    /// The form that this page is the answer to. The browser, which runs after the page was made, knows of none.
    #[must_use]
    pub fn of_page() -> Option<Self> {
        if cfg!(feature = "ssr") { use_context() } else { None }
    }

    /// What was typed into a field.
    #[must_use]
    pub fn typed(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// What was typed into a field of the plain form that this page is the answer to. The browser, which takes over a page that
/// is there, takes over what stands in its fields.
#[must_use]
pub fn typed(endpoint: &str, name: &str) -> Option<String> {
    let returned = ReturnedForm::of_page().filter(|form| form.endpoint == endpoint)?;
    returned.typed(name).map(str::to_owned)
}

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
        #[cfg(not(feature = "browser"))]
        let refusal = serde_json::from_slice(&URL_SAFE.decode(error).ok()?).ok()?;
        #[cfg(feature = "browser")]
        let refusal = crate::json::read(&crate::platform::from_base64(error)?).ok()?;
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
pub fn form_error(query: &PageQuery) -> Option<FormError> {
    FormError::parse(query.get("__path")?, query.get("__err")?)
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
