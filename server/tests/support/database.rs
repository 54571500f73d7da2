//! A database of one test's own, on the engine that `PULSESTAGE_TEST_ENGINE` names: `sqlite` (the default) or `postgres`.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

use super::Folder;
use crate::stage::{postgres_server, with_database};
use pulsestage::ports::Rng;
use pulsestage_server::system::SystemRng;

/// An empty database, gone when it is dropped.
pub(crate) enum Database {
    File(Folder),
    OnServer { server: String, name: String },
}

impl Database {
    /// A new one.
    pub(crate) async fn new() -> Self {
        match std::env::var("PULSESTAGE_TEST_ENGINE").as_deref() {
            Err(_) | Ok("" | "sqlite") => Self::File(Folder::new()),
            Ok("postgres") => {
                let server = postgres_server("what runs on either engine").expect("PULSESTAGE_TEST_PG names a server");
                let mut random = [0; 16];
                SystemRng.fill(&mut random);
                let name = format!("pulsestage_http_{}", Uuid::from_bytes(random).simple());
                execute(&server, format!("create database {name}")).await;
                Self::OnServer { server, name }
            }
            Ok(other) => panic!("PULSESTAGE_TEST_ENGINE is sqlite or postgres, not {other}"),
        }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::File(folder) => folder.sqlite_url(),
            Self::OnServer { server, name } => with_database(server, name),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Self::OnServer { server, name } = self else { return };
        let (server, statement) = (server.clone(), format!("drop database if exists {name} with (force)"));
        // The runtime of the test cannot wait here.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(execute(&server, statement));
        });
        let _said_already = dropping.join();
    }
}

#[expect(clippy::disallowed_methods, reason = "the name of a database cannot be bound; this one is hexadecimal digits")]
async fn execute(server: &str, statement: String) {
    let mut admin = PgConnection::connect(server).await.unwrap();
    admin.execute(AssertSqlSafe(statement)).await.unwrap();
}
