//! The PulseStage domain: what the product is, with no I/O and no feature flags.
//!
//! # Layout
//!
//! * values: [`id`], [`time`], [`text`], and the nouns [`tenant`], [`team`], [`tag`], [`question`], [`user`], [`person`],
//!   [`session`], [`email`], [`password`], [`second_factor`], [`link`]
//! * a tenant's own: [`settings`] (as they are typed), [`accent`], [`logo`], [`join`] (codes of its teams)
//! * rules: [`permission`] (who may do what), [`error`] (every no we say)
//! * live: [`event`] (the facts and tallies on the wire), [`board`] (the one reducer that folds them), [`window`] (the rows
//!   that a page has at once), [`search`] (what on a board is like a text)
//! * between an asker and the moderators: [`thread`]; what people wrote, and how long it is kept: [`retention`]
//! * how it is doing: [`health`]; what was done: [`audit`], [`statistics`], [`export`]
//! * work: [`command`] (what people ask for), [`ports`] (the interfaces that the server implements), [`service`] (the use cases)
//!
//! It compiles for `wasm32-unknown-unknown` as it stands: the server, its tests and every browser run the same code.

pub mod accent;
pub mod audience;
pub mod audit;
pub mod board;
pub mod command;
pub mod email;
pub mod error;
pub mod event;
pub mod export;
pub mod health;
pub mod id;
pub mod join;
pub mod link;
pub mod logo;
pub mod markup;
pub mod moderation;
pub mod password;
pub mod people_import;
pub mod permission;
pub mod person;
pub mod ports;
pub mod question;
pub mod retention;
pub mod search;
pub mod second_factor;
pub mod service;
pub mod session;
pub mod settings;
pub mod statistics;
pub mod tag;
pub mod team;
pub mod tenant;
pub mod text;
pub mod text_filter;
pub mod thread;
pub mod time;
pub mod user;
pub mod window;
