//! Everything that speaks HTTP, one concern per file.

pub mod account;
pub mod api;
pub mod branding;
pub mod errors;
pub mod export;
pub mod health;
pub mod host;
pub mod join;
pub mod origin;
pub mod own;
pub mod page;
pub mod policy;
pub mod session;
pub mod spelling;
pub mod sse;
pub mod texts;
pub mod thread;
pub mod trace;
