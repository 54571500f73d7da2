//! A stage for stories about the store: a fresh database on one of the two engines, and hands to act on it with.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pulsestage::event::{Epoch, Fact};
use pulsestage::id::{OperationId, ParticipantId, QuestionId, SessionId, TagId, TeamId, TenantId, UserId, uuid_v7};
use pulsestage::join::{CODE_LENGTH, JoinCode};
use pulsestage::link::LinkPurpose;
use pulsestage::ports::{
    Ballot, Ending, LinkStore, LogStore, NewLink, NewQuestion, NewSession, NewTeam, NewTenant, QuestionStore,
    SecretHash, SessionStore, StoreResult, TagStore, TeamStore, TenantStore, VoteStore, Write,
};
use pulsestage::question::Question;
use pulsestage::second_factor::{FactorCheck, Requirement};
use pulsestage::session::SessionLabel;
use pulsestage::tag::Tag;
use pulsestage::team::Team;
use pulsestage::tenant::TenantSettings;
use pulsestage::text::{AnswerText, Color, Limits, Name, QuestionBody, Slug};
use pulsestage::time::Timestamp;
use pulsestage::user::Role;
use pulsestage_server::store::{Durability, Options, SqlStore, open};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tokio::task::JoinError;
use uuid::Uuid;

/// 2025-10-08T10:30:00Z: the stories' clock starts here.
pub(crate) const START: Timestamp = Timestamp(1_759_919_400_000);

/// What a story is played on.
pub(crate) struct Stage {
    pub(crate) store: SqlStore,
    pub(crate) url: String,
    count: AtomicU64,
}

/// A tenant with what most stories need: a team, a tag and a moderator.
pub(crate) struct Home {
    pub(crate) tenant: TenantId,
    pub(crate) team: Team,
    pub(crate) tag: Tag,
    pub(crate) moderator: UserId,
}

/// Plays each story on both engines, as a test of its own.
macro_rules! stories {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::stage::on_sqlite(stringify!($name), super::$name).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                $crate::stage::on_postgres(stringify!($name), super::$name).await;
            })*
        }
    };
}
pub(crate) use stories;

/// What makes opening quick where a story does not ask for durability.
pub(crate) fn options() -> Options {
    Options { durability: Durability::Normal, ..Options::default() }
}

/// An empty folder of this test's own.
pub(crate) fn folder(name: &str) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("pulsestage-store-{}-{number}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Plays a story on a fresh SQLite file.
pub(crate) async fn on_sqlite<S: Future<Output = ()> + Send + 'static>(name: &str, story: fn(Arc<Stage>) -> S) {
    let folder = folder(name);
    let end = play(format!("sqlite://{}/stage.db", folder.display()), story).await;
    std::fs::remove_dir_all(folder).unwrap();
    judge(end);
}

/// Plays a story on a fresh PostgreSQL database, where a server is named for it.
pub(crate) async fn on_postgres<S: Future<Output = ()> + Send + 'static>(name: &str, story: fn(Arc<Stage>) -> S) {
    let Some(server) = postgres_server(name) else { return };
    let database = format!("pulsestage_{}_{name}", std::process::id());
    let mut admin = PgConnection::connect(&server).await.unwrap();
    admin.execute(statement(format!("drop database if exists \"{database}\""))).await.unwrap();
    admin.execute(statement(format!("create database \"{database}\""))).await.unwrap();
    let end = play(with_database(&server, &database), story).await;
    admin.execute(statement(format!("drop database \"{database}\" with (force)"))).await.unwrap();
    judge(end);
}

#[expect(clippy::disallowed_methods, reason = "the name of a database cannot be bound; it is made of test names alone")]
fn statement(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}

/// The server that `PULSESTAGE_TEST_PG` names. Without one the PostgreSQL half is left out, aloud, and never in CI.
pub(crate) fn postgres_server(name: &str) -> Option<String> {
    let server = std::env::var("PULSESTAGE_TEST_PG").ok().filter(|url| !url.is_empty());
    if server.is_none() {
        let ci = std::env::var("CI").is_ok_and(|value| value == "true");
        assert!(!ci, "CI=true, and PULSESTAGE_TEST_PG names no PostgreSQL server: half of the stories cannot be told");
        eprintln!("NOT TESTED ON POSTGRESQL: {name}. Set PULSESTAGE_TEST_PG=postgres://superuser@host/postgres");
    }
    server
}

/// The same server, another database.
pub(crate) fn with_database(url: &str, database: &str) -> String {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let authority = base.find("://").unwrap() + 3;
    let end = base[authority..].find('/').map_or(base.len(), |slash| authority + slash);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{}/{database}{query}", &base[..end])
}

async fn play<S: Future<Output = ()> + Send + 'static>(
    url: String,
    story: fn(Arc<Stage>) -> S,
) -> Result<(), JoinError> {
    let store = open(&url, options()).await.unwrap();
    let stage = Arc::new(Stage { store: store.clone(), url, count: AtomicU64::new(0) });
    let end = tokio::spawn(story(stage)).await;
    store.close().await;
    end
}

/// Fails as the story failed, once everything is cleared away.
fn judge(end: Result<(), JoinError>) {
    if let Err(error) = end {
        std::panic::resume_unwind(error.into_panic());
    }
}

impl Stage {
    /// A number that no other call got.
    pub(crate) fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A fresh id; later ones are greater.
    pub(crate) fn id(&self) -> Uuid {
        let number = self.next();
        let mut random = [0; 10];
        random[2..].copy_from_slice(&number.to_be_bytes());
        uuid_v7(START.plus_millis(i64::try_from(number).unwrap()), random)
    }

    /// A participant nobody has met.
    pub(crate) fn participant(&self) -> ParticipantId {
        ParticipantId(self.id())
    }

    /// The frame of a write under a fresh key, by a fresh writer.
    pub(crate) fn write(&self, tenant: TenantId) -> Write {
        self.write_at(tenant, START)
    }

    /// The same at a given time.
    pub(crate) fn write_at(&self, tenant: TenantId, at: Timestamp) -> Write {
        Write { tenant, operation: OperationId(self.id()), writer: self.id(), at }
    }

    /// A secret's hash.
    pub(crate) fn hash(&self) -> SecretHash {
        let mut hash = [7; 32];
        hash[..8].copy_from_slice(&self.next().to_be_bytes());
        SecretHash(hash)
    }

    /// A link and the session that redeeming it would open.
    pub(crate) fn link(&self, tenant: TenantId, role: Role) -> (NewLink, NewSession) {
        let purpose = LinkPurpose::SignIn;
        let link =
            NewLink { hash: self.hash(), tenant, role, purpose, at: START, expires_at: START.plus_millis(1_000) };
        (link, self.session(UserId(self.id())))
    }

    /// A session of somebody.
    pub(crate) fn session(&self, user: UserId) -> NewSession {
        NewSession {
            id: SessionId(self.id()),
            hash: self.hash(),
            user,
            label: SessionLabel::of_user_agent("Firefox/140.0 (Linux)"),
            at: START,
            expires_at: START.plus_millis(5_000),
            check: FactorCheck::Asked(Requirement::Off),
        }
    }

    /// Opens a session for somebody.
    pub(crate) async fn open_session(&self, tenant: TenantId, user: UserId) -> NewSession {
        let session = self.session(user);
        self.store.open_session(tenant, session.clone()).await.unwrap();
        session
    }

    /// The note of an access that ends.
    pub(crate) fn ending(&self) -> Ending {
        Ending { id: self.id(), at: START }
    }

    /// A new tenant with a team, a tag and a moderator.
    pub(crate) async fn home(&self, slug: &str) -> Home {
        let tenant = self.store.create_tenant(self.new_tenant(slug)).await.unwrap().id;
        let (link, session) = self.link(tenant, Role::Moderator);
        self.store.put_link(link).await.unwrap();
        let moderator = self.store.redeem_link(link.hash, session).await.unwrap().unwrap().signed_in().unwrap().user;
        let team = self.team(tenant, "Engineering").await.unwrap();
        let tag = self.tag(tenant, "Product").await.unwrap();
        Home { tenant, team, tag, moderator }
    }

    pub(crate) fn new_tenant(&self, slug: &str) -> NewTenant {
        NewTenant {
            id: TenantId(self.id()),
            slug: Slug::parse(slug).unwrap(),
            name: Name::parse(&format!("{slug} Inc.")).unwrap(),
            settings: TenantSettings::default(),
            // The highest bit is set in half of all epochs; the column is signed.
            epoch: Epoch(0xf00d_0000_0000_0000 | self.next()),
            at: START,
            first_team: None,
        }
    }

    /// A join code that no other call got.
    pub(crate) fn code(&self) -> JoinCode {
        let mut number = self.next();
        let text: String = (0..CODE_LENGTH)
            .map(|_| {
                let letter = char::from(b"23456789ABCDEFGHJKMNPQRSTUVWXYZ"[(number % 31) as usize]);
                number /= 31;
                letter
            })
            .collect();
        JoinCode::parse(&text).unwrap()
    }

    pub(crate) async fn team(&self, tenant: TenantId, name: &str) -> StoreResult<Team> {
        let name = Name::parse(name).unwrap();
        let slug = Slug::of_name(&name, "team");
        let code = self.code();
        self.store.create_team(self.write(tenant), NewTeam { id: TeamId(self.id()), slug, name, code }).await
    }

    pub(crate) async fn tag(&self, tenant: TenantId, name: &str) -> StoreResult<Tag> {
        let color = Color::parse("#3B82F6").unwrap();
        self.store.create_tag(self.write(tenant), TagId(self.id()), Name::parse(name).unwrap(), color).await
    }

    pub(crate) fn new_question(&self, team: TeamId, text: &str) -> NewQuestion {
        NewQuestion {
            id: QuestionId(self.id()),
            team,
            body: body(text),
            author: self.participant(),
            hold: None,
            author_name: None,
            only_once: false,
            most_open: None,
        }
    }

    /// Asks the home's team.
    pub(crate) async fn ask(&self, home: &Home, text: &str) -> Question {
        self.store.ask(self.write(home.tenant), self.new_question(home.team.id, text)).await.unwrap()
    }

    /// Votes, or takes the vote back, under a fresh key; the count afterwards.
    pub(crate) async fn vote(
        &self,
        home: &Home,
        question: QuestionId,
        voter: ParticipantId,
        up: bool,
    ) -> StoreResult<i64> {
        let receipt = self.store.set_vote(self.write(home.tenant), ballot(question, voter, up)).await?;
        assert_eq!((receipt.question_id, receipt.up), (question, up));
        Ok(receipt.upvotes)
    }

    pub(crate) async fn answer(&self, home: &Home, question: QuestionId, text: &str) -> StoreResult<Question> {
        self.store
            .answer(self.write(home.tenant), question, AnswerText::parse(text).unwrap(), None, home.moderator)
            .await
    }

    pub(crate) async fn freeze(&self, home: &Home, question: QuestionId, on: bool) -> StoreResult<Question> {
        self.store.set_frozen(self.write(home.tenant), question, on, home.moderator).await
    }

    /// The whole log, which must have no gap.
    pub(crate) async fn log(&self, tenant: TenantId) -> Vec<Fact> {
        let facts = self.store.facts_after(tenant, 0, i64::MAX).await.unwrap();
        let gapless = facts.iter().zip(1..).all(|(fact, seq)| fact.seq == seq);
        assert!(gapless, "{:?}", facts.iter().map(|fact| fact.seq).collect::<Vec<_>>());
        assert_eq!(self.store.head(tenant).await.unwrap().seq, i64::try_from(facts.len()).unwrap());
        facts
    }

    /// A statement behind the store's back.
    pub(crate) async fn sneak(&self, sql: &'static str) {
        if let Some(path) = self.url.strip_prefix("sqlite://") {
            let mut file = SqliteConnection::connect(path).await.unwrap();
            file.execute(sql).await.unwrap();
            file.close().await.unwrap();
        } else {
            let mut server = PgConnection::connect(&self.url).await.unwrap();
            server.execute(sql).await.unwrap();
            server.close().await.unwrap();
        }
    }
}

/// A vote, or one that is taken back, where people may vote for their own questions.
pub(crate) fn ballot(question: QuestionId, voter: ParticipantId, up: bool) -> Ballot {
    Ballot { question, voter, up, own_votes: true }
}

/// A question's text.
pub(crate) fn body(text: &str) -> QuestionBody {
    QuestionBody::parse(text, Limits { min: 1, max: 500 }).unwrap()
}
