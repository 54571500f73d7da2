//! Reads one message of the stream.
//!
//! The server writes `type` before `data`, so the data is read straight into what the type says. The reader that is
//! derived for [`Envelope`] takes any order and has to keep all values aside for it, which every browser would load
//! and run for nothing.

use pulsestage::event::{Envelope, Event, Stale};
use pulsestage::time::Timestamp;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// The message, or nothing when it is none that this version knows.
///
/// Read from bytes, like everything that the browser reads: a reader from text would be a second copy of all of them.
#[must_use]
pub(super) fn read(data: &str) -> Option<Envelope> {
    serde_json::from_slice::<WireEvent>(data.as_bytes()).ok().map(|heard| heard.0)
}

struct WireEvent(Envelope);

impl<'de> Deserialize<'de> for WireEvent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Envelope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message of the stream")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
        let (mut kind, mut tenant_id, mut event, mut timestamp) = (String::new(), None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => kind = map.next_value()?,
                "tenantId" => tenant_id = Some(map.next_value()?),
                "timestamp" => timestamp = Some(map.next_value()?),
                "data" => event = Some(data_of(&kind, &mut map)?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let event = event.or(match kind.as_str() {
            "" => None,
            "connected" => Some(Event::Connected),
            "resync" => Some(Event::Resync),
            "closing" => Some(Event::Closing),
            _ => Some(Event::Cursor),
        });
        Ok(Envelope {
            tenant_id: tenant_id.ok_or_else(|| A::Error::missing_field("tenantId"))?,
            event: event.ok_or_else(|| A::Error::missing_field("data"))?,
            timestamp: timestamp.ok_or_else(|| A::Error::missing_field("timestamp"))?,
        })
    }
}

fn data_of<'de, A: MapAccess<'de>>(kind: &str, map: &mut A) -> Result<Event, A::Error> {
    Ok(match kind {
        "heartbeat" => Event::Heartbeat(map.next_value()?),
        // Its data is not read: a page tells by its own clock how old is what it shows.
        "stale" => {
            let _since = map.next_value::<IgnoredAny>()?;
            Event::Stale(Stale { since: Timestamp(0) })
        }
        "question:created" => Event::Created(map.next_value()?),
        "question:upvoted" => Event::Upvoted(map.next_value()?),
        "question:answered" => Event::Answered(map.next_value()?),
        "question:tagged" => Event::Tagged(map.next_value()?),
        "question:untagged" => Event::Untagged(map.next_value()?),
        "question:pinned" => Event::Pinned(map.next_value()?),
        "question:frozen" => Event::Frozen(map.next_value()?),
        "question:updated" => Event::Updated(map.next_value()?),
        "question:removed" => Event::Removed(map.next_value()?),
        "question:merged" => Event::Merged(map.next_value()?),
        "question:moderated" => Event::Moderated(map.next_value()?),
        "question:reviewed" => Event::Reviewed(map.next_value()?),
        "team:created" => Event::TeamCreated(map.next_value()?),
        "tag:created" => Event::TagCreated(map.next_value()?),
        "tenant:updated" => Event::TenantUpdated(map.next_value()?),
        "team:updated" => Event::TeamUpdated(map.next_value()?),
        "team:archived" => Event::TeamArchived(map.next_value()?),
        "team:restored" => Event::TeamRestored(map.next_value()?),
        "tag:updated" => Event::TagUpdated(map.next_value()?),
        "tag:deleted" => Event::TagDeleted(map.next_value()?),
        "" => return Err(A::Error::missing_field("type")),
        // What a later version says moves the cursor on and is passed over.
        _ => {
            map.next_value::<IgnoredAny>()?;
            Event::Cursor
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::test_board::{board, created, envelope, question, question_id, tag, tenant, upvoted};
    use proptest::prelude::*;
    use pulsestage::event::{
        EVENT_TYPES, Gone, Heartbeat, QuestionAnswered, QuestionFrozen, QuestionMerged, QuestionPinned, QuestionRef,
        QuestionReviewed, QuestionTags, QuestionUpdated,
    };
    use pulsestage::id::UserId;
    use pulsestage::moderation::Standing;
    use pulsestage::question::Status;
    use pulsestage::team::{Team, TeamState};
    use uuid::Uuid;

    /// One message of every type.
    fn messages() -> Vec<Envelope> {
        let (id, at, by) = (question_id(1), Some(Timestamp(7)), Some(UserId(Uuid::from_u128(3))));
        let tags = QuestionTags { question_id: id, tags: vec![tag(0), tag(1)] };
        let response_text = "Yes, \"all\" of it.\n".to_owned();
        let mut messages = vec![created(&question(1, 4)), upvoted(1, 5)];
        messages.extend(
            [
                Event::Connected,
                Event::Resync,
                Event::Cursor,
                Event::Closing,
                Event::Heartbeat(Heartbeat { timestamp: Timestamp(1) }),
                Event::Stale(Stale { since: Timestamp(0) }),
                Event::Answered(QuestionAnswered {
                    id,
                    response_text,
                    responded_at: Timestamp(2),
                    status: Status::Answered,
                }),
                Event::Tagged(tags.clone()),
                Event::Untagged(tags),
                Event::Pinned(QuestionPinned { question_id: id, is_pinned: true, pinned_by: by, pinned_at: at }),
                Event::Pinned(QuestionPinned { question_id: id, is_pinned: false, pinned_by: None, pinned_at: None }),
                Event::Frozen(QuestionFrozen { question_id: id, is_frozen: true, frozen_by: by, frozen_at: at }),
                Event::Updated(QuestionUpdated {
                    id,
                    body: "Why?".to_owned(),
                    status: Status::Open,
                    response_text: None,
                    responded_at: None,
                }),
                Event::Removed(QuestionRef { question_id: id }),
                Event::Merged(QuestionMerged { question_id: id, into: question_id(2) }),
                Event::Moderated(QuestionRef { question_id: id }),
                Event::Reviewed(QuestionReviewed { question_id: id, standing: Standing::Declined }),
                Event::TeamCreated(board([]).teams.remove(0)),
                Event::TagCreated(tag(2)),
                Event::TenantUpdated(tenant()),
                Event::TeamUpdated(Team { state: TeamState::Voting, ..board([]).teams.remove(1) }),
                Event::TeamArchived(Gone { id: board([]).teams.remove(0).id.0 }),
                Event::TeamRestored(board([]).teams.remove(0)),
                Event::TagUpdated(tag(1)),
                Event::TagDeleted(Gone { id: tag(1).id.0 }),
            ]
            .map(envelope),
        );
        messages
    }

    #[test]
    fn it_reads_whatever_the_server_writes() {
        for message in messages() {
            let json = serde_json::to_string(&message).unwrap();
            assert_eq!(read(&json), Some(message), "{json}");
        }
        let kinds: Vec<_> = messages().iter().map(|message| message.event.kind()).collect();
        assert!(EVENT_TYPES.iter().all(|kind| kinds.contains(kind)), "a type without an example");
    }

    #[test]
    fn fields_of_a_later_version_are_passed_over() {
        let json = serde_json::to_string(&upvoted(1, 5)).unwrap();
        let later = json.replacen('{', "{\"trace\":{\"a\":[1]},", 1);
        assert_eq!(read(&later), Some(upvoted(1, 5)));
    }

    #[test]
    fn types_of_a_later_version_move_the_cursor_alone() {
        let json = serde_json::to_string(&upvoted(1, 5)).unwrap();
        for data in [r#","data":{"a":[1,{}]}"#, r#","data":null"#, ""] {
            let later = json.replace("question:upvoted", "poll:opened");
            let (before, after) = (later.find(",\"data\"").unwrap(), later.find(",\"timestamp\"").unwrap());
            let later = format!("{}{data}{}", &later[..before], &later[after..]);
            assert_eq!(read(&later).map(|heard| heard.event), Some(Event::Cursor), "{later}");
        }
    }

    #[test]
    fn what_is_no_message_is_nothing() {
        let json = serde_json::to_string(&upvoted(1, 5)).unwrap();
        let typeless = json.replace("\"type\":\"question:upvoted\",", "");
        for text in ["", "{}", "null", "[]", &typeless, &json.replace("upvotes", "votes"), &json[..json.len() - 1]] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = read(&text);
        }
    }
}
