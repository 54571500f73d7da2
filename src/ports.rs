//! What the domain needs from the world. The server implements these; tests put others in their place.

pub mod account;
mod audit;
mod guests;
mod moderation;
mod notices;
pub mod people;
mod pictures;
mod reports;
pub mod second_factor;
mod tenancy;
mod texts;
mod threads;
mod unicode;

use async_trait::async_trait;
use std::net::IpAddr;
use uuid::Uuid;

use crate::board::Board;
use crate::command::VoteReceipt;
use crate::error::Refusal;
use crate::event::{Cursor, Epoch, Fact, LogHead, LogPage, Tally};
use crate::health::Health;
use crate::id::{OperationId, ParticipantId, QuestionId, SessionId, TagId, TeamId, TenantId, UserId};
use crate::link::LinkPurpose;
use crate::moderation::Hold;
use crate::permission::Action;
use crate::question::Question;
use crate::tag::Tag;
use crate::team::Team;
use crate::tenant::{Tenant, TenantSettings};
use crate::text::{AnswerText, Color, Name, QuestionBody, Slug};
use crate::time::Timestamp;
use crate::user::{Membership, Role};

pub use account::{
    ADDRESS_LINK_LIFE_MS, AccountStore, InsteadOf, LinkUse, Mailer, NewAddressChange, NewPersonLink, NoPasswords,
    PasswordCheck, PasswordCredentials, Passwords,
};
pub use audit::{AuditSink, AuditStore, DeniedAction, FailedSignIn, NoAuditSink, SignInMethod};
pub use guests::{GuestJoin, GuestStore};
pub use moderation::{Merge, ModerationStore};
pub use notices::{NoNotices, Notice, NoticeKind, Notices};
pub use people::{
    CsvReader, Ending, FreshLink, Invitations, Manager, NewPerson, NewSession, NoPeople, PeopleStore, SessionStore,
};
pub use pictures::{NoPictures, Pictures};
pub use reports::ReportStore;
pub use second_factor::{
    Admission, AwaitedFactor, CodeTry, CompletedSignIn, NewSecondFactor, NoSecondFactorCodes, PendingSignIn, Proof,
    SecondFactorCodes, SecondFactorStore,
};
pub use tenancy::{FoundTeam, NewTeam, TeamChange, TenancyStore};
pub use texts::TextStore;
pub use threads::{ThreadReader, ThreadStore};
pub use unicode::{PlainUnicode, Unicode};

/// The world's no: something we stand on does not hold. The adapter that made it has logged the cause.
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
    /// Trouble of the world's.
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

/// A tenant to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the field of the same name of `Tenant`")]
pub struct NewTenant {
    pub id: TenantId,
    pub slug: Slug,
    pub name: Name,
    pub settings: TenantSettings,
    /// The first life of its log.
    pub epoch: Epoch,
    pub at: Timestamp,
}

/// A question to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the field of the same name of `Question`")]
pub struct NewQuestion {
    pub id: QuestionId,
    pub team: TeamId,
    pub body: QuestionBody,
    /// Who asked: the account, or a guest's browser. StoreResult so that they can know it again, never shown.
    pub author: ParticipantId,
    /// Why it waits for a moderator, when it does.
    pub hold: Option<Hold>,
    /// What its asker chose to be called; none when anonymous.
    pub author_name: Option<Name>,
    /// How many questions its asker may have that are neither answered nor off the board; any number when absent.
    pub most_open: Option<u32>,
}

/// What a voter wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// The question.
    pub question: QuestionId,
    /// Who votes: the account, or a guest's browser.
    pub voter: ParticipantId,
    /// Whether its vote is to count.
    pub up: bool,
    /// Whether people may vote for their own questions here.
    pub own_votes: bool,
}

/// How many links of one tenant, role and door wait to be used at once. Whoever makes one more withdraws those first.
pub const MOST_WAITING_LINKS: i64 = 50;

/// A one-time link that makes the person who brings it, to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewLink {
    /// The hash of its secret.
    pub hash: SecretHash,
    /// The tenant it opens.
    pub tenant: TenantId,
    /// The role it gives.
    pub role: Role,
    /// The one door that it opens.
    pub door: LinkPurpose,
    /// When it was made.
    pub at: Timestamp,
    /// Worth nothing from then on.
    pub expires_at: Timestamp,
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

/// A board and what is one viewer's on it, read in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The tenant, as it was at the board's cursor.
    pub tenant: Tenant,
    /// The public board with its cursor.
    pub board: Board,
    /// Those of its questions that the viewer asked.
    pub own: Vec<QuestionId>,
    /// The questions the viewer has voted for.
    pub voted: Vec<QuestionId>,
}

/// Where everything is kept. Each method is one transaction; each write appends its fact to the tenant's log
/// in that same transaction. A write under a key that was used before for the same thing changes nothing and
/// returns what is there now; for another thing it is refused ([`Refusal::OperationReused`]). A thing of
/// another tenant does not exist ([`Refusal::NotFound`]).
#[async_trait]
pub trait Store:
    AuditStore
    + AccountStore
    + GuestStore
    + ModerationStore
    + PeopleStore
    + ReportStore
    + SecondFactorStore
    + SessionStore
    + TenancyStore
    + TextStore
    + ThreadStore
{
    /// The tenant of this slug.
    async fn tenant_by_slug(&self, slug: &Slug) -> StoreResult<Option<Tenant>>;
    /// Every tenant, oldest first.
    async fn tenants(&self) -> StoreResult<Vec<Tenant>>;
    /// Makes a tenant; [`Refusal::NameTaken`] when its slug is in use.
    async fn create_tenant(&self, new: NewTenant) -> StoreResult<Tenant>;

    /// The public board (nothing under review) and the votes of `viewer` on it.
    async fn snapshot(&self, tenant: TenantId, viewer: Option<ParticipantId>) -> StoreResult<Snapshot>;
    /// Where the tenant's log ends now.
    async fn head(&self, tenant: TenantId) -> StoreResult<Cursor>;
    /// Where the logs of these tenants end, in any order; those that are not there are left out.
    async fn log_heads(&self, tenants: &[TenantId]) -> StoreResult<Vec<LogHead>>;
    /// Gives every log a new epoch, so that no cursor from before is good any more, if this tenant's log has this epoch
    /// still: several servers may find out at once. Says whether it had.
    async fn renew_epochs_if(&self, tenant: TenantId, seen: Epoch, rng: &dyn Rng) -> StoreResult<bool>;
    /// At most `limit` facts after `seq`, in order.
    async fn facts_after(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<Vec<Fact>>;
    /// The same, with what the fact at `seq` is, so that the reader sees whether it is the one that they know.
    async fn log_page(&self, tenant: TenantId, seq: i64, limit: i64) -> StoreResult<LogPage>;
    /// The number up to which facts were removed: nobody can resume from a cursor before it. What is read *after* some
    /// facts were says whether these have a gap before them.
    async fn log_floor(&self, tenant: TenantId) -> StoreResult<i64>;
    /// When the fact at `seq` was written; `None` when there is none.
    async fn fact_time(&self, tenant: TenantId, seq: i64) -> StoreResult<Option<Timestamp>>;
    /// The counts of the public questions whose votes changed at `since` or later.
    async fn tallies_since(&self, tenant: TenantId, since: Timestamp) -> StoreResult<Vec<Tally>>;
    /// The counts of all public questions.
    async fn tallies(&self, tenant: TenantId) -> StoreResult<Vec<Tally>>;

    /// Writes a question; `NotFound(Team)` when the team is not the tenant's, [`Refusal::LimitReached`] when the tenant or
    /// the asker has as many as there may be.
    async fn ask(&self, write: Write, new: NewQuestion) -> StoreResult<Question>;
    /// Counts or takes back one vote; [`Refusal::Frozen`] or [`Refusal::VotingClosed`] when the question takes none,
    /// [`Refusal::OwnQuestion`] when it is the voter's own and those do not count here.
    async fn set_vote(&self, write: Write, ballot: Ballot) -> StoreResult<VoteReceipt>;
    /// Answers a question; [`Refusal::Frozen`] when it is frozen, [`Refusal::Changed`] when it is not as it was seen.
    async fn answer(
        &self,
        write: Write,
        question: QuestionId,
        text: AnswerText,
        seen: Option<i64>,
        by: UserId,
    ) -> StoreResult<Question>;
    /// Puts a tag on a question or takes it off; no fact when nothing changed.
    async fn set_tag(&self, write: Write, question: QuestionId, tag: TagId, on: bool) -> StoreResult<Question>;
    /// Pins or unpins a question; no fact when nothing changed.
    async fn set_pinned(&self, write: Write, question: QuestionId, on: bool, by: UserId) -> StoreResult<Question>;
    /// Freezes or unfreezes a question; no fact when nothing changed.
    async fn set_frozen(&self, write: Write, question: QuestionId, on: bool, by: UserId) -> StoreResult<Question>;
    /// Adds a team; [`Refusal::NameTaken`] when its name is in use.
    async fn create_team(&self, write: Write, new: NewTeam) -> StoreResult<Team>;
    /// Adds a tag; [`Refusal::NameTaken`] when its name is in use.
    async fn create_tag(&self, write: Write, id: TagId, name: Name, color: Color) -> StoreResult<Tag>;

    /// Keeps a one-time link; says no when [`MOST_WAITING_LINKS`] of the same tenant, role and door wait already.
    async fn put_link(&self, link: NewLink) -> StoreResult<bool>;
    /// Uses a link for signing in up, makes the person that the session is for, and opens it; `None` when it was used, has
    /// run out, never was, or opens another door.
    async fn redeem_link(&self, link: SecretHash, session: NewSession) -> StoreResult<Option<Admission>>;
    /// Writes something that nobody needs, to see whether anything can be written: [`PortError::Full`] while not.
    async fn probe(&self, at: Timestamp) -> StoreResult<()>;
    /// The team of a question in any state.
    async fn team_of(&self, tenant: TenantId, question: QuestionId) -> StoreResult<Option<TeamId>>;
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

/// The bell: says "look", never "this happened". A ring that is lost, doubled or reordered makes a screen late, never wrong.
pub trait Notifier: Send + Sync {
    /// Rings for everybody who watches this tenant. Never blocks and never fails: losing it is allowed.
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
}
