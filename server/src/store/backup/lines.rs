//! The lines of a backup: what it is, then each table with its rows, and the end.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::auth::secret::{hex, unhex};
use crate::store::backup::container::UnreadableBackup;
use crate::store::backup::tables::{Column, Kind, Row, Table, Value};
use crate::store::engine::migrations::OLD_NUMBERS;

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of PulseStage that wrote it.
    pub version: String,
    /// `sqlite` or `postgres`.
    pub engine: String,
    /// The latest migration of the database.
    #[serde(flatten)]
    pub latest: LatestMigration,
    /// When it was begun, in milliseconds since 1970; all of it is as it was then.
    pub taken_at: i64,
    /// The tenants, by their slugs.
    pub tenants: Vec<String>,
    /// Each table, with how many rows it has.
    pub tables: Vec<(String, u64)>,
    /// Whether the installation's key is in it.
    pub with_key: bool,
}

/// The latest migration of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LatestMigration {
    /// By its number in the row.
    #[serde(rename = "latest_migration")]
    Numbered(i64),
    /// By the number that it had before there was a row.
    #[serde(rename = "migration")]
    Old(i64),
}

impl Manifest {
    /// The number of the latest migration, in the row.
    #[must_use]
    pub fn migration(&self) -> i64 {
        match self.latest {
            LatestMigration::Numbered(number) => number,
            LatestMigration::Old(number) => {
                let place = OLD_NUMBERS.iter().position(|old| *old == number);
                place.and_then(|place| i64::try_from(place + 1).ok()).unwrap_or(number)
            }
        }
    }

    /// How many rows there are in all.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// A line that is no row.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum Line {
    Backup(Manifest),
    /// A table, with the names and types of its columns.
    Table(String, Vec<(String, String)>),
    /// The end of a table, with the number of its rows and their checksum.
    Rows(u64, String),
    /// The installation's key, in hexadecimal digits.
    Key(String),
    /// The end.
    End,
}

impl Line {
    pub(in crate::store) fn table(table: &Table) -> Self {
        let columns = table.columns.iter().map(|column| (column.name.clone(), word(column.kind).to_owned()));
        Self::Table(table.name.clone(), columns.collect())
    }

    pub(in crate::store) fn parse(line: &[u8]) -> Result<Self, UnreadableBackup> {
        serde_json::from_slice(line).map_err(|_| UnreadableBackup::content("a line is none that this version knows"))
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Uuid => "uuid",
        Kind::Text => "text",
        Kind::Bytes => "bytes",
        Kind::Long => "bigint",
        Kind::Short => "integer",
    }
}

/// The table of a line, or nothing when a type is unknown.
pub(in crate::store) fn table_of(name: String, columns: Vec<(String, String)>) -> Option<Table> {
    let kinds = [Kind::Uuid, Kind::Text, Kind::Bytes, Kind::Long, Kind::Short];
    let column = |(name, kind): (String, String)| {
        Some(Column { name, kind: kinds.into_iter().find(|known| word(*known) == kind)? })
    };
    Some(Table { name, columns: columns.into_iter().map(column).collect::<Option<_>>()? })
}

/// Whether a line is a row.
pub(in crate::store) fn is_row(line: &[u8]) -> bool {
    line.first() == Some(&b'[')
}

pub(in crate::store) fn row_line(row: &[Value]) -> Vec<Json> {
    let json = |value: &Value| match value {
        Value::Null => Json::Null,
        Value::Uuid(id) => Json::String(id.to_string()),
        Value::Text(text) => Json::String(text.clone()),
        Value::Bytes(bytes) => Json::String(hex(bytes)),
        Value::Integer(number) => Json::from(*number),
    };
    row.iter().map(json).collect()
}

pub(in crate::store) fn parse_row(line: &[u8], table: &Table) -> Option<Row> {
    let values: Vec<Json> = serde_json::from_slice(line).ok()?;
    let value = |(json, column): (Json, &Column)| {
        Some(match (json, column.kind) {
            (Json::Null, _) => Value::Null,
            (Json::String(text), Kind::Uuid) => Value::Uuid(Uuid::parse_str(&text).ok()?),
            (Json::String(text), Kind::Text) => Value::Text(text),
            (Json::String(text), Kind::Bytes) => Value::Bytes(unhex(&text)?),
            (Json::Number(number), Kind::Long | Kind::Short) => Value::Integer(number.as_i64()?),
            _ => return None,
        })
    };
    (values.len() == table.columns.len()).then(|| values.into_iter().zip(&table.columns).map(value).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table() -> Table {
        let kinds = ["uuid", "text", "bytes", "bigint", "integer"];
        let columns = kinds.iter().map(|kind| ((*kind).to_owned(), (*kind).to_owned())).collect();
        table_of("all".to_owned(), columns).unwrap()
    }

    proptest! {
        #[test]
        fn a_row_reads_back(id: u128, text in ".*", bytes: Vec<u8>, long: i64, short: i32, nulls in 0_u8..32) {
            let values = [
                Value::Uuid(Uuid::from_u128(id)),
                Value::Text(text),
                Value::Bytes(bytes),
                Value::Integer(long),
                Value::Integer(short.into()),
            ];
            let row: Row = values
                .into_iter()
                .enumerate()
                .map(|(place, value)| if nulls & (1 << place) == 0 { value } else { Value::Null })
                .collect();
            let line = serde_json::to_vec(&row_line(&row)).unwrap();
            prop_assert!(is_row(&line));
            prop_assert_eq!(parse_row(&line, &table()), Some(row));
        }
    }

    #[test]
    fn a_backup_of_before_the_row_of_migrations_reads() {
        let manifest = |latest: &str| {
            let rest = r#""version":"0","engine":"sqlite","taken_at":1,"tenants":[],"tables":[],"with_key":false"#;
            serde_json::from_str::<Manifest>(&format!("{{{latest},{rest}}}")).unwrap()
        };
        for (old, number) in [(1, 1), (5, 4), (20, 8), (29, 16), (30, 30)] {
            assert_eq!(manifest(&format!(r#""migration":{old}"#)).migration(), number, "{old}");
        }
        let now = manifest(r#""latest_migration":5"#);
        assert_eq!(now.migration(), 5);
        assert_eq!(serde_json::from_str::<Manifest>(&serde_json::to_string(&now).unwrap()).unwrap(), now);
    }

    #[test]
    fn what_is_no_row_of_a_table_is_not_taken() {
        for line in ["[]", "[1]", "{}", "[null,null,null,null]", "[1,null,null,null,null]", "[null,2,null,null,null]"] {
            assert_eq!(parse_row(line.as_bytes(), &table()), None, "{line}");
        }
        for line in ["[\"x\",null,null,null,null]", "[null,null,\"0\",null,null]", "[null,null,null,1.5,null]"] {
            assert_eq!(parse_row(line.as_bytes(), &table()), None, "{line}");
        }
        assert!(table_of("t".to_owned(), vec![("c".to_owned(), "float".to_owned())]).is_none());
    }
}
