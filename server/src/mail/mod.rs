//! Letters: what they say, and how they are carried.

mod args;
mod letters;
mod notices;
mod smtp;

pub use args::MailArgs;
pub use letters::{Occasion, letter};
pub use notices::MailedNotices;
pub use smtp::Smtp;
