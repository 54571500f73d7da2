//! The PulseStage server: axum, Server-Sent Events, the store, the event bus.
//!
//! # Layout
//!
//! * start and end: [`config`], [`telemetry`], [`install`], [`installation_key`], [`lifecycle`], [`accept`]
//! * requests: [`router`] (every route and layer on one screen), [`http`], [`state`]
//! * live: [`bus`] (a ring per tenant, fed by a tailer), `http::sse` (what each stream takes of it), [`park`] (threads
//!   that write to thousands of streams)
//! * whose access has ended: [`access`]
//! * data: [`store`] (the one SQL text on two engines), [`lineage`] (whether it was put back), [`demo`]
//! * coming in: [`auth`], [`oidc`] (a provider that vouches for people), [`mail`] (links by letter)
//! * logos: [`pictures`]
//! * how much is taken of everything: [`limits`]
//! * the audience that tries it all: [`rehearse`]
//! * what is counted: [`metrics`]
//! * texts: [`unicode`]
//! * the small ports: [`world`]

pub mod accept;
pub mod access;
pub mod audit_command;
pub mod auth;
pub mod background;
pub mod backup_command;
pub mod bus;
pub mod config;
pub mod copy_command;
pub mod csv_reader;
pub mod deadline;
pub mod demo;
pub mod housekeeping;
pub mod http;
pub mod install;
pub mod installation_key;
pub mod lifecycle;
pub mod limits;
pub mod lineage;
pub mod link_command;
pub mod mail;
pub mod metrics;
pub mod oidc;
pub mod origin;
pub mod park;
pub mod pictures;
pub mod recount;
pub mod rehearse;
pub mod restore_command;
pub mod router;
pub mod second_factor_command;
pub mod state;
pub mod store;
pub mod system;
pub mod telemetry;
pub mod tenant_command;
pub mod unicode;
pub mod verify_command;
