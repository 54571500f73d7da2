//! A deploy that nobody notices: three instances behind a real proxy, set up as docs/PROXIES.md says, are replaced one
//! after another while people write, read and follow streams. No request fails, and every board ends as the database is.

use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use pulsestage_server::audience::StreamFaults;

use crate::stage::{Stage, on_postgres};
use crate::support::{Folder, TestAudience, assert_kept, load_board, newcomer, readiness, soon};

/// What is tried.
const PAGE: &str = include_str!("../../../docs/PROXIES.md");
/// The ports of the instances on that page.
const DOCUMENTED: [&str; 3] = ["127.0.0.1:3001", "127.0.0.1:3002", "127.0.0.1:3003"];
/// Limits that take the drill's few clients for an attack.
const OPEN: [&str; 8] = [
    "--max-streams-per-participant",
    "--votes-per-participant",
    "--asks-per-participant",
    "--asks-per-tenant",
    "--open-questions-per-participant",
    "--streams-per-unknown-network",
    "--reads-per-unknown-network",
    "--unknown-reads-per-tenant",
];
const WRITERS: usize = 7;
const STREAMS: usize = 4;
/// Between two writes of one person.
const PAUSE: Duration = Duration::from_millis(60);
const LOOK: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn haproxy() {
    on_postgres("deploy_haproxy", |stage| drill(stage, ProxyKind::Haproxy)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn caddy() {
    on_postgres("deploy_caddy", |stage| drill(stage, ProxyKind::Caddy)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx() {
    on_postgres("deploy_nginx", |stage| drill(stage, ProxyKind::Nginx)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_as_it_comes() {
    on_postgres("deploy_nginx_as_it_comes", |stage| drill(stage, ProxyKind::PlainNginx)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn apache() {
    on_postgres("deploy_apache", |stage| drill(stage, ProxyKind::Apache)).await;
}

/// What stands in front of the instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ProxyKind {
    Haproxy,
    Caddy,
    Apache,
    /// With the settings that the page has for it.
    Nginx,
    /// An upstream with three servers, and every setting at its default.
    PlainNginx,
}

impl ProxyKind {
    const fn program(self) -> &'static str {
        match self {
            Self::Haproxy => "haproxy",
            Self::Caddy => "caddy",
            Self::Apache => "apache2",
            Self::Nginx | Self::PlainNginx => "nginx",
        }
    }

    /// The flags that matter of the instances behind it.
    const fn flags(self) -> &'static [&'static str] {
        match self {
            // What knows nothing of us has our defaults.
            Self::PlainNginx => &[],
            _ => &["--linger-s", "3", "--drain-s", "1"],
        }
    }

    /// Its configuration for these instances.
    fn configuration(self, folder: &Folder, port: u16, instances: &[SocketAddr]) -> String {
        let folder = folder.path().display();
        let documented = |heading: &str| {
            let (_, chapter) = PAGE.split_once(&format!("\n### {heading}\n")).expect("the chapter is there");
            let (_, block) = chapter.split_once("```").expect("it has a configuration");
            let (block, _) = block.split_once("```").expect("which ends");
            let text = block.split_once('\n').expect("behind the name of its language").1.to_owned();
            DOCUMENTED.iter().zip(instances).fold(text, |text, (documented, instance)| {
                assert!(text.contains(documented), "{documented} is in {text}");
                text.replace(documented, &instance.to_string())
            })
        };
        let nginx = |inside: &str| {
            let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|kind| format!("{kind}_temp_path {folder}/{kind};"))
                .join(" ");
            format!(
                "pid {folder}/nginx.pid; error_log {folder}/error.log warn; worker_processes 1; daemon off;\n\
                 events {{ worker_connections 1024; }}\n\
                 http {{ access_log off; keepalive_requests 1000000; {temporary}\n{inside}\n}}\n"
            )
        };
        match self {
            Self::Haproxy => {
                let text = documented("HAProxy, with health checks");
                replaced(
                    &text,
                    "bind :443 ssl crt /etc/ssl/ask.example.com.pem alpn h2,http/1.1",
                    &format!("bind 127.0.0.1:{port}"),
                )
            }
            Self::Caddy => {
                let text = documented("Caddy, with health checks");
                let site = format!("{{\n    admin off\n    auto_https off\n}}\nhttp://127.0.0.1:{port} {{");
                replaced(&text, "ask.example.com {", &site)
            }
            Self::Apache => {
                let text = documented("Apache, with health checks");
                let text = replaced(&text, "<VirtualHost *:443>", &format!("<VirtualHost 127.0.0.1:{port}>"));
                let text: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("SSL")).collect();
                let modules = [
                    "mpm_event",
                    "authz_core",
                    "headers",
                    "setenvif",
                    "slotmem_shm",
                    "proxy",
                    "proxy_http",
                    "proxy_balancer",
                    "proxy_hcheck",
                    "lbmethod_bybusyness",
                ]
                .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
                .concat();
                // Whoever is not root runs it as themselves.
                let user = if rustix::process::geteuid().is_root() { "User www-data\nGroup www-data\n" } else { "" };
                format!(
                    "ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n\
                     ServerName localhost\nMutex fcntl:{folder}\nListen 127.0.0.1:{port}\nKeepAlive on\n\
                     MaxKeepAliveRequests 0\n{modules}{user}{}\n",
                    text.join("\n")
                )
            }
            Self::Nginx => {
                let text = documented("nginx, without health checks");
                let text = replaced(&text, "listen 443 ssl http2;", &format!("listen 127.0.0.1:{port};"));
                let text: Vec<_> = text.lines().filter(|line| !line.contains("ssl_certificate")).collect();
                nginx(&text.join("\n"))
            }
            Self::PlainNginx => {
                let servers = instances.iter().fold(String::new(), |mut text, instance| {
                    let _never_fails = write!(text, "server {instance}; ");
                    text
                });
                nginx(&format!(
                    "upstream pulsestage {{ {servers} }}\n\
                     server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://pulsestage; }} }}"
                ))
            }
        }
    }
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is in {text}");
    text.replace(from, to)
}

/// A process, killed when it is dropped.
struct RunningProgram(Child);

impl Drop for RunningProgram {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        self.0.wait().unwrap();
    }
}

/// A proxy of our own.
struct Proxy {
    addr: SocketAddr,
    _process: RunningProgram,
    folder: Folder,
}

impl Proxy {
    /// Starts one in front of these instances. `None` when the program is not installed.
    async fn start(kind: ProxyKind, instances: &[SocketAddr]) -> Option<Self> {
        let (folder, port) = (Folder::new(), free_port());
        let file = folder.path().join("configuration");
        std::fs::write(&file, kind.configuration(&folder, port, instances)).unwrap();
        let mut command = Command::new(kind.program());
        match kind {
            ProxyKind::Apache => command.args(["-D", "FOREGROUND", "-f"]).arg(&file),
            ProxyKind::Haproxy => command.args(["-db", "-f"]).arg(&file),
            ProxyKind::Caddy => command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&file),
            ProxyKind::Nginx | ProxyKind::PlainNginx => command.arg("-p").arg(folder.path()).arg("-c").arg(&file),
        };
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        command.env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI=true, and {} is missing", kind.program());
                eprintln!(
                    "NOT TESTED: {0} is not installed, so nothing is known of deploys behind it (apt-get install {0})",
                    kind.program()
                );
                return None;
            }
            Err(error) => panic!("{error}"),
        };
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let proxy = Self { addr, _process: RunningProgram(child), folder };
        proxy.answers().await;
        Some(proxy)
    }

    async fn answers(&self) {
        let up = async {
            while !is_ready(self.addr).await {
                sleep(LOOK).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(30), up).await.is_err() {
            panic!("the proxy does not answer; it said: {}", self.log());
        }
    }

    /// What it said.
    fn log(&self) -> String {
        ["log", "error.log"]
            .map(|name| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default())
            .concat()
    }
}

/// A port that nobody has, below those that systems give out by themselves: it must be free again a moment later. Tests
/// that run side by side have numbers of their own.
fn free_port() -> u16 {
    const EACH: u16 = 16;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let process = u16::try_from(std::process::id() % 700).unwrap();
    loop {
        let port = 20_000 + process * EACH + NEXT.fetch_add(1, Ordering::Relaxed) % EACH;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

async fn is_ready(addr: SocketAddr) -> bool {
    readiness(addr).await.is_ok_and(|(status, _)| status == 200)
}

/// One instance of three.
struct DeployedInstance {
    addr: SocketAddr,
    data: Folder,
    process: Option<RunningProgram>,
}

/// What all instances share.
struct Deployment {
    database_url: String,
    key: Folder,
    site: Folder,
    flags: &'static [&'static str],
}

impl Deployment {
    async fn start(&self, instance: &mut DeployedInstance) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pulsestage"));
        command.args(["serve", "--addr", &instance.addr.to_string(), "--database-url", &self.database_url]);
        command.arg("--data-dir").arg(instance.data.path()).arg("--site-dir").arg(self.site.path());
        command.arg("--key-file").arg(self.key.path().join("installation.key"));
        command.args(["--proxies", "1"]).args(self.flags).args(OPEN.iter().flat_map(|limit| [*limit, "0"]));
        let log = std::fs::File::create(instance.data.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).env("RUST_LOG", "info");
        instance.process = Some(RunningProgram(command.spawn().unwrap()));
        let ready = async {
            while !is_ready(instance.addr).await {
                sleep(LOOK).await;
            }
        };
        soon("an instance to be ready", ready).await;
    }

    /// Has an instance end by itself, and starts it again.
    async fn replace(&self, instance: &mut DeployedInstance) {
        let mut running = instance.process.take().unwrap();
        let id = Pid::from_raw(i32::try_from(running.0.id()).unwrap()).unwrap();
        kill_process(id, Signal::TERM).unwrap();
        let ended = async {
            loop {
                match running.0.try_wait().unwrap() {
                    Some(status) => return status,
                    None => sleep(LOOK).await,
                }
            }
        };
        let status = soon("an instance to end", ended).await;
        assert!(status.success(), "{status}: {}", std::fs::read_to_string(instance.data.path().join("log")).unwrap());
        self.start(instance).await;
    }
}

async fn drill(stage: Arc<Stage>, kind: ProxyKind) {
    let began = Instant::now();
    let deployment =
        Deployment { database_url: stage.url.clone(), key: Folder::new(), site: Folder::site(), flags: kind.flags() };
    let mut instances = Vec::new();
    for _ in DOCUMENTED {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut instance = DeployedInstance { addr, data: Folder::new(), process: None };
        deployment.start(&mut instance).await;
        instances.push(instance);
    }
    let addresses: Vec<_> = instances.iter().map(|instance| instance.addr).collect();
    let Some(proxy) = Proxy::start(kind, &addresses).await else { return };
    let start = load_board(proxy.addr).await.unwrap();
    let mut audience = TestAudience::gather(&[proxy.addr], WRITERS, STREAMS, PAUSE).await;
    // Somebody loads the page again and again meanwhile.
    let (mut reader, ledger) = (newcomer(proxy.addr).http, audience.ledger.clone());
    let mut reading = JoinSet::new();
    reading.spawn(async move {
        loop {
            let began = Instant::now();
            let page = reader.get("/").await;
            ledger.lock().unwrap().note(&page, began.elapsed());
            sleep(PAUSE * 4).await;
        }
    });
    audience.goes_on(50).await;
    for instance in &mut instances {
        deployment.replace(instance).await;
    }
    // A moment with all of them new, too.
    audience.goes_on(50).await;
    reading.shutdown().await;
    audience.is_silent().await;
    let board = load_board(proxy.addr).await.unwrap();
    audience.all_show(&board).await;
    let ledger = audience.ledger.lock().unwrap();
    let failed = ledger.unanswered + ledger.answered_with(|status| status != 200);
    println!("{kind:?}: {failed} of {} requests failed, in {:?}", ledger.confirmed() + failed, began.elapsed());
    assert_eq!(failed, 0, "{:?}, {:?}\n{}", ledger.statuses, ledger.first_failure, proxy.log());
    assert_kept(&ledger, &board);
    let counted: BTreeSet<_> = board.questions.keys().filter(|id| !start.questions.contains_key(*id)).collect();
    assert_eq!(counted, ledger.asked.keys().collect::<BTreeSet<_>>(), "each question once");
    let refused: usize = audience.watchers.iter().map(|watcher| watcher.refused.load(Ordering::Relaxed)).sum();
    assert_eq!((refused, audience.resyncs(), audience.faults()), (0, 0, StreamFaults::default()), "streams");
}
