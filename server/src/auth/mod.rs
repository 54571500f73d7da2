//! How a browser proves who it is: a signed cookie for participants, a secret in a cookie for people who signed in.

pub mod cookies;
pub mod invites;
pub mod secret;

pub use cookies::Cookies;
pub use invites::Invites;
pub use secret::Secret;
