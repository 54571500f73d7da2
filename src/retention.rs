//! What people wrote: how long a tenant keeps it, what they may take away of it, and that they may erase it.

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::id::QuestionId;
use crate::moderation::Standing;
use crate::tenant::Tenant;
use crate::text::TextProblem;
use crate::thread::Side;
use crate::time::{DAY_MS, Timestamp, rfc3339};
use crate::user::Role;

/// What stands in the place of a text that was removed because of its age.
pub const REMOVED: &str = "[removed]";
/// The longest retention, in days: a century.
pub const LONGEST_RETENTION: u32 = 36_500;

/// How long a tenant keeps texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Retention {
    /// After how many days a text goes; never when absent.
    pub days: Option<u32>,
    /// Since when texts stay whatever their age, if they do.
    pub hold_since: Option<Timestamp>,
}

/// How long a tenant keeps texts, as an admin sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetentionView {
    /// The tenant.
    pub tenant: Tenant,
    /// What the viewer may do here.
    pub role: Role,
    /// How long it keeps texts now.
    pub retention: Retention,
}

impl Retention {
    /// Reads a number of days as it was typed; nothing is no retention.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for what is no number of days from 1 to [`LONGEST_RETENTION`].
    pub fn parse_days(typed: &str) -> Result<Option<u32>, Refusal> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        match typed.parse() {
            Ok(days) if (1..=LONGEST_RETENTION).contains(&days) => Ok(Some(days)),
            Ok(0) => Err(Refusal::field("days", TextProblem::TooShort { min: 1 })),
            Ok(_) => Err(Refusal::field("days", TextProblem::TooLong { max: LONGEST_RETENTION })),
            Err(_) => Err(Refusal::field("days", TextProblem::BadForm)),
        }
    }

    /// Texts that were written before this moment are to go; `None` where none are.
    #[must_use]
    pub fn ends_before(&self, now: Timestamp) -> Option<Timestamp> {
        let days = self.days.filter(|_| self.hold_since.is_none())?;
        Some(now.plus_millis(-i64::from(days) * DAY_MS))
    }
}

/// Everything that one participant wrote and did in a tenant, as they take it away. It names nobody else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Written {
    /// What they asked, newest first.
    pub questions: Vec<WrittenQuestion>,
    /// What they reported, oldest first.
    pub reports: Vec<WrittenReport>,
    /// What they voted for, oldest first.
    pub votes: Vec<CastVote>,
}

/// A question with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenQuestion {
    /// Which.
    pub id: QuestionId,
    /// Its text as it is now.
    pub text: String,
    /// Its text as it was asked, where a moderator has edited it since.
    pub original_text: Option<String>,
    /// The name under which it was asked.
    pub name: Option<String>,
    /// When it was asked.
    #[serde(serialize_with = "rfc3339::seconds", deserialize_with = "rfc3339::deserialize")]
    pub asked_at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// How many people voted for it.
    pub votes: i64,
    /// What it was answered.
    pub answer: Option<String>,
    /// What a moderator said when they declined it.
    pub reason: Option<String>,
    /// The private thread with the moderators, oldest first.
    pub messages: Vec<WrittenMessage>,
}

/// A message of a private thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenMessage {
    /// Which side wrote it.
    pub from: Side,
    /// What it says.
    pub text: String,
    /// When it was written.
    #[serde(serialize_with = "rfc3339::seconds", deserialize_with = "rfc3339::deserialize")]
    pub at: Timestamp,
}

/// A report of somebody else's question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WrittenReport {
    /// The question.
    pub question_id: QuestionId,
    /// Why.
    pub reason: String,
    /// When.
    #[serde(serialize_with = "rfc3339::seconds", deserialize_with = "rfc3339::deserialize")]
    pub at: Timestamp,
}

/// A vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CastVote {
    /// The question.
    pub question_id: QuestionId,
    /// When.
    #[serde(serialize_with = "rfc3339::seconds", deserialize_with = "rfc3339::deserialize")]
    pub at: Timestamp,
}

/// How much somebody erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Questions, each with its answer and its thread.
    pub questions: u64,
    /// Reasons of reports.
    pub reports: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_are_read_as_they_are_typed() {
        assert_eq!(Retention::parse_days(" 30 "), Ok(Some(30)));
        assert_eq!(Retention::parse_days(""), Ok(None));
        assert_eq!(Retention::parse_days("36500"), Ok(Some(LONGEST_RETENTION)));
        for wrong in ["0", "36501", "-1", "1.5", "a month", "99999999999999999999", "１０"] {
            assert!(Retention::parse_days(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_hold_keeps_everything(days in proptest::option::of(1u32..=LONGEST_RETENTION), now in 0i64..4_000_000_000_000) {
            let held = Retention { days, hold_since: Some(Timestamp(0)) };
            prop_assert_eq!(held.ends_before(Timestamp(now)), None);
            let free = Retention { days, hold_since: None };
            let expected = days.map(|days| Timestamp(now - i64::from(days) * DAY_MS));
            prop_assert_eq!(free.ends_before(Timestamp(now)), expected);
        }
    }
}
