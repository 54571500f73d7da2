//! Demo data in a real database: it is there, it is right, it stays in its tenants, and it is never put over other data.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use uuid::Uuid;

use pulsestage::board::{Applied, Board};
use pulsestage::error::Refusal;
use pulsestage::event::Cursor;
use pulsestage::id::{ParticipantId, TenantId};
use pulsestage::ports::{BoardStore, LogStore, Pseudonyms, Store, TenantStore};
use pulsestage::question::{Question, Status};
use pulsestage::tenant::Tenant;
use pulsestage::text::ANSWER_MAX;
use pulsestage::time::Timestamp;
use pulsestage_server::demo::{DemoPorts, Seeded, seed};
use pulsestage_server::store::{Options, SqlStore, open};
use pulsestage_server::system::{InstallationKey, SystemRng};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const HOUR_MS: i64 = 3_600_000;
const KEY: InstallationKey = InstallationKey::new([7; 32]);

/// A new database in a folder of the test's own.
struct TestDatabase {
    store: SqlStore,
    folder: PathBuf,
}

impl TestDatabase {
    async fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("demo-{name}-{}", std::process::id()));
        let url = format!("sqlite://{}", folder.join("demo.db").display());
        Self { store: open(&url, Options::default()).await.unwrap(), folder }
    }

    async fn seed(&self) -> Result<Seeded, Refusal> {
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        seed(DemoPorts { store, rng: Arc::new(SystemRng), pseudonyms: Arc::new(KEY), now: NOW }).await
    }

    /// Every tenant with its board, oldest first.
    async fn boards(&self) -> Vec<(Tenant, Board)> {
        let mut boards = Vec::new();
        for tenant in self.store.tenants().await.unwrap() {
            let snapshot = self.store.snapshot(tenant.id, None).await.unwrap();
            boards.push((tenant, snapshot.board));
        }
        boards
    }

    async fn close(self) {
        self.store.close().await;
        std::fs::remove_dir_all(self.folder).unwrap();
    }
}

fn count(board: &Board, is: impl Fn(&Question) -> bool) -> usize {
    board.questions.values().filter(|question| is(question)).count()
}

#[tokio::test]
async fn an_empty_database_gets_two_tenants_in_all_states_and_keeps_them() {
    let house = TestDatabase::new("fills").await;
    let seeded = house.seed().await.unwrap();
    let boards = house.boards().await;

    let [(default, town_hall), (acme, gadgets)] = boards.as_slice() else { panic!("{} tenants", boards.len()) };
    assert_eq!([default.slug.as_str(), acme.slug.as_str()], ["default", "acme"]);
    assert_eq!(seeded, Seeded::Filled { questions: town_hall.questions.len() + gadgets.questions.len() });
    assert!((40..=50).contains(&town_hall.questions.len()) && (12..=18).contains(&gadgets.questions.len()));
    assert_eq!([town_hall.teams.len(), town_hall.tags.len(), gadgets.teams.len(), gadgets.tags.len()], [5, 8, 3, 5]);

    let answered = count(town_hall, |q| q.status == Status::Answered);
    assert!(
        (12..=18).contains(&answered)
            && answered + count(town_hall, |q| q.status == Status::Open) == town_hall.questions.len()
    );
    assert!((2..=3).contains(&count(town_hall, |q| q.pinned.is_some())));
    assert!((3..=4).contains(&count(town_hall, |q| q.frozen.is_some())));
    assert_eq!(count(town_hall, |q| q.frozen.is_some() && q.status == Status::Open), 1);
    assert!(count(town_hall, |q| q.upvotes >= 60) >= 3 && count(town_hall, |q| q.upvotes <= 12) >= 12);

    for (tenant, board) in &boards {
        for question in board.questions.values() {
            assert_right(tenant, board, question);
        }
        assert_log_makes_the_board(&house.store, board).await;
        assert_votes_add_up(&house.store, board).await;
    }

    assert_eq!(house.seed().await, Ok(Seeded::HasData));
    assert_eq!(house.boards().await, boards);
    house.close().await;
}

/// One question is within every limit and tells a possible story.
fn assert_right(tenant: &Tenant, board: &Board, question: &Question) {
    let limits = tenant.settings.question_length;
    let length = question.body.chars().count();
    assert!((limits.min as usize..=limits.max as usize).contains(&length), "{}", question.body);
    assert!(board.teams.iter().any(|team| team.id == question.team_id), "{}", question.body);
    assert!(question.tags.len() <= 3 && question.tags.iter().all(|tag| board.tags.contains(tag)), "{}", question.body);
    assert!((NOW.plus_millis(-HOUR_MS)..NOW).contains(&question.created_at), "{}", question.body);
    assert_eq!(question.answer.is_some(), question.status == Status::Answered, "{}", question.body);
    if let Some(answer) = &question.answer {
        assert!((1..=ANSWER_MAX as usize).contains(&answer.response_text.chars().count()), "{}", question.body);
        assert!((question.created_at..NOW).contains(&answer.responded_at), "{}", question.body);
    }
    for mark in [question.pinned, question.frozen].into_iter().flatten() {
        assert!((question.created_at..NOW).contains(&mark.at), "{}", question.body);
    }
}

/// A browser that has followed the log from its first fact sees the board that the page has; counts come as tallies.
async fn assert_log_makes_the_board(store: &SqlStore, board: &Board) {
    let mut folded = Board::empty(board.tenant, Cursor { epoch: board.cursor.epoch, seq: 0 });
    let mut before = Timestamp(0);
    for fact in store.facts_after(board.tenant, 0, 10_000).await.unwrap() {
        assert!(before <= fact.at, "fact {} was before the one before it", fact.seq);
        before = fact.at;
        let at = Cursor { epoch: board.cursor.epoch, seq: fact.seq };
        assert_eq!(folded.apply(Some(at), fact.event().unwrap()), Applied::Changed);
    }
    // A question comes with its count as it is now, so no tally has to follow.
    assert_eq!(folded, *board);
}

/// The counts are the votes of people, each of whom has one vote at most for a question.
async fn assert_votes_add_up(store: &SqlStore, board: &Board) {
    let mut counted = BTreeMap::new();
    for device in 1..=200 {
        let voter = participant(board.tenant, device);
        for question in store.snapshot(board.tenant, Some(voter)).await.unwrap().voted {
            *counted.entry(question).or_insert(0) += 1;
        }
    }
    for question in board.questions.values() {
        assert_eq!(counted.get(&question.id).copied().unwrap_or(0), question.upvotes, "{}", question.body);
    }
}

fn participant(tenant: TenantId, device: u128) -> ParticipantId {
    KEY.participant(tenant, Uuid::from_u128(device))
}

#[tokio::test]
async fn the_two_tenants_share_nothing() {
    let house = TestDatabase::new("shares").await;
    house.seed().await.unwrap();
    let boards = house.boards().await;
    let [first, second] = [&boards[0].1, &boards[1].1].map(everything_of);
    let shared: Vec<_> = first.intersection(&second).collect();
    assert_eq!(shared, Vec::<&String>::new());
    house.close().await;
}

/// Every id, name and text of a board.
fn everything_of(board: &Board) -> BTreeSet<String> {
    let mut all = vec![board.tenant.to_string(), board.cursor.epoch.to_string()];
    all.extend(board.teams.iter().flat_map(|team| [team.id.to_string(), team.name.clone()]));
    all.extend(board.tags.iter().flat_map(|tag| [tag.id.to_string(), tag.name.clone()]));
    for question in board.questions.values() {
        all.extend([question.id.to_string(), question.body.clone()]);
        all.extend(question.answer.iter().map(|answer| answer.response_text.clone()));
        all.extend([question.pinned, question.frozen].into_iter().flatten().map(|mark| mark.by.to_string()));
    }
    all.into_iter().collect()
}

#[tokio::test]
async fn a_database_with_a_tenant_of_its_own_is_left_alone() {
    let house = TestDatabase::new("leaves").await;
    pulsestage_server::install::first_tenant(Arc::new(house.store.clone()), KEY).await.unwrap();
    let before = house.boards().await;
    assert_eq!(before.len(), 1);
    assert_eq!(house.seed().await, Ok(Seeded::HasData));
    assert_eq!(house.boards().await, before);
    house.close().await;
}
