//! Signing in by an OpenID Connect provider: the authorization code flow with PKCE.
//!
//! * `args`: the settings
//! * `attempt`: what a browser keeps between leaving for the provider and coming back, signed by us
//! * `provider`: what we ask of the provider, and what we believe of its answers
//! * `http`: how it is asked

mod args;
mod attempt;
mod http;
mod provider;

pub use args::{FirstRole, OidcArgs, OidcSettings};
pub use attempt::Attempt;
pub use provider::{Provider, ProviderError};
