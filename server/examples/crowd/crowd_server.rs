//! The server under trial: its database, its process, and what that uses.

use anyhow::{Context, bail, ensure};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use pulsestage::command::Ask;
use pulsestage::id::{QuestionId, TeamId};
use pulsestage::ports::Store;
use pulsestage::text::{Name, Slug};
use pulsestage_server::audience::{HttpClient, LIMITS, Origin, ParticipantClient, TempFolder};
use pulsestage_server::auth::Cookies;
use pulsestage_server::compose::offline_service;
use pulsestage_server::install::owner;
use pulsestage_server::installation_key::{self, KeyArgs};
use pulsestage_server::store::{Options, SqlStore, open};
use pulsestage_server::system::{InstallationKey, SystemClock, SystemRng};

/// How long the server may take until it listens.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// What is to be built.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerPlan {
    /// How many tenants.
    pub(crate) tenants: usize,
    /// How many questions each of them has.
    pub(crate) questions: usize,
    /// An empty database; a SQLite file in a temporary folder when absent.
    pub(crate) database_url: Option<String>,
    /// Flags of `serve` beside the usual ones.
    pub(crate) flags: Vec<String>,
    /// Flags that are left out where the binary does not know them; they replace the lifting of that limit.
    pub(crate) limits: Vec<(&'static str, String)>,
}

/// A tenant, as its visitors know it.
#[derive(Clone, Debug)]
pub(crate) struct CrowdTenant {
    pub(crate) slug: String,
    pub(crate) team: TeamId,
    pub(crate) questions: Vec<QuestionId>,
}

/// A server that runs, until this is dropped.
pub(crate) struct CrowdServer {
    pub(crate) addr: SocketAddr,
    pub(crate) tenants: Vec<CrowdTenant>,
    cookies: Cookies,
    /// What the binary says about its flags.
    help: String,
    process: Child,
    _folder: TempFolder,
}

/// The binary in the folder of this program, or in the one above, where cargo puts it.
pub(crate) fn beside() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let found = own.ancestors().skip(1).take(2).map(|folder| folder.join("pulsestage")).find(|path| path.is_file());
    found.context("there is no server beside this program: build it, or name it with --server")
}

impl CrowdServer {
    /// Makes the database, starts the server on it and waits until it listens.
    pub(crate) async fn open(server: &Path, plan: ServerPlan) -> anyhow::Result<Self> {
        let folder = TempFolder::new("crowd")?;
        let file = format!("sqlite://{}", folder.path().join("pulsestage.db").display());
        let url = plan.database_url.clone().unwrap_or(file);
        let store = open(&url, Options::default()).await?;
        let key = installation_key::open(&store, folder.path(), &KeyArgs::default(), &SystemRng).await?;
        let tenants = furnish(&store, key, &plan).await?;
        store.close().await;
        let output = Command::new(server).args(["serve", "--help"]).output();
        let help = output.with_context(|| format!("{} cannot be run", server.display()))?.stdout;
        let help = String::from_utf8_lossy(&help).into_owned();
        let mut process = Command::new(server)
            .args(["serve", "--addr", "127.0.0.1:0", "--data-dir"])
            .arg(folder.path())
            .args(["--database-url", &url])
            .args(flags(&plan, &help))
            .stdout(fs::File::create(folder.path().join("out"))?)
            .stderr(fs::File::create(folder.path().join("log"))?)
            .stdin(Stdio::null())
            .spawn()?;
        let addr = match address(&mut process, folder.path()).await {
            Ok(addr) => addr,
            Err(error) => {
                process.kill()?;
                process.wait()?;
                return Err(error);
            }
        };
        Ok(Self { addr, tenants, cookies: Cookies::new(key, false), help, process, _folder: folder })
    }

    /// Whether the binary has this flag.
    pub(crate) fn has(&self, flag: &str) -> bool {
        knows(&self.help, flag)
    }

    /// A browser at a tenant that nobody has used yet; with no cookie.
    pub(crate) fn newcomer(&self, slug: &str) -> ParticipantClient {
        ParticipantClient::new(HttpClient::new(Arc::new(Origin::at(self.addr))), slug)
    }

    /// A browser at a tenant, of a participant.
    pub(crate) fn browser(&self, slug: &str, participant: usize) -> ParticipantClient {
        let mut browser = self.newcomer(slug);
        browser.http.cookie = Some(self.cookie(participant));
        browser
    }

    /// The cookie of a participant.
    pub(crate) fn cookie(&self, number: usize) -> String {
        let cookie = self.cookies.device_cookie(Uuid::from_u128(number as u128 + 1));
        format!("{}={}", cookie.name(), cookie.value())
    }

    /// The process, for what it uses.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for CrowdServer {
    fn drop(&mut self) {
        // It is gone already when one of these fails.
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

fn knows(help: &str, flag: &str) -> bool {
    help.split_whitespace().any(|word| word == flag)
}

fn flags(plan: &ServerPlan, help: &str) -> Vec<String> {
    let set = |flag: &str| plan.limits.iter().find(|(name, _)| *name == flag).map(|(_, value)| value.clone());
    // A binary that has not one of the limits yet is started without.
    let known = LIMITS.into_iter().chain(["--stream-life-s"]).filter(|flag| knows(help, flag));
    let limits = known.flat_map(|flag| [flag.to_owned(), set(flag).unwrap_or_else(|| "0".to_owned())]);
    limits.chain(plan.flags.iter().cloned()).collect()
}

/// Where it listens: the first address in what it says to whoever started it.
async fn address(process: &mut Child, folder: &Path) -> anyhow::Result<SocketAddr> {
    let start = Instant::now();
    while start.elapsed() < START_PATIENCE {
        if let Some(status) = process.try_wait()? {
            bail!("the server ended at once, with {status}: {}", fs::read_to_string(folder.join("log"))?);
        }
        let said = fs::read_to_string(folder.join("out"))?;
        let found = said.split_once("http://").and_then(|(_, rest)| rest.split_once('/'));
        if let Some((addr, _)) = found {
            return Ok(addr.parse()?);
        }
        sleep(Duration::from_millis(20)).await;
    }
    bail!("the server does not listen after {START_PATIENCE:?}")
}

/// The tenants with their teams and questions; the first is called `default`.
async fn furnish(store: &SqlStore, key: InstallationKey, plan: &ServerPlan) -> anyhow::Result<Vec<CrowdTenant>> {
    let shared: Arc<dyn Store> = Arc::new(store.clone());
    let service = offline_service(shared, Arc::new(SystemClock), Arc::new(SystemRng), Arc::new(key));
    let mut tenants = Vec::new();
    for number in 0..plan.tenants {
        let name = if number == 0 { "default".to_owned() } else { format!("tenant-{number}") };
        let (slug, name) = (Slug::parse(&name)?, Name::parse(&name)?);
        service.create_tenant(slug.clone(), name).await?;
        let mut caller = owner(&service, &slug).await?;
        caller.device = Some(Uuid::from_u128(u128::MAX));
        let context = service.authenticate(slug.as_str(), &caller).await?;
        let team = service.create_team(&context, None, "Everyone").await?.id;
        let mut questions = Vec::new();
        for number in 0..plan.questions {
            let body = format!("Is question {number} the best of all?");
            questions.push(service.ask(&context, None, Ask { team, body, name: None }).await?.id);
        }
        tenants.push(CrowdTenant { slug: slug.into_string(), team, questions });
    }
    ensure!(!tenants.is_empty(), "a plan without tenants");
    Ok(tenants)
}
