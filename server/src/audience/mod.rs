//! An audience: the clients with which `pulsestage rehearse`, the examples and the tests try a server from outside.
//!
//! [`client`] sends requests and opens streams, [`events`] reads what streams bring, [`participant`] is one person's calls
//! of the API, [`streamed_board`] keeps a board by a stream and counts what the stream left out, [`ledger`] holds what
//! was confirmed and compares it with the board that the database has.

pub mod client;
pub mod events;
pub mod ledger;
pub mod participant;
pub mod streamed_board;
mod temp_folder;

pub use client::{EventStream, HttpAnswer, HttpClient, Origin, encode_form};
pub use events::{EventReader, StreamMessage};
pub use ledger::Ledger;
pub use participant::{ParticipantClient, fresh_key};
pub use streamed_board::{StreamFaults, StreamedBoard};
pub use temp_folder::TempFolder;

/// The limits of `serve` that take an audience on one machine for an attack; 0 switches each off.
pub const LIMITS: [&str; 16] = [
    "--max-streams",
    "--max-streams-per-tenant",
    "--max-streams-per-participant",
    "--streams-per-unknown-network",
    "--connections-per-network",
    "--newcomers-per-network",
    "--accept-rate",
    "--votes-per-participant",
    "--asks-per-participant",
    "--asks-per-tenant",
    "--open-questions-per-participant",
    "--reads-per-participant",
    "--reads-per-tenant",
    "--reads-per-unknown-network",
    "--unknown-reads-per-tenant",
    "--writes-per-tenant",
];
