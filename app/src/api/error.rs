//! The one error of every server function: our own refusal, or the wire's failure to bring an answer.
//!
//! On the wire an error is the refusal's own JSON plus `"message"`, a sentence for people, under the refusal's
//! HTTP status. The browser reads it back into the same type.

use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use pulsestage::error::Refusal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

use super::ApiEncoding;

/// Why there was no answer to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireFault {
    /// The request or its answer did not arrive.
    Lost,
    /// Something answered, but not in words we know: a proxy in between, or another version of us.
    Unreadable,
}

/// Why a server function did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// PulseStage said no.
    Refused(Refusal),
    /// Nobody knows whether it was done: ask again under the same idempotency key.
    Wire(WireFault),
}

impl ApiError {
    /// The refusal, when it is one.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Wire(_) => None,
        }
    }

    /// Whether the same request may well succeed in a while, and if so, the fewest milliseconds to wait for it.
    #[must_use]
    pub fn worth_retrying(&self) -> Option<u32> {
        match self {
            Self::Wire(_) => Some(0),
            Self::Refused(Refusal::Unavailable { retry_after_s } | Refusal::TooManyRequests { retry_after_s }) => {
                Some(retry_after_s.saturating_mul(1_000))
            }
            Self::Refused(_) => None,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Wire(WireFault::Lost) => f.write_str("The connection failed. Your text is not lost."),
            Self::Wire(WireFault::Unreadable) => f.write_str("Something went wrong. Try again, or reload the page."),
        }
    }
}

impl std::error::Error for ApiError {}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A refusal with its sentence, as it goes over the wire.
#[derive(Serialize)]
struct RefusalMessage<'a> {
    #[serde(flatten)]
    refusal: &'a Refusal,
    message: String,
}

impl Serialize for ApiError {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let said = |refusal| RefusalMessage { refusal, message: self.to_string() };
        match self {
            Self::Refused(refusal) => said(refusal).serialize(to),
            // It arises where answers are read and is never sent; what is nearest to it says "ask again".
            Self::Wire(_) => said(&Refusal::Unavailable { retry_after_s: 1 }).serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for ApiError {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Refusal::deserialize(from).map(Self::Refused)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = ApiEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        #[cfg(feature = "ssr")]
        return super::backend::refuse(refusal_of(&error));
        #[cfg(not(feature = "ssr"))]
        Self::Wire(match error {
            ServerFnErrorErr::Request(_) => WireFault::Lost,
            _ => WireFault::Unreadable,
        })
    }
}

/// What we say when server_fn could not call us. Its own text may quote the request, so it is not repeated,
/// save the name of a missing field, which is ours.
#[cfg(feature = "ssr")]
fn refusal_of(error: &ServerFnErrorErr) -> Refusal {
    let detail = match error {
        ServerFnErrorErr::Args(text) => match missing_field(text) {
            Some(field) => format!("the field `{field}` is missing"),
            None => "a field is not in the form that this address takes".to_owned(),
        },
        ServerFnErrorErr::MissingArg(_) => "a field is missing".to_owned(),
        ServerFnErrorErr::Deserialization(_) | ServerFnErrorErr::Request(_) => {
            "it is not text in UTF-8, or it broke off".to_owned()
        }
        ServerFnErrorErr::UnsupportedRequestMethod(_) => return Refusal::MethodNotAllowed,
        ServerFnErrorErr::Registration(_)
        | ServerFnErrorErr::ServerError(_)
        | ServerFnErrorErr::MiddlewareError(_)
        | ServerFnErrorErr::Serialization(_)
        | ServerFnErrorErr::Response(_) => return Refusal::Internal,
    };
    Refusal::Malformed { detail }
}

/// The name in serde's ``missing field `name` ``; nothing that a request could have put there.
#[cfg(feature = "ssr")]
fn missing_field(text: &str) -> Option<&str> {
    let name = text.split_once("missing field `")?.1.split_once('`')?.0;
    let ours = !name.is_empty() && name.len() < 32 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    ours.then_some(name)
}

#[cfg(feature = "ssr")]
#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
