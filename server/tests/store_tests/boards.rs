//! Boards that a server keeps in memory: right whenever they are asked for, read once however many ask, and bounded.

use std::sync::{Arc, Mutex};

use futures::future::join_all;
use pulsestage::id::TenantId;
use pulsestage::moderation::ReviewDecision;
use pulsestage::ports::{
    BoardStore, Change, Clock, LogStore, ModerationStore, Notifier, Participation, QuestionStore, SeenBoardReader,
    VoteStore,
};
use pulsestage::question::Question;
use pulsestage::time::Timestamp;
use pulsestage_server::boards::{BoardCache, BoardNotifier};
use pulsestage_server::store::open;
use pulsestage_server::system::SystemRng;

use crate::stage::{Home, START, Stage, ballot, options, stories};

stories![
    a_kept_board_has_what_this_instance_wrote,
    a_kept_board_has_what_another_instance_wrote,
    a_text_that_was_removed_is_never_read_again,
    many_who_ask_at_once_cost_one_look,
    another_log_is_another_board,
    boards_make_room_for_others,
    what_is_a_participants_own_is_read_apart,
];

/// A clock that goes as far as it is turned, from the time of the stories on.
#[derive(Clone, Default)]
struct TurnedClock(Arc<Mutex<i64>>);

impl TurnedClock {
    fn turn(&self, millis: i64) {
        *self.0.lock().unwrap() += millis;
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        START.plus_millis(*self.0.lock().unwrap())
    }
}

struct SilentNotifier;

impl Notifier for SilentNotifier {
    fn notify(&self, _: TenantId, _: Change) {}
}

/// The boards that a server keeps, and what it is told by itself.
pub(crate) struct KeptBoards {
    pub(crate) boards: BoardCache,
    notifier: BoardNotifier,
    clock: TurnedClock,
}

impl KeptBoards {
    pub(crate) fn new(stage: &Stage) -> Self {
        Self::bounded(stage, usize::MAX)
    }

    fn bounded(stage: &Stage, bytes: usize) -> Self {
        let clock = TurnedClock::default();
        let boards = BoardCache::bounded(Arc::new(stage.store.clone()), Arc::new(clock.clone()), bytes);
        let notifier = BoardNotifier { boards: boards.clone(), next: Arc::new(SilentNotifier) };
        Self { boards, notifier, clock }
    }

    /// This instance wrote something.
    pub(crate) fn changed(&self, tenant: TenantId) {
        self.notifier.notify(tenant, Change::Tallies);
    }

    /// Whether the board is the one that is read anew.
    async fn is_right(&self, stage: &Stage, home: &Home) -> bool {
        let kept = self.boards.seen_board(home.tenant, None).await.unwrap();
        kept.board == stage.store.snapshot(home.tenant, None).await.unwrap().board
    }

    async fn questions(&self, home: &Home) -> Vec<Question> {
        let kept = self.boards.seen_board(home.tenant, None).await.unwrap();
        kept.board.questions.values().cloned().collect()
    }
}

async fn a_kept_board_has_what_this_instance_wrote(stage: Arc<Stage>) {
    let (home, kept) = (stage.home("acme").await, KeptBoards::new(&stage));
    let question = stage.ask(&home, "First?").await;
    assert!(kept.is_right(&stage, &home).await);
    for voter in 1..=3 {
        // All in the same millisecond: the time of the last vote says nothing.
        stage.vote(&home, question.id, stage.participant(), true).await.unwrap();
        kept.changed(home.tenant);
        assert_eq!(kept.questions(&home).await[0].upvotes, voter);
    }
    stage.answer(&home, question.id, "Soon.").await.unwrap();
    kept.changed(home.tenant);
    assert!(kept.is_right(&stage, &home).await);
    let reads = kept.boards.reads();
    assert_eq!((reads.loaded, reads.followed), (1, 4), "{reads:?}");
}

async fn a_kept_board_has_what_another_instance_wrote(stage: Arc<Stage>) {
    let (home, kept) = (stage.home("acme").await, KeptBoards::new(&stage));
    let question = stage.ask(&home, "First?").await;
    assert!(kept.is_right(&stage, &home).await);
    // A fact, of which nobody told this instance.
    stage.ask(&home, "Second?").await;
    assert!(kept.is_right(&stage, &home).await);
    // A vote, by a clock that goes right.
    let vote = async |at: i64| {
        let ballot = ballot(question.id, stage.participant(), true);
        stage.store.set_vote(stage.write_at(home.tenant, START.plus_millis(at)), ballot).await.unwrap();
    };
    kept.clock.turn(1_000);
    vote(1_000).await;
    assert!(kept.is_right(&stage, &home).await);
    // Another in the same millisecond, and one by a clock that is a minute behind: soon.
    vote(1_000).await;
    vote(-60_000).await;
    kept.clock.turn(500);
    assert!(kept.is_right(&stage, &home).await);
    assert_eq!(kept.questions(&home).await[0].upvotes, 3);
    assert_eq!(kept.boards.reads().loaded, 1);
    kept.clock.turn(60_000);
    assert!(kept.is_right(&stage, &home).await);
    assert_eq!(kept.boards.reads().loaded, 2, "once a minute all of it is read, whatever was followed");
}

async fn a_text_that_was_removed_is_never_read_again(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    // Two instances, neither of which is told anything.
    let (one, other) = (KeptBoards::new(&stage), KeptBoards::new(&stage));
    let question = stage.ask(&home, "A name that must go").await;
    let edited = stage.ask(&home, "Another name that must go").await;
    for kept in [&one, &other] {
        assert_eq!(kept.questions(&home).await.len(), 2);
    }
    let decide = async |question: &Question, decision| {
        stage.store.decide(stage.write(home.tenant), question.id, decision, None, home.moderator).await.unwrap();
    };
    decide(&question, ReviewDecision::Decline { reason: None }).await;
    for kept in [&one, &other] {
        assert!(kept.questions(&home).await.iter().all(|shown| shown.id != question.id));
    }
    decide(&edited, ReviewDecision::Edit { body: crate::stage::body("No name") }).await;
    for kept in [&one, &other] {
        assert_eq!(kept.questions(&home).await[0].body, "No name");
    }
}

async fn many_who_ask_at_once_cost_one_look(stage: Arc<Stage>) {
    let (home, kept) = (stage.home("acme").await, KeptBoards::new(&stage));
    stage.ask(&home, "First?").await;
    let all = join_all((0..500).map(|_| kept.boards.board(home.tenant, None))).await;
    let first = all[0].as_ref().unwrap();
    assert!(all.iter().all(|board| Arc::ptr_eq(board.as_ref().unwrap(), first)));
    let reads = kept.boards.reads();
    assert_eq!((reads.asked, reads.loaded), (500, 1));
    assert!(reads.looks <= 3, "{reads:?}");
    // Nothing changed: the same board, with whatever was made of it.
    assert!(Arc::ptr_eq(&kept.boards.board(home.tenant, None).await.unwrap(), first));
    // Whoever goes away takes nothing along.
    stage.ask(&home, "Second?").await;
    drop(tokio::time::timeout(std::time::Duration::from_nanos(1), kept.boards.board(home.tenant, None)).await);
    assert!(kept.is_right(&stage, &home).await);
}

async fn another_log_is_another_board(stage: Arc<Stage>) {
    let (home, kept) = (stage.home("acme").await, KeptBoards::new(&stage));
    stage.ask(&home, "First?").await;
    assert!(kept.is_right(&stage, &home).await);
    let epoch = stage.store.head(home.tenant).await.unwrap().epoch;
    assert!(stage.store.renew_epochs_if(home.tenant, epoch, &SystemRng).await.unwrap());
    assert!(kept.is_right(&stage, &home).await);
    assert_eq!(kept.boards.reads().loaded, 2);
    let nowhere = TenantId(uuid::Uuid::from_u128(7));
    assert!(kept.boards.board(nowhere, None).await.is_err());
    assert_eq!(stage.store.log_head(nowhere).await.unwrap(), None);
    assert_eq!(
        stage.store.log_head(home.tenant).await.unwrap(),
        stage.store.log_heads(&[home.tenant]).await.unwrap().pop()
    );
    // A database that does not answer is no reason to go on with what was there before.
    let closed = open(&stage.url, options()).await.unwrap();
    let boards = BoardCache::new(Arc::new(closed.clone()), Arc::new(TurnedClock::default()));
    assert!(boards.board(home.tenant, None).await.is_ok());
    closed.close().await;
    assert!(boards.board(home.tenant, None).await.is_err());
}

async fn boards_make_room_for_others(stage: Arc<Stage>) {
    let mut homes = Vec::new();
    for slug in ["one", "two", "three"] {
        let home = stage.home(slug).await;
        stage.ask(&home, &"long ".repeat(90)).await;
        homes.push(home);
    }
    let all = KeptBoards::new(&stage);
    for home in &homes {
        assert!(all.is_right(&stage, home).await);
    }
    let reads = all.boards.reads();
    assert_eq!((reads.kept, reads.dropped), (3, 0));
    assert!(reads.bytes > 3 * 450, "{reads:?}");
    let two = KeptBoards::bounded(&stage, reads.bytes * 2 / 3 + 10);
    for home in homes.iter().chain(&homes) {
        assert!(two.is_right(&stage, home).await);
        let reads = two.boards.reads();
        assert!(reads.kept <= 2, "{reads:?}");
    }
    assert!(two.boards.reads().dropped >= 3, "{:?}", two.boards.reads());
}

async fn what_is_a_participants_own_is_read_apart(stage: Arc<Stage>) {
    let (home, other) = (stage.home("acme").await, stage.home("other").await);
    let (first, reader) = (stage.ask(&home, "First?").await, stage.participant());
    let elsewhere = stage.ask(&other, "Elsewhere?").await;
    let mut new = stage.new_question(home.team.id, "Mine?");
    new.author = reader;
    let mine = stage.store.ask(stage.write(home.tenant), new).await.unwrap();
    for (home, question) in [(&home, &first), (&other, &elsewhere)] {
        stage.vote(home, question.id, reader, true).await.unwrap();
    }
    let read = stage.store.participation(home.tenant, reader).await.unwrap();
    assert_eq!((&read.own[..], &read.voted[..]), (&[mine.id][..], &[first.id][..]));
    let nobody = stage.store.participation(home.tenant, stage.participant()).await.unwrap();
    assert_eq!(nobody, Participation::default());
}
