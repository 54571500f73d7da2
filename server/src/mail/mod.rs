//! Mail: what letters say, how they wait to be sent, and how they are sent.

mod args;
mod letters;
mod queue;
mod smtp;

pub use args::MailArgs;
pub use letters::{Occasion, letter};
pub use queue::{MailQueue, MailSetup};
