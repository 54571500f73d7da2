//! The interfaces that the domain needs. The server implements them; tests put others in their place.

pub mod account;
mod audit;
mod guests;
mod links;
mod log;
mod moderation;
mod notices;
pub mod people;
mod pictures;
mod questions;
mod reports;
pub mod second_factor;
mod tenancy;
mod texts;
mod threads;
mod unicode;

use async_trait::async_trait;
use std::net::IpAddr;
use uuid::Uuid;

use crate::error::Refusal;
use crate::health::Health;
use crate::id::{OperationId, ParticipantId, SessionId, TenantId, UserId};
use crate::permission::Action;
use crate::tenant::Tenant;
use crate::time::Timestamp;
use crate::user::{Membership, Role};

pub use account::{
    ADDRESS_LINK_LIFE_MS, AccountStore, AddressStore, InsteadOf, LinkUse, Mailer, NewAddressChange, NewPersonLink,
    NoPasswords, PasswordCheck, PasswordCredentials, Passwords,
};
pub use audit::{AuditSink, AuditStore, DeniedAction, FailedSignIn, NoAuditSink, SignInMethod};
pub use guests::{GuestJoin, GuestStore};
pub use links::{LinkStore, MOST_WAITING_LINKS, NewLink};
pub use log::LogStore;
pub use moderation::{Merge, MergeStore, ModerationStore};
pub use notices::{NoNotices, Notice, NoticeKind, Notices};
pub use people::{
    CsvReader, Ending, FreshLink, Invitations, Manager, NewPerson, NewSession, NoPeople, PeopleStore, SessionStore,
};
pub use pictures::{NoPictures, Pictures};
pub use questions::{
    Ballot, BoardStore, NewQuestion, Participation, QuestionStore, SeenBoardReader, Snapshot, UncachedBoards, VoteStore,
};
pub use reports::{ReportStore, StatisticsStore};
pub use second_factor::{
    Admission, AwaitedFactor, CodeTry, CompletedSignIn, NewSecondFactor, NoSecondFactorCodes, PendingSignIn, Proof,
    SecondFactorCodes, SecondFactorStore,
};
pub use tenancy::{FoundTeam, NewTeam, NewTenant, TagStore, TeamChange, TeamStore, TenantStore};
pub use texts::TextStore;
pub use threads::{ThreadReader, ThreadStore};
pub use unicode::{PlainUnicode, Unicode};

/// A failure outside of the domain, such as the database's. The adapter that made it has logged the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// It may hold again in a moment (a busy or restarting database); nothing was changed.
    #[error("a part we need is busy")]
    Busy,
    /// It has no room for what is to be written; nothing was changed, and what is there can be read.
    #[error("a part we need is full")]
    Full,
    /// It is broken.
    #[error("a part we need is broken")]
    Broken,
}

/// Why a store did not do what it was asked: our rule or its trouble.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A rule that only the database can decide.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A failure outside of the domain.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal,
            StoreError::Port(PortError::Busy) => Self::Unavailable { retry_after_s: 2 },
            StoreError::Port(PortError::Full) => Self::Unavailable { retry_after_s: 10 },
            StoreError::Port(PortError::Broken) => Self::Internal,
        }
    }
}

/// What a store answers.
pub type StoreResult<T> = Result<T, StoreError>;

/// The SHA-256 of a secret that a person holds: we keep this, never the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// One write: where, under which key, on whose behalf and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The tenant.
    pub tenant: TenantId,
    /// The idempotency key.
    pub operation: OperationId,
    /// Who holds the key: keys of two writers never meet.
    pub writer: Uuid,
    /// The clock's time.
    pub at: Timestamp,
}

/// A person who is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The tenant they are signed in to.
    pub tenant: Tenant,
    /// Who they are.
    pub user: UserId,
    /// What they may do in all of it.
    pub role: Role,
    /// What they may do in single teams beyond that.
    pub memberships: Vec<Membership>,
    /// The session.
    pub session: SessionId,
    /// The day on which it was last used, as far as that was noted.
    pub seen_at: Option<Timestamp>,
    /// When they last showed who they are; unknown for sessions of older versions.
    pub proved_at: Option<Timestamp>,
    /// The session is over from then on.
    pub expires_at: Timestamp,
}

/// Where everything is kept. Each method is one transaction; each write appends its fact to the tenant's log
/// in that same transaction. A write under a key that was used before for the same thing changes nothing and
/// returns what is there now; for another thing it is refused ([`Refusal::OperationReused`]). A thing of
/// another tenant does not exist ([`Refusal::NotFound`]).
#[async_trait]
pub trait Store:
    AccountStore
    + AddressStore
    + AuditStore
    + BoardStore
    + GuestStore
    + LinkStore
    + LogStore
    + MergeStore
    + ModerationStore
    + PeopleStore
    + QuestionStore
    + ReportStore
    + SecondFactorStore
    + SessionStore
    + StatisticsStore
    + TagStore
    + TeamStore
    + TenantStore
    + TextStore
    + ThreadStore
    + VoteStore
{
    /// Writes something that nobody needs, to see whether anything can be written: [`PortError::Full`] while not.
    async fn probe(&self, at: Timestamp) -> StoreResult<()>;
}

/// What there is to look at after a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// The log has grown.
    Facts,
    /// The log has grown, and something that was told before is not to be told again: a text or a name is gone.
    TakenBack,
    /// A count has changed.
    Tallies,
    /// Somebody's access has ended.
    Access,
}

/// Notifies streams that something changed, not what. A notification that is lost, doubled or reordered makes a page
/// late, never wrong.
pub trait Notifier: Send + Sync {
    /// Notifies everybody who watches this tenant. Never blocks and never fails: losing it is allowed.
    fn notify(&self, tenant: TenantId, look: Change);
}

/// Somebody is too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimited {
    /// When the same will be taken, in seconds.
    pub retry_after_s: u32,
}

impl From<RateLimited> for Refusal {
    fn from(RateLimited { retry_after_s }: RateLimited) -> Self {
        Self::TooManyRequests { retry_after_s }
    }
}

/// Holds back whoever is too fast: a person, or a whole tenant, whose neighbours want to be served as well.
///
/// Asked of everything that is about to reach the store.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts this in, or says when it would be taken; what is not taken is not counted. Never blocks. `who` is the
    /// participant or the person who does it, absent when nobody knows.
    ///
    /// # Errors
    /// [`RateLimited`] when `who` or the tenant has had its share for now.
    fn admit(&self, tenant: TenantId, who: Option<Uuid>, action: Action) -> Result<(), RateLimited>;

    /// Counts in somebody whom nobody knows. They have a share of their own, by network and by tenant, so that whatever
    /// they do leaves those who are known what is theirs.
    ///
    /// # Errors
    /// [`RateLimited`] when their network, or all who are unknown in the tenant, have had their share for now.
    fn admit_unknown(&self, tenant: TenantId, network: Option<IpAddr>, action: Action) -> Result<(), RateLimited> {
        let _ = network;
        self.admit(tenant, None, action)
    }

    /// [`RateLimiter::admit`], and at most so many in a minute for `who`, where the tenant says so itself.
    ///
    /// # Errors
    /// As [`RateLimiter::admit`].
    fn admit_within(
        &self,
        tenant: TenantId,
        who: Option<Uuid>,
        action: Action,
        per_minute: Option<u32>,
    ) -> Result<(), RateLimited> {
        let _ = per_minute;
        self.admit(tenant, who, action)
    }

    /// Waits until it is this tenant's turn to write.
    async fn turn(&self, tenant: TenantId, action: Action) -> Turn;
}

/// Somebody's turn to write. It is over when this is dropped.
pub type Turn = Box<dyn Send>;

/// No limits: for commands and for what the server does by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlimited;

#[async_trait]
impl RateLimiter for Unlimited {
    fn admit(&self, _: TenantId, _: Option<Uuid>, _: Action) -> Result<(), RateLimited> {
        Ok(())
    }

    async fn turn(&self, _: TenantId, _: Action) -> Turn {
        Box::new(())
    }
}

/// Knows how each tenant's streams are doing.
pub trait StreamHealth: Send + Sync {
    /// How this tenant's are doing; all zeros when nobody watches.
    fn health(&self, tenant: TenantId) -> Health;
}

/// Knows of no streams: for commands, which have none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStreamHealth;

impl StreamHealth for NoStreamHealth {
    fn health(&self, _: TenantId) -> Health {
        Health::default()
    }
}

/// Time comes in here.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Rng comes in here.
pub trait Rng: Send + Sync {
    /// Fills the buffer with bytes that nobody can guess.
    fn fill(&self, buffer: &mut [u8]);
}

/// Makes of a browser's secret identity another for each tenant, so that two tenants cannot compare notes; and of an account
/// one that does not tell whose it is.
pub trait Pseudonyms: Send + Sync {
    /// The participant that this device is in this tenant; always the same for the same two.
    fn participant(&self, tenant: TenantId, device: Uuid) -> ParticipantId;
    /// The participant that this person is in their tenant, on every device.
    fn account(&self, tenant: TenantId, user: UserId) -> ParticipantId;
    /// What this participant is called towards their own browser, for what it keeps for them: nobody else is called so, and
    /// nothing that others are told can be compared with it.
    fn reader(&self, tenant: TenantId, participant: ParticipantId) -> Uuid;
}
