//! How people prove who they are: a signed cookie for participants, a secret in a cookie for people who signed in, the
//! passwords that they sign in by, the codes of their second factor, and what a browser keeps while it is at a provider.

mod attempt;
pub mod cookies;
pub mod invites;
pub mod passwords;
pub mod secret;
mod totp;

pub use attempt::Attempt;
pub use cookies::Cookies;
pub use invites::Invites;
pub use passwords::{HashCost, PasswordKeeper};
pub use secret::Secret;
