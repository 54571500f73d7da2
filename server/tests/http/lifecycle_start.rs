//! Instances of the binary that start together on nothing, and databases that come late, hang, or never come.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::stage::{Stage, on_postgres, postgres_server};
use crate::support::{Folder, Relay, soon};

/// An instance of the binary, whose log is kept.
struct Instance {
    child: Child,
    addr: SocketAddr,
    log: PathBuf,
}

/// Where instances are started: folders of their own.
struct Ground {
    data: Folder,
    site: Folder,
    logs: Folder,
}

impl Ground {
    fn new() -> Self {
        Self { data: Folder::new(), site: Folder::site(), logs: Folder::new() }
    }

    /// Starts an instance in this folder of data.
    fn start(&self, data: &Folder, url: Option<&str>, key: Option<&str>, flags: &[&str]) -> Instance {
        let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = self.logs.path().join(addr.port().to_string());
        let mut command = Command::new(env!("CARGO_BIN_EXE_pulsestage"));
        command.env_clear().args(["serve", "--addr", &addr.to_string(), "--drain-s", "0", "--linger-s", "0"]);
        command.arg("--data-dir").arg(data.path()).arg("--site-dir").arg(self.site.path()).args(flags);
        command.envs(url.map(|url| ("DATABASE_URL", url))).envs(key.map(|key| ("PULSESTAGE_KEY", key)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap());
        Instance { child: command.spawn().unwrap(), addr, log }
    }

    /// What a command of the binary says.
    fn command(&self, data: &Folder, url: Option<&str>, words: &[&str]) -> (bool, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pulsestage"));
        command.env_clear().args(words).arg("--data-dir").arg(data.path());
        let said = command.envs(url.map(|url| ("DATABASE_URL", url))).output().unwrap();
        let text = [said.stdout, said.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (said.status.success(), text)
    }
}

impl Instance {
    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    async fn is_ready(&mut self) {
        let ready = async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    panic!("it ended with {status}: {}", self.log());
                }
                if self.answers("/health/ready").await {
                    return;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        soon("an instance to be ready", ready).await;
    }

    async fn answers(&self, path: &str) -> bool {
        let asked = format!("GET {path} HTTP/1.1\r\nhost: ask.test\r\nconnection: close\r\n\r\n");
        let mut text = String::new();
        let answered = async {
            let mut socket = TcpStream::connect(self.addr).await?;
            socket.write_all(asked.as_bytes()).await?;
            socket.read_to_string(&mut text).await
        };
        answered.await.is_ok() && text.starts_with("HTTP/1.1 200")
    }

    async fn ends(&mut self) -> ExitStatus {
        let ended = async {
            loop {
                match self.child.try_wait().unwrap() {
                    Some(status) => return status,
                    None => sleep(Duration::from_millis(20)).await,
                }
            }
        };
        soon("an instance to end", ended).await
    }

    fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// How often it said that it waits for this.
    fn lines(&self, what: &str) -> usize {
        self.log().lines().filter(|line| line.contains("waiting for the database: ") && line.contains(what)).count()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        self.child.wait().unwrap();
    }
}

/// A server that answers the first and the second that it is sent with these bytes, and is silent then: PostgreSQL is
/// asked first whether it encrypts, and says `N` when it does not.
fn fake_server(answers: Vec<Vec<u8>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for socket in listener.incoming() {
            let Ok(mut socket) = socket else { return };
            for answer in &answers {
                let _cut = socket.read(&mut [0; 1_024]).and_then(|_| socket.write_all(answer));
            }
            kept.push(socket);
        }
    });
    addr
}

/// PostgreSQL's message of an error (its documentation, "Message Formats", ErrorResponse).
fn refuses_with(code: &str) -> Vec<Vec<u8>> {
    let fields = format!("SFATAL\0VFATAL\0C{code}\0Mno\0\0");
    let mut message = vec![b'E'];
    message.extend_from_slice(&u32::try_from(fields.len() + 4).unwrap().to_be_bytes());
    message.extend_from_slice(fields.as_bytes());
    vec![b"N".to_vec(), message]
}

fn key(digit: &str) -> String {
    digit.repeat(64)
}

/// Starts three at once and holds that all of them serve, on a database that was made once.
async fn three_at_once(url: Option<&str>, flags: [&[&str]; 3]) {
    let ground = Ground::new();
    // On PostgreSQL they share nothing but the database and the key.
    let own = [Folder::new(), Folder::new(), Folder::new()];
    let shared = key("a");
    let mut instances: Vec<Instance> = (own.iter().zip(flags))
        .map(|(own, flags)| match url {
            Some(_) => ground.start(own, url, Some(&shared), flags),
            None => ground.start(&ground.data, None, None, flags),
        })
        .collect();
    for instance in &mut instances {
        instance.is_ready().await;
    }
    let (listed, tenants) = ground.command(&ground.data, url, &["tenant", "list"]);
    assert!(listed, "{tenants}");
    let plain = "default\tPulseStage\t1 teams, 0 questions";
    let is_plain = tenants.lines().count() == 1 && tenants.starts_with(plain);
    let is_demo = tenants.lines().count() > 1 && !tenants.contains("\t0 teams");
    let demos = flags.iter().filter(|flags| flags.contains(&"--demo")).count();
    assert!(if demos == 0 { is_plain } else { is_demo || (demos < 3 && is_plain) }, "{tenants}");
    let made = "made the first tenant";
    let filled = "filled the empty database";
    let count = |what: &str| instances.iter().map(|one| one.log().matches(what).count()).sum::<usize>();
    assert_eq!(count(made) + count(filled), 1, "{:?}", instances.iter().map(Instance::log).collect::<Vec<_>>());
    for instance in &mut instances {
        instance.terminate();
        assert!(instance.ends().await.success(), "{}", instance.log());
    }
}

const PLAIN: [&[&str]; 3] = [&[], &[], &[]];
const MIXED: [&[&str]; 3] = [&["--demo"], &[], &["--demo"]];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_start_at_once_on_an_empty_file() {
    for round in 0..4 {
        three_at_once(None, if round == 2 { MIXED } else { PLAIN }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_start_at_once_on_an_empty_server() {
    for round in 0..4 {
        let story: fn(Arc<Stage>) -> _ = if round == 2 { mixed_on_server } else { plain_on_server };
        on_postgres(&format!("start_{round}"), story).await;
    }
}

fn plain_on_server(stage: Arc<Stage>) -> futures::future::BoxFuture<'static, ()> {
    Box::pin(emptied_and_started(stage, PLAIN))
}

fn mixed_on_server(stage: Arc<Stage>) -> futures::future::BoxFuture<'static, ()> {
    Box::pin(emptied_and_started(stage, MIXED))
}

async fn emptied_and_started(stage: Arc<Stage>, flags: [&'static [&'static str]; 3]) {
    empty(&stage).await;
    three_at_once(Some(&stage.url), flags).await;
}

/// Takes everything away that opening has made.
async fn empty(stage: &Stage) {
    stage.store.close().await;
    stage.sneak("drop schema public cascade").await;
    stage.sneak("create schema public").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_keys_at_once_one_wins() {
    on_postgres("start_keys", two_keys).await;
}

async fn two_keys(stage: Arc<Stage>) {
    empty(&stage).await;
    let (ground, own) = (Ground::new(), [Folder::new(), Folder::new()]);
    let keys = [key("a"), key("b")];
    let mut two: Vec<Instance> =
        (0..2).map(|one| ground.start(&own[one], Some(&stage.url), Some(&keys[one]), &[])).collect();
    let loser = async {
        loop {
            match two.iter_mut().position(|one| one.child.try_wait().unwrap().is_some()) {
                Some(loser) => return loser,
                None => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let loser = soon("one of two to end", loser).await;
    let log = two[loser].log();
    assert!(!two[loser].ends().await.success() && log.contains("PULSESTAGE_KEY is not the key of this"), "{log}");
    two[1 - loser].is_ready().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_late_is_waited_for() {
    on_postgres("start_late", late).await;
}

async fn late(stage: Arc<Stage>) {
    let ground = Ground::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://pulsestage@{free}/{}", stage.url.rsplit('/').next().unwrap());
    let mut instance = ground.start(&ground.data, Some(&url), None, &[]);
    let told = async {
        while instance.lines("refused") < 2 {
            sleep(Duration::from_millis(50)).await;
        }
    };
    soon("two lines about it", told).await;
    assert!(!instance.answers("/health/live").await, "its port is open only when it can serve");
    let _relay = Relay::listening(free, &stage.url).await;
    let began = Instant::now();
    instance.is_ready().await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}: {}", began.elapsed(), instance.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_is_given_up_and_a_signal_ends_the_wait() {
    let ground = Ground::new();
    for answers in [Vec::new(), refuses_with("57P03")] {
        let url = format!("postgres://u:hunter2@{}/x", fake_server(answers));
        let mut patient = ground.start(&ground.data, Some(&url), None, &["--database-wait-s", "600"]);
        let began = Instant::now();
        let mut brief = ground.start(&ground.data, Some(&url), None, &["--database-wait-s", "3"]);
        assert!(!brief.ends().await.success());
        assert!((2..12).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        let log = brief.log();
        assert!(log.contains("the database did not come within 3 s") && brief.lines("") >= 2, "{log}");
        assert!(!log.contains("hunter2"), "{log}");
        let began = Instant::now();
        patient.terminate();
        let ended = patient.ends().await;
        assert!(ended.success() && began.elapsed() < Duration::from_secs(3), "{ended} {}", patient.log());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waiting_cannot_mend_ends_at_once() {
    let ground = Ground::new();
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut hopeless = vec![
        (format!("postgres://u:hunter2@{}/x", fake_server(refuses_with("28P01"))), "60"),
        (format!("postgres://u:hunter2@{}/x", fake_server(refuses_with("3D000"))), "60"),
        (format!("postgres://u:hunter2@{}/x", fake_server(vec![b"HTTP/1.1 400 no\r\n\r\n".to_vec()])), "60"),
        ("mysql://u:hunter2@127.0.0.1/x".to_owned(), "60"),
        (format!("postgres://u:hunter2@{refused}/x"), "0"),
    ];
    hopeless.extend(postgres_server("start_hopeless").map(|url| {
        let (server, _) = url.rsplit_once('/').unwrap();
        (format!("{server}/no_such_database"), "60")
    }));
    for (url, wait) in hopeless {
        let began = Instant::now();
        let mut instance = ground.start(&ground.data, Some(&url), None, &["--database-wait-s", wait]);
        let ended = instance.ends().await;
        let log = instance.log();
        assert!(!ended.success() && began.elapsed() < Duration::from_secs(20), "{url}: {ended} {log}");
        assert!(log.contains("database") && !log.contains("hunter2"), "{url}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_does_not_wait() {
    let ground = Ground::new();
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for addr in [refused, fake_server(Vec::new())] {
        let began = Instant::now();
        let (done, said) = ground.command(&ground.data, Some(&format!("postgres://u@{addr}/x")), &["tenant", "list"]);
        assert!(!done && said.contains("the database cannot be opened"), "{said}");
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}
