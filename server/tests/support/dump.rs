//! Everything that a database holds, as somebody finds it who has got hold of all of it.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

/// The rows of every table, each as JSON. Bytes are written in hexadecimal digits.
pub(crate) type Dump = Vec<(String, Vec<Value>)>;

/// Reads the whole database at this address.
pub(crate) async fn dump(url: &str) -> Dump {
    if let Some(path) = url.strip_prefix("sqlite://") {
        let mut file = SqliteConnection::connect(path).await.unwrap();
        let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' order by name";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut file).await.unwrap();
        let mut dump = Vec::new();
        for table in tables {
            let columns =
                "select group_concat(format('''%s'', quote(\"%s\")', name, name), ', ') from pragma_table_info($1)";
            let columns: String = sqlx::query_scalar(columns).bind(&table).fetch_one(&mut file).await.unwrap();
            let rows = statement(format!("select json_object({columns}) from \"{table}\" order by 1"));
            let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut file).await.unwrap();
            dump.push((table, rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()));
        }
        file.close().await.unwrap();
        dump
    } else {
        let mut server = PgConnection::connect(url).await.unwrap();
        let tables = "select table_name::text from information_schema.tables where table_schema = 'public' order by 1";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut server).await.unwrap();
        let mut dump = Vec::new();
        for table in tables {
            let rows = statement(format!("select row_to_json(t)::text from \"{table}\" t order by 1"));
            let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut server).await.unwrap();
            dump.push((table, rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()));
        }
        server.close().await.unwrap();
        dump
    }
}

#[expect(clippy::disallowed_methods, reason = "names of tables cannot be bound; these come from the schema itself")]
fn statement(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}
