//! A Redis of our own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use pulsestage::ports::Rng;
use pulsestage_server::system::SystemRng;

use super::{Folder, soon};

/// A Redis of our own; killed when it is dropped.
pub(crate) struct Redis {
    child: Child,
    pub(crate) port: u16,
}

impl Redis {
    /// Starts one on this port, without persistence. `None` when the program is not installed.
    pub(crate) async fn start(folder: &Folder, port: u16) -> Option<Self> {
        let child = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--daemonize",
                "no",
            ])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = match child {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => panic!("{error}"),
        };
        let redis = Self { child, port };
        soon("Redis to answer", async {
            while redis.ears().await.is_none() {
                tokio::task::yield_now().await
            }
        })
        .await;
        Some(redis)
    }

    pub(crate) fn url(port: u16) -> String {
        format!("redis://127.0.0.1:{port}/")
    }

    /// How many listen to rings; `None` when nobody answers.
    pub(crate) async fn ears(&self) -> Option<i64> {
        let client = redis::Client::open(Self::url(self.port)).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.ok()?;
        let topic = pulsestage_server::bus::redis::TOPIC;
        let answer: (String, i64) =
            redis::cmd("PUBSUB").arg("NUMSUB").arg(topic).query_async(&mut connection).await.ok()?;
        Some(answer.1)
    }

    /// Waits until both instances listen.
    pub(crate) async fn is_heard(&self) {
        soon("both instances to hear Redis", async {
            while self.ears().await != Some(2) {
                tokio::task::yield_now().await
            }
        })
        .await;
    }
}

impl Redis {
    /// Stops it where it is, without a word to anybody.
    pub(crate) fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A port that nobody has just now. It is below the range from which systems hand out ports by themselves, so that no
/// connection gets it by chance while the server that has it is down.
pub(crate) fn free_port() -> u16 {
    let mut random = [0; 2];
    loop {
        SystemRng.fill(&mut random);
        let port = 20_000 + u16::from_le_bytes(random) % 12_000;
        if TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).is_ok() {
            return port;
        }
    }
}
