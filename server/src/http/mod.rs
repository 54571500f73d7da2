//! Everything that speaks HTTP, one concern per file.
//!
//! A handler takes what it needs by the extractors of `extract`, and gives `Result<impl IntoResponse, Error>`: what is
//! refused is said in the caller's language by [`language`].

pub mod account;
pub mod api;
pub mod board;
pub mod branding;
pub mod check;
pub mod compression;
pub mod device;
pub mod errors;
pub mod export;
mod extract;
pub mod health;
pub mod host;
pub mod join;
pub mod language;
mod newcomer;
pub mod origin;
pub mod own;
pub mod page;
pub mod policy;
pub mod returned_form;
pub mod session;
pub mod site;
pub mod spelling;
pub mod sse;
mod table;
pub mod texts;
pub mod thread;
pub mod trace;
