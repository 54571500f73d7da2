//! Exports: questions and votes as those who moderate them take them away. Who asked is in none of them.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::id::{QuestionId, TagId, TeamId, UserId};
use crate::ports::Unicode;
use crate::tag::Tag;
use crate::team::TeamName;
use crate::tenant::Tenant;
use crate::text::TextProblem;
use crate::time::Timestamp;
use crate::user::Role;

/// Whose teams' questions somebody may take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of the whole tenant.
    Tenant,
    /// Those of the teams that this person moderates at the moment of reading.
    ModeratedBy(UserId),
}

/// Where a question stands, as exports and statistics tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// On the board, waiting for an answer.
    Open,
    /// On the board with its answer.
    Answered,
    /// Waiting for a moderator.
    UnderReview,
    /// Declined by a moderator.
    Declined,
    /// Its votes are another question's now.
    Merged,
}

impl State {
    /// Every state. What its asker withdrew and what was deleted is in no export.
    pub const ALL: [Self; 5] = [Self::Open, Self::Answered, Self::UnderReview, Self::Declined, Self::Merged];

    /// The word in exports, addresses and statements.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::UnderReview => "under_review",
            Self::Declined => "declined",
            Self::Merged => "merged",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Which questions are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuestionFilter {
    /// Of this team.
    pub team: Option<TeamId>,
    /// That stand so.
    pub state: Option<State>,
    /// With this tag.
    pub tag: Option<TagId>,
    /// Asked at this moment or later.
    pub from: Option<Timestamp>,
    /// Asked before this moment.
    pub until: Option<Timestamp>,
    /// With this in the question or its answer, whatever the case of its letters.
    pub text: String,
}

impl QuestionFilter {
    /// Whether a question's texts have what is looked for in them. Asked here and not of the database: the engines
    /// disagree about the case of letters beyond ASCII, and no sign means anything but itself.
    #[must_use]
    pub fn matches(&self, question: &ExportedQuestion, unicode: &dyn Unicode) -> bool {
        let needle = unicode.fold(&self.text);
        let has = |text: &str| unicode.fold(text).contains(&needle);
        needle.is_empty() || has(&question.text) || question.answer.as_deref().is_some_and(has)
    }
}

/// The same as it stands in an address: words, not yet looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each field is the field of the same name of `QuestionFilter`, as typed")]
pub struct QuestionQuery {
    pub team: String,
    pub state: String,
    pub tag: String,
    pub from: String,
    pub until: String,
    pub text: String,
}

/// The longest text that is looked for, in characters.
const TEXT_MAX: usize = 200;

impl QuestionQuery {
    /// Reads it.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for what is no id, state or moment, too long, or ends before it begins.
    pub fn parse(&self) -> Result<QuestionFilter, Refusal> {
        if self.text.chars().count() > TEXT_MAX {
            return Err(Refusal::field("text", TextProblem::TooLong { max: 200 }));
        }
        let (from, until) = period(&self.from, &self.until)?;
        Ok(QuestionFilter {
            team: word("team", &self.team, |text| text.parse().ok())?,
            state: word("state", &self.state, State::of_word)?,
            tag: word("tag", &self.tag, |text| text.parse().ok())?,
            from,
            until,
            text: self.text.trim().to_owned(),
        })
    }
}

/// The two ends of a period, each of which may be left empty.
///
/// # Errors
/// [`Refusal::Invalid`] for what is no moment, and for an end before the beginning: nothing would be found.
pub fn period(from: &str, until: &str) -> Result<(Option<Timestamp>, Option<Timestamp>), Refusal> {
    let from = word("from", from, Timestamp::from_form)?;
    let until = word("until", until, Timestamp::from_form)?;
    match (from, until) {
        (Some(from), Some(until)) if until < from => Err(Refusal::field("until", TextProblem::BadForm)),
        ends => Ok(ends),
    }
}

/// A field that may be left empty.
///
/// # Errors
/// [`Refusal::Invalid`] when there is something in it that cannot be read.
pub fn word<T>(field: &str, text: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
    match text.trim() {
        "" => Ok(None),
        text => read(text).map(Some).ok_or_else(|| Refusal::field(field, TextProblem::BadForm)),
    }
}

/// A question as it is exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportedQuestion {
    /// Never changes.
    pub id: QuestionId,
    /// How many votes it has.
    pub votes: i64,
    /// The name of its team.
    pub team: String,
    /// Where it stands.
    pub state: State,
    /// When it was asked.
    #[serde(serialize_with = "crate::time::rfc3339::seconds")]
    pub asked_at: Timestamp,
    /// The text.
    pub text: String,
    /// The text as it was asked, when it was edited.
    pub original_text: Option<String>,
    /// The names of its tags, in the order of the alphabet.
    pub tags: Vec<String>,
    /// The answer.
    pub answer: Option<String>,
    /// When it was answered, or its answer last changed.
    #[serde(serialize_with = "crate::time::rfc3339::seconds_option")]
    pub answered_at: Option<Timestamp>,
    /// The name of the moderator who answered.
    pub answered_by: Option<String>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Whether it is frozen.
    pub frozen: bool,
    /// Whether its moderators starred it.
    pub starred: bool,
    /// What its moderators labelled it with.
    pub label: Option<String>,
    /// Why it was declined.
    pub reason: Option<String>,
    /// The question that has its votes now.
    pub merged_into: Option<QuestionId>,
}

/// Where a page of questions ends: the next one begins with the question asked after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionCursor {
    /// When the page's last question was asked.
    pub at: Timestamp,
    /// Its id.
    pub id: QuestionId,
}

impl QuestionCursor {
    /// Before the first.
    pub const OLDEST: Self = Self { at: Timestamp(i64::MIN), id: QuestionId(uuid::Uuid::nil()) };
}

impl From<&ExportedQuestion> for QuestionCursor {
    fn from(question: &ExportedQuestion) -> Self {
        Self { at: question.asked_at, id: question.id }
    }
}

/// Who voted for a question, and what its count says, read in one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voters {
    /// The question.
    pub question: QuestionId,
    /// The count that everybody is shown.
    pub total: i64,
    /// Everybody whose vote is there. To be given to nobody but under a pseudonym.
    pub voters: Vec<crate::id::ParticipantId>,
}

/// What an export can be narrowed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportChoices {
    /// The tenant.
    pub tenant: Tenant,
    /// What the viewer may do here.
    pub role: Role,
    /// The teams whose questions they may take away.
    pub teams: Vec<TeamName>,
    /// The palette.
    pub tags: Vec<Tag>,
}

/// A question whose count is not the number of its votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miscount {
    /// The question.
    pub question: QuestionId,
    /// The count that everybody is shown.
    pub shown: i64,
    /// The votes that are there.
    pub votes: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::PlainUnicode;
    use proptest::prelude::*;

    fn question(text: &str, answer: Option<&str>) -> ExportedQuestion {
        ExportedQuestion {
            id: QuestionId(uuid::Uuid::nil()),
            votes: 0,
            team: String::new(),
            state: State::Open,
            asked_at: Timestamp(0),
            text: text.to_owned(),
            original_text: None,
            tags: Vec::new(),
            answer: answer.map(str::to_owned),
            answered_at: None,
            answered_by: None,
            pinned: false,
            frozen: false,
            starred: false,
            label: None,
            reason: None,
            merged_into: None,
        }
    }

    #[test]
    fn no_sign_means_anything_but_itself() {
        for (needle, text, found) in [
            ("", "anything", true),
            ("ÜBER", "wir reden über uns", true),
            ("100%", "is it 100% safe?", true),
            ("100%", "is it 1000 safe?", false),
            ("a_b", "axb", false),
            (r"\", r"a \ b", true),
            ("hello!", "Hello!", true),
        ] {
            let filter = QuestionFilter { text: needle.to_owned(), ..QuestionFilter::default() };
            assert_eq!(filter.matches(&question(text, None), &PlainUnicode), found, "{needle} in {text}");
            assert_eq!(
                filter.matches(&question("-", Some(text)), &PlainUnicode),
                found,
                "{needle} in the answer {text}"
            );
        }
    }

    #[test]
    fn a_query_is_read_or_refused_by_its_field() {
        let team = "0199c2a0-0000-7000-8000-000000000001";
        let query = QuestionQuery {
            team: team.to_owned(),
            state: "under_review".to_owned(),
            from: "2025-10-08T10:30".to_owned(),
            text: "  why  ".to_owned(),
            ..QuestionQuery::default()
        };
        let filter = query.parse().unwrap();
        assert_eq!(filter.team.unwrap().to_string(), team);
        assert_eq!((filter.state, filter.text.as_str()), (Some(State::UnderReview), "why"));
        assert_eq!(filter.from, Some(Timestamp(1_759_919_400_000)));
        for (field, query) in [
            ("team", QuestionQuery { team: "x".to_owned(), ..QuestionQuery::default() }),
            ("state", QuestionQuery { state: "deleted".to_owned(), ..QuestionQuery::default() }),
            ("tag", QuestionQuery { tag: "'; drop table".to_owned(), ..QuestionQuery::default() }),
            ("from", QuestionQuery { from: "yesterday".to_owned(), ..QuestionQuery::default() }),
            ("until", QuestionQuery { until: "2025-10-08T10:29".to_owned(), ..query.clone() }),
            ("text", QuestionQuery { text: "x".repeat(201), ..QuestionQuery::default() }),
        ] {
            let Err(Refusal::Invalid { fields }) = query.parse() else { panic!("{field} was taken") };
            assert_eq!(fields[0].field, field);
        }
    }

    proptest! {
        #[test]
        fn no_query_panics(words in proptest::collection::vec(".*", 6)) {
            let [team, state, tag, from, until, text] = <[String; 6]>::try_from(words).unwrap();
            let _ = QuestionQuery { team, state, tag, from, until, text }.parse();
        }
    }
}
