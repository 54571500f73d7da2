//! Every table as rows that are alike on both engines, for whoever takes all of it somewhere else. Which tables there are
//! is read from the database, so that one that a later migration adds is not forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures::stream::{BoxStream, StreamExt};
use sha2::{Digest, Sha256};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, QueryBuilder, Row as _};
use uuid::Uuid;

use crate::store::db_error::{DbError, DbResult};
use crate::store::{Engine, Tx, sql};

/// The table in which sqlx notes which migrations were made: each database has its own.
const MIGRATIONS: &str = "_sqlx_migrations";

/// A table. Its columns are in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Table {
    pub(in crate::store) name: String,
    pub(in crate::store) columns: Vec<Column>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Column {
    pub(in crate::store) name: String,
    pub(in crate::store) kind: Kind,
}

/// The types of columns that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Kind {
    Uuid,
    Text,
    Bytes,
    /// `bigint`.
    Long,
    /// `integer`, which PostgreSQL does not take for a `bigint`.
    Short,
}

/// What stands in a column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) enum Value {
    Null,
    Uuid(Uuid),
    Text(String),
    Bytes(Vec<u8>),
    Integer(i64),
}

/// What stands in a row, in the order of the table's columns.
pub(in crate::store) type Row = Vec<Value>;

impl Value {
    /// How much room it takes, about.
    pub(in crate::store) fn size(&self) -> usize {
        match self {
            Self::Null => 1,
            Self::Uuid(_) => 16,
            Self::Integer(_) => 8,
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }
}

/// How many rows there are and what is in them, whatever their order: two tables of the same rows have the same.
///
/// It is the sum of the rows' SHA-256. That finds what goes wrong on the way, and is not meant against somebody who makes
/// rows so that two tables have the same sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::store) struct Checksum {
    pub(in crate::store) rows: u64,
    sum: [u64; 4],
}

impl Checksum {
    /// Counts a row.
    pub(in crate::store) fn add(&mut self, row: &[Value]) {
        let mut hash = Sha256::new();
        for value in row {
            let (kind, bytes): (u8, &[u8]) = match value {
                Value::Null => (0, &[]),
                Value::Uuid(id) => (1, id.as_bytes()),
                Value::Text(text) => (2, text.as_bytes()),
                Value::Bytes(bytes) => (3, bytes),
                Value::Integer(number) => (4, &number.to_be_bytes()),
            };
            hash.update([kind]);
            hash.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(bytes);
        }
        let hash = hash.finalize();
        for (sum, part) in self.sum.iter_mut().zip(hash.chunks_exact(8)) {
            let mut word = [0; 8];
            word.copy_from_slice(part);
            *sum = sum.wrapping_add(u64::from_be_bytes(word));
        }
        self.rows += 1;
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sum.iter().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

/// Every table save that of the migrations: each behind those that it refers to.
pub(in crate::store) async fn tables(tx: &mut Tx) -> DbResult<Vec<Table>> {
    let (columns, references) = match tx {
        Tx::Sqlite(_) => (sql::tables::SQLITE_COLUMNS, sql::tables::SQLITE_REFERENCES),
        Tx::Postgres(_) => (sql::tables::POSTGRES_COLUMNS, sql::tables::POSTGRES_REFERENCES),
    };
    let columns: Vec<(String, String, String)> = fetch_all!(tx, columns)?;
    let references: Vec<(String, String)> = fetch_all!(tx, references)?;
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for (table, name, kind) in columns.into_iter().filter(|(table, ..)| table != MIGRATIONS) {
        let kind = kind_of(&kind).ok_or_else(|| DbError::Unreadable("column", format!("{table}.{name} is {kind}")))?;
        tables.entry(table).or_default().push(Column { name, kind });
    }
    for columns in tables.values_mut() {
        // The engines sort by other rules.
        columns.sort_by(|a, b| a.name.cmp(&b.name));
    }
    in_order(tables, &references)
}

fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "uuid" => Kind::Uuid,
        "text" => Kind::Text,
        "bytea" => Kind::Bytes,
        "bigint" => Kind::Long,
        "integer" => Kind::Short,
        _ => return None,
    })
}

fn in_order(mut left: BTreeMap<String, Vec<Column>>, references: &[(String, String)]) -> DbResult<Vec<Table>> {
    let (mut ordered, mut done) = (Vec::new(), BTreeSet::new());
    while !left.is_empty() {
        let waits = |name: &str| references.iter().any(|(from, to)| from == name && to != name && !done.contains(to));
        let Some(name) = left.keys().find(|name| !waits(name)).cloned() else {
            return Err(DbError::Unreadable("schema", "tables refer to each other in a circle".to_owned()));
        };
        let columns = left.remove(&name).unwrap_or_default();
        done.insert(name.clone());
        ordered.push(Table { name, columns });
    }
    Ok(ordered)
}

impl Table {
    fn column_names(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }
}

/// A name as both engines take it. It comes from their own lists of tables.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the names of tables and columns cannot be bound; they come from the database itself"
)]
fn statement(sql: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql)
}

/// The rows of a table, one after the other, in any order.
pub(in crate::store) fn rows<'t>(tx: &'t mut Tx, table: &'t Table) -> BoxStream<'t, DbResult<Row>> {
    let select = statement(format!("select {} from {}", table.column_names(), quoted(&table.name)));
    match tx {
        Engine::Sqlite(tx) => sqlx::query(select).fetch(&mut **tx).map(|row| Ok(of_sqlite(table, &row?)?)).boxed(),
        Engine::Postgres(tx) => sqlx::query(select).fetch(&mut **tx).map(|row| Ok(of_postgres(table, &row?)?)).boxed(),
    }
}

fn of_sqlite(table: &Table, row: &SqliteRow) -> sqlx::Result<Row> {
    let value = |(place, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Uuid => row.try_get::<Option<Uuid>, _>(place)?.map(Value::Uuid),
            Kind::Text => row.try_get::<Option<String>, _>(place)?.map(Value::Text),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(place)?.map(Value::Bytes),
            Kind::Long | Kind::Short => row.try_get::<Option<i64>, _>(place)?.map(Value::Integer),
        }
        .unwrap_or(Value::Null))
    };
    table.columns.iter().enumerate().map(value).collect()
}

fn of_postgres(table: &Table, row: &PgRow) -> sqlx::Result<Row> {
    let value = |(place, column): (usize, &Column)| {
        Ok(match column.kind {
            Kind::Uuid => row.try_get::<Option<Uuid>, _>(place)?.map(Value::Uuid),
            Kind::Text => row.try_get::<Option<String>, _>(place)?.map(Value::Text),
            Kind::Bytes => row.try_get::<Option<Vec<u8>>, _>(place)?.map(Value::Bytes),
            Kind::Long => row.try_get::<Option<i64>, _>(place)?.map(Value::Integer),
            Kind::Short => row.try_get::<Option<i32>, _>(place)?.map(|number| Value::Integer(number.into())),
        }
        .unwrap_or(Value::Null))
    };
    table.columns.iter().enumerate().map(value).collect()
}

/// Whether there is any row.
pub(in crate::store) async fn has_rows(tx: &mut Tx, table: &Table) -> DbResult<bool> {
    let count = || statement(format!("select count(*) from (select 1 from {} limit 1) as found", quoted(&table.name)));
    let count: i64 = fetch_one!(scalar tx, count())?;
    Ok(count > 0)
}

/// How many rows there are.
pub(in crate::store) async fn count(tx: &mut Tx, table: &Table) -> DbResult<u64> {
    let count = || statement(format!("select count(*) from {}", quoted(&table.name)));
    let count: i64 = fetch_one!(scalar tx, count())?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// Takes every row out of a table.
pub(in crate::store) async fn clear(tx: &mut Tx, table: &Table) -> DbResult<()> {
    let delete = || statement(format!("delete from {}", quoted(&table.name)));
    execute!(tx, delete())?;
    Ok(())
}

/// Puts rows into a table, all in one statement: both engines take at least 32,766 values in one
/// (<https://www.sqlite.org/limits.html>).
pub(in crate::store) async fn insert(tx: &mut Tx, table: &Table, rows: Vec<Row>) -> DbResult<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let head = format!("insert into {} ({}) ", quoted(&table.name), table.column_names());
    on!(tx, t => {
        let mut query = QueryBuilder::new(head);
        query.push_values(rows, |mut values, row| {
            for (value, column) in row.into_iter().zip(&table.columns) {
                match (value, column.kind) {
                    (Value::Uuid(id), _) => values.push_bind(id),
                    (Value::Text(text), _) => values.push_bind(text),
                    (Value::Bytes(bytes), _) => values.push_bind(bytes),
                    (Value::Integer(number), Kind::Short) => values.push_bind(i32::try_from(number).ok()),
                    (Value::Integer(number), _) => values.push_bind(number),
                    (Value::Null, Kind::Uuid) => values.push_bind(None::<Uuid>),
                    (Value::Null, Kind::Text) => values.push_bind(None::<String>),
                    (Value::Null, Kind::Bytes) => values.push_bind(None::<Vec<u8>>),
                    (Value::Null, Kind::Long) => values.push_bind(None::<i64>),
                    (Value::Null, Kind::Short) => values.push_bind(None::<i32>),
                };
            }
        });
        query.build().execute(&mut **t).await.map(drop)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_knows_rows_and_no_order() {
        let text = |text: &str| vec![Value::Text(text.to_owned()), Value::Null];
        let sum = |rows: &[Row]| {
            let mut sum = Checksum::default();
            rows.iter().for_each(|row| sum.add(row));
            sum
        };
        assert_eq!(sum(&[text("a"), text("b")]), sum(&[text("b"), text("a")]));
        let others = [
            vec![text("a")],
            vec![text("a"), text("a")],
            vec![text("a"), text("b"), text("b")],
            vec![text("ab"), text("")],
            vec![text("a"), vec![Value::Text("b".to_owned()), Value::Text(String::new())]],
            vec![text("a"), vec![Value::Bytes(b"b".to_vec()), Value::Null]],
        ];
        for other in others {
            assert_ne!(sum(&other), sum(&[text("a"), text("b")]), "{other:?}");
        }
    }

    #[test]
    fn tables_come_behind_what_they_refer_to() {
        let table = |name: &str| (name.to_owned(), Vec::new());
        let refers = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let left = || ["a", "b", "c"].into_iter().map(table).collect::<BTreeMap<_, _>>();
        let ordered = in_order(left(), &[refers("a", "b"), refers("b", "c"), refers("b", "b")]).unwrap();
        assert_eq!(ordered.iter().map(|table| &*table.name).collect::<Vec<_>>(), ["c", "b", "a"]);
        assert!(in_order(left(), &[refers("a", "b"), refers("b", "a")]).is_err());
    }
}
