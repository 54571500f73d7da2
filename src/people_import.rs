//! People from a table that somebody made in another program: each row becomes somebody to add, or a reason why not.

use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

use crate::email::Email;
use crate::permission::may_grant;
use crate::person::TeamChoice;
use crate::ports::Unicode;
use crate::text::Name;
use crate::user::{Membership, Role};

/// The most rows of a table.
pub const ROWS_MAX: usize = 2_000;
/// The longest row that is reckoned with, in bytes: a name and a team of 60 characters of four bytes, an address, two roles
/// and what stands between them, in whatever encoding, and some columns that are not used.
pub const ROW_BYTES: usize = 1_024;
/// The largest table, in bytes.
pub const TABLE_BYTES: usize = (ROWS_MAX + 1) * ROW_BYTES;
/// The columns of a table, by the names in its first row; the first two must be there.
pub const COLUMNS: [&str; 5] = ["name", "email", "role", "team", "team_role"];
/// What else programs call them. Capitals, blanks and signs make no difference.
const ALSO: [&[&str]; 5] = [
    &["fullname", "displayname"],
    &["mail", "emailaddress", "mailaddress", "emails"],
    &[],
    &["teamname"],
    &["roleinteam", "roleintheteam"],
];

/// What comes of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowFate {
    /// The person is added.
    Add,
    /// A further role by team of a person whom an earlier row adds.
    AddRole,
    /// Somebody with this address is here already; they stay as they are.
    Here,
    /// The row cannot be read: it has more cells than the first, or lacks one that is used.
    Ragged,
    /// The name is empty or too long.
    BadName,
    /// The address is none.
    BadEmail,
    /// A cell that another program would take for a formula.
    Formula,
    /// The role is none that there is.
    BadRole,
    /// More than the reader may give.
    TooMuch,
    /// There is no such team.
    NoTeam,
    /// The role in the team is none of viewer, member and moderator.
    BadTeamRole,
    /// An earlier row says otherwise of the same person.
    Differs,
}

impl RowFate {
    /// Whether the row is in order.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Add | Self::AddRole | Self::Here)
    }

    /// What people read of it.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Add => "Is added.",
            Self::AddRole => "Gets this role in the team as well.",
            Self::Here => "Is here already and stays as they are.",
            Self::Ragged => "Has more or fewer cells than the first row has columns.",
            Self::BadName => "The name is empty or too long.",
            Self::BadEmail => "The email address is not in the right form.",
            Self::Formula => "A cell begins like a formula.",
            Self::BadRole => "There is no such role.",
            Self::TooMuch => "You may not give this role.",
            Self::NoTeam => "There is no such team.",
            Self::BadTeamRole => "In a team there are viewers, members and moderators.",
            Self::Differs => "An earlier row says otherwise of this person.",
        }
    }
}

/// What is reported of one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowReport {
    /// Its line in the table.
    pub line: u64,
    /// What stands for a name in it, cut short.
    pub name: String,
    /// What stands for an address in it, cut short.
    pub email: String,
    /// What the column is called in which the cell stands that is not right, cut short; none where it is the whole row.
    pub column: Option<String>,
    /// What comes of it.
    pub fate: RowFate,
}

impl RowReport {
    /// What people read of it, with the row and the column.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { line, name, email, column, fate } = self;
        let column = column.as_ref().map(|column| format!(", column “{column}”")).unwrap_or_default();
        let who = [name.as_str(), email.as_str()].map(|text| if text.is_empty() { "–" } else { text }).join(" ");
        format!("Row {line}{column} ({who}): {}", fate.sentence())
    }
}

/// What a table says as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Whom it adds.
    pub newcomers: Vec<Newcomer>,
    /// What comes of each row.
    pub rows: Vec<RowReport>,
    /// What the columns are called that are not used, cut short.
    pub ignored: Vec<String>,
}

/// Somebody to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// What they are called.
    pub name: Name,
    /// Where they get mail.
    pub email: Email,
    /// What they may do in the whole tenant.
    pub role: Role,
    /// What they may do in single teams beyond that.
    pub memberships: Vec<Membership>,
}

/// Why a table as a whole was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTable {
    /// There is nothing in it.
    Empty,
    /// Its first row does not name this one of [`COLUMNS`].
    NoColumn(usize),
    /// Its first row names this one of [`COLUMNS`] twice.
    Twice(usize),
    /// It has more than [`ROWS_MAX`] rows.
    TooLong,
    /// It was read in another encoding than it was written in.
    Encoding,
}

impl BadTable {
    /// What people read of it, as it goes on after "the table".
    #[must_use]
    pub const fn predicate(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::NoColumn(0) => "has no column for names: call one “name” in its first row",
            Self::NoColumn(_) => "has no column for email addresses: call one “email” in its first row",
            Self::Twice(0) => "has two columns for names in its first row",
            Self::Twice(1) => "has two columns for email addresses in its first row",
            Self::Twice(2) => "has two columns for roles in its first row",
            Self::Twice(3) => "has two columns for teams in its first row",
            Self::Twice(_) => "has two columns for roles in a team in its first row",
            Self::TooLong => "has more than 2,000 rows: import it in parts",
            Self::Encoding => "is in an encoding that cannot be read: save it as “CSV UTF-8”",
        }
    }
}

/// What is known where a table is read.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// What the reader holds.
    pub reader: Role,
    /// The teams there are.
    pub teams: &'a [TeamChoice],
    /// The addresses of those who are here, by `email_key`.
    pub emails: &'a HashSet<String>,
    /// Compares addresses.
    pub unicode: &'a dyn Unicode,
}

/// Reads a table.
///
/// # Errors
/// [`BadTable`] when it is none of ours as a whole.
pub fn read(rows: &[(u64, Vec<String>)], known: Known<'_>) -> Result<Table, BadTable> {
    let Some(((_, head), rows)) = rows.split_first() else { return Err(BadTable::Empty) };
    if rows.len() > ROWS_MAX {
        return Err(BadTable::TooLong);
    }
    // What a reader puts in the place of bytes that it does not understand, and what it takes the other half of each letter
    // for that has two bytes.
    let is_garbled = |cells: &Vec<String>| cells.iter().any(|cell| cell.contains(['\u{FFFD}', '\0']));
    if is_garbled(head) || rows.iter().any(|(_, cells)| is_garbled(cells)) {
        return Err(BadTable::Encoding);
    }
    let columns = Columns::of(head, known.unicode)?;
    let mut reading = TableReading { known, columns, newcomers: Vec::new(), by_email: HashMap::new() };
    let reports = rows.iter().map(|(line, cells)| reading.take(*line, cells)).collect();
    Ok(Table { newcomers: reading.newcomers, rows: reports, ignored: reading.columns.ignored })
}

/// What of a text is shown in a report.
fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Where each of [`COLUMNS`] stands, and what it is called there.
struct Columns {
    places: [Option<(usize, String)>; COLUMNS.len()],
    ignored: Vec<String>,
    /// How many columns have a name.
    count: usize,
    /// How many cells a row must have, so that none of those that are used is missing.
    least: usize,
}

impl Columns {
    fn of(head: &[String], unicode: &dyn Unicode) -> Result<Self, BadTable> {
        let mut columns = Self { places: Default::default(), ignored: Vec::new(), count: 0, least: 0 };
        for (place, title) in head.iter().map(|title| title.trim_matches(['\u{FEFF}', ' ']).trim()).enumerate() {
            let word: String = unicode.fold(title).chars().filter(|sign| sign.is_alphanumeric()).collect();
            let is = |column: usize| COLUMNS[column].replace('_', "") == word || ALSO[column].contains(&word.as_str());
            match (0..COLUMNS.len()).find(|column| is(*column)) {
                Some(column) if columns.places[column].is_some() => return Err(BadTable::Twice(column)),
                Some(column) => {
                    columns.places[column] = Some((place, short(title)));
                    columns.least = place + 1;
                }
                // Spreadsheets end rows with separators that nobody typed.
                None if title.is_empty() => continue,
                None => columns.ignored.push(short(title)),
            }
            columns.count = place + 1;
        }
        match columns.places.iter().take(2).position(Option::is_none) {
            Some(missing) => Err(BadTable::NoColumn(missing)),
            None => Ok(columns),
        }
    }

    fn cell<'a>(&self, cells: &'a [String], column: usize) -> &'a str {
        self.places[column].as_ref().and_then(|(place, _)| cells.get(*place)).map_or("", |cell| cell.trim())
    }
}

/// A table that is being read.
struct TableReading<'a> {
    known: Known<'a>,
    columns: Columns,
    newcomers: Vec<Newcomer>,
    /// Newcomers by their address.
    by_email: HashMap<String, usize>,
}

impl TableReading<'_> {
    fn take(&mut self, line: u64, cells: &[String]) -> RowReport {
        let (name, email) = (short(self.columns.cell(cells, 0)), short(self.columns.cell(cells, 1)));
        let fate = self.judge(cells).unwrap_or_else(|fate| fate);
        let column = match fate {
            RowFate::BadName => Some(0),
            RowFate::BadEmail => Some(1),
            RowFate::BadRole | RowFate::TooMuch => Some(2),
            RowFate::NoTeam => Some(3),
            RowFate::BadTeamRole => Some(4),
            RowFate::Formula => (0..COLUMNS.len()).find(|column| self.is_formula(cells, *column)),
            RowFate::Add | RowFate::AddRole | RowFate::Here | RowFate::Ragged | RowFate::Differs => None,
        };
        // A role in a team that is not named has no column.
        let title = |column: usize| match &self.columns.places[column] {
            Some((_, title)) => title.clone(),
            None => COLUMNS[column].to_owned(),
        };
        RowReport { line, name, email, column: column.map(title), fate }
    }

    fn is_formula(&self, cells: &[String], column: usize) -> bool {
        self.columns.cell(cells, column).starts_with(['=', '+', '-', '@', '\t', '\r'])
    }

    /// Takes a row in; `Err` is as good a fate as `Ok`, and ends the reading of the row.
    fn judge(&mut self, cells: &[String]) -> Result<RowFate, RowFate> {
        let is_over = cells.iter().skip(self.columns.count).any(|cell| !cell.trim().is_empty());
        if cells.len() < self.columns.least || is_over {
            return Err(RowFate::Ragged);
        }
        if (0..COLUMNS.len()).any(|column| self.is_formula(cells, column)) {
            return Err(RowFate::Formula);
        }
        let [name, email, role, team, team_role] = [0, 1, 2, 3, 4].map(|column| self.columns.cell(cells, column));
        let name = Name::parse(name).map_err(|_| RowFate::BadName)?;
        let email = Email::parse(email).map_err(|_| RowFate::BadEmail)?;
        let role = role_of(role)?;
        if !may_grant(self.known.reader, role) {
            return Err(RowFate::TooMuch);
        }
        let membership = self.membership(team, team_role)?;
        let key = self.known.unicode.email_key(&email);
        if self.known.emails.contains(&key) {
            return Err(RowFate::Here);
        }
        if let Some(before) = self.by_email.get(&key).and_then(|place| self.newcomers.get_mut(*place)) {
            return further(before, &name, role, membership);
        }
        self.by_email.insert(key, self.newcomers.len());
        self.newcomers.push(Newcomer { name, email, role, memberships: membership.into_iter().collect() });
        Ok(RowFate::Add)
    }

    fn membership(&self, team: &str, role: &str) -> Result<Option<Membership>, RowFate> {
        if team.is_empty() {
            return if role.is_empty() { Ok(None) } else { Err(RowFate::NoTeam) };
        }
        let folded = self.known.unicode.fold(team);
        let same = |choice: &&TeamChoice| choice.slug == team || self.known.unicode.fold(&choice.name) == folded;
        let team = self.known.teams.iter().find(same).ok_or(RowFate::NoTeam)?.id;
        let role = if role.is_empty() {
            Role::Member
        } else {
            role.to_lowercase().parse().map_err(|_| RowFate::BadTeamRole)?
        };
        match role {
            Role::Viewer | Role::Member | Role::Moderator => Ok(Some(Membership { team, role })),
            Role::Guest | Role::Admin | Role::Owner => Err(RowFate::BadTeamRole),
        }
    }
}

/// The role of a cell: a member when it is empty.
fn role_of(cell: &str) -> Result<Role, RowFate> {
    match cell.to_lowercase().as_str() {
        "" => Ok(Role::Member),
        "guest" => Err(RowFate::BadRole),
        word => word.parse().map_err(|_| RowFate::BadRole),
    }
}

/// A further row of somebody whom an earlier one adds.
fn further(before: &mut Newcomer, name: &Name, role: Role, membership: Option<Membership>) -> Result<RowFate, RowFate> {
    let Some(membership) = membership.filter(|_| before.name == *name && before.role == role) else {
        return Err(RowFate::Differs);
    };
    if before.memberships.iter().any(|other| other.team == membership.team && *other != membership) {
        return Err(RowFate::Differs);
    }
    if !before.memberships.contains(&membership) {
        before.memberships.push(membership);
    }
    Ok(RowFate::AddRole)
}

#[cfg(test)]
#[path = "people_import/tests.rs"]
mod tests;
