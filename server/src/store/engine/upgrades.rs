//! Texts of older versions brought into the form that this one writes: Normalization Form C, under keys that hold what
//! people take for one name together.

use std::collections::HashSet;

use pulsestage::email::Email;
use uuid::Uuid;

use crate::store::db_error::DbResult;
use crate::store::{Db, Tx, sql};
use crate::unicode::{email_key, name_key, nfc};

/// What this change is called in the database.
const TEXTS: &str = "texts-nfc";

/// A row: its id, its text and its key.
type UpgradeRow = (Uuid, String, String);

impl Db {
    /// Does what was not done yet.
    pub(in crate::store) async fn upgrade(&self) -> DbResult<()> {
        tx!(self.begin(), tx => {
            let is_first = execute!(&mut tx, sql::upgrades::MARK, TEXTS)? > 0;
            if !is_first {
                return Ok(());
            }
            let tenants: Vec<Uuid> =
                fetch_all!(scalar &mut tx, sql::upgrades::TENANTS)?;
            for tenant in tenants {
                let key = |text: &str| name_key(text);
                rewrite(&mut tx, tenant, sql::upgrades::TEAM_NAMES, sql::upgrades::SET_TEAM_NAME, key, true).await?;
                rewrite(&mut tx, tenant, sql::upgrades::TAG_NAMES, sql::upgrades::SET_TAG_NAME, key, true).await?;
                rewrite(&mut tx, tenant, sql::upgrades::USER_NAMES, sql::upgrades::SET_USER_NAME, key, false).await?;
                let key = |text: &str| Email::parse(text).map_or_else(|_| text.to_lowercase(), |email| email_key(&email));
                rewrite(&mut tx, tenant, sql::upgrades::ADDRESSES, sql::upgrades::SET_ADDRESS, key, true).await?;
            }
            Ok(())
        })
    }
}

async fn rewrite(
    tx: &mut Tx,
    tenant: Uuid,
    read: &'static str,
    write: &'static str,
    key: impl Fn(&str) -> String,
    unique: bool,
) -> DbResult<()> {
    let rows: Vec<UpgradeRow> = fetch_all!(tx, read, tenant)?;
    for (id, text, key) in changes(rows, key, unique) {
        execute!(tx, write, tenant, id, text, key)?;
    }
    Ok(())
}

/// What is to be written. Two rows that are one by now both keep their text; the later one has its id behind its key, so
/// that nothing is lost and nobody else takes that name.
fn changes(rows: Vec<UpgradeRow>, key: impl Fn(&str) -> String, unique: bool) -> Vec<UpgradeRow> {
    // Whoever has the right key already keeps it, or a row would be in the way of another.
    let mut taken: HashSet<String> = rows.iter().filter(|row| key(&row.1) == row.2).map(|row| row.2.clone()).collect();
    let mut changes = Vec::new();
    for (id, text, kept) in rows {
        let mut wanted = key(&text);
        let is_right = wanted == kept;
        if !is_right && unique && !taken.insert(wanted.clone()) {
            wanted = format!("{wanted} {id}");
        }
        let normal = nfc(&text).into_owned();
        if normal != text || wanted != kept {
            changes.push((id, normal, wanted));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_become_one_are_both_kept() {
        let row = |id: u128, text: &str| (Uuid::from_u128(id), text.to_owned(), text.to_lowercase());
        let rows = vec![row(1, "Zu\u{308}rich"), row(2, "Zürich"), row(3, "Bern"), row(4, "Straße"), row(5, "STRASSE")];
        let written = changes(rows.clone(), name_key, true);
        let keys: Vec<(u128, &str, String)> =
            written.iter().map(|(id, text, key)| (id.as_u128(), text.as_str(), key.clone())).collect();
        let behind = |key: &str, id: u128| format!("{key} {}", Uuid::from_u128(id));
        assert_eq!(keys, [(1, "Zürich", behind("zürich", 1)), (4, "Straße", behind("strasse", 4))]);
        // People may be of one name.
        assert_eq!(changes(rows, name_key, false)[0].2, "zürich");
        assert!(changes(vec![row(3, "Bern")], name_key, true).is_empty());
    }
}
