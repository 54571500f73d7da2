//! The installation's key: beside the database and never in it, the same for every instance, and missed when it is gone.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pulsestage::ports::TenantStore;
use pulsestage_server::installation_key::{self, KeyArgs, KeyError, make_folder};
use pulsestage_server::store::open;
use pulsestage_server::system::{InstallationKey, SystemRng};
use sqlx::{Connection, PgConnection, SqliteConnection};
use tokio::task::JoinSet;

use crate::stage::{Stage, folder, options, stories};

stories![
    a_new_installation_makes_the_file_of_its_key,
    instances_that_start_at_once_on_one_folder_have_one_key,
    of_instances_with_keys_of_their_own_one_is_refused,
    the_key_of_an_older_database_moves_to_the_file,
    a_move_that_broke_off_is_gone_on_with,
    another_key_is_refused,
    a_lost_key_is_missed_and_can_be_replaced_on_purpose,
];

/// What older versions kept in their database; no other bytes of a test are like it.
const OLD: [u8; 32] = *b"0ld-key-0ld-key-0ld-key-0ld-key!";

async fn key_of(stage: &Stage, folder: &Path, args: &KeyArgs) -> Result<[u8; 32], KeyError> {
    let key = installation_key::open(&stage.store, folder, args, &SystemRng).await?;
    Ok(told(key))
}

/// By what a test tells keys apart.
fn told(key: InstallationKey) -> [u8; 32] {
    key.mac("test", b"")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn key_file(folder: &Path) -> PathBuf {
    folder.join("installation.key")
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// Puts a key where older versions kept it.
async fn keep_old_key(stage: &Stage) {
    const PUT: &str = "insert into installation_keys (name, key) values ('participants', $1)";
    if let Some(path) = stage.url.strip_prefix("sqlite://") {
        let mut file = SqliteConnection::connect(path).await.unwrap();
        sqlx::query(PUT).bind(OLD.as_slice()).execute(&mut file).await.unwrap();
        file.close().await.unwrap();
    } else {
        let mut server = PgConnection::connect(&stage.url).await.unwrap();
        sqlx::query(PUT).bind(OLD.as_slice()).execute(&mut server).await.unwrap();
        server.close().await.unwrap();
    }
}

/// Whether these bytes are anywhere in the files of a SQLite database; on PostgreSQL, in the table that had them.
async fn database_has(stage: &Stage, bytes: &[u8]) -> bool {
    if let Some(path) = stage.url.strip_prefix("sqlite://") {
        let files = ["", "-wal", "-shm"].map(|end| fs::read(format!("{path}{end}")).unwrap_or_default());
        files.iter().any(|file| file.windows(bytes.len()).any(|part| part == bytes))
    } else {
        // A file without a page has no bytes, dead rows included.
        let mut server = PgConnection::connect(&stage.url).await.unwrap();
        let size: i64 =
            sqlx::query_scalar("select pg_relation_size('installation_keys')").fetch_one(&mut server).await.unwrap();
        size > 0
    }
}

async fn a_new_installation_makes_the_file_of_its_key(stage: Arc<Stage>) {
    let folder = folder("new_key");
    let data = folder.join("data");
    let key = key_of(&stage, &data, &KeyArgs::default()).await.unwrap();
    assert_eq!((mode(&data), mode(&key_file(&data))), (0o700, 0o600));
    assert_eq!(names(&data), ["installation.key"]);
    assert_eq!(key_of(&stage, &data, &KeyArgs::default()).await.unwrap(), key, "the next start has the same");
    let text = fs::read_to_string(key_file(&data)).unwrap();
    let given = KeyArgs { key: Some(text.clone()), ..KeyArgs::default() };
    assert_eq!(key_of(&stage, &folder.join("none"), &given).await.unwrap(), key, "and a variable does as well");
    assert!(!folder.join("none").exists());
    let elsewhere = folder.join("secret");
    fs::rename(key_file(&data), &elsewhere).unwrap();
    let named = KeyArgs { key_file: Some(elsewhere), ..KeyArgs::default() };
    assert_eq!(key_of(&stage, &data, &named).await.unwrap(), key);
    let bytes: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
    assert!(!database_has(&stage, &bytes).await);
    fs::remove_dir_all(folder).unwrap();
}

async fn instances_that_start_at_once_on_one_folder_have_one_key(stage: Arc<Stage>) {
    let folder = folder("one_key");
    let mut starts = JoinSet::new();
    for _ in 0..6 {
        let (url, folder) = (stage.url.clone(), folder.clone());
        starts.spawn(async move {
            let store = open(&url, options()).await.unwrap();
            let key = installation_key::open(&store, &folder, &KeyArgs::default(), &SystemRng).await.unwrap();
            store.close().await;
            told(key)
        });
    }
    let keys = starts.join_all().await;
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(names(&folder), ["installation.key"], "nothing is left lying");
    fs::remove_dir_all(folder).unwrap();
}

async fn of_instances_with_keys_of_their_own_one_is_refused(stage: Arc<Stage>) {
    let folder = folder("two_keys");
    let (one, two) = (folder.join("one"), folder.join("two"));
    let none = KeyArgs::default();
    let (a, b) = tokio::join!(key_of(&stage, &one, &none), key_of(&stage, &two, &none));
    let (right, won, lost) = match (a, b) {
        (Ok(key), Err(refused)) => (key, (&one, &two), refused),
        (Err(refused), Ok(key)) => (key, (&two, &one), refused),
        both => panic!("one key for two folders: {both:?}"),
    };
    let (winner, loser) = won;
    // Whether it found its own key to be another, or none when it came to look: what to do is the same.
    let sentence = lost.to_string().to_lowercase();
    assert!(sentence.contains("every instance of one database needs the same key"), "{lost}");
    assert!(!key_file(loser).exists(), "a key that nothing was signed with does not stay");
    // As the sentence says.
    make_folder(loser).unwrap();
    fs::copy(key_file(winner), key_file(loser)).unwrap();
    assert_eq!(key_of(&stage, loser, &none).await.unwrap(), right);
    fs::remove_dir_all(folder).unwrap();
}

async fn the_key_of_an_older_database_moves_to_the_file(stage: Arc<Stage>) {
    let folder = folder("old_key");
    keep_old_key(&stage).await;
    assert!(database_has(&stage, &OLD).await, "the test looks where the key is");
    let key = key_of(&stage, &folder, &KeyArgs::default()).await.unwrap();
    assert_eq!(key, told(InstallationKey::new(OLD)), "nobody becomes a stranger");
    assert_eq!(mode(&key_file(&folder)), 0o600);
    assert!(!database_has(&stage, &OLD).await);
    assert_eq!(stage.store.kept_key().await, Ok(None));
    assert_eq!(key_of(&stage, &folder, &KeyArgs::default()).await.unwrap(), key);
    // The database goes on as before.
    stage.home("acme").await;
    assert_eq!(stage.store.tenants().await.unwrap().len(), 1);
    fs::remove_dir_all(folder).unwrap();
}

async fn a_move_that_broke_off_is_gone_on_with(stage: Arc<Stage>) {
    let folder = folder("half_moved");
    keep_old_key(&stage).await;
    let moved = key_of(&stage, &folder, &KeyArgs::default()).await.unwrap();
    // As if the process had died before the last step.
    keep_old_key(&stage).await;
    assert_eq!(key_of(&stage, &folder, &KeyArgs::default()).await.unwrap(), moved);
    assert!(!database_has(&stage, &OLD).await);
    // A variable may take the key over as well, and no other than that one.
    let other = Arc::new(KeyArgs { key: Some("ab".repeat(32)), ..KeyArgs::default() });
    stage.sneak("delete from key_fingerprints").await;
    keep_old_key(&stage).await;
    assert!(matches!(key_of(&stage, &folder, &other).await, Err(KeyError::Wrong(_))));
    assert!(database_has(&stage, &OLD).await, "what was refused has taken nothing away");
    fs::remove_dir_all(folder).unwrap();
}

async fn another_key_is_refused(stage: Arc<Stage>) {
    let folder = folder("wrong_key");
    let right = key_of(&stage, &folder, &KeyArgs::default()).await.unwrap();
    let kept = fs::read(key_file(&folder)).unwrap();
    fs::write(key_file(&folder), format!("{}\n", "ab".repeat(32))).unwrap();
    let refused = key_of(&stage, &folder, &KeyArgs::default()).await.unwrap_err();
    assert!(refused.to_string().contains("is not the key of this database"), "{refused}");
    let given = KeyArgs { key: Some("cd".repeat(32)), ..KeyArgs::default() };
    let refused = key_of(&stage, &folder, &given).await.unwrap_err();
    assert!(refused.to_string().contains("PULSESTAGE_KEY is not the key"), "{refused}");
    for bad in ["hush-hush", "0"] {
        let given = KeyArgs { key: Some(bad.to_owned()), ..KeyArgs::default() };
        let refused = key_of(&stage, &folder, &given).await.unwrap_err();
        assert!(refused.to_string().contains("64 hexadecimal digits"), "{refused}");
        assert!(!refused.to_string().contains(bad) || bad == "0", "{refused}");
        fs::write(key_file(&folder), bad).unwrap();
        let refused = key_of(&stage, &folder, &KeyArgs::default()).await.unwrap_err();
        assert!(matches!(refused, KeyError::Form(_)), "{refused}");
    }
    fs::write(key_file(&folder), [0xFF; 32]).unwrap();
    assert!(matches!(key_of(&stage, &folder, &KeyArgs::default()).await, Err(KeyError::Form(_))));
    fs::write(key_file(&folder), &kept).unwrap();
    for open in [0o640, 0o604, 0o660] {
        fs::set_permissions(key_file(&folder), fs::Permissions::from_mode(open)).unwrap();
        let refused = key_of(&stage, &folder, &KeyArgs::default()).await.unwrap_err();
        assert!(refused.to_string().contains("chmod 600"), "{open:o}: {refused}");
    }
    fs::set_permissions(key_file(&folder), fs::Permissions::from_mode(0o400)).unwrap();
    assert_eq!(key_of(&stage, &folder, &KeyArgs::default()).await.unwrap(), right);
    fs::remove_dir_all(folder).unwrap();
}

async fn a_lost_key_is_missed_and_can_be_replaced_on_purpose(stage: Arc<Stage>) {
    let folder = folder("lost_key");
    let before = key_of(&stage, &folder, &KeyArgs::default()).await.unwrap();
    let on_purpose = KeyArgs { new_key: true, ..KeyArgs::default() };
    assert_eq!(key_of(&stage, &folder, &on_purpose).await.unwrap(), before, "a key that is there is not lost");
    fs::remove_file(key_file(&folder)).unwrap();
    let refused = key_of(&stage, &folder, &KeyArgs::default()).await.unwrap_err().to_string();
    for part in ["installation.key does not exist", "Restore it", "--new-key", "docs/OPERATIONS.md"] {
        assert!(refused.contains(part), "{refused}");
    }
    assert!(!key_file(&folder).exists());
    let after = key_of(&stage, &folder, &on_purpose).await.unwrap();
    assert_ne!(after, before);
    assert_eq!(key_of(&stage, &folder, &KeyArgs::default()).await.unwrap(), after);
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_data_folder_is_closed_to_others_unless_it_is_shared() {
    let folder = folder("closed");
    let open = |name: &str, mode: u32| {
        let path = folder.join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    for (name, before, after) in [("a", 0o755, 0o700), ("b", 0o770, 0o700), ("c", 0o700, 0o700), ("d", 0o500, 0o500)] {
        let path = open(name, before);
        make_folder(&path).unwrap();
        assert_eq!(mode(&path), after, "{before:o}");
    }
    let shared = open("tmp", 0o1777);
    make_folder(&shared).unwrap();
    assert_eq!(fs::metadata(&shared).unwrap().permissions().mode() & 0o7777, 0o1777);
    let (path, link) = (open("e", 0o755), folder.join("link"));
    symlink(&path, &link).unwrap();
    make_folder(&link).unwrap();
    assert_eq!(mode(&path), 0o700, "what a link leads to");
    make_folder(&folder.join("f/g")).unwrap();
    assert_eq!((mode(&folder.join("f")), mode(&folder.join("f/g"))), (0o700, 0o700));
    fs::write(folder.join("file"), "").unwrap();
    assert!(make_folder(&folder.join("file")).is_err());
    fs::remove_dir_all(folder).unwrap();
}
