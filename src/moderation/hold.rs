//! Why a question waits.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use crate::question::UnknownWord;

/// Why a question waits for a moderator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Hold {
    /// All of the team's questions do.
    PreModeration,
    /// A moderator took it back from the board.
    Moderator,
    /// Enough people reported it.
    Reports,
    /// It has this word.
    Word(String),
    /// It has an address of the web.
    Link,
    /// It has a telephone number or an e-mail address.
    Contact,
    /// It is written in capitals.
    Shouting,
    /// It is one sign over and over.
    Repetition,
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PreModeration => f.write_str("pre_moderation"),
            Self::Moderator => f.write_str("moderator"),
            Self::Reports => f.write_str("reports"),
            Self::Word(word) => write!(f, "word:{word}"),
            Self::Link => f.write_str("link"),
            Self::Contact => f.write_str("contact"),
            Self::Shouting => f.write_str("shouting"),
            Self::Repetition => f.write_str("repetition"),
        }
    }
}

impl FromStr for Hold {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "pre_moderation" => Self::PreModeration,
            "moderator" => Self::Moderator,
            "reports" => Self::Reports,
            "link" => Self::Link,
            "contact" => Self::Contact,
            "shouting" => Self::Shouting,
            "repetition" => Self::Repetition,
            other => Self::Word(other.strip_prefix("word:").ok_or(UnknownWord)?.to_owned()),
        })
    }
}

impl TryFrom<String> for Hold {
    type Error = UnknownWord;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Hold> for String {
    fn from(hold: Hold) -> Self {
        hold.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_reads_back_from_its_word() {
        for hold in [
            Hold::PreModeration,
            Hold::Moderator,
            Hold::Reports,
            Hold::Word("word:link".to_owned()),
            Hold::Link,
            Hold::Contact,
            Hold::Shouting,
            Hold::Repetition,
        ] {
            assert_eq!(hold.to_string().parse(), Ok(hold));
        }
        assert_eq!("boredom".parse::<Hold>(), Err(UnknownWord));
    }
}
