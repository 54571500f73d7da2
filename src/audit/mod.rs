//! The audit: what moderators and admins did, who signed in and out, and what people were refused. Entries are written
//! in the transaction of what they tell of and never change.
//!
//! What is written is here, what is read is in `read`. The types keep out what must not be in it: a participant's id and
//! a secret's hash are neither a [`Subject`] nor a [`Detail`].

mod read;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use crate::id::{QuestionId, SessionId, TagId, TeamId, TenantId, UserId};
use crate::permission::Action;
use crate::time::Timestamp;
use crate::user::Role;

pub use read::{AuditView, Filter, Mark, Page, Query, Record};

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

#[cfg(test)]
mod tests;
