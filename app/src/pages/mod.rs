//! One component per address. Pages load the board, put it live, and wire the components to it.

pub mod admin;
pub mod board;
mod data;
mod form;
mod frame;
mod health;
mod moderator;
mod operator;
pub mod outcome;
mod people;
pub mod questions;
mod reports;
mod review;
mod sessions;
mod settings;
pub mod solo;
mod status;
mod tags;
mod teams;

pub use admin::AdminRoute;
pub use questions::QuestionsPage;
pub use solo::NotFoundPage;
