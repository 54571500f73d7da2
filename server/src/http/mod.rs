//! Everything that speaks HTTP, one concern per file.

pub mod api;
pub mod health;
pub mod origin;
pub mod page;
pub mod session;
pub mod sse;
