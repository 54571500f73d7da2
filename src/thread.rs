//! The private thread between the asker of a question and the moderators of its team. Neither learns who the other is: a
//! message says from which side it came, and has no field that could say more.

use crate::id::MessageId;
use crate::moderation::OwnQuestion;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The most messages of one question, of both sides together.
pub const MOST_MESSAGES: usize = 100;

/// A side of the thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Whoever asked the question.
    Asker,
    /// Any moderator of its team.
    Moderators,
}

/// Something that one side wrote to the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Names it.
    pub id: MessageId,
    /// Which side wrote it; never who.
    pub from: Side,
    /// What they wrote.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// A question with its thread, as both sides see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// The question, and where it stands.
    pub question: OwnQuestion,
    /// The messages, oldest first.
    pub messages: Vec<Message>,
    /// Whether a link leads here.
    pub has_link: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::uuid_v7;
    use crate::text::{MessageBody, TextProblem};

    fn message(from: Side) -> Message {
        Message { id: MessageId(uuid_v7(Timestamp(7), [9; 10])), from, text: "Hello".to_owned(), at: Timestamp(7) }
    }

    #[test]
    fn a_message_says_its_side_and_nobody() {
        let json = serde_json::to_value(message(Side::Moderators)).unwrap();
        let mut fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["at", "from", "id", "text"]);
        assert_eq!(json["from"], "moderators");
    }

    #[test]
    fn a_message_has_a_thousand_characters_at_most() {
        assert!(MessageBody::parse(&"é".repeat(1_000)).is_ok());
        assert_eq!(MessageBody::parse(&"é".repeat(1_001)), Err(TextProblem::TooLong { max: 1_000 }));
        assert_eq!(MessageBody::parse(" \u{200B}\n"), Err(TextProblem::Empty));
    }
}
