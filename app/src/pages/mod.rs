//! One component per address. Pages load the board, put it live, and wire the components to it.

pub mod admin;
pub mod health;
pub mod moderator;
pub mod outcome;
pub mod questions;
pub mod room;
pub mod solo;
mod status;

pub use admin::AdminPage;
pub use questions::QuestionsPage;
pub use solo::{NotFoundPage, SignInPage};
