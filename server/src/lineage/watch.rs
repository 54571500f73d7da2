//! Looking whether the database is the one that it was: at the start, and for as long as the server runs.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::ReplacedCount;
use super::file::{self, MarkFile, OpenedFile};
use super::judge::{KnownDatabase, KnownMark, LineageFinding, Replaced, judge};
use crate::store::{DatabaseHistory, InstanceMark, MarkKeeper, MarkOwner, SqlStore};
use pulsestage::id::uuid_v7;
use pulsestage::ports::{Clock, PortError, Rng, StoreError, StoreResult};
use pulsestage::time::DAY_MS;

/// The time between two looks at the database.
const LOOK: Duration = Duration::from_secs(1);
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long the last mark may take.
const GOODBYE: Duration = Duration::from_millis(200);
/// The time between two marks on PostgreSQL, where they are no part of each write.
const MARK_PAUSE: Duration = Duration::from_millis(100);
/// How often an instance that writes nothing says that it is there.
const TOUCH_MS: i64 = 3_600_000;
/// How long the mark of an instance that is gone is kept, and how many are at most.
const KEPT_MS: i64 = 60 * DAY_MS;
const MOST_MARKS: i64 = 256;
/// How often a start begins again because other instances start as well.
const TRIES: usize = 8;

/// Changes whether the database is the one that it was. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Watch {
    store: SqlStore,
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    kept: Arc<KnownState>,
    replaced: ReplacedCount,
}

/// What is known, in memory and in the file.
struct KnownState {
    clock: Arc<dyn Clock>,
    state: Mutex<WatchState>,
}

#[derive(Default)]
struct WatchState {
    known: Option<KnownDatabase>,
    file: Option<MarkFile>,
    /// Whether the file can be had at all: another process may have it for now.
    is_without_file: bool,
    /// The mark was found lower than it was.
    regressed: Option<Replaced>,
    /// What was written since the disk was last waited for.
    is_dirty: bool,
    /// When this instance last said that it is there.
    touched_at: i64,
}

impl KnownState {
    fn lock(&self) -> MutexGuard<'_, WatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is known, and writes it.
    fn change(&self, change: impl FnOnce(&mut WatchState)) {
        let mut state = self.lock();
        change(&mut state);
        let WatchState { known: Some(known), file: Some(file), .. } = &mut *state else { return };
        match file.write(known, &*self.clock) {
            Ok(()) => state.is_dirty = true,
            Err(error) => {
                tracing::warn!(%error, "how far was written cannot be kept outside the database any more");
                (state.file, state.is_without_file) = (None, true);
            }
        }
    }
}

impl MarkKeeper for KnownState {
    fn keep(&self, owner: MarkOwner, number: i64) {
        self.change(|state| {
            let Some(known) = &mut state.known else { return };
            match &mut known.own {
                // Nobody else raises it: a number that was there before is of an earlier state.
                Some((mark, session)) if *session == owner.session && number <= mark.number => {
                    let replaced = Replaced::Behind { known: mark.number, found: Some(number.saturating_sub(1)) };
                    state.regressed.get_or_insert(replaced);
                }
                own => {
                    let at = own.map_or(0, |(mark, _)| mark.at);
                    *own = Some((KnownMark { instance: owner.instance, number, at }, owner.session));
                }
            }
        });
    }
}

impl Watch {
    /// Changes at the database before anybody is served from it, and gives every log a new epoch if it was replaced. From
    /// then on what this process writes is marked.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn start(
        store: SqlStore,
        folder: PathBuf,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> StoreResult<Self> {
        let state = Mutex::new(WatchState::default());
        let kept = Arc::new(KnownState { clock: clock.clone(), state });
        let this = Self { store, folder, clock, rng, kept, replaced: ReplacedCount::default() };
        let (known, is_copy) = this.open_file();
        this.settle(known, is_copy).await?;
        this.sync().await;
        Ok(this)
    }

    /// How often the database was found to be replaced.
    #[must_use]
    pub fn replaced(&self) -> ReplacedCount {
        self.replaced.clone()
    }

    /// Changes once a second, and marks what was written, until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.look_again() => {}
            () = self.mark_again() => {}
        }
        // For what was written since the last mark; a database that is away keeps nobody from ending.
        let _was_logged = timeout(GOODBYE, self.store.raise_mark()).await;
        self.sync().await;
    }

    async fn look_again(&self) {
        let mut looks = interval_at(Instant::now() + LOOK, LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            // Trouble was logged by the store. The next look comes in a second, and so soon after the database is back.
            let _next_time = timeout(PATIENCE, self.look()).await;
            self.sync().await;
        }
    }

    async fn mark_again(&self) {
        loop {
            self.store.wrote().await;
            while !matches!(timeout(PATIENCE, self.store.raise_mark()).await, Ok(Ok(()))) {
                sleep(LOOK).await;
            }
            sleep(MARK_PAUSE).await;
        }
    }

    /// Changes once.
    ///
    /// # Errors
    /// When the database is in trouble.
    pub async fn look(&self) -> StoreResult<()> {
        let (known, regressed) = {
            let state = self.kept.lock();
            (state.known.clone(), state.regressed.clone())
        };
        let found = self.store.database_history().await?;
        let finding = match (judge(known.as_ref(), false, &found), regressed) {
            (LineageFinding::Same, Some(replaced)) => LineageFinding::Replaced(replaced),
            (finding, _) => finding,
        };
        if finding != LineageFinding::Same {
            return self.settle_from(known, finding, found).await;
        }
        self.learn(&found);
        self.place(&found).await?;
        let now = self.clock.now();
        if now.0 - self.kept.lock().touched_at > TOUCH_MS {
            self.store.touch_mark(now).await?;
            self.kept.lock().touched_at = now.0;
        }
        self.take_file().await
    }

    /// Opens the file; gives what was in it.
    fn open_file(&self) -> (Option<KnownDatabase>, bool) {
        match file::open(&self.folder) {
            Ok(Some(OpenedFile { file, known, is_copy })) => {
                self.kept.lock().file = Some(file);
                (known, is_copy)
            }
            Ok(None) => {
                tracing::info!("another server has this data folder; it keeps how far was written until it ends");
                (None, false)
            }
            Err(error) => {
                tracing::info!(
                    %error,
                    folder = %self.folder.display(),
                    "how far was written cannot be kept outside the database"
                );
                self.kept.lock().is_without_file = true;
                (None, false)
            }
        }
    }

    /// Takes the file over from a server that had it, as soon as that has ended.
    async fn take_file(&self) -> StoreResult<()> {
        {
            let state = self.kept.lock();
            if state.file.is_some() || state.is_without_file {
                return Ok(());
            }
        }
        let Ok(Some(OpenedFile { file, known, is_copy })) = file::open(&self.folder) else { return Ok(()) };
        let found = self.store.database_history().await?;
        let finding = judge(known.as_ref(), is_copy, &found);
        // Before the file is written over: it is all that tells.
        if matches!(finding, LineageFinding::Replaced(_)) {
            self.settle_from(known, finding, found).await?;
        }
        self.kept.change(|state| state.file = Some(file));
        Ok(())
    }

    async fn settle(&self, known: Option<KnownDatabase>, is_copy: bool) -> StoreResult<()> {
        let found = self.store.database_history().await?;
        let finding = judge(known.as_ref(), is_copy, &found);
        self.settle_from(known, finding, found).await
    }

    /// Does what a finding asks for, until the database is the one that is known; then begins to mark.
    async fn settle_from(
        &self,
        known: Option<KnownDatabase>,
        finding: LineageFinding,
        found: DatabaseHistory,
    ) -> StoreResult<()> {
        let (mut known, mut finding, mut found) = (known, finding, found);
        for _ in 0..TRIES {
            match &finding {
                LineageFinding::Same => {
                    self.place(&found).await?;
                    return self.begin_marks(known.as_ref(), &found).await;
                }
                LineageFinding::First => {
                    let _or_another =
                        self.store.begin_lineage(self.id(), found.identity.as_ref(), self.clock.now()).await?;
                }
                LineageFinding::Renewed => {}
                LineageFinding::Replaced(replaced) => self.renew(replaced, &found).await?,
            }
            // From here on it is what it is.
            known = None;
            found = self.store.database_history().await?;
            finding = judge(known.as_ref(), false, &found);
        }
        tracing::error!("other instances change the lineage of the database all the time");
        Err(StoreError::Port(PortError::Busy))
    }

    /// Gives every log a new epoch, unless another instance is doing so.
    async fn renew(&self, replaced: &Replaced, found: &DatabaseHistory) -> StoreResult<()> {
        let number = found.lineages.last().map_or(1, |present| present.number + 1);
        let (now, reason) = (self.clock.now(), replaced.to_string());
        let identity = found.identity.as_ref();
        if let Some(logs) = self.store.renew_lineage((number, self.id()), &reason, identity, now, &*self.rng).await? {
            self.replaced.add_one();
            tracing::warn!(
                logs,
                "the database was replaced: {reason}. Every log has a new epoch from now on, so that whoever has seen what \
                 is not in it any more loads the board again"
            );
        }
        Ok(())
    }

    /// Goes on with the mark of the run before, or begins one.
    async fn begin_marks(&self, known: Option<&KnownDatabase>, found: &DatabaseHistory) -> StoreResult<()> {
        let Some(present) = found.lineages.last() else { return Err(StoreError::Port(PortError::Broken)) };
        let own = known.and_then(|known| known.own);
        let is_there = |instance: Uuid| found.marks.iter().any(|mark| mark.instance == instance);
        let own = own.filter(|(mark, _)| is_there(mark.instance));
        let instance = own.map_or_else(|| self.id(), |(mark, _)| mark.instance);
        let owner = MarkOwner { instance, session: self.id() };
        {
            let mut state = self.kept.lock();
            let others = others(&found.marks, owner);
            // What the file says stays until the mark is in the database.
            state.known = Some(KnownDatabase { lineage: present.id, own: None, others });
            (state.regressed, state.touched_at) = (None, self.clock.now().0);
        }
        let previous = (own.map(|(_, session)| session), own.map_or(1, |(mark, _)| mark.number + 1));
        let now = self.clock.now();
        let pruning = (now.plus_millis(-KEPT_MS), MOST_MARKS);
        self.store.begin_marks(owner, previous, self.kept.clone(), now, pruning).await?;
        Ok(())
    }

    /// Keeps how far other instances have come.
    fn learn(&self, found: &DatabaseHistory) {
        let is_news = {
            let state = self.kept.lock();
            let Some(known) = &state.known else { return };
            let Some(owner) = known.owner() else { return };
            let others = others(&found.marks, owner);
            (others != known.others).then_some(others)
        };
        if let Some(others) = is_news {
            self.kept.change(|state| {
                if let Some(known) = &mut state.known {
                    known.others = others;
                }
            });
        }
    }

    /// Keeps where the present life of the database is, when that was not known: it was moved there on purpose, or the
    /// server did not tell before.
    async fn place(&self, found: &DatabaseHistory) -> StoreResult<()> {
        match (found.lineages.last(), &found.identity) {
            (Some(present), Some(identity)) if present.identity.is_none() => {
                self.store.place_lineage(present.id, identity).await
            }
            _ => Ok(()),
        }
    }

    /// Has the file on the disk.
    async fn sync(&self) {
        let handle = {
            let mut state = self.kept.lock();
            if !std::mem::take(&mut state.is_dirty) {
                return;
            }
            state.file.as_ref().map(MarkFile::handle)
        };
        if let Some(Ok(file)) = handle {
            let synced = tokio::task::spawn_blocking(move || file.sync_data()).await;
            if let Ok(Err(error)) = synced {
                tracing::warn!(%error, "the file of the mark could not be brought to the disk");
            }
        }
    }

    fn id(&self) -> Uuid {
        let mut random = [0; 10];
        self.rng.fill(&mut random);
        uuid_v7(self.clock.now(), random)
    }
}

/// What is known of other instances than this one.
fn others(marks: &[InstanceMark], owner: MarkOwner) -> Vec<KnownMark> {
    let others = marks.iter().filter(|mark| mark.instance != owner.instance);
    let mut others: Vec<KnownMark> =
        others.map(|mark| KnownMark { instance: mark.instance, number: mark.number, at: mark.at }).collect();
    others.sort_by_key(|mark| mark.instance);
    others
}
