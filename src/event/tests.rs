//! The wire, byte for byte: browsers and logs outlive the version that wrote them.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::id::{TagId, TeamId, UserId};
use crate::moderation::Standing;
use crate::question::Status;
use crate::team::TeamState;
use crate::tenant::TenantSettings;

/// 2025-10-08T10:30:00Z.
const AT: Timestamp = Timestamp(1_759_919_400_000);

fn id(last: u128) -> Uuid {
    Uuid::from_u128(0x0199_c3a0_0000_7000_8000_0000_0000_0000 + last)
}

fn tag(last: u128, name: &str, color: &str) -> Tag {
    Tag { id: TagId(id(last)), name: name.to_owned(), color: color.to_owned() }
}

fn question() -> QuestionId {
    QuestionId(id(2))
}

fn team() -> Team {
    let (slug, name) = ("people-culture".to_owned(), "People & Culture".to_owned());
    Team { id: TeamId(id(3)), slug, name, state: TeamState::Open }
}

/// Every event, with its data as it is written.
fn examples() -> Vec<(Event, &'static str)> {
    let (question_id, by, at) = (question(), Some(UserId(id(6))), AT.plus_millis(600_000));
    let of_question = QuestionRef { question_id };
    let asked = QuestionCreated {
        id: question(),
        body: "What is the \"roadmap\"\nfor Q2? <b>日本</b> \u{2028}".to_owned(),
        upvotes: 0,
        status: Status::Open,
        team_id: TeamId(id(3)),
        created_at: AT,
        tags: vec![],
        is_pinned: false,
        is_frozen: false,
        author_name: Some("Ann".to_owned()),
    };
    let held = QuestionCreated {
        body: "Why?".to_owned(),
        upvotes: 3,
        status: Status::UnderReview,
        created_at: AT.plus_millis(5),
        tags: vec![tag(4, "Product", "#3B82F6")],
        is_pinned: true,
        is_frozen: true,
        author_name: None,
        ..asked.clone()
    };
    let response_text = "We're planning to launch feature X in Q2.".to_owned();
    let (status, responded_at) = (Status::Answered, AT.plus_millis(300_000));
    let answered = QuestionAnswered { id: question(), response_text: response_text.clone(), responded_at, status };
    let updated = QuestionUpdated {
        id: question(),
        body: "Why?".to_owned(),
        status,
        response_text: Some(response_text),
        responded_at: Some(responded_at),
    };
    let reopened = QuestionUpdated { status: Status::Open, response_text: None, responded_at: None, ..updated.clone() };
    let tags = vec![tag(4, "Product", "#3B82F6"), tag(5, "Roadmap", "#10B981")];
    let pinned = QuestionPinned { question_id, is_pinned: true, pinned_by: by, pinned_at: Some(at) };
    let frozen = QuestionFrozen { question_id, is_frozen: true, frozen_by: by, frozen_at: Some(at) };
    let settings = TenantSettings { accent: Some("#1D4ED8".to_owned()), ..TenantSettings::default() };
    let tenant = Tenant { id: TenantId(id(1)), slug: "acme".to_owned(), name: "Acme".to_owned(), settings };
    vec![
        (
            Event::Created(asked),
            concat!(
                r#"{"id":"0199c3a0-0000-7000-8000-000000000002","#,
                r#""body":"What is the \"roadmap\"\nfor Q2? <b>日本</b> "#,
                "\u{2028}",
                r#"","upvotes":0,"status":"OPEN","teamId":"0199c3a0-0000-7000-8000-000000000003","#,
                r#""createdAt":"2025-10-08T10:30:00Z","tags":[],"isPinned":false,"isFrozen":false,"authorName":"Ann"}"#
            ),
        ),
        (
            Event::Created(held),
            concat!(
                r#"{"id":"0199c3a0-0000-7000-8000-000000000002","body":"Why?","upvotes":3,"status":"UNDER_REVIEW","#,
                r#""teamId":"0199c3a0-0000-7000-8000-000000000003","createdAt":"2025-10-08T10:30:00.005Z","#,
                r##""tags":[{"id":"0199c3a0-0000-7000-8000-000000000004","name":"Product","color":"#3B82F6"}],"##,
                r#""isPinned":true,"isFrozen":true}"#
            ),
        ),
        (
            Event::Upvoted(QuestionUpvoted { question_id, upvotes: 15 }),
            r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002","upvotes":15}"#,
        ),
        (
            Event::Answered(answered),
            concat!(
                r#"{"id":"0199c3a0-0000-7000-8000-000000000002","#,
                r#""responseText":"We're planning to launch feature X in Q2.","#,
                r#""respondedAt":"2025-10-08T10:35:00Z","status":"ANSWERED"}"#
            ),
        ),
        (
            Event::Updated(updated),
            concat!(
                r#"{"id":"0199c3a0-0000-7000-8000-000000000002","body":"Why?","status":"ANSWERED","#,
                r#""responseText":"We're planning to launch feature X in Q2.","respondedAt":"2025-10-08T10:35:00Z"}"#
            ),
        ),
        (
            Event::Updated(reopened),
            concat!(
                r#"{"id":"0199c3a0-0000-7000-8000-000000000002","body":"Why?","status":"OPEN","#,
                r#""responseText":null,"respondedAt":null}"#
            ),
        ),
        (Event::Removed(of_question), r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002"}"#),
        (
            Event::Merged(QuestionMerged { question_id, into: QuestionId(id(7)) }),
            r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002","into":"0199c3a0-0000-7000-8000-000000000007"}"#,
        ),
        (
            Event::Tagged(QuestionTags { question_id, tags }),
            concat!(
                r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002","tags":["#,
                r##"{"id":"0199c3a0-0000-7000-8000-000000000004","name":"Product","color":"#3B82F6"},"##,
                r##"{"id":"0199c3a0-0000-7000-8000-000000000005","name":"Roadmap","color":"#10B981"}]}"##
            ),
        ),
        (
            Event::Untagged(QuestionTags { question_id, tags: vec![] }),
            r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002","tags":[]}"#,
        ),
        (
            Event::Pinned(pinned),
            concat!(
                r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002","isPinned":true,"#,
                r#""pinnedBy":"0199c3a0-0000-7000-8000-000000000006","pinnedAt":"2025-10-08T10:40:00Z"}"#
            ),
        ),
        (
            Event::Pinned(QuestionPinned { is_pinned: false, pinned_by: None, pinned_at: None, ..pinned }),
            concat!(
                r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002","isPinned":false,"#,
                r#""pinnedBy":null,"pinnedAt":null}"#
            ),
        ),
        (
            Event::Frozen(frozen),
            concat!(
                r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002","isFrozen":true,"#,
                r#""frozenBy":"0199c3a0-0000-7000-8000-000000000006","frozenAt":"2025-10-08T10:40:00Z"}"#
            ),
        ),
        (
            Event::Frozen(QuestionFrozen { is_frozen: false, frozen_by: None, frozen_at: None, ..frozen }),
            concat!(
                r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002","isFrozen":false,"#,
                r#""frozenBy":null,"frozenAt":null}"#
            ),
        ),
        (Event::Moderated(of_question), r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002"}"#),
        (
            Event::Reviewed(QuestionReviewed { question_id, standing: Standing::Declined }),
            r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002","standing":"declined"}"#,
        ),
        (Event::TeamCreated(team()), TEAM),
        (
            Event::TeamUpdated(Team { state: TeamState::Voting, ..team() }),
            concat!(
                r#"{"id":"0199c3a0-0000-7000-8000-000000000003","slug":"people-culture","#,
                r#""name":"People & Culture","state":"voting"}"#
            ),
        ),
        (Event::TeamArchived(Gone { id: id(3) }), r#"{"id":"0199c3a0-0000-7000-8000-000000000003"}"#),
        (Event::TeamRestored(team()), TEAM),
        (
            Event::TeamCounted(TeamTotals { id: TeamId(id(3)), received: 48, shown: 31, declined: 4 }),
            r#"{"id":"0199c3a0-0000-7000-8000-000000000003","received":48,"shown":31,"declined":4}"#,
        ),
        (Event::TagCreated(tag(4, "Product", "#3B82F6")), TAG),
        (Event::TagUpdated(tag(4, "Product", "#3B82F6")), TAG),
        (Event::TagDeleted(Gone { id: id(4) }), r#"{"id":"0199c3a0-0000-7000-8000-000000000004"}"#),
        // The public settings and no others.
        (
            Event::TenantUpdated(tenant),
            concat!(
                r#"{"id":"0199c3a0-0000-7000-8000-000000000001","slug":"acme","name":"Acme","settings":{"#,
                r#""questionLength":{"min":3,"max":500},"guestsAllowed":true,"names":"anonymous","preModeration":false,"#,
                r##""askingOpen":true,"votingOpen":true,"ownVotes":false,"showTotals":false,"languages":[],"accent":"#1D4ED8","logo":null}}"##
            ),
        ),
        (Event::Connected, ""),
        (Event::Cursor, ""),
        (Event::Heartbeat(Heartbeat { timestamp: AT }), r#"{"timestamp":1759919400000}"#),
        (Event::Stale(Stale { since: Timestamp(7) }), r#"{"since":7}"#),
        (Event::Closing, ""),
        (Event::Resync, ""),
    ]
}

const TEAM: &str = concat!(
    r#"{"id":"0199c3a0-0000-7000-8000-000000000003","slug":"people-culture","#,
    r#""name":"People & Culture","state":"open"}"#
);
const TAG: &str = r##"{"id":"0199c3a0-0000-7000-8000-000000000004","name":"Product","color":"#3B82F6"}"##;

/// A message with this type and data, as it is written.
fn message(name: &str, data: &str) -> String {
    let data = if data.is_empty() { String::new() } else { format!(r#","data":{data}"#) };
    format!(r#"{{"type":"{name}","tenantId":"0199c3a0-0000-7000-8000-000000000001"{data},"timestamp":1759919400000}}"#)
}

fn event(text: &str) -> Option<Event> {
    serde_json::from_slice::<Envelope>(text.as_bytes()).ok().map(|envelope| envelope.event)
}

#[test]
fn every_event_is_written_byte_for_byte_and_read_back() {
    for (event, data) in examples() {
        let envelope = Envelope { tenant_id: TenantId(id(1)), event, timestamp: AT };
        let event_type = envelope.event.event_type();
        let written = serde_json::to_string(&envelope).unwrap();
        assert_eq!(written, message(event_type.as_str(), data));
        let back: Envelope = serde_json::from_str(&written).unwrap();
        match event_type.kind() {
            EventKind::Signal => assert_eq!(back.event.event_type(), event_type),
            EventKind::Fact | EventKind::Tally => assert_eq!(back, envelope),
        }
    }
}

#[test]
fn every_fact_and_tally_names_what_it_is_about() {
    for (event, data) in examples() {
        let event_type = event.event_type();
        assert_eq!(event_type.as_str().parse(), Ok(event_type));
        let subject = event.subject().map(|subject| subject.to_string());
        assert_eq!(subject.is_none(), event_type.kind() == EventKind::Signal, "{event_type:?}");
        assert!(subject.is_none_or(|subject| data.contains(&subject)), "{data}");
        assert_eq!(event.question().is_some(), event_type.is_of_question());
    }
    assert_eq!("question:exploded".parse::<EventType>(), Err(UnknownWord));
}

/// The table of docs/EVENTS.md, made of the declarations and of what the examples hold.
fn table() -> String {
    let examples = examples();
    let row = |name: &&str| {
        let event_type: EventType = name.parse().unwrap();
        let (_, data) = examples.iter().find(|(event, _)| event.event_type() == event_type).expect(name);
        let value: serde_json::Value = serde_json::from_str(data).unwrap_or_default();
        let mut fields: Vec<&String> = value.as_object().into_iter().flat_map(|fields| fields.keys()).collect();
        fields.sort_by_key(|field| data.find(&format!("\"{field}\":")));
        let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
        let kind = format!("{:?}", event_type.kind()).to_lowercase();
        let fields = if fields.is_empty() { "none".to_owned() } else { fields.join(", ") };
        format!("| `{name}` | {kind} | {fields} | {} |\n", event_type.summary().trim())
    };
    let rows: String = EVENT_TYPES.iter().map(row).collect();
    format!("| type | kind | data | what it says |\n|---|---|---|---|\n{rows}")
}

#[test]
fn the_documentation_lists_every_event() {
    let table = table();
    let is_there = include_str!("../../docs/EVENTS.md").contains(&format!("\n\n{table}\n"));
    assert!(is_there, "docs/EVENTS.md is to hold this table:\n\n{table}");
}

#[test]
fn fields_of_later_versions_are_passed_over() {
    let text = r#"{"trace":{"a":[1]},"type":"question:upvoted","timestamp":7,"extra":1,
        "data":{"upvotes":15,"new":true,"questionId":"0199c3a0-0000-7000-8000-000000000002"},
        "tenantId":"0199c3a0-0000-7000-8000-000000000001"}"#;
    let read: Envelope = serde_json::from_str(text).unwrap();
    assert_eq!(read.event, Event::Upvoted(QuestionUpvoted { question_id: question(), upvotes: 15 }));
    assert_eq!(read.timestamp, Timestamp(7));
    assert_eq!(event(&message("connected", r#"{"new":[1]}"#)), Some(Event::Connected));
}

#[test]
fn types_of_later_versions_move_the_cursor_alone() {
    for data in [r#"{"a":[1,{}]}"#, "null", ""] {
        assert_eq!(event(&message("poll:opened", data)), Some(Event::Cursor), "{data}");
    }
}

#[test]
fn what_is_no_event_is_refused() {
    let upvoted = message("question:upvoted", r#"{"questionId":"0199c3a0-0000-7000-8000-000000000002","upvotes":1}"#);
    assert!(event(&upvoted).is_some());
    for text in [
        "",
        "null",
        "{}",
        "[]",
        &message("question:upvoted", ""),
        &message("question:upvoted", "null"),
        &upvoted.replace("upvotes", "votes"),
        &upvoted.replace(r#""type":"question:upvoted","#, ""),
        &upvoted[..upvoted.len() - 1],
        r#"{"type":"connected","tenantId":"not-an-id","timestamp":7}"#,
        r#"{"type":"connected","tenantId":"0199c3a0-0000-7000-8000-000000000001"}"#,
        r#"{"type":"connected","timestamp":7}"#,
    ] {
        assert_eq!(event(text), None, "{text}");
    }
}

#[test]
fn a_cursor_is_written_as_the_streams_id() {
    let cursor = Cursor { epoch: Epoch(0xf00d), seq: 42 };
    assert_eq!(cursor.to_string(), "000000000000f00d-42");
    assert_eq!(serde_json::to_string(&cursor).unwrap(), r#""000000000000f00d-42""#);
    assert_eq!(serde_json::from_str::<Cursor>(r#""000000000000f00d-42""#).unwrap(), cursor);
    assert_eq!("ffffffffffffffff-9223372036854775807".parse(), Ok(Cursor { epoch: Epoch(u64::MAX), seq: i64::MAX }));
    assert!(serde_json::from_str::<Cursor>("42").is_err());
}

#[test]
fn hostile_cursors_are_refused() {
    for text in [
        "",
        "-",
        "42",
        "nonsense",
        "000000000000f00d",
        "000000000000f00d-",
        "-42",
        "000000000000f00d--42",
        "000000000000f00d-+42",
        "000000000000f00d-4 2",
        "000000000000f00d-42-42",
        "000000000000f00d-4.2",
        "000000000000f00d-0x2a",
        "000000000000f00d-\u{ff14}\u{ff12}",
        "000000000000f00d-9223372036854775808",
        "000000000000f00d-99999999999999999999999999999999999999999999",
        "000000000000F00D-42",
        "+00000000000f00d-42",
        "00000000000f00d-42",
        "0000000000000f00d-42",
        " 000000000000f00d-42",
        "000000000000f00d-42\n",
        "000000000000f00d\0-42",
        "00000000000\u{e9}\u{e9}-42",
    ] {
        assert_eq!(text.parse::<Cursor>(), Err(NotACursor), "{text:?}");
    }
    assert!("9".repeat(1_000_000).parse::<Cursor>().is_err());
}

proptest! {
    #[test]
    fn a_cursor_reads_back(epoch in any::<u64>(), seq in 0..=i64::MAX) {
        let cursor = Cursor { epoch: Epoch(epoch), seq };
        prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
    }

    #[test]
    fn no_message_panics(text in ".*", name in prop::sample::select(EVENT_TYPES.to_vec()), data in ".*") {
        let (_, _) = (event(&text), event(&message(name, &data)));
    }

    #[test]
    fn no_text_panics_and_what_is_taken_has_no_sign(text in "[0-9a-fA-F+-]{0,40}|.*") {
        if let Ok(cursor) = text.parse::<Cursor>() {
            prop_assert!(cursor.seq >= 0);
            prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
        }
    }
}
