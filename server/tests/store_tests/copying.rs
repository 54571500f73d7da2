//! Everything of one database in another, from either engine to either.

use std::collections::BTreeMap;
use std::sync::Arc;

use pulsestage::ports::{LogStore, ReportStore, TenantStore};
use pulsestage_server::store::{CopyError, copy, open};
use pulsestage_server::system::SystemRng;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::stage::{Stage, folder, on_postgres, options, stories};

stories![a_copy_has_every_row_and_another_epoch, what_cannot_be_copied_leaves_the_target_as_it_is,];

/// What belongs to one database.
const OWN: [&str; 4] = ["_sqlx_migrations", "database_lineages", "instance_marks", "leases"];

#[expect(clippy::disallowed_methods, reason = "names of tables cannot be bound; these come from the schema itself")]
fn statement(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}

/// Every table with its rows in one form: what both engines give for the same row is the same text. Epochs are left out.
async fn rows(url: &str) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    let shown = |columns: Vec<(String, String)>, hex: &str| {
        let mut columns: Vec<_> = columns.into_iter().filter(|(name, _)| name != "epoch").collect();
        columns.sort();
        let column = |(name, kind): &(String, String)| match &**kind {
            "uuid" | "bytea" => {
                format!("coalesce({}, '-')", hex.replace('?', &format!("\"{name}\"")).replace('!', kind))
            }
            _ => format!("coalesce(cast(\"{name}\" as text), '-')"),
        };
        columns.iter().map(column).collect::<Vec<_>>().join(" || ' ' || ")
    };
    if let Some(path) = url.strip_prefix("sqlite://") {
        let mut file = SqliteConnection::connect(path).await.unwrap();
        let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut file).await.unwrap();
        for table in tables.into_iter().filter(|table| !OWN.contains(&&**table)) {
            let columns = "select name, lower(type) from pragma_table_info($1)";
            let columns: Vec<(String, String)> =
                sqlx::query_as(columns).bind(&table).fetch_all(&mut file).await.unwrap();
            let select = statement(format!(
                "select {} from \"{table}\"",
                shown(columns, "case when ? is null then '-' else lower(hex(?)) end")
            ));
            let mut rows: Vec<String> = sqlx::query_scalar(select).fetch_all(&mut file).await.unwrap();
            rows.sort();
            all.insert(table, rows);
        }
        file.close().await.unwrap();
    } else {
        let mut server = PgConnection::connect(url).await.unwrap();
        let tables = "select table_name::text from information_schema.tables where table_schema = 'public'";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut server).await.unwrap();
        for table in tables.into_iter().filter(|table| !OWN.contains(&&**table)) {
            let columns = "select column_name::text, data_type::text from information_schema.columns
                where table_schema = 'public' and table_name = $1";
            let columns: Vec<(String, String)> =
                sqlx::query_as(columns).bind(&table).fetch_all(&mut server).await.unwrap();
            let hex = "case '!' when 'uuid' then replace(?::text, '-', '') else substr(?::text, 3) end";
            let select = statement(format!("select {} from \"{table}\"", shown(columns, hex)));
            let mut rows: Vec<String> = sqlx::query_scalar(select).fetch_all(&mut server).await.unwrap();
            rows.sort();
            all.insert(table, rows);
        }
        server.close().await.unwrap();
    }
    all
}

/// A home with something of everything that the store's own hands make, and texts that are hard to carry.
async fn fill(stage: &Stage) {
    for slug in ["acme", "umlaut"] {
        let home = stage.home(slug).await;
        for text in ["Plain?", "Ünïcödé \u{1F600}?", "'; drop table votes; --", "\\x00 \"quoted\" %s $1"] {
            let question = stage.ask(&home, text).await.id;
            for _ in 0..3 {
                stage.vote(&home, question, stage.participant(), true).await.unwrap();
            }
            stage.answer(&home, question, "Yes.\nAnd a second line.").await.unwrap();
        }
        // More than one statement takes.
        for number in 0..230 {
            stage.ask(&home, &format!("Question {number} of many?")).await;
        }
    }
    stage.store.keep_key_fingerprint([7; 32], false).await.unwrap();
}

fn quiet(_: pulsestage_server::store::CopyProgress<'_>) {}

async fn a_copy_has_every_row_and_another_epoch(stage: Arc<Stage>) {
    fill(&stage).await;
    let before = rows(&stage.url).await;
    assert!(before["votes"].len() == 24 && before["questions"].len() > 400, "{:?}", before["votes"].len());
    let folder = folder("copies");
    let file = |name: &str| format!("sqlite://{}", folder.join(name).display());
    let first = copy(&stage.url, &file("first.db"), &SystemRng, &quiet).await.unwrap();
    assert_eq!(first.tenants, 2);
    let copied: BTreeMap<_, _> = first.tables.iter().map(|(name, rows, _)| (name.clone(), *rows)).collect();
    let counted: BTreeMap<_, _> =
        before.iter().map(|(name, rows)| (name.clone(), u64::try_from(rows.len()).unwrap())).collect();
    assert_eq!(copied, counted, "every table is copied");
    assert_eq!(rows(&file("first.db")).await, before);
    for tenant in stage.store.tenants().await.unwrap() {
        let (here, there) = (stage.store.head(tenant.id).await.unwrap(), first.store.head(tenant.id).await.unwrap());
        assert!(here.seq == there.seq && here.epoch != there.epoch, "{here:?} {there:?}");
        assert_eq!(first.store.recount(tenant.id).await.unwrap().1, []);
    }
    first.store.close().await;
    // And back to where it came from: the way from a file to a server as well.
    stage.store.close().await;
    let target = match stage.url.strip_prefix("sqlite://") {
        Some(path) => format!("sqlite://{path}.copy"),
        None => {
            stage.sneak("drop schema public cascade").await;
            stage.sneak("create schema public").await;
            stage.url.clone()
        }
    };
    let second = copy(&file("first.db"), &target, &SystemRng, &quiet).await.unwrap();
    second.store.close().await;
    assert_eq!(rows(&target).await, before);
    let sums = |tables: &[(String, u64, String)]| {
        tables.iter().filter(|(name, ..)| name != "tenants").cloned().collect::<Vec<_>>()
    };
    assert_eq!(sums(&first.tables), sums(&second.tables), "a checksum is of the rows and not of the engine");
    // It goes on there.
    let again = open(&target, options()).await.unwrap();
    assert_eq!(again.tenants().await.unwrap().len(), 2);
    again.close().await;
    std::fs::remove_dir_all(folder).unwrap();
}

async fn what_cannot_be_copied_leaves_the_target_as_it_is(stage: Arc<Stage>) {
    let home = stage.home("acme").await;
    stage.ask(&home, "Is it there?").await;
    let folder = folder("uncopied");
    let file = |name: &str| format!("sqlite://{}", folder.join(name).display());
    let tried = async |from: &str, to: &str| copy(from, to, &SystemRng, &quiet).await.unwrap_err();
    // Somebody is there already.
    let used = open(&file("used.db"), options()).await.unwrap();
    used.keep_key_fingerprint([7; 32], false).await.unwrap();
    used.close().await;
    let before = rows(&file("used.db")).await;
    let error = tried(&stage.url, &file("used.db")).await;
    assert!(matches!(&error, CopyError::HasData(table) if table == "key_fingerprints"), "{error:?}");
    assert_eq!(rows(&file("used.db")).await, before);
    assert!(matches!(tried(&stage.url, &stage.url).await, CopyError::HasData(_)), "into itself");
    // Sources that are none.
    let error = tried(&file("nowhere.db"), &file("new.db")).await;
    assert!(matches!(error, CopyError::From(_)), "{error:?}");
    assert!(!folder.join("nowhere.db").exists() && !folder.join("new.db").exists());
    std::fs::write(folder.join("empty.db"), b"").unwrap();
    assert!(matches!(tried(&file("empty.db"), &file("new.db")).await, CopyError::NotOurs));
    assert!(matches!(tried("mysql://x", &file("new.db")).await, CopyError::From(_)));
    assert!(matches!(tried(&stage.url, "mysql://x").await, CopyError::To(_)));
    // Another version's tables.
    stage.sneak("delete from _sqlx_migrations where version = 15").await;
    assert!(matches!(tried(&stage.url, &file("new.db")).await, CopyError::Older));
    stage
        .sneak(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
            select 99999, 'of the future', success, checksum, execution_time from _sqlx_migrations where version = 1",
        )
        .await;
    let error = tried(&stage.url, &file("new.db")).await;
    assert!(format!("{:?}", error).contains("Newer(99999)"), "{error:?}");
    assert!(!folder.join("new.db").exists());
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_cannot_hold_is_said_and_leaves_it_empty() {
    on_postgres("copy_nul", nul).await;
}

async fn nul(stage: Arc<Stage>) {
    let folder = folder("nul");
    let url = format!("sqlite://{}", folder.join("nul.db").display());
    let source = open(&url, options()).await.unwrap();
    source.keep_key_fingerprint([7; 32], false).await.unwrap();
    source.close().await;
    let mut file = SqliteConnection::connect(url.strip_prefix("sqlite://").unwrap()).await.unwrap();
    sqlx::query("update key_fingerprints set name = 'a' || char(0) || 'b'").execute(&mut file).await.unwrap();
    file.close().await.unwrap();
    let error = copy(&url, &stage.url, &SystemRng, &quiet).await.unwrap_err();
    assert!(error.to_string().contains("key_fingerprints.name has the character NUL"), "{error}");
    assert_eq!(stage.store.tenants().await, Ok(vec![]));
    assert_eq!(stage.store.key_fingerprint().await, Ok(None));
    std::fs::remove_dir_all(folder).unwrap();
}
