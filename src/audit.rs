//! The audit: what moderators and admins did, who signed in and out, and what people were refused. Entries are written
//! in the transaction of what they tell of and never change.
//!
//! The types keep out what must not be in it: a participant's id and a secret's hash are neither a [`Subject`] nor a
//! [`Detail`].

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use uuid::Uuid;

use crate::error::Refusal;
use crate::export::word;
use crate::id::{QuestionId, SessionId, TagId, TeamId, TenantId, UserId};
use crate::permission::Action;
use crate::time::Timestamp;
use crate::user::Role;

/// The most characters of a text that an entry keeps.
const TEXT_MAX: usize = 2_000;

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Act { $($(#[$doc])* $name,)* }

        impl Act {
            /// Every act.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

acts! {
    /// Somebody signed in.
    SignIn,
    /// Somebody signed out.
    SignOut,
    /// A question got an answer, or another one.
    Answer,
    /// A tag was put on a question.
    Tag,
    /// A tag was taken off a question.
    Untag,
    /// A question was pinned.
    Pin,
    /// A pinned question was let go.
    Unpin,
    /// A question was closed to votes and answers.
    Freeze,
    /// A frozen question was opened again.
    Unfreeze,
    /// A question that was held back was let onto the board.
    Approve,
    /// A question was taken back from the board until it is reviewed.
    Hold,
    /// A question was declined, with a reason.
    Decline,
    /// A question's text was changed.
    Edit,
    /// A question that was gone came back.
    Restore,
    /// A question was deleted.
    Delete,
    /// A deleted question came back.
    Undelete,
    /// An answer was taken back.
    Reopen,
    /// A question was merged into another.
    Merge,
    /// A merged question was split off again.
    Split,
    /// A question was starred for the moderators.
    Star,
    /// A question's star was taken away.
    Unstar,
    /// A question's label for the moderators was changed.
    Label,
    /// A moderator wrote to a question's asker.
    Reply,
    /// A tag was added to the palette.
    CreateTag,
    /// A tag was renamed or given another colour.
    EditTag,
    /// A tag was taken out of the palette.
    DeleteTag,
    /// A team was added.
    CreateTeam,
    /// A team's name or settings were changed.
    EditTeam,
    /// A team was opened, closed, or opened for votes alone.
    SetTeamState,
    /// A team's join code was replaced.
    ReplaceJoinCode,
    /// A team was archived.
    ArchiveTeam,
    /// An archived team came back.
    RestoreTeam,
    /// The tenant's settings were changed.
    ChangeSettings,
    /// Somebody was invited.
    Invite,
    /// Somebody's role was changed.
    ChangeRole,
    /// Somebody was shut out.
    Deactivate,
    /// Somebody who was shut out may come in again.
    Reactivate,
    /// People were added from a file.
    ImportPeople,
    /// Somebody changed their name or address.
    EditProfile,
    /// Somebody set a password.
    SetPassword,
    /// A link to set a new password was made.
    ResetPassword,
    /// A session was ended from another one.
    EndSession,
    /// All sessions of a person were ended.
    EndSessions,
    /// The installation's first owner claimed it.
    Claim,
    /// Questions were exported.
    ExportQuestions,
    /// Votes were exported, under pseudonyms.
    ExportVotes,
    /// The audit was exported.
    ExportAudit,
    /// Counts that differed from the votes were put right.
    Recount,
}

impl Act {
    /// The word in the database and in exports.
    #[must_use]
    pub fn word(self) -> String {
        snake_case(&format!("{self:?}"))
    }
}

/// The word of a permission that somebody was refused.
#[must_use]
pub fn refused_word(action: Action) -> String {
    snake_case(&format!("{action:?}"))
}

/// Every word that an entry's action can be, without doubles, in the order of the alphabet.
#[must_use]
pub fn words() -> Vec<String> {
    let refused = Action::ALL.into_iter().map(refused_word);
    let mut words: Vec<String> = Act::ALL.iter().map(|act| act.word()).chain(refused).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// `SetTeamState` as `set_team_state`.
fn snake_case(name: &str) -> String {
    let mut word = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}

/// Whether it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused and changed nothing.
    Refused,
}

impl Outcome {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// The outcome of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Done, Self::Refused].into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// What something was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject(Uuid);

impl Subject {
    /// Its id, of whichever noun.
    #[must_use]
    pub const fn id(self) -> Uuid {
        self.0
    }
}

macro_rules! subjects {
    ($($id:ident),*) => {$(
        impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self(id.0)
            }
        }
    )*};
}

subjects![QuestionId, SessionId, TagId, TeamId, TenantId, UserId];

/// A value that an entry keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// There was none.
    Nothing,
    /// On or off.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A word or a text.
    Text(String),
}

macro_rules! ids {
    ($($id:ident),*) => {$(
        impl From<$id> for Detail {
            fn from(id: $id) -> Self {
                Self::Text(id.to_string())
            }
        }
    )*};
}

ids![QuestionId, SessionId, TagId, TeamId, UserId];

impl From<bool> for Detail {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for Detail {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Timestamp> for Detail {
    fn from(at: Timestamp) -> Self {
        Self::Text(at.to_rfc3339())
    }
}

impl From<Role> for Detail {
    fn from(role: Role) -> Self {
        Self::Text(role.as_str().to_owned())
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Self {
        match text.char_indices().nth(TEXT_MAX) {
            Some((end, _)) => Self::Text(format!("{}…", &text[..end])),
            None => Self::Text(text.to_owned()),
        }
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for Detail {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl<T: Into<Self>> From<Option<T>> for Detail {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

/// Named values, in the order in which they were given; written as a JSON object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details(Vec<(&'static str, Detail)>);

impl Details {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// An entry to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the field of the same name of `Record`")]
pub struct Entry {
    pub by: Option<UserId>,
    pub action: String,
    pub team: Option<TeamId>,
    pub subject: Option<Subject>,
    pub outcome: Outcome,
    pub before: Details,
    pub after: Details,
}

impl Entry {
    /// Something that this person did; nobody is the operator, or somebody who is not signed in.
    #[must_use]
    pub fn of(by: impl Into<Option<UserId>>, act: Act) -> Self {
        Self::new(by.into(), act.word(), Outcome::Done)
    }

    /// Something that this person wanted to do and was refused.
    #[must_use]
    pub fn refused(by: impl Into<Option<UserId>>, action: Action) -> Self {
        Self::new(by.into(), refused_word(action), Outcome::Refused)
    }

    fn new(by: Option<UserId>, action: String, outcome: Outcome) -> Self {
        let (before, after) = (Details::default(), Details::default());
        Self { by, action, team: None, subject: None, outcome, before, after }
    }

    /// It was done in a team, or to a thing of this team.
    #[must_use]
    pub fn team(self, team: impl Into<Option<TeamId>>) -> Self {
        Self { team: team.into(), ..self }
    }

    /// It was done to this.
    #[must_use]
    pub fn subject(self, subject: impl Into<Subject>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    /// How something was before.
    #[must_use]
    pub fn before(mut self, name: &'static str, value: impl Into<Detail>) -> Self {
        self.before.0.push((name, value.into()));
        self
    }

    /// How something is after.
    #[must_use]
    pub fn after(mut self, name: &'static str, value: impl Into<Detail>) -> Self {
        self.after.0.push((name, value.into()));
        self
    }

    /// How something was before and is after.
    #[must_use]
    pub fn change(self, name: &'static str, before: impl Into<Detail>, after: impl Into<Detail>) -> Self {
        self.before(name, before).after(name, after)
    }

    /// The same as something that was refused: a sign-in with a wrong password, say.
    #[must_use]
    pub fn was_refused(self) -> Self {
        Self { outcome: Outcome::Refused, ..self }
    }
}

/// An entry as it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Never changes.
    pub id: Uuid,
    /// When it was done.
    pub at: Timestamp,
    /// Who did it; nobody for the operator.
    pub by: Option<UserId>,
    /// Their name.
    pub by_name: Option<String>,
    /// What was done, or wanted: an [`Act`]'s word or a permission's.
    pub action: String,
    /// The team that it concerns.
    pub team: Option<TeamId>,
    /// Its name.
    pub team_name: Option<String>,
    /// What it was done to: a question, a tag, a team, a person.
    pub subject: Option<Uuid>,
    /// Whether it was done.
    pub outcome: Outcome,
    /// How things were before, as a JSON object.
    pub before: Option<String>,
    /// How things are after, as a JSON object.
    pub after: Option<String>,
}

/// Where a page of the audit ends: the next one begins with the entry before it in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// When the page's last entry was written.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

impl Mark {
    /// The end of the page before the first.
    pub const NEWEST: Self = Self { at: Timestamp(i64::MAX), id: Uuid::max() };
}

impl From<&Record> for Mark {
    fn from(record: &Record) -> Self {
        Self { at: record.at, id: record.id }
    }
}

/// As it stands in an address: `1759919400000-0199…`.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.0, self.id.simple())
    }
}

impl std::str::FromStr for Mark {
    type Err = crate::question::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (at, id) = text.rsplit_once('-').ok_or(crate::question::UnknownWord)?;
        match (at.parse(), Uuid::try_parse(id)) {
            (Ok(at), Ok(id)) => Ok(Self { at: Timestamp(at), id }),
            _ => Err(crate::question::UnknownWord),
        }
    }
}

/// Which entries are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Filter {
    /// Done by this person.
    pub by: Option<UserId>,
    /// Of this word.
    pub action: Option<String>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// Done to this.
    pub subject: Option<Uuid>,
    /// Written at this moment or later.
    pub from: Option<Timestamp>,
    /// Written before this moment.
    pub until: Option<Timestamp>,
}

/// Which page of which entries is wanted, as it stands in an address: words, not yet looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each field is the field of the same name of `Filter`, as typed")]
pub struct Query {
    pub by: String,
    pub action: String,
    pub outcome: String,
    pub subject: String,
    pub from: String,
    pub until: String,
    /// The mark at which the page before ended.
    pub before: String,
}

impl Query {
    /// Reads it.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for what is no id, action, outcome, moment or mark.
    pub fn parse(&self) -> Result<(Filter, Mark), Refusal> {
        let known = |text: &str| words().into_iter().find(|word| word == text);
        let filter = Filter {
            by: word("by", &self.by, |text| text.parse().ok())?,
            action: word("action", &self.action, known)?,
            outcome: word("outcome", &self.outcome, Outcome::of_word)?,
            subject: word("subject", &self.subject, |text| text.parse().ok())?,
            from: word("from", &self.from, Timestamp::from_form)?,
            until: word("until", &self.until, Timestamp::from_form)?,
        };
        let before = word("before", &self.before, |text| text.parse().ok())?;
        Ok((filter, before.unwrap_or(Mark::NEWEST)))
    }
}

/// A page of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// The entries, newest first.
    pub records: Vec<Record>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Mark>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn acts_have_words_of_their_own() {
        assert_eq!(Act::SetTeamState.word(), "set_team_state");
        assert_eq!(Act::Pin.word(), "pin");
        assert_eq!(refused_word(Action::SeeHealth), "see_health");
        let words: std::collections::HashSet<String> = Act::ALL.iter().map(|act| act.word()).collect();
        assert_eq!(words.len(), Act::ALL.len());
        assert!(super::words().windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn an_entry_keeps_what_it_was_given_in_order() {
        let team = TeamId(Uuid::from_u128(1));
        let entry = Entry::of(UserId(Uuid::from_u128(2)), Act::EditTeam)
            .team(team)
            .subject(team)
            .change("name", "Ops", "Operations")
            .before("code", None::<&str>)
            .after("open", true);
        let json = |details: &Details| serde_json::to_string(details).unwrap();
        assert_eq!(json(&entry.before), r#"{"name":"Ops","code":null}"#);
        assert_eq!(json(&entry.after), r#"{"name":"Operations","open":true}"#);
        assert_eq!((entry.action.as_str(), entry.outcome), ("edit_team", Outcome::Done));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let Detail::Text(kept) = Detail::from("é".repeat(TEXT_MAX + 1)) else { panic!("a text") };
        assert_eq!(kept.chars().count(), TEXT_MAX + 1);
        assert!(kept.ends_with('…'));
        assert_eq!(Detail::from("é".repeat(TEXT_MAX)), Detail::Text("é".repeat(TEXT_MAX)));
    }

    #[test]
    fn a_query_is_read_or_refused_by_its_field() {
        let query = Query { action: "pin".to_owned(), outcome: "refused".to_owned(), ..Query::default() };
        let (filter, before) = query.parse().unwrap();
        assert_eq!((filter.action.as_deref(), filter.outcome), (Some("pin"), Some(Outcome::Refused)));
        assert_eq!(before, Mark::NEWEST);
        for (field, query) in [
            ("by", Query { by: "me".to_owned(), ..Query::default() }),
            ("action", Query { action: "' or 1=1".to_owned(), ..Query::default() }),
            ("outcome", Query { outcome: "maybe".to_owned(), ..Query::default() }),
            ("subject", Query { subject: "%".to_owned(), ..Query::default() }),
            ("until", Query { until: "tomorrow".to_owned(), ..Query::default() }),
            ("before", Query { before: "-".to_owned(), ..Query::default() }),
        ] {
            let Err(Refusal::Invalid { fields }) = query.parse() else { panic!("{field} was taken") };
            assert_eq!(fields[0].field, field);
        }
    }

    proptest! {
        #[test]
        fn a_mark_reads_back_what_it_wrote(at: i64, id: u128) {
            let mark = Mark { at: Timestamp(at), id: Uuid::from_u128(id) };
            prop_assert_eq!(mark.to_string().parse(), Ok(mark));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<Mark>();
        }
    }
}
