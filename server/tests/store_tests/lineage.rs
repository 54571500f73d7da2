//! Whether a database was put back or replaced: found at the start and while a server runs, and never where it was not.

use std::path::Path;
use std::sync::Arc;

use pulsestage::event::Cursor;
use pulsestage::id::TenantId;
use pulsestage::ports::{LogStore, QuestionStore, VoteStore};
use pulsestage_server::auth::secret::hex;
use pulsestage_server::lineage::{Watch, is_in_use};
use pulsestage_server::store::{SqlStore, open};
use pulsestage_server::system::{SystemClock, SystemRng};
use sha2::Digest;

use crate::stage::{Home, Stage, folder, options, stories};

stories![
    starts_and_crashes_renew_nothing,
    a_database_that_was_put_back_is_found_at_the_start,
    a_database_that_was_put_back_is_found_by_those_who_stay_up,
    each_write_of_a_server_is_in_its_mark,
    a_folder_that_two_share_belongs_to_one,
    what_commands_write_is_no_matter,
    where_postgres_runs_is_known,
    marks_of_those_who_are_gone_do_not_pile_up,
];

/// A server's process, as far as these stories need one.
struct ServerProcess {
    store: SqlStore,
    watch: Watch,
}

impl ServerProcess {
    async fn start(stage: &Stage, folder: &Path) -> Self {
        let store = open(&stage.url, options()).await.unwrap();
        let watch = Watch::start(store.clone(), folder.to_owned(), Arc::new(SystemClock), Arc::new(SystemRng));
        let watch = watch.await.unwrap();
        Self { store, watch }
    }

    /// Ends without a word, as a process that is killed; says how often it found the database replaced.
    async fn kill(self) -> u64 {
        let replaced = self.watch.replaced();
        self.store.close().await;
        replaced.get()
    }

    async fn ask(&self, stage: &Stage, home: &Home) {
        let question = stage.new_question(home.team.id, "Is it still there?");
        self.store.ask(stage.write(home.tenant), question).await.unwrap();
        self.mark().await;
    }

    /// Waits until what was written has a mark.
    async fn mark(&self) {
        if self.store.database_history().await.unwrap().identity.is_some() {
            self.store.wrote().await;
            self.store.raise_mark().await.unwrap();
        }
    }

    async fn number(&self) -> i64 {
        let marks = self.store.database_history().await.unwrap().marks;
        marks.iter().map(|mark| mark.number).sum()
    }
}

/// Leaves a file of a mark as it was at an earlier moment, as if its system had not got to the later one: with the moment at
/// which it is written in the place of that at which it was.
fn leave(path: &Path, earlier: &[u8]) {
    let stamp = |slot: &[u8]| {
        let text = std::str::from_utf8(slot).unwrap().lines().nth(1)?;
        let mut record: serde_json::Value = serde_json::from_str(text).unwrap();
        record["written_at"] = pulsestage::ports::Clock::now(&SystemClock).0.into();
        let text = record.to_string();
        let mut slot = format!("{}\n{text}\n", hex(&sha2::Sha256::digest(text.as_bytes()))).into_bytes();
        slot.resize(4_095, b' ');
        slot.push(b'\n');
        Some(slot)
    };
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    for (slot, place) in earlier.chunks(4_096).zip([0, 4_096]) {
        let bytes = stamp(slot).unwrap_or_else(|| slot.to_vec());
        std::os::unix::fs::FileExt::write_all_at(&file, &bytes, place).unwrap();
    }
}

async fn head(stage: &Stage, tenant: TenantId) -> Cursor {
    stage.store.head(tenant).await.unwrap()
}

async fn starts_and_crashes_renew_nothing(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let epoch = head(&stage, home.tenant).await.epoch;
    let (folder, lost) = (folder("restarts"), folder("lost"));
    // The first start of this version on a database with data, then several that end without a word.
    for _ in 0..4 {
        let instance = ServerProcess::start(&stage, &folder).await;
        instance.ask(&stage, &home).await;
        instance.watch.look().await.unwrap();
        instance.ask(&stage, &home).await;
        assert_eq!(instance.kill().await, 0);
    }
    // Two that die between their first mark and their file: it tells of the run before them.
    let file = std::fs::read(folder.join("database.mark")).unwrap();
    for _ in 0..2 {
        assert_eq!(ServerProcess::start(&stage, &folder).await.kill().await, 0);
        leave(&folder.join("database.mark"), &file);
    }
    // A folder that is new each time.
    for _ in 0..2 {
        let instance = ServerProcess::start(&stage, &lost).await;
        instance.ask(&stage, &home).await;
        assert_eq!(instance.kill().await, 0);
        std::fs::remove_file(lost.join("database.mark")).unwrap();
    }
    assert_eq!(head(&stage, home.tenant).await.epoch, epoch);
    assert_eq!(stage.store.database_history().await.unwrap().lineages.len(), 1);
}

async fn a_database_that_was_put_back_is_found_at_the_start(stage: Arc<Stage>) {
    let (acme, globex) = (stage.home("acme").await, stage.home("globex").await);
    let folder = folder("put_back");
    for put_back in [
        "update instance_marks set number = number - 1 where number > 1",
        "delete from instance_marks",
        "update instance_marks set session = instance, previous_session = instance, number = number + 1000",
        "delete from database_lineages",
    ] {
        let instance = ServerProcess::start(&stage, &folder).await;
        instance.ask(&stage, &acme).await;
        instance.kill().await;
        let before = (head(&stage, acme.tenant).await, head(&stage, globex.tenant).await);
        stage.sneak(put_back).await;
        assert_eq!(ServerProcess::start(&stage, &folder).await.kill().await, 1, "{put_back}");
        let after = (head(&stage, acme.tenant).await, head(&stage, globex.tenant).await);
        assert!(before.0.epoch != after.0.epoch && before.1.epoch != after.1.epoch, "{put_back}");
        assert_eq!((before.0.seq, before.1.seq), (after.0.seq, after.1.seq), "{put_back}");
        // Once is enough.
        assert_eq!(ServerProcess::start(&stage, &folder).await.kill().await, 0, "{put_back}");
        assert_eq!(head(&stage, acme.tenant).await, after.0, "{put_back}");
    }
}

async fn a_database_that_was_put_back_is_found_by_those_who_stay_up(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let (one, two) = (folder("up_one"), folder("up_two"));
    let (one, two) = (ServerProcess::start(&stage, &one).await, ServerProcess::start(&stage, &two).await);
    let found = || one.watch.replaced().get() + two.watch.replaced().get();
    for round in 0..3 {
        one.ask(&stage, &home).await;
        two.ask(&stage, &home).await;
        one.watch.look().await.unwrap();
        two.watch.look().await.unwrap();
        let (before, known) = (head(&stage, home.tenant).await, found());
        stage.sneak("update instance_marks set number = number - 1 where number > 1").await;
        // The one that writes at once must not take its own next mark for the one that it had.
        let question = stage.new_question(home.team.id, "And now?");
        one.store.ask(stage.write(home.tenant), question).await.unwrap();
        one.mark().await;
        let (first, second) = tokio::join!(one.watch.look(), two.watch.look());
        first.unwrap();
        second.unwrap();
        let after = head(&stage, home.tenant).await;
        assert_ne!(before.epoch, after.epoch, "round {round}");
        assert!((1..=2).contains(&(found() - known)), "round {round}: {}", found() - known);
        // And then it is over, whoever looks how often.
        let known = found();
        let settled = head(&stage, home.tenant).await.epoch;
        for _ in 0..4 {
            one.watch.look().await.unwrap();
            two.watch.look().await.unwrap();
            one.ask(&stage, &home).await;
            two.ask(&stage, &home).await;
        }
        assert_eq!((found(), head(&stage, home.tenant).await.epoch), (known, settled), "round {round}");
    }
    one.kill().await;
    two.kill().await;
}

async fn each_write_of_a_server_is_in_its_mark(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let question = stage.ask(&home, "How often?").await.id;
    let folder = folder("marked");
    let instance = ServerProcess::start(&stage, &folder).await;
    let before = instance.number().await;
    for _ in 0..5 {
        let vote = crate::stage::ballot(question, stage.participant(), true);
        instance.store.set_vote(stage.write(home.tenant), vote).await.unwrap();
        instance.mark().await;
    }
    assert_eq!(instance.number().await, before + 5);
    // What is refused writes nothing.
    stage.freeze(&home, question, true).await.unwrap();
    let vote = crate::stage::ballot(question, stage.participant(), true);
    instance.store.set_vote(stage.write(home.tenant), vote).await.unwrap_err();
    assert_eq!(instance.number().await, before + 5);
    // The file is as far on, without anybody having looked.
    instance.kill().await;
    stage.sneak("update instance_marks set number = number - 1 where number > 1").await;
    assert_eq!(ServerProcess::start(&stage, &folder).await.kill().await, 1);
}

async fn a_folder_that_two_share_belongs_to_one(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let shared = folder("shared");
    let one = ServerProcess::start(&stage, &shared).await;
    assert!(is_in_use(&shared));
    let two = ServerProcess::start(&stage, &shared).await;
    for _ in 0..3 {
        one.ask(&stage, &home).await;
        two.ask(&stage, &home).await;
        one.watch.look().await.unwrap();
        two.watch.look().await.unwrap();
    }
    // As in a deployment where the new one starts before the old one has ended.
    assert_eq!(one.kill().await, 0);
    assert!(!is_in_use(&shared));
    two.watch.look().await.unwrap();
    assert!(is_in_use(&shared), "the other one has it now");
    two.ask(&stage, &home).await;
    assert_eq!(two.kill().await, 0);
    assert_eq!(ServerProcess::start(&stage, &shared).await.kill().await, 0);
    stage.sneak("update instance_marks set number = number - 1 where number > 1").await;
    assert_eq!(ServerProcess::start(&stage, &shared).await.kill().await, 1);
}

async fn what_commands_write_is_no_matter(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let folder = folder("commands");
    let instance = ServerProcess::start(&stage, &folder).await;
    instance.ask(&stage, &home).await;
    // The stage's own store has no mark, as a command has none.
    stage.ask(&home, "By somebody else?").await;
    instance.watch.look().await.unwrap();
    assert_eq!(instance.kill().await, 0);
    stage.ask(&home, "While nobody was there?").await;
    assert_eq!(ServerProcess::start(&stage, &folder).await.kill().await, 0);
}

async fn where_postgres_runs_is_known(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    let folder = folder("clusters");
    let instance = ServerProcess::start(&stage, &folder).await;
    let is_postgres = instance.store.database_history().await.unwrap().identity.is_some();
    assert_eq!(is_postgres, stage.url.starts_with("postgres"));
    let present = || async { stage.store.database_history().await.unwrap().lineages.pop().unwrap() };
    assert_eq!(present().await.identity.is_some(), is_postgres);
    let mut epoch = head(&stage, home.tenant).await.epoch;
    for elsewhere in
        ["update database_lineages set system_identifier = '1'", "update database_lineages set timeline = '00000000'"]
    {
        stage.sneak(elsewhere).await;
        instance.watch.look().await.unwrap();
        let after = head(&stage, home.tenant).await.epoch;
        // On SQLite it says nothing: there it was carried along from a server.
        assert_eq!(after != epoch, is_postgres, "{elsewhere}");
        epoch = after;
    }
    // What was not known is noted, and no alarm.
    stage.sneak("update database_lineages set system_identifier = null, timeline = null").await;
    instance.watch.look().await.unwrap();
    assert_eq!(present().await.identity.is_some(), is_postgres);
    assert_eq!(head(&stage, home.tenant).await.epoch, epoch);
    // A server without a folder, too.
    instance.kill().await;
    stage.sneak("update database_lineages set timeline = '00000000'").await;
    let other = crate::stage::folder("clusters_new");
    assert_eq!(ServerProcess::start(&stage, &other).await.kill().await, u64::from(is_postgres));
}

async fn marks_of_those_who_are_gone_do_not_pile_up(stage: Arc<Stage>) {
    stage.home("acme").await;
    let kept = folder("kept");
    let stays = ServerProcess::start(&stage, &kept).await;
    for _ in 0..270 {
        let owner = pulsestage_server::store::MarkOwner { instance: stage.id(), session: stage.id() };
        let now = pulsestage::ports::Clock::now(&SystemClock);
        stage
            .store
            .begin_marks(owner, (None, 1), Arc::new(Nobody), now, (now.plus_millis(-1_000_000), 256))
            .await
            .unwrap();
    }
    assert_eq!(stage.store.database_history().await.unwrap().marks.len(), 256);
    stays.watch.look().await.unwrap();
    assert_eq!(stays.kill().await, 0);
    assert_eq!(ServerProcess::start(&stage, &kept).await.kill().await, 0);
}

struct Nobody;

impl pulsestage_server::store::MarkKeeper for Nobody {
    fn keep(&self, _: pulsestage_server::store::MarkOwner, _: i64) {}
}
