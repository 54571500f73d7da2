//! One component per address. Pages load the board, put it live, and wire the components to it.

pub mod admin;
pub mod board;
mod desk;
pub mod health;
pub mod moderator;
mod operator;
pub mod outcome;
mod people;
mod people_forms;
pub mod questions;
mod reports;
mod review;
mod sessions;
mod settings;
pub mod solo;
mod status;
mod tags;
mod teams;

pub use admin::AdminPage;
pub use questions::QuestionsPage;
pub use solo::NotFoundPage;
