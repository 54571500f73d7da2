//! What the tests of the server stand on: a server with two tenants, a browser to call it, a reader of its streams.

mod asserts;
mod audience;
mod call;
mod clock;
mod cluster;
mod database;
mod dump;
mod entry;
mod folder;
mod listening;
mod live;
mod log_stub;
mod people;
mod process;
mod provider;
mod redis;
mod relay;
mod smtp;
mod test_server;
mod wire;

pub(crate) use asserts::{Boards, assert_refused, assert_refused_page, boards};
pub(crate) use audience::{
    ANSWER, BoardWatcher, TestAudience, assert_answered, assert_kept, board_of, load_board, newcomer, readiness,
};
pub(crate) use call::{Call, Reply};
pub(crate) use clock::HandClock;
pub(crate) use cluster::Cluster;
pub(crate) use database::Database;
pub(crate) use dump::dump;
pub(crate) use entry::PASSWORD;
pub(crate) use folder::Folder;
pub(crate) use listening::Log;
pub(crate) use live::{Connection, Kind, Live, args};
pub(crate) use log_stub::LogStub;
pub(crate) use people::{ASKER, Room, signed_in};
pub(crate) use process::Process;
pub(crate) use provider::{FakeProvider, Says};
pub(crate) use pulsestage_server::audience::{LIMITS, encode_form};
pub(crate) use redis::{Redis, free_port};
pub(crate) use relay::Relay;
pub(crate) use smtp::MailServer;
pub(crate) use test_server::{Plan, TestServer, open_store};
pub(crate) use wire::{Wire, WireMessage};

use std::time::Duration;

/// The host that the tests' browsers believe to talk to.
pub(crate) const HOST: &str = "ask.test";

/// The longest that anything is waited for, by the clock of the test. Only a failing test waits that long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(100);

/// Waits for something, and fails when it does not come.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited in vain for {what}"),
    }
}
