//! The PulseStage server: axum, Server-Sent Events, the store, the event bus.
//!
//! # Layout
//!
//! Modules depend on those below them and never back: `layout_tests` reads the sources and fails on a circle.
//!
//! * what is typed: [`commands`] (one file each; `serve` is one of them)
//! * start and end: [`lifecycle`], [`accept`], [`compose`] (one instance, put together), [`install`] (what a new
//!   installation starts with), [`demo`], [`config`] (the flags of `serve`), [`telemetry`]
//! * requests: [`router`] (every route and layer on one screen), [`http`], [`state`] (what handlers share)
//! * live: [`bus`] (a ring per tenant, fed by a tailer), [`streams`] (what each stream takes of it), [`park`] (threads that
//!   write to thousands of streams), [`access`] (whose access has ended)
//! * boards: [`boards`] (in memory, right at each moment), [`coding`] (bodies that many are sent, compressed once)
//! * data: [`store`] (the one SQL text on two engines), [`lineage`] (whether it was put back), [`housekeeping`]
//! * signing in: [`auth`], [`oidc`] (a provider that vouches for people), [`mail`] (links by letter), [`installation_key`]
//! * what outlives a request and a process: [`jobs`], of which mail is one kind
//! * how much is taken of everything: [`limits`]; what is counted: [`metrics`]
//! * clients that try it from outside: [`audience`] (the clients), [`rehearse`] (the command that uses them)
//! * ports over a library or the system: [`system`], [`unicode`], [`pictures`], [`csv_reader`]
//! * small parts: [`deadline`], [`origin`] (origins and hosts)

pub mod accept;
pub mod access;
pub mod audience;
pub mod auth;
pub mod boards;
pub mod bus;
pub mod coding;
pub mod commands;
pub mod compose;
pub mod config;
pub mod csv_reader;
pub mod deadline;
pub mod demo;
mod histogram;
pub mod housekeeping;
pub mod http;
pub mod install;
pub mod installation_key;
pub mod jobs;
pub mod lifecycle;
pub mod limits;
pub mod lineage;
pub mod mail;
pub mod metrics;
pub mod oidc;
pub mod origin;
pub mod park;
pub mod pictures;
pub mod rehearse;
pub mod router;
pub mod state;
pub mod store;
pub mod streams;
pub mod system;
pub mod telemetry;
pub mod unicode;

#[cfg(test)]
mod layout_tests;
