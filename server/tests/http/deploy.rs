//! A deploy that nobody notices: three instances behind a real proxy, set up as docs/PROXIES.md says, are replaced one
//! after another while people write, read and follow streams. No request fails, and every board ends as the database is.

use axum::http::StatusCode;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use pulsestage::board::{Applied, Board};
use pulsestage::command::BoardView;
use pulsestage::id::{QuestionId, TeamId};
use pulsestage::question::Question;

use crate::stage::{Stage, on_postgres};
use crate::support::{Folder, Message, encode_form, soon};

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
const VOTERS: usize = 6;
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
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        self.0.wait().unwrap();
    }
}

/// A proxy of our own.
struct Proxy {
    addr: SocketAddr,
    _process: Running,
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
        let proxy = Self { addr, _process: Running(child), folder };
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
    let answer = Client::new(addr, false).call(Method::GET, "/health/ready", "", String::new()).await;
    answer.is_ok_and(|(status, _)| status == StatusCode::OK)
}

/// One instance of three.
struct Instance {
    addr: SocketAddr,
    data: Folder,
    process: Option<Running>,
}

/// What all instances share.
struct Deployment {
    database_url: String,
    key: Folder,
    site: Folder,
    flags: &'static [&'static str],
}

impl Deployment {
    async fn start(&self, instance: &mut Instance) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pulsestage"));
        command.args(["serve", "--addr", &instance.addr.to_string(), "--database-url", &self.database_url]);
        command.arg("--data-dir").arg(instance.data.path()).arg("--site-dir").arg(self.site.path());
        command.arg("--key-file").arg(self.key.path().join("installation.key"));
        command.args(["--proxies", "1"]).args(self.flags).args(OPEN.iter().flat_map(|limit| [*limit, "0"]));
        let log = std::fs::File::create(instance.data.path().join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).env("RUST_LOG", "info");
        instance.process = Some(Running(command.spawn().unwrap()));
        let ready = async {
            while !is_ready(instance.addr).await {
                sleep(LOOK).await;
            }
        };
        soon("an instance to be ready", ready).await;
    }

    /// Has an instance end by itself, and starts it again.
    async fn replace(&self, instance: &mut Instance) {
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

type Connection = SendRequest<Full<Bytes>>;

/// A client that keeps its connection, or takes a new one for each request.
struct Client {
    addr: SocketAddr,
    keeps: bool,
    kept: Option<Connection>,
}

impl Client {
    const fn new(addr: SocketAddr, keeps: bool) -> Self {
        Self { addr, keeps, kept: None }
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Response<Incoming>, String> {
        let kept = match self.kept.take() {
            Some(mut kept) => kept.ready().await.is_ok().then_some(kept),
            None => None,
        };
        let mut connection = match kept {
            Some(kept) => kept,
            None => {
                let socket = TcpStream::connect(self.addr).await.map_err(|error| format!("connecting: {error}"))?;
                let (sender, task) = http1::handshake(TokioIo::new(socket)).await.map_err(|error| error.to_string())?;
                tokio::spawn(task);
                sender
            }
        };
        let request = Request::builder().method(method).uri(path).header("host", self.addr.to_string());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        let response = connection.send_request(request).await.map_err(|error| format!("{path}: {error:?}"))?;
        if self.keeps {
            self.kept = Some(connection);
        }
        Ok(response)
    }

    async fn call(
        &mut self,
        method: Method,
        path: &str,
        cookie: &str,
        form: String,
    ) -> Result<(StatusCode, Bytes), String> {
        let headers =
            [("cookie", cookie), ("accept", "application/json"), ("content-type", "application/x-www-form-urlencoded")];
        let response = self.send(method, path, &headers, form).await?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| format!("the answer broke off: {error:?}"))?;
        Ok((status, body.to_bytes()))
    }

    async fn board(&mut self) -> Result<Board, String> {
        let (status, body) = self.call(Method::GET, "/api/fn/load_board?tenant=", "", String::new()).await?;
        let view: BoardView = serde_json::from_slice(&body).map_err(|error| format!("{status}: {error}"))?;
        Ok(view.board)
    }
}

/// What was tried, and what became of it.
#[derive(Default)]
struct Ledger {
    requests: AtomicUsize,
    failed: Mutex<Vec<String>>,
    asked: Mutex<Vec<QuestionId>>,
}

impl Ledger {
    /// Notes a request; gives its body when it did not fail.
    fn note(&self, answer: Result<(StatusCode, Bytes), String>) -> Option<Bytes> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let why = match answer {
            Ok((status, body)) if status.is_success() => return Some(body),
            Ok((status, body)) => format!("{status} {:.200}", String::from_utf8_lossy(&body)),
            Err(error) => error,
        };
        self.failed.lock().unwrap().push(why);
        None
    }
}

/// One person.
struct Person {
    client: Client,
    cookie: String,
    ledger: Arc<Ledger>,
    stop: CancellationToken,
}

impl Person {
    async fn new(addr: SocketAddr, keeps: bool, ledger: &Arc<Ledger>, stop: &CancellationToken) -> Self {
        let answer = Client::new(addr, false).send(Method::GET, "/", &[], String::new()).await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Self { client: Client::new(addr, keeps), cookie, ledger: ledger.clone(), stop: stop.clone() }
    }

    async fn write(&mut self, path: &str, form: &[(&str, &str)]) -> Option<Bytes> {
        let mut key = [0; 16];
        pulsestage::ports::Rng::fill(&pulsestage_server::system::SystemRng, &mut key);
        let key = uuid::Builder::from_random_bytes(key).into_uuid().to_string();
        let form = encode_form(&[&[("tenant", ""), ("op", key.as_str())], form].concat());
        let answer = self.client.call(Method::POST, path, &self.cookie, form).await;
        self.ledger.note(answer)
    }

    async fn ask(&mut self, team: TeamId, body: &str) -> Option<QuestionId> {
        let answer = self.write("/api/fn/ask", &[("team", &team.to_string()), ("question", body)]).await?;
        let question: Question = serde_json::from_slice(&answer).unwrap();
        self.ledger.asked.lock().unwrap().push(question.id);
        Some(question.id)
    }

    /// Votes, takes it back, votes again; says whether the vote counts in the end.
    async fn vote(mut self, question: QuestionId) -> bool {
        let (mut up, id) = (false, question.to_string());
        while !self.stop.is_cancelled() {
            let wanted = if up { "false" } else { "true" };
            if self.write("/api/fn/set_vote", &[("question", &id), ("up", wanted)]).await.is_some() {
                up = !up;
            }
            sleep(PAUSE).await;
        }
        up
    }

    async fn go_on_asking(mut self, team: TeamId) -> bool {
        let mut count = 0;
        while !self.stop.is_cancelled() {
            count += 1;
            self.ask(team, &format!("Question {count}?")).await;
            let page = self.client.call(Method::GET, "/", &self.cookie, String::new()).await;
            self.ledger.note(page);
            sleep(PAUSE * 4).await;
        }
        false
    }
}

/// Follows the stream as a browser does; what it could not have is in the ledger.
async fn follow(addr: SocketAddr, screen: Arc<Mutex<Board>>, ledger: Arc<Ledger>) {
    loop {
        if let Err(why) = read(addr, &screen).await {
            ledger.failed.lock().unwrap().push(format!("a stream: {why}"));
        }
        // Browsers wait for what `retry:` says.
        sleep(Duration::from_secs(1)).await;
    }
}

async fn read(addr: SocketAddr, screen: &Mutex<Board>) -> Result<(), String> {
    let cursor = screen.lock().unwrap().cursor.to_string();
    let headers = [("last-event-id", cursor.as_str()), ("accept", "text/event-stream")];
    let response = Client::new(addr, true).send(Method::GET, "/sse", &headers, String::new()).await?;
    if response.status() != StatusCode::OK {
        return Err(response.status().to_string());
    }
    let (mut body, mut text) = (response.into_body(), String::new());
    // A stream may end in any way: its client comes back.
    while let Some(Ok(frame)) = body.frame().await {
        text +=
            std::str::from_utf8(frame.data_ref().map_or(&[][..], |data| data)).map_err(|error| error.to_string())?;
        while let Some(end) = text.find("\n\n") {
            let message: String = text.drain(..end + 2).collect();
            let mut board = screen.lock().unwrap();
            if Message::parse(&message).fold_into(&mut board) == Applied::Resync {
                return Err(format!("a gap: {message}"));
            }
        }
    }
    Ok(())
}

async fn drill(stage: Arc<Stage>, kind: ProxyKind) {
    let began = Instant::now();
    let deployment =
        Deployment { database_url: stage.url.clone(), key: Folder::new(), site: Folder::site(), flags: kind.flags() };
    let mut instances = Vec::new();
    for _ in DOCUMENTED {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let mut instance = Instance { addr, data: Folder::new(), process: None };
        deployment.start(&mut instance).await;
        instances.push(instance);
    }
    let addresses: Vec<_> = instances.iter().map(|instance| instance.addr).collect();
    let Some(proxy) = Proxy::start(kind, &addresses).await else { return };
    let (ledger, stop) = (Arc::new(Ledger::default()), CancellationToken::new());
    let start = Client::new(proxy.addr, false).board().await.unwrap();
    let team = start.teams[0].id;
    let mut asker = Person::new(proxy.addr, true, &ledger, &stop).await;
    let question = asker.ask(team, "Does anybody notice?").await.expect("the first question is taken");
    let screens: Vec<_> = (0..STREAMS).map(|_| Arc::new(Mutex::new(start.clone()))).collect();
    let mut streams = JoinSet::new();
    for screen in &screens {
        streams.spawn(follow(proxy.addr, screen.clone(), ledger.clone()));
    }
    let mut people = JoinSet::new();
    people.spawn(asker.go_on_asking(team));
    for voter in 0..VOTERS {
        let person = Person::new(proxy.addr, voter % 2 == 0, &ledger, &stop).await;
        people.spawn(person.vote(question));
    }
    for instance in &mut instances {
        deployment.replace(instance).await;
    }
    // A moment with all of them new, too.
    let after = ledger.requests.load(Ordering::Relaxed) + 50;
    let going = async {
        while ledger.requests.load(Ordering::Relaxed) < after {
            sleep(LOOK).await;
        }
    };
    soon("requests to the new instances", going).await;
    stop.cancel();
    let mut votes = 0;
    while let Some(up) = soon("the people to stop", people.join_next()).await {
        votes += i64::from(up.unwrap());
    }
    let requests = ledger.requests.load(Ordering::Relaxed);
    let failed = ledger.failed.lock().unwrap().clone();
    println!("{kind:?}: {} of {requests} requests failed, in {:?}", failed.len(), began.elapsed());
    assert!(failed.is_empty(), "{} of {requests} failed: {failed:#?}\n{}", failed.len(), proxy.log());
    let board = Client::new(proxy.addr, false).board().await.unwrap();
    assert_eq!(board.questions[&question].upvotes, votes);
    let counted: BTreeSet<_> =
        board.questions.keys().filter(|id| !start.questions.contains_key(*id)).copied().collect();
    let asked: BTreeSet<_> = ledger.asked.lock().unwrap().iter().copied().collect();
    assert_eq!(counted, asked, "each question once");
    let same = async {
        while screens.iter().any(|screen| screen.lock().unwrap().questions != board.questions) {
            sleep(LOOK).await;
        }
    };
    soon("every board to be the database's", same).await;
    streams.abort_all();
}
