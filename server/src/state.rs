//! What every request handler shares.

mod readiness;

use axum::extract::FromRef;
use axum::http::{Extensions, HeaderMap};
use leptos::config::LeptosOptions;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use crate::access::AccessRegister;
use crate::auth::Cookies;
use crate::boards::BoardCache;
use crate::bus::Bus;
use crate::limits::Limits;
use crate::mail::MailQueue;
use crate::metrics::Metrics;
use crate::oidc::Provider;
use crate::origin::{Authority, BaseDomain};
use pulsestage::ports::{Clock, Rng, Store};
use pulsestage::service::{Credentials, RequestOrigin, Service};

pub use readiness::{Readiness, Unready};

/// What every request handler shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<AppStateParts>);

/// The parts of an [`AppState`].
#[expect(missing_docs, reason = "each field is explained at the method of the same name")]
pub struct AppStateParts {
    pub service: Service,
    pub store: Arc<dyn Store>,
    pub clock: Arc<dyn Clock>,
    pub rng: Arc<dyn Rng>,
    pub bus: Bus,
    pub boards: BoardCache,
    pub passes: AccessRegister,
    pub cookies: Cookies,
    pub site: Site,
    pub origins: Vec<String>,
    pub heartbeat: Duration,
    pub streams_stop: CancellationToken,
    pub compresses_streams: bool,
    pub drain: Duration,
    pub limits: Limits,
    pub metrics: Metrics,
    pub readiness: Readiness,
    pub account: AccountState,
    pub logs_addresses: bool,
}

/// Where the built pages are and how the site is reached.
#[derive(Clone, Debug)]
pub struct Site {
    /// What leptos needs to know of the built files.
    pub options: LeptosOptions,
    /// The site's own origin, such as `https://ask.example.com`, when it was set.
    pub origin: Option<String>,
    /// Where every tenant has a host of its own, if so.
    pub base_domain: Option<BaseDomain>,
    /// Further hosts that are ours.
    pub also_hosts: Vec<Authority>,
    /// Whether browsers keep a copy of the board, to open it without a network.
    pub offline_pages: bool,
}

/// What the account pages need besides the use cases.
#[derive(Clone, Debug, Default)]
pub struct AccountState {
    /// Takes letters, when mail is set up.
    pub mail: Option<MailQueue>,
    /// Vouches for people, when one is set up.
    pub provider: Option<Arc<Provider>>,
}

/// leptos_axum's router extension asks for it.
impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.site().options.clone()
    }
}

impl AppState {
    /// Puts the parts together.
    #[must_use]
    pub fn new(shared: AppStateParts) -> Self {
        Self(Arc::new(shared))
    }

    /// The use cases.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.0.service
    }

    /// The database, for what streams read.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.0.store
    }

    /// The time.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.clock
    }

    /// Randomness.
    #[must_use]
    pub fn rng(&self) -> &dyn Rng {
        &*self.0.rng
    }

    /// The event bus.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.0.bus
    }

    /// The public boards in memory.
    #[must_use]
    pub fn boards(&self) -> &BoardCache {
        &self.0.boards
    }

    /// The passes on which streams of signed-in people are open.
    #[must_use]
    pub fn passes(&self) -> &AccessRegister {
        &self.0.passes
    }

    /// Reads and writes our cookies.
    #[must_use]
    pub fn cookies(&self) -> &Cookies {
        &self.0.cookies
    }

    /// Who a request says it is from, and where it came from.
    #[must_use]
    pub fn credentials(&self, headers: &HeaderMap, extensions: &Extensions) -> Credentials {
        let network = self.limits().sign_in.network(headers, extensions).address();
        Credentials { origin: RequestOrigin { network, is_new: false }, ..self.cookies().credentials(headers) }
    }

    /// The built pages.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.0.site
    }

    /// Origins of other sites that may use this server with cookies.
    #[must_use]
    pub fn origins(&self) -> &[String] {
        &self.0.origins
    }

    /// Time between heartbeats: the browser's watchdog must know it.
    #[must_use]
    pub fn heartbeat(&self) -> Duration {
        self.0.heartbeat
    }

    /// How much is taken of everything.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// What is counted.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Whether we are to be sent anybody.
    #[must_use]
    pub fn readiness(&self) -> &Readiness {
        &self.0.readiness
    }

    /// What the account pages need besides the use cases.
    #[must_use]
    pub fn account(&self) -> &AccountState {
        &self.0.account
    }

    /// Whether the addresses that requests come from are logged.
    #[must_use]
    pub fn logs_addresses(&self) -> bool {
        self.0.logs_addresses
    }

    /// Whether clients that take gzip are sent it.
    #[must_use]
    pub fn compresses_streams(&self) -> bool {
        self.0.compresses_streams
    }

    /// The time over which streams end once they are to end.
    #[must_use]
    pub fn drain(&self) -> Duration {
        self.0.drain
    }

    /// Cancelled when every stream is to end itself.
    #[must_use]
    pub fn streams_stop(&self) -> &CancellationToken {
        &self.0.streams_stop
    }
}
