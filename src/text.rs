//! Text that people type, parsed once where it comes in: what has one of these types is known to be fit to store and show.

mod clean;
mod marks;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

pub(crate) use self::clean::is_mark;
use self::clean::{clean, is_visible};

/// The longest answer, in characters (Unicode scalar values).
pub const ANSWER_MAX: u32 = 10_000;
/// The longest name of a tenant, team or tag, in characters.
pub const NAME_MAX: u32 = 60;
/// The longest slug, in bytes.
pub const SLUG_MAX: usize = 40;

/// How many characters a text may have, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Fewest visible characters.
    pub min: u32,
    /// Most characters of any kind.
    pub max: u32,
}

/// What a browser is told of a limit of characters. It counts in units of UTF-16, and a character has one or two: so it stops
/// nothing that is taken, and the server, which counts characters, says what is too long.
#[must_use]
pub const fn units(max: u32) -> u32 {
    max.saturating_mul(2)
}

/// Why a text was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum TextProblem {
    /// Nothing visible in it.
    #[error("is empty")]
    Empty,
    /// Fewer visible characters than asked for.
    #[error("is too short: at least {min} characters")]
    TooShort {
        /// The fewest allowed.
        min: u32,
    },
    /// More characters than allowed.
    #[error("is too long: at most {max} characters")]
    TooLong {
        /// The most allowed.
        max: u32,
    },
    /// Not in the form this field has.
    #[error("is not in the right form")]
    BadForm,
    /// Signs in a name that nobody sees, or that turn what stands around it.
    #[error("has signs that cannot be seen")]
    Hidden,
    /// A name that only those who run the place may go by.
    #[error("is kept for organisers")]
    Reserved,
    /// A table that is none of ours.
    #[error("{what}")]
    BadTable {
        /// What is wrong with it, in words.
        what: &'static str,
    },
    /// A password that others would try early.
    #[error("is too easy to guess: take more words, or let a password manager make one")]
    TooEasy,
}

/// Signs that turn a text or that nobody sees taken out, line ends made `\n`, blank space at both ends cut.
fn tidy(raw: &str) -> String {
    clean(raw).trim().to_owned()
}

/// Takes a text that is kept beside others and may be empty: the reason of a report, a label, a draft.
///
/// # Errors
/// [`TextProblem::TooLong`] when it has more characters than `max`.
pub fn tidy_within(raw: &str, max: u32) -> Result<Option<String>, TextProblem> {
    match parse_within(raw, Limits { min: 1, max }) {
        Err(TextProblem::Empty | TextProblem::TooShort { .. }) => Ok(None),
        other => other.map(Some),
    }
}

/// What a browser can say of a text before it is sent, without the tables that the server has: the server decides.
///
/// # Errors
/// [`TextProblem`] when it is empty, too short or too long as it stands.
pub fn check(raw: &str, limits: Limits) -> Result<(), TextProblem> {
    let count = raw.trim().chars().count();
    if count == 0 {
        Err(TextProblem::Empty)
    } else if count < limits.min as usize {
        Err(TextProblem::TooShort { min: limits.min })
    } else if count > limits.max as usize {
        Err(TextProblem::TooLong { max: limits.max })
    } else {
        Ok(())
    }
}

fn parse_within(raw: &str, limits: Limits) -> Result<String, TextProblem> {
    // A megabyte of text is refused before it is copied: four bytes is the most a character takes.
    if raw.trim().len() / 4 > limits.max as usize {
        return Err(TextProblem::TooLong { max: limits.max });
    }
    let text = tidy(raw);
    let visible = text.chars().filter(|c| is_visible(*c)).count();
    if visible == 0 {
        Err(TextProblem::Empty)
    } else if visible < limits.min as usize {
        Err(TextProblem::TooShort { min: limits.min })
    } else if text.chars().count() > limits.max as usize {
        Err(TextProblem::TooLong { max: limits.max })
    } else {
        Ok(text)
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text itself, given away.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! {
    /// A message of the private thread between the asker of a question and its moderators.
    MessageBody;
    /// The text of a question, within its tenant's limits.
    QuestionBody;
    /// The text of an answer: 1 to [`ANSWER_MAX`] characters.
    AnswerText;
    /// The name of a tenant, a team or a tag: one line of 1 to [`NAME_MAX`] characters.
    Name;
    /// A tenant's or team's name in an address: lower-case letters, digits and inner hyphens, at most [`SLUG_MAX`].
    Slug;
    /// A colour as `#RRGGBB`.
    Color;
}

impl MessageBody {
    /// How long a message may be.
    pub const LENGTH: Limits = Limits { min: 1, max: 1_000 };

    /// Takes a message as it was typed.
    ///
    /// # Errors
    /// When nothing of it is visible, or it is too long.
    pub fn parse(raw: &str) -> Result<Self, TextProblem> {
        parse_within(raw, Self::LENGTH).map(Self)
    }
}

impl QuestionBody {
    /// Takes a question within the limits of its tenant.
    ///
    /// # Errors
    /// [`TextProblem`] when it is empty, too short or too long.
    pub fn parse(raw: &str, limits: Limits) -> Result<Self, TextProblem> {
        parse_within(raw, limits).map(Self)
    }
}

impl AnswerText {
    /// How long an answer may be.
    pub const LENGTH: Limits = Limits { min: 1, max: ANSWER_MAX };

    /// Takes an answer.
    ///
    /// # Errors
    /// [`TextProblem`] when it is empty or too long.
    pub fn parse(raw: &str) -> Result<Self, TextProblem> {
        parse_within(raw, Self::LENGTH).map(Self)
    }
}

impl Name {
    /// How long a name may be.
    pub const LENGTH: Limits = Limits { min: 1, max: NAME_MAX };

    /// Takes a name; line breaks and runs of blank space become one space.
    ///
    /// # Errors
    /// [`TextProblem`] when it is empty or too long.
    pub fn parse(raw: &str) -> Result<Self, TextProblem> {
        let text = parse_within(raw, Self::LENGTH)?;
        // A name is compared by eye. Line ends and the like are only blank space.
        let shown = |text: &str| text.chars().filter(|c| !c.is_control() && !c.is_whitespace()).count();
        let shown_raw = raw.chars().filter(|c| !c.is_control() && !c.is_whitespace());
        if shown_raw.count() != shown(&text) {
            return Err(TextProblem::Hidden);
        }
        Ok(Self(text.split_whitespace().collect::<Vec<_>>().join(" ")))
    }
}

impl Slug {
    /// The slug of the tenant that is meant when none is named.
    #[must_use]
    pub fn default_tenant() -> Self {
        Self("default".to_owned())
    }

    /// Takes a slug as it stands; nothing is repaired.
    ///
    /// # Errors
    /// [`TextProblem`] when it is empty, too long or has other characters.
    pub fn parse(raw: &str) -> Result<Self, TextProblem> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        match raw.as_bytes() {
            [] => Err(TextProblem::Empty),
            bytes if bytes.len() > SLUG_MAX => Err(TextProblem::TooLong { max: SLUG_MAX as u32 }),
            [first, .., last] | [first @ last] if !plain(*first) || !plain(*last) => Err(TextProblem::BadForm),
            bytes if bytes.iter().all(|b| plain(*b) || *b == b'-') => Ok(Self(raw.to_owned())),
            _ => Err(TextProblem::BadForm),
        }
    }

    /// Makes a slug of a name, or `fallback` when the name has no letter or digit of ASCII.
    #[must_use]
    pub fn of_name(name: &Name, fallback: &str) -> Self {
        let mut slug = String::new();
        for c in name.as_str().chars().map(|c| c.to_ascii_lowercase()) {
            if slug.len() == SLUG_MAX {
                break;
            }
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        Self::parse(slug.trim_end_matches('-')).unwrap_or_else(|_| Self(fallback.to_owned()))
    }
}

impl FromStr for Slug {
    type Err = TextProblem;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        Self::parse(raw)
    }
}

impl Color {
    /// Takes `#RRGGBB`; letters become upper case.
    ///
    /// # Errors
    /// [`TextProblem::BadForm`] for anything else.
    pub fn parse(raw: &str) -> Result<Self, TextProblem> {
        let hex = raw.trim().strip_prefix('#').ok_or(TextProblem::BadForm)?;
        if hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(format!("#{}", hex.to_ascii_uppercase())))
        } else {
            Err(TextProblem::BadForm)
        }
    }
}

/// What names are put in order by: as readers expect, whatever is in capitals.
///
/// It is not all of Unicode's lower case, whose tables every browser would load to put a handful of teams in order: it
/// knows the alphabets whose capitals stand at a fixed distance from their small letters.
#[must_use]
pub fn sort_key(name: &str) -> String {
    let small = |letter: char| {
        let distance = match letter {
            'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ω' | 'А'..='Я' => 0x20,
            'Ѐ'..='Џ' => 0x50,
            _ => 0,
        };
        char::from_u32(u32::from(letter) + distance).unwrap_or(letter)
    };
    name.chars().map(small).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { min: 3, max: 500 };

    fn body(raw: &str) -> Result<String, TextProblem> {
        QuestionBody::parse(raw, LIMITS).map(QuestionBody::into_string)
    }

    #[test]
    fn a_question_is_tidied() {
        assert_eq!(body("  Why?\r\nReally\u{0} \n"), Ok("Why?\nReally".to_owned()));
    }

    #[test]
    fn a_question_has_its_limits() {
        assert_eq!(body(" \n\t"), Err(TextProblem::Empty));
        assert_eq!(body("\u{200B}\u{2060}\u{FEFF}"), Err(TextProblem::Empty));
        assert_eq!(body("ab"), Err(TextProblem::TooShort { min: 3 }));
        assert_eq!(body(&"é".repeat(500)).map(|t| t.chars().count()), Ok(500));
        assert_eq!(body(&"é".repeat(501)), Err(TextProblem::TooLong { max: 500 }));
        assert_eq!(body(&"\u{301}".repeat(10_000)), Err(TextProblem::TooLong { max: 500 }));
        assert_eq!(body(&"x".repeat(1_000_000)), Err(TextProblem::TooLong { max: 500 }));
    }

    #[test]
    fn names_are_one_line() {
        assert_eq!(Name::parse(" People \n &  Culture ").map(Name::into_string), Ok("People & Culture".to_owned()));
        assert!(Name::parse(&"n".repeat(61)).is_err());
        for hidden in
            ["Zü\u{200B}rich", "Ann\u{202E}", "\u{2066}Ann\u{2069}", "Ad\u{200D}min", "A\u{3164}", "A\u{FEFF}"]
        {
            assert_eq!(Name::parse(hidden), Err(TextProblem::Hidden), "{}", hidden.escape_unicode());
        }
        for empty in ["\u{FFF9}\u{FFFB}", "\u{1D173}", "\u{301}\u{302}", "\u{3164}", "\u{2800} \u{A0}"] {
            assert_eq!(Name::parse(empty), Err(TextProblem::Empty), "{}", empty.escape_unicode());
            assert_eq!(tidy_within(empty, 9), Ok(None));
        }
        for whole in ["فاطمه\u{200C}زهرا", "👩\u{200D}🚀", "Łukasz\u{A0}W"] {
            assert!(Name::parse(whole).is_ok(), "{whole}");
        }
    }

    #[test]
    fn slugs_are_taken_as_they_stand() {
        for good in ["a", "acme", "acme-2", "0"] {
            assert!(Slug::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-", "a-", "-a", "Acme", "a b", "a/b", "ä", "a\u{0}", &"a".repeat(41)] {
            assert!(Slug::parse(bad).is_err(), "{bad}");
        }
        let name = Name::parse("People & Culture!").unwrap();
        assert_eq!(Slug::of_name(&name, "team").as_str(), "people-culture");
        assert_eq!(Slug::of_name(&Name::parse("日本").unwrap(), "team").as_str(), "team");
    }

    #[test]
    fn colours_are_six_hex_digits() {
        assert_eq!(Color::parse("#3b82f6").map(Color::into_string), Ok("#3B82F6".to_owned()));
        for bad in ["", "3B82F6", "#3B82F", "#GGGGGG", "red;x:url(", "#3B82F6F6"] {
            assert!(Color::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_is_taken_again_unchanged(raw in ".*") {
            if let Ok(once) = body(&raw) {
                prop_assert_eq!(body(&once), Ok(once));
            }
            if let Ok(name) = Name::parse(&raw) {
                prop_assert_eq!(Name::parse(name.as_str()), Ok(name.clone()));
                prop_assert!(Slug::parse(Slug::of_name(&name, "team").as_str()).is_ok());
            }
        }
    }

    #[test]
    fn capitals_make_no_difference_to_the_order() {
        for word in ["Ärger", "ÉCOLE", "ØL", "ÞING", "ΩΜΕΓΑ", "МОСКВА", "ЖЏ", "Legal & Risk", "×÷ß", "日本", "ı"]
        {
            let plain: String = word.chars().flat_map(char::to_lowercase).collect();
            assert_eq!(sort_key(word), plain, "{word}");
            assert_eq!(sort_key(&plain), plain, "{word}");
        }
    }
}
