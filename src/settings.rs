//! A tenant's settings as an admin types them, and what they become.

use serde::{Deserialize, Serialize};

use crate::error::{FieldProblem, Refusal};
use crate::tenant::{Names, StaffSettings, Tenant, TenantSettings};
use crate::text::{Color, Limits, Name, TextProblem};
use crate::user::Role;

/// The longest that a tenant may let its questions be, in characters.
pub const LONGEST_QUESTION: u32 = 2_000;
/// The most words that hold a question for review.
pub const MAX_WORDS: usize = 500;
/// The most languages.
pub const MAX_LANGUAGES: usize = 8;
/// The fastest that a tenant may let one participant be, in a minute; the operator's own limit holds beside it.
pub const FASTEST: u32 = 600;

/// The form of a tenant's settings, as it is sent. A box that is not ticked is not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SettingsForm {
    /// The version that its maker has seen.
    pub version: i64,
    /// The tenant's name.
    pub name: String,
    /// Fewest characters of a question.
    pub question_min: u32,
    /// Most characters of a question.
    pub question_max: u32,
    /// Whether people without an account may take part.
    pub guests_allowed: bool,
    /// Whether questions show who asked: `anonymous`, `optional` or `required`.
    pub names: Names,
    /// Whether questions wait for a moderator.
    pub pre_moderation: bool,
    /// Whether questions are taken.
    pub asking_open: bool,
    /// Whether votes are taken.
    pub voting_open: bool,
    /// Whether people may vote for their own questions.
    pub own_votes: bool,
    /// Whether everybody is shown how many questions were received, are shown and were declined.
    pub show_totals: bool,
    /// Questions of one participant in a minute; 0 leaves it to the operator.
    pub asks_per_minute: u32,
    /// Votes of one participant in a minute; 0 leaves it to the operator.
    pub votes_per_minute: u32,
    /// Words that hold a question for review, one a line or separated by commas.
    pub words: String,
    /// Languages, separated by commas.
    pub languages: String,
    /// The accent as `#RRGGBB`; ours when empty.
    pub accent: String,
}

/// Settings that are fit to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSettings {
    /// The version that they change.
    pub version: i64,
    /// The tenant's name.
    pub name: Name,
    /// What everybody may know. The logo is none of this form's: what is kept of it stays.
    pub settings: TenantSettings,
    /// What only those who run the tenant may know.
    pub staff: StaffSettings,
}

/// A tenant's settings as an admin sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SettingsView {
    /// The tenant, with what everybody may know.
    pub tenant: Tenant,
    /// What the viewer may do here.
    pub role: Role,
    /// What only those who run the tenant may know.
    pub staff: StaffSettings,
    /// Which version this is.
    pub version: i64,
}

impl SettingsForm {
    /// Takes the form.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] with every field that was not taken.
    pub fn parse(self) -> Result<NewSettings, Refusal> {
        let mut problems = SettingsProblems::default();
        let name = problems.take("name", Name::parse(&self.name));
        let accent = match self.accent.trim() {
            "" => None,
            typed => problems.take("accent", Color::parse(typed)),
        };
        let words = problems.take("words", list(&self.words.to_lowercase(), MAX_WORDS));
        let languages = problems.take("languages", list(&self.languages, MAX_LANGUAGES));
        let question_length = problems.take("length", length(self.question_min, self.question_max));
        let asks_per_minute = problems.take("asks", rate(self.asks_per_minute));
        let votes_per_minute = problems.take("votes", rate(self.votes_per_minute));
        let (Some(name), Some(question_length), true) = (name, question_length, problems.0.is_empty()) else {
            return Err(Refusal::Invalid { fields: problems.0 });
        };
        let settings = TenantSettings {
            question_length,
            guests_allowed: self.guests_allowed,
            names: self.names,
            pre_moderation: self.pre_moderation,
            asking_open: self.asking_open,
            voting_open: self.voting_open,
            own_votes: self.own_votes,
            show_totals: self.show_totals,
            languages: languages.unwrap_or_default(),
            accent: accent.map(Color::into_string),
            logo: None,
        };
        let staff = StaffSettings {
            words: words.unwrap_or_default(),
            asks_per_minute: asks_per_minute.flatten(),
            votes_per_minute: votes_per_minute.flatten(),
        };
        Ok(NewSettings { version: self.version, name, settings, staff })
    }
}

/// The fields that were not taken so far.
#[derive(Default)]
struct SettingsProblems(Vec<FieldProblem>);

impl SettingsProblems {
    fn take<T>(&mut self, field: &str, parsed: Result<T, TextProblem>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(problem) => {
                self.0.push(FieldProblem { field: field.to_owned(), problem });
                None
            }
        }
    }
}

/// Names in lines or separated by commas, each once; what is blank is passed over.
fn list(typed: &str, most: usize) -> Result<Vec<String>, TextProblem> {
    let mut items: Vec<String> = Vec::new();
    for item in typed.split([',', '\n']).filter(|item| !item.trim().is_empty()) {
        let item = Name::parse(item)?.into_string();
        if !items.contains(&item) {
            if items.len() == most {
                return Err(TextProblem::TooLong { max: u32::try_from(most).unwrap_or(u32::MAX) });
            }
            items.push(item);
        }
    }
    Ok(items)
}

fn length(min: u32, max: u32) -> Result<Limits, TextProblem> {
    match (min, max) {
        (0, _) => Err(TextProblem::TooShort { min: 1 }),
        (_, max) if max > LONGEST_QUESTION => Err(TextProblem::TooLong { max: LONGEST_QUESTION }),
        (min, max) if min > max => Err(TextProblem::BadForm),
        (min, max) => Ok(Limits { min, max }),
    }
}

fn rate(typed: u32) -> Result<Option<u32>, TextProblem> {
    match typed {
        0 => Ok(None),
        fast if fast > FASTEST => Err(TextProblem::TooLong { max: FASTEST }),
        slow => Ok(Some(slow)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> SettingsForm {
        SettingsForm { name: "Acme".to_owned(), question_min: 3, question_max: 500, ..SettingsForm::default() }
    }

    #[test]
    fn a_form_becomes_settings() {
        let typed = SettingsForm {
            version: 4,
            guests_allowed: true,
            words: " Idiot,\n\nfool \nIDIOT\n".to_owned(),
            languages: "English, Deutsch".to_owned(),
            accent: "#1d4ed8".to_owned(),
            votes_per_minute: 30,
            ..form()
        };
        let NewSettings { version, name, settings, staff } = typed.parse().unwrap();
        assert_eq!((version, name.as_str()), (4, "Acme"));
        assert_eq!(settings.accent.as_deref(), Some("#1D4ED8"));
        assert_eq!(settings.languages, ["English", "Deutsch"]);
        assert!(settings.guests_allowed && !settings.asking_open, "a box that is not ticked is not sent");
        assert_eq!(staff.words, ["idiot", "fool"]);
        assert_eq!((staff.asks_per_minute, staff.votes_per_minute), (None, Some(30)));
    }

    #[test]
    fn every_field_that_is_not_taken_is_named() {
        let typed = SettingsForm {
            name: String::new(),
            question_min: 9,
            question_max: 5,
            words: "w".repeat(100),
            languages: "a,b,c,d,e,f,g,h,i".to_owned(),
            accent: "red;}".to_owned(),
            asks_per_minute: 100_000,
            ..form()
        };
        let Err(Refusal::Invalid { fields }) = typed.parse() else { panic!("it was taken") };
        let named: Vec<&str> = fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(named, ["name", "accent", "words", "languages", "length", "asks"]);
    }

    #[test]
    fn nothing_staff_know_is_in_what_everybody_gets() {
        let settings = serde_json::to_string(&TenantSettings::default()).unwrap();
        for word in ["words", "PerMinute", "staff"] {
            assert!(!settings.contains(word), "{settings}");
        }
    }

    #[test]
    fn lengths_have_bounds() {
        assert!(length(0, 5).is_err() && length(1, LONGEST_QUESTION + 1).is_err() && length(6, 5).is_err());
        assert_eq!(length(5, 5), Ok(Limits { min: 5, max: 5 }));
    }
}
