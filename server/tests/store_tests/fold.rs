//! Two laws of the log. The one reducer: the log folded from nothing, with the tallies, is the board that the store
//! reads, from wherever one goes on; and so is the one that a server keeps in memory. And what is gone is gone: it tells no text and no name that is not on the board.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use pulsestage::board::{Applied, Board};
use pulsestage::error::Refusal;
use pulsestage::event::{Cursor, Event, Fact, QuestionUpvoted};
use pulsestage::id::{ParticipantId, QuestionId, TagId, TeamId};
use pulsestage::moderation::ReviewDecision;
use pulsestage::ports::{
    BoardStore, LogStore, Merge, MergeStore, ModerationStore, QuestionStore, Snapshot, StoreError, StoreResult,
    TagStore, TeamChange, TeamStore, TenantStore,
};
use pulsestage::settings::NewSettings;
use pulsestage::team::TeamSettings;
use pulsestage::tenant::TenantSettings;
use pulsestage::text::{Color, Name, Slug};
use pulsestage::time::Timestamp;

use crate::boards::KeptBoards;
use crate::stage::{Home, Stage, body, stories};

stories![the_folded_log_is_the_board_and_tells_nothing_else];

/// On both sides of the number of a text that is found again wherever it turns up.
const MARK: &str = "zq";

/// The numbers of the marked texts in a text.
fn marks(text: &str) -> HashSet<u64> {
    text.split(MARK).filter_map(|part| part.parse().ok()).collect()
}

/// Something people do. Numbers pick among what there is, whatever that is by then.
#[derive(Clone, Copy, Debug)]
enum FoldAct {
    Ask { team: usize },
    Vote { question: usize, voter: usize, up: bool },
    Answer { question: usize },
    Tag { question: usize, tag: usize, on: bool },
    Pin { question: usize, on: bool },
    Freeze { question: usize, on: bool },
    CreateTeam { name: usize },
    CreateTag { name: usize },
    Decide { question: usize, verdict: usize },
    Merge { question: usize, into: usize },
    Split { question: usize },
    EditOwn { question: usize },
    Withdraw { question: usize },
    RenameTeam { team: usize },
    ArchiveTeam { team: usize, on: bool },
    RenameTag { tag: usize },
    DeleteTag { tag: usize },
    ChangeTenant { show_totals: bool },
}

fn op() -> impl Strategy<Value = FoldAct> {
    let pick = || 0..64_usize;
    prop_oneof![
        4 => pick().prop_map(|team| FoldAct::Ask { team }),
        8 => (pick(), 0..7_usize, any::<bool>()).prop_map(|(question, voter, up)| FoldAct::Vote { question, voter, up }),
        1 => pick().prop_map(|question| FoldAct::Answer { question }),
        4 => (pick(), pick(), any::<bool>()).prop_map(|(question, tag, on)| FoldAct::Tag { question, tag, on }),
        2 => (pick(), any::<bool>()).prop_map(|(question, on)| FoldAct::Pin { question, on }),
        2 => (pick(), any::<bool>()).prop_map(|(question, on)| FoldAct::Freeze { question, on }),
        1 => (0..9_usize).prop_map(|name| FoldAct::CreateTeam { name }),
        1 => (0..9_usize).prop_map(|name| FoldAct::CreateTag { name }),
        6 => (pick(), 0..8_usize).prop_map(|(question, verdict)| FoldAct::Decide { question, verdict }),
        1 => (pick(), pick()).prop_map(|(question, into)| FoldAct::Merge { question, into }),
        1 => pick().prop_map(|question| FoldAct::Split { question }),
        1 => pick().prop_map(|question| FoldAct::EditOwn { question }),
        1 => pick().prop_map(|question| FoldAct::Withdraw { question }),
        1 => pick().prop_map(|team| FoldAct::RenameTeam { team }),
        1 => (pick(), any::<bool>()).prop_map(|(team, on)| FoldAct::ArchiveTeam { team, on }),
        1 => pick().prop_map(|tag| FoldAct::RenameTag { tag }),
        1 => pick().prop_map(|tag| FoldAct::DeleteTag { tag }),
        1 => any::<bool>().prop_map(|show_totals| FoldAct::ChangeTenant { show_totals }),
    ]
}

/// A tenant in use, with a count of votes that no database made.
struct World<'a> {
    stage: &'a Stage,
    home: Home,
    slug: String,
    voters: Vec<ParticipantId>,
    teams: Vec<TeamId>,
    tags: Vec<TagId>,
    questions: Vec<QuestionId>,
    askers: HashMap<QuestionId, ParticipantId>,
    votes: BTreeMap<QuestionId, HashSet<ParticipantId>>,
    kept: KeptBoards,
}

impl World<'_> {
    async fn act(&mut self, op: FoldAct) {
        match self.try_act(op).await {
            Ok(()) => {}
            Err(StoreError::Refused(
                Refusal::Frozen
                | Refusal::VotingClosed
                | Refusal::NotNow
                | Refusal::NameTaken { .. }
                | Refusal::NotFound { .. },
            )) => {}
            Err(other) => panic!("{op:?}: {other}"),
        }
    }

    async fn try_act(&mut self, op: FoldAct) -> StoreResult<()> {
        // Names whose order in bytes and in lower case differ.
        const NAMES: [&str; 9] = ["alpha", "Beta", "gamma", "Äther", "zeta", "BETA!", "1st", "beta", "ärger"];
        let (stage, tenant, by) = (self.stage, self.home.tenant, self.home.moderator);
        // Texts that are found again wherever they turn up.
        let marked = |text: &str| format!("{text} {MARK}{}{MARK}", stage.next());
        let some = |question: usize| self.questions.get(question % self.questions.len().max(1)).copied();
        match op {
            FoldAct::Ask { team } => {
                let mut new = stage.new_question(self.teams[team % self.teams.len()], &marked("What now?"));
                new.author_name = Some(Name::parse(&marked("Ann")).unwrap());
                let asker = new.author;
                let id = stage.store.ask(stage.write(tenant), new).await?.id;
                self.questions.push(id);
                self.askers.insert(id, asker);
            }
            FoldAct::Vote { question, voter, up } => {
                let (Some(question), voter) = (some(question), self.voters[voter]) else { return Ok(()) };
                let upvotes = stage.vote(&self.home, question, voter, up).await?;
                let votes = self.votes.entry(question).or_default();
                if up {
                    votes.insert(voter)
                } else {
                    votes.remove(&voter)
                };
                assert_eq!(upvotes, i64::try_from(votes.len()).unwrap());
            }
            FoldAct::Answer { question } => {
                let Some(question) = some(question) else { return Ok(()) };
                stage.answer(&self.home, question, &marked("Like this.")).await?;
            }
            FoldAct::Tag { question, tag, on } => {
                let Some(question) = some(question) else { return Ok(()) };
                stage.store.set_tag(stage.write(tenant), question, self.tags[tag % self.tags.len()], on).await?;
            }
            FoldAct::Pin { question, on } => {
                let Some(question) = some(question) else { return Ok(()) };
                stage.store.set_pinned(stage.write(tenant), question, on, by).await?;
            }
            FoldAct::Freeze { question, on } => {
                let Some(question) = some(question) else { return Ok(()) };
                stage.store.set_frozen(stage.write(tenant), question, on, by).await?;
            }
            FoldAct::Decide { question, verdict } => {
                let Some(question) = some(question) else { return Ok(()) };
                let verdict = match verdict {
                    0 => ReviewDecision::Approve,
                    1 => ReviewDecision::Hold,
                    2 => ReviewDecision::Decline { reason: None },
                    3 => ReviewDecision::Restore,
                    4 => ReviewDecision::Reopen,
                    5 => ReviewDecision::Delete,
                    6 => ReviewDecision::Undelete,
                    _ => ReviewDecision::Edit { body: body(&marked("What then?")) },
                };
                stage.store.decide(stage.write(tenant), question, verdict, None, by).await?;
                self.ask_who_voted().await;
            }
            FoldAct::Merge { question, into } => {
                let (Some(question), Some(into)) = (some(question), some(into)) else { return Ok(()) };
                stage.store.merge(stage.write(tenant), Merge { source: question, target: into }, by).await?;
                self.ask_who_voted().await;
            }
            FoldAct::Split { question } => {
                let Some(question) = some(question) else { return Ok(()) };
                stage.store.split(stage.write(tenant), question, by).await?;
                self.ask_who_voted().await;
            }
            FoldAct::EditOwn { question } => {
                let Some(question) = some(question) else { return Ok(()) };
                let text = body(&marked("What else?"));
                stage.store.edit_own(stage.write(tenant), question, self.askers[&question], text, None).await?;
            }
            FoldAct::Withdraw { question } => {
                let Some(question) = some(question) else { return Ok(()) };
                stage.store.withdraw_own(stage.write(tenant), question, self.askers[&question]).await?;
            }
            FoldAct::RenameTeam { team } => {
                let id = self.teams[team % self.teams.len()];
                let name = Name::parse(&marked("Team")).unwrap();
                let change = TeamChange { id, name, settings: TeamSettings::default() };
                stage.store.change_team(stage.write(tenant), change).await?;
            }
            FoldAct::ArchiveTeam { team, on } => {
                let team = self.teams[team % self.teams.len()];
                stage.store.set_team_archived(stage.write(tenant), team, on).await?;
                self.ask_who_voted().await;
            }
            FoldAct::RenameTag { tag } => {
                let (tag, name) = (self.tags[tag % self.tags.len()], Name::parse(&marked("Tag")).unwrap());
                stage.store.change_tag(stage.write(tenant), tag, name, Color::parse("#112233").unwrap()).await?;
            }
            FoldAct::DeleteTag { tag } => {
                stage.store.delete_tag(stage.write(tenant), self.tags[tag % self.tags.len()]).await?;
            }
            FoldAct::ChangeTenant { show_totals } => {
                let slug = Slug::parse(&self.slug).unwrap();
                let now = stage.store.tenancy(&slug).await?.unwrap();
                let new = NewSettings {
                    name: Name::parse(&marked("Inc.")).unwrap(),
                    settings: TenantSettings { show_totals, ..now.tenant.settings },
                    staff: now.rules.staff.clone(),
                    version: now.rules.version,
                };
                stage.store.change_settings(stage.write(tenant), new).await?;
            }
            FoldAct::CreateTeam { name } => self.teams.push(stage.team(tenant, NAMES[name]).await?.id),
            FoldAct::CreateTag { name } => self.tags.push(stage.tag(tenant, NAMES[name]).await?.id),
        }
        Ok(())
    }

    /// Votes have moved: who has voted for what is read again, and is what each count says.
    async fn ask_who_voted(&mut self) {
        let mut board = None;
        for voter in self.voters.clone() {
            let now = self.snapshot(voter).await;
            for (_, votes) in self.votes.iter_mut().filter(|(id, _)| now.board.questions.contains_key(id)) {
                votes.remove(&voter);
            }
            for question in now.voted {
                self.votes.entry(question).or_default().insert(voter);
            }
            board = Some(now.board);
        }
        for (id, question) in board.iter().flat_map(|board| &board.questions) {
            let votes = self.votes.get(id).map_or(0, HashSet::len);
            assert_eq!(question.upvotes, i64::try_from(votes).unwrap());
        }
    }

    /// What strangers, askers and moderators are told says nothing that a stranger does not find on the board.
    async fn check_told(&self, log: &[Fact]) {
        let now = self.snapshot(self.voters[0]).await;
        let on_board = marks(&serde_json::to_string(&(&now.board, &now.tenant)).unwrap());
        for fact in log {
            let told = marks(&serde_json::to_string(&fact.envelope).unwrap());
            assert!(told.is_subset(&on_board), "{fact:?}");
        }
    }

    /// A stream's way from a board to now: the facts after it, then the tallies.
    async fn catch_up(&self, board: &mut Board, log: &[Fact]) {
        for fact in log {
            let at = Cursor { epoch: board.cursor.epoch, seq: fact.seq };
            let expected = if fact.seq <= board.cursor.seq { Applied::Nothing } else { Applied::Changed };
            let Some(envelope) = &fact.envelope else {
                board.cursor.seq = board.cursor.seq.max(at.seq);
                continue;
            };
            match board.apply(Some(at), &envelope.event) {
                // A team is back, with questions that no fact brings.
                Applied::Resync if matches!(envelope.event, Event::TeamRestored(_)) => {
                    *board = self.snapshot(self.voters[0]).await.board;
                }
                applied => assert_eq!(applied, expected),
            }
        }
        for tally in self.stage.store.tallies_since(self.home.tenant, Timestamp(0)).await.unwrap() {
            let event = Event::Upvoted(QuestionUpvoted { question_id: tally.question, upvotes: tally.upvotes });
            assert_ne!(board.apply(None, &event), Applied::Resync);
        }
        for totals in self.stage.store.team_totals(self.home.tenant).await.unwrap() {
            assert_ne!(board.apply(None, &Event::TeamCounted(totals)), Applied::Resync);
        }
    }

    /// What a server keeps in memory is what it would read anew.
    async fn check_kept(&self, op: FoldAct) {
        let kept = self.kept.boards.board(self.home.tenant, None).await.unwrap();
        let now = self.snapshot(self.voters[0]).await;
        assert_eq!(kept.seen.board, now.board, "after {op:?}");
        assert_eq!(kept.seen.tenant, now.tenant, "after {op:?}");
    }

    async fn snapshot(&self, viewer: ParticipantId) -> Snapshot {
        self.stage.store.snapshot(self.home.tenant, Some(viewer)).await.unwrap()
    }
}

async fn play(stage: &Stage, ops: Vec<FoldAct>) {
    let slug = format!("case-{}", stage.next());
    let home = stage.home(&slug).await;
    let epoch = stage.store.head(home.tenant).await.unwrap().epoch;
    let (teams, tags) = (vec![home.team.id], vec![home.tag.id]);
    let voters: Vec<_> = (0..7).map(|_| stage.participant()).collect();
    let (questions, askers, votes) = (Vec::new(), HashMap::new(), BTreeMap::new());
    let kept = KeptBoards::new(stage);
    let mut world = World { stage, home, slug, voters, teams, tags, questions, askers, votes, kept };
    // Again and again somebody opens the page, and their laptop goes to sleep.
    let mut sleepers = Vec::new();
    for (number, op) in ops.into_iter().enumerate() {
        if number % 10 == 0 {
            sleepers.push(world.snapshot(world.voters[0]).await.board);
            world.check_told(&stage.log(world.home.tenant).await).await;
        }
        world.act(op).await;
        world.kept.changed(world.home.tenant);
        world.check_kept(op).await;
    }

    let log = stage.log(world.home.tenant).await;
    let now = world.snapshot(world.voters[0]).await.board;
    let mut folded = Board::empty(world.home.tenant, Cursor { epoch, seq: 0 });
    world.catch_up(&mut folded, &log).await;
    assert_eq!(folded, now);
    world.check_told(&log).await;
    // Awake again, and sent more than was missed; what is read from any cursor is the end of what is read from the first.
    for mut sleeper in sleepers {
        let seq = sleeper.cursor.seq;
        let missed = stage.store.facts_after(world.home.tenant, seq, i64::MAX).await.unwrap();
        assert_eq!(missed, log[usize::try_from(seq).unwrap()..]);
        world.catch_up(&mut sleeper, &log[usize::try_from(seq / 2).unwrap()..]).await;
        assert_eq!(sleeper, now);
    }

    let reads = world.kept.boards.reads();
    assert!(reads.followed > 4 * reads.loaded, "hardly ever is a board read as a whole: {reads:?}");
    for voter in &world.voters {
        let voted = world.snapshot(*voter).await.voted;
        let expected = world.votes.iter().filter(|(_, votes)| votes.contains(voter)).map(|(id, _)| *id);
        let expected: Vec<_> = expected.filter(|id| now.questions.contains_key(id)).collect();
        assert_eq!(voted, expected);
    }
}

async fn the_folded_log_is_the_board_and_tells_nothing_else(stage: Arc<Stage>) {
    let config = Config { cases: 5, max_shrink_iters: 100, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        TestRunner::new(config)
            .run(&proptest::collection::vec(op(), 300..=300), |ops| {
                runtime.block_on(play(&stage, ops));
                Ok(())
            })
            .unwrap();
    });
}
