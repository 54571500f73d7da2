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
/// The columns of a table, by the names in its first row; the first two must be there.
pub const COLUMNS: [&str; 5] = ["name", "email", "role", "team", "team_role"];

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
    /// The row cannot be read: it has not as many cells as the first.
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
            Self::Ragged => "Has not as many cells as the first row.",
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
    /// What comes of it.
    pub fate: RowFate,
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
    /// Its first row does not name the columns `name` and `email`, or names one that there is not, or one twice.
    Columns,
    /// It has more than [`ROWS_MAX`] rows.
    TooLong,
    /// It was read in another encoding than it was written in.
    Encoding,
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

/// Reads a table: whom it adds, and a report of each row.
///
/// # Errors
/// [`BadTable`] when it is none of ours as a whole.
pub fn read(rows: &[(u64, Vec<String>)], known: Known<'_>) -> Result<(Vec<Newcomer>, Vec<RowReport>), BadTable> {
    let Some(((_, head), rows)) = rows.split_first() else { return Err(BadTable::Empty) };
    if rows.len() > ROWS_MAX {
        return Err(BadTable::TooLong);
    }
    // What a reader puts in the place of bytes that it does not understand.
    let is_garbled = |cells: &Vec<String>| cells.iter().any(|cell| cell.contains('\u{FFFD}'));
    if is_garbled(head) || rows.iter().any(|(_, cells)| is_garbled(cells)) {
        return Err(BadTable::Encoding);
    }
    let columns = Columns::of(head)?;
    let mut table = Table { known, columns, newcomers: Vec::new(), by_email: HashMap::new() };
    let reports = rows.iter().map(|(line, cells)| table.take(*line, cells)).collect();
    Ok((table.newcomers, reports))
}

/// Where each of [`COLUMNS`] stands.
struct Columns {
    places: [Option<usize>; COLUMNS.len()],
    count: usize,
}

impl Columns {
    fn of(head: &[String]) -> Result<Self, BadTable> {
        let mut places = [None; COLUMNS.len()];
        for (place, word) in head.iter().enumerate() {
            let word = word.trim_start_matches('\u{FEFF}').trim().to_lowercase().replace([' ', '-'], "_");
            let column = COLUMNS.iter().position(|column| *column == word).ok_or(BadTable::Columns)?;
            if places[column].replace(place).is_some() {
                return Err(BadTable::Columns);
            }
        }
        let is_whole = places[0].is_some() && places[1].is_some();
        is_whole.then_some(Self { places, count: head.len() }).ok_or(BadTable::Columns)
    }

    fn cell<'a>(&self, cells: &'a [String], column: usize) -> &'a str {
        self.places[column].and_then(|place| cells.get(place)).map_or("", |cell| cell.trim())
    }
}

/// A table that is being read.
struct Table<'a> {
    known: Known<'a>,
    columns: Columns,
    newcomers: Vec<Newcomer>,
    /// Newcomers by their address.
    by_email: HashMap<String, usize>,
}

impl Table<'_> {
    fn take(&mut self, line: u64, cells: &[String]) -> RowReport {
        let short = |text: &str| text.chars().take(60).collect::<String>();
        let (name, email) = (short(self.columns.cell(cells, 0)), short(self.columns.cell(cells, 1)));
        let fate = self.judge(cells).unwrap_or_else(|fate| fate);
        RowReport { line, name, email, fate }
    }

    /// Takes a row in; `Err` is as good a fate as `Ok`, and ends the reading of the row.
    fn judge(&mut self, cells: &[String]) -> Result<RowFate, RowFate> {
        if cells.len() != self.columns.count {
            return Err(RowFate::Ragged);
        }
        if cells.iter().any(|cell| cell.trim().starts_with(['=', '+', '-', '@', '\t', '\r'])) {
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
        let same = |choice: &&TeamChoice| choice.slug == team || choice.name.to_lowercase() == team.to_lowercase();
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
