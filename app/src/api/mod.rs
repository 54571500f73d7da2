//! The server functions: addresses of the use cases for pages, forms and the browser. They decide nothing.
//!
//! The only place with `#[server]`. Each body makes the request's context, calls one use case and maps its refusal.

#[cfg(feature = "ssr")]
mod backend;
#[cfg(feature = "browser")]
pub(crate) mod client;
mod encoding;
mod error;
#[cfg(feature = "ssr")]
mod flash;
mod form;
mod health;
mod moderators;
mod operator;
mod own;
mod participants;
mod people;
mod reports;
mod review;
mod search;
mod tenancy;
mod threads;

#[cfg(feature = "ssr")]
pub use backend::{Backend, Home, PageWindow, ReadyBoard};
pub use encoding::{ApiEncoding, ApiJson};
pub use error::{ApiError, WireFault};
#[cfg(feature = "ssr")]
pub(crate) use flash::has_asked;
pub use form::{FormError, ReturnedForm, form_error, typed};
pub use health::*;
pub use moderators::*;
pub use operator::*;
pub use own::*;
pub use participants::*;
pub use people::*;
pub use reports::*;
pub use review::*;
pub use search::*;
pub use tenancy::*;
pub use threads::*;

/// Where every server function lives.
pub const API_PREFIX: &str = "/api/fn";

/// The field of an address that tells the page a form comes back to which server function did what it was to do.
pub const SAVED: &str = "saved";

/// The header by which a server function asks that its plain form comes back with what was typed. No browser sees it.
pub const FORM_AGAIN: &str = "x-form-again";

/// The default time between two heartbeats of a stream, in milliseconds.
pub const HEARTBEAT_MS: u64 = 30_000;

/// What the server tells every browser in the page's head. Provided by the server as context; absent means defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSettings {
    /// The time between two heartbeats of a stream, in milliseconds.
    pub heartbeat_ms: u64,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self { heartbeat_ms: HEARTBEAT_MS }
    }
}
