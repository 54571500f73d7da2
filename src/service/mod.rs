//! The use cases: one struct over the ports, one file per noun. Server functions, the command line and tests share them.

mod account;
mod boards;
mod context;
mod guests;
mod health;
mod joining;
mod known;
mod moderation;
mod names;
mod operator;
mod own;
mod people;
mod people_import;
mod proof;
mod questions;
mod recount;
mod reports;
mod search;
mod second_factor;
mod sessions;
mod settings;
mod sign_in;
mod tags;
mod teams;
mod tenants;
mod texts;
mod threads;

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

use self::context::SinkHandle;
use self::guests::JoinedGuests;
use self::known::KnownTenants;
use self::names::ReservedNames;
use crate::command::IdempotencyKey;
use crate::error::{Noun, Refusal};
use crate::id::{OperationId, QuestionId, QuestionIds, UserId, uuid_v7};
use crate::permission::Action;
use crate::ports::{
    AuditSink, Clock, CsvReader, Ending, Invitations, NoAuditSink, NoNotices, NoPasswords, NoPeople, NoPictures,
    NoSecondFactorCodes, NoStreamHealth, Notices, Notifier, Passwords, Pictures, PlainUnicode, Pseudonyms, RateLimiter,
    Rng, SecondFactorCodes, SecretHash, SeenBoardReader, Store, StreamHealth, Turn, UncachedBoards, Unicode, Unlimited,
    Write,
};
use crate::second_factor::Requirement;
use crate::tenant::Tenancy;
use crate::text::Slug;
use crate::user::{Actor, Role};

pub use account::{LinkRecipient, SignInBrowser};
pub use context::{RequestContext, TeamFilter};
pub use moderation::BulkItem;
pub use people::{INVITATION_LIFE_MS, Invite};
pub use proof::{PROOF_LIFE_MS, WaysToProve};
pub use recount::Recounted;
pub use search::MOST_COMPARED;
pub use second_factor::{FactorSetup, FactorView, NewCodes, owner_of};
pub use sessions::{SESSION_IDLE_DAYS, SESSION_LIFE_MS};
pub use sign_in::LINK_LIFE_MS;

/// What a request brought to say who it is from. Nothing of it is trusted before [`Service::authenticate`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// The session secrets it brought, hashed, each with the slug of the tenant it says it is for.
    pub sessions: Vec<(String, SecretHash)>,
    /// The browser, when its signed cookie was genuine.
    pub device: Option<Uuid>,
    /// Where it came from.
    pub origin: RequestOrigin,
}

/// Where a request came from: all that is known of somebody whom nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestOrigin {
    /// The network, as far as networks are told apart.
    pub network: Option<IpAddr>,
    /// Whether the browser was given its cookie just now: that it keeps it is yet to be seen.
    pub is_new: bool,
}

impl RequestOrigin {
    /// The network to count by. A browser that is new was counted where it was let in.
    pub(crate) fn counted_network(&self) -> Option<IpAddr> {
        self.network.filter(|_| !self.is_new)
    }
}

/// The use cases of PulseStage over its ports. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    store: Arc<dyn Store>,
    notifier: Arc<dyn Notifier>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    pseudonyms: Arc<dyn Pseudonyms>,
    known: Arc<KnownTenants>,
    joined: Arc<JoinedGuests>,
    rate_limiter: Arc<dyn RateLimiter>,
    stream_health: Arc<dyn StreamHealth>,
    watched: SinkHandle,
    invitations: Arc<dyn Invitations>,
    csv_reader: Arc<dyn CsvReader>,
    passwords: Arc<dyn Passwords>,
    pictures: Arc<dyn Pictures>,
    question_ids: Arc<QuestionIds>,
    most_open: Option<u32>,
    notices: Arc<dyn Notices>,
    idle_days: Option<u32>,
    unicode: Arc<dyn Unicode>,
    reserved: Arc<OnceLock<ReservedNames>>,
    factor_codes: Arc<dyn SecondFactorCodes>,
    requirement: Requirement,
    boards: Arc<dyn SeenBoardReader>,
}

impl Service {
    /// Puts the use cases on these ports. Nobody is held back unless [`Service::limited_by`] says so.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        notifier: Arc<dyn Notifier>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
        pseudonyms: Arc<dyn Pseudonyms>,
    ) -> Self {
        let (known, joined) = (Arc::default(), Arc::default());
        let (rate_limiter, stream_health, passwords) =
            (Arc::new(Unlimited), Arc::new(NoStreamHealth), Arc::new(NoPasswords));
        let watched = SinkHandle(Arc::new(NoAuditSink));
        let (invitations, csv_reader) = (Arc::new(NoPeople), Arc::new(NoPeople));
        let notices = Arc::new(NoNotices);
        let boards = Arc::new(UncachedBoards(store.clone()));
        Self {
            store,
            notifier,
            clock,
            rng,
            pseudonyms,
            known,
            joined,
            rate_limiter,
            stream_health,
            watched,
            invitations,
            csv_reader,
            passwords,
            pictures: Arc::new(NoPictures),
            question_ids: Arc::default(),
            most_open: None,
            notices,
            idle_days: Some(SESSION_IDLE_DAYS),
            unicode: Arc::new(PlainUnicode),
            reserved: Arc::default(),
            factor_codes: Arc::new(NoSecondFactorCodes),
            requirement: Requirement::Off,
            boards,
        }
    }

    /// The same use cases, with whoever is too fast held back.
    #[must_use]
    pub fn limited_by(self, rate_limiter: Arc<dyn RateLimiter>) -> Self {
        Self { rate_limiter, ..self }
    }

    /// The same use cases, with this one knowing how the streams are doing.
    #[must_use]
    pub fn watched_by(self, stream_health: Arc<dyn StreamHealth>) -> Self {
        Self { stream_health, ..self }
    }

    /// The same use cases, with this one told of what people are refused.
    #[must_use]
    pub fn witnessed_by(self, witness: Arc<dyn AuditSink>) -> Self {
        Self { watched: SinkHandle(witness), ..self }
    }

    /// The same use cases, with people invited and tables of them read in this way.
    #[must_use]
    pub fn inviting_by(self, invitations: Arc<dyn Invitations>, csv_reader: Arc<dyn CsvReader>) -> Self {
        Self { invitations, csv_reader, ..self }
    }

    /// The same use cases, with so many open questions for each participant at most.
    #[must_use]
    pub fn with_open_questions(self, most_open: Option<u32>) -> Self {
        Self { most_open, ..self }
    }

    /// The same use cases, with this one hashing passwords.
    #[must_use]
    pub fn guarded_by(self, passwords: Arc<dyn Passwords>) -> Self {
        Self { passwords, ..self }
    }

    /// The same use cases, with this one making logos of pictures.
    #[must_use]
    pub fn drawing_by(self, pictures: Arc<dyn Pictures>) -> Self {
        Self { pictures, ..self }
    }

    /// The same use cases, with this one telling people of what was done to how they come in.
    #[must_use]
    pub fn telling_by(self, notices: Arc<dyn Notices>) -> Self {
        Self { notices, ..self }
    }

    /// The same use cases, with sessions of staff over after so many days without a request; never where none is said.
    #[must_use]
    pub fn idle_after(self, days: Option<u32>) -> Self {
        Self { idle_days: days, ..self }
    }

    /// The same use cases, with this one reading the boards that everybody sees.
    #[must_use]
    pub fn reading_boards_by(self, boards: Arc<dyn SeenBoardReader>) -> Self {
        Self { boards, ..self }
    }

    /// The same use cases, with this one comparing texts.
    #[must_use]
    pub fn comparing_by(self, unicode: Arc<dyn Unicode>) -> Self {
        Self { unicode, reserved: Arc::default(), ..self }
    }

    /// The same use cases, with this one deriving the secrets of second factors, and with these people having to have
    /// one.
    #[must_use]
    pub fn asking_second_factor(self, factor_codes: Arc<dyn SecondFactorCodes>, requirement: Requirement) -> Self {
        Self { factor_codes, requirement, ..self }
    }

    /// The context of the server itself, which furnishes a tenant before anybody owns it: no person, and nobody can become
    /// it.
    ///
    /// # Errors
    /// `NotFound(Tenant)` when there is none of this slug.
    pub async fn authenticate_as_operator(&self, slug: &Slug) -> Result<RequestContext, Refusal> {
        let mut context = self.authenticate(slug.as_str(), &Credentials::default()).await?;
        context.proved_at = Some(self.clock.now());
        context.actor = Actor { role: Role::Owner, user: Some(UserId(self.new_id())), ..Actor::NOBODY };
        Ok(context)
    }

    /// Finds the tenant and who the caller is in it, and notes the day for whoever is signed in.
    ///
    /// # Errors
    /// `NotFound(Tenant)` when there is none of this slug (also when it could not be one), or it is archived.
    pub async fn authenticate(&self, slug: &str, credentials: &Credentials) -> Result<RequestContext, Refusal> {
        self.authenticate_with(slug, credentials, true).await
    }

    /// The same for what participants do and for their own pages: when somebody was seen last must not tell that they
    /// asked or voted, so the session is not touched.
    ///
    /// # Errors
    /// As [`Service::authenticate`].
    pub async fn authenticate_without_touch(
        &self,
        slug: &str,
        credentials: &Credentials,
    ) -> Result<RequestContext, Refusal> {
        self.authenticate_with(slug, credentials, false).await
    }

    /// What the caller is called towards their own browser, which keeps drafts and unsent votes for them: `u.` and a word for
    /// an account, `g.` and a word for a guest. It is no secret and opens nothing.
    #[must_use]
    pub fn reader_tag(&self, context: &RequestContext) -> Option<String> {
        let kind = if context.actor.user.is_some() { 'u' } else { 'g' };
        let reader = self.pseudonyms.reader(context.tenant.id, context.actor.participant?);
        Some(format!("{kind}.{}", reader.simple()))
    }

    async fn authenticate_with(
        &self,
        slug: &str,
        credentials: &Credentials,
        touch: bool,
    ) -> Result<RequestContext, Refusal> {
        let missing = Refusal::NotFound { what: Noun::Tenant };
        let slug = Slug::parse(slug).map_err(|_| missing.clone())?;
        let found = self.tenancy(&slug).await?.filter(|found| found.rules.archived_at.is_none());
        let Tenancy { tenant, rules } = found.ok_or(missing)?;
        self.watched.0.entered(&tenant);
        let guest = credentials.device.map(|device| self.pseudonyms.participant(tenant.id, device));
        let mut actor = Actor { participant: guest, ..Actor::NOBODY };
        let (mut until, mut proved_at) = (None, None);
        if let Some((_, hash)) = credentials.sessions.iter().find(|(slug, _)| *slug == tenant.slug) {
            let signed_in = self.signed_in(*hash, touch).await?;
            if let Some(person) = signed_in.filter(|person| person.tenant.id == tenant.id) {
                // Whoever is signed in is one participant, whatever browsers they bring.
                actor.participant = Some(self.account_joined(&person, credentials.device).await);
                actor.role = person.role;
                actor.memberships = person.memberships;
                actor.user = Some(person.user);
                actor.session = Some(person.session);
                until = Some(person.expires_at);
                proved_at = person.proved_at;
            }
        }
        let watched = self.watched.clone();
        Ok(RequestContext { tenant, rules, actor, until, proved_at, origin: credentials.origin, watched })
    }

    /// A fresh version 7 id.
    fn new_id(&self) -> Uuid {
        let mut random = [0; 10];
        self.rng.fill(&mut random);
        uuid_v7(self.clock.now(), random)
    }

    /// A fresh id of a question.
    fn new_question_id(&self) -> QuestionId {
        let mut random = [0; 10];
        self.rng.fill(&mut random);
        self.question_ids.next(self.clock.now(), random)
    }

    /// The note of an access that ends now.
    fn ending(&self) -> Ending {
        Ending { id: self.new_id(), at: self.clock.now() }
    }

    /// The frame of a write: a key of our own when the client sent none. Nothing is written without one, so this is
    /// where whoever is too fast is turned away and everybody else waits their turn, before the store has any work.
    /// The turn is to be held until the store has answered.
    async fn write(
        &self,
        context: &RequestContext,
        action: Action,
        key: IdempotencyKey,
        writer: Uuid,
    ) -> Result<(Write, Turn), Refusal> {
        let tenant = context.tenant.id;
        let per_minute = match action {
            Action::Ask => context.rules.staff.asks_per_minute,
            Action::Vote => context.rules.staff.votes_per_minute,
            _ => None,
        };
        self.rate_limiter.admit_within(tenant, Some(writer), action, per_minute)?;
        let turn = self.rate_limiter.turn(tenant, action).await;
        let operation = key.unwrap_or_else(|| OperationId(self.new_id()));
        Ok((Write { tenant, operation, writer, at: self.clock.now() }, turn))
    }

    /// The frame of one of many writes that were let in together.
    async fn write_next(
        &self,
        context: &RequestContext,
        action: Action,
        key: IdempotencyKey,
        writer: Uuid,
    ) -> (Write, Turn) {
        let tenant = context.tenant.id;
        let turn = self.rate_limiter.turn(tenant, action).await;
        let operation = key.unwrap_or_else(|| OperationId(self.new_id()));
        (Write { tenant, operation, writer, at: self.clock.now() }, turn)
    }
}
