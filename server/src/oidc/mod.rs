//! Signing in by an OpenID Connect provider: the authorization code flow with PKCE.
//!
//! * `args`: the settings
//! * `provider`: what we ask of the provider, and what we believe of its answers
//! * `http`: how it is asked

mod args;
mod http;
mod provider;

pub use args::{FirstRole, OidcArgs, OidcSettings};
pub use provider::{Provider, ProviderError};
