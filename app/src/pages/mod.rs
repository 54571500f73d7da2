//! One component per address. Pages load the board, put it live, and wire the components to it.

pub mod health;
pub mod moderator;
pub mod outcome;
pub mod questions;
pub mod room;
pub mod solo;
mod status;

pub use health::HealthPage;
pub use moderator::ModeratorPage;
pub use questions::QuestionsPage;
pub use solo::{NotFoundPage, SignInPage};
