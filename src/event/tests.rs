//! The wire, byte for byte: browsers and logs outlive the version that wrote them.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::id::{TagId, UserId};
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

/// Writes the event in an envelope, compares the bytes, and reads the same event back from them.
#[track_caller]
fn golden(event: Event, data: &str) {
    let envelope = Envelope { tenant_id: TenantId(id(1)), event, timestamp: AT };
    let kind = envelope.event.kind();
    let expected = format!(
        r#"{{"type":"{kind}","tenantId":"0199c3a0-0000-7000-8000-000000000001"{data},"timestamp":1759919400000}}"#
    );
    let written = serde_json::to_string(&envelope).unwrap();
    assert_eq!(written, expected);
    assert_eq!(serde_json::from_str::<Envelope>(&written).unwrap(), envelope);
    assert!(EVENT_TYPES.contains(&kind), "{kind} is not in the wire's table");
}

#[test]
fn connected() {
    golden(Event::Connected, "");
}

#[test]
fn resync() {
    golden(Event::Resync, "");
}

#[test]
fn cursor() {
    golden(Event::Cursor, "");
}

#[test]
fn closing() {
    golden(Event::Closing, "");
}

#[test]
fn heartbeat() {
    golden(Event::Heartbeat(Heartbeat { timestamp: AT }), r#","data":{"timestamp":1759919400000}"#);
}

#[test]
fn stale() {
    golden(Event::Stale(Stale { since: Timestamp(7) }), r#","data":{"since":7}"#);
}

#[test]
fn question_created() {
    let data = QuestionCreated {
        id: question(),
        body: "What is the \"roadmap\"\nfor Q2? <b>日本</b> \u{2028}".to_owned(),
        upvotes: 0,
        status: Status::Open,
        team_id: TeamId(id(3)),
        created_at: AT,
        tags: vec![],
        is_pinned: false,
        is_frozen: false,
        author_name: None,
    };
    golden(
        Event::Created(data.clone()),
        concat!(
            r#","data":{"id":"0199c3a0-0000-7000-8000-000000000002","#,
            r#""body":"What is the \"roadmap\"\nfor Q2? <b>日本</b> "#,
            "\u{2028}",
            r#"","upvotes":0,"status":"OPEN","teamId":"0199c3a0-0000-7000-8000-000000000003","#,
            r#""createdAt":"2025-10-08T10:30:00Z","tags":[],"isPinned":false,"isFrozen":false}"#
        ),
    );
    let held = QuestionCreated {
        body: "Why?".to_owned(),
        upvotes: 3,
        status: Status::UnderReview,
        created_at: AT.plus_millis(5),
        tags: vec![tag(4, "Product", "#3B82F6")],
        is_pinned: true,
        is_frozen: true,
        author_name: None,
        ..data
    };
    golden(
        Event::Created(held),
        concat!(
            r#","data":{"id":"0199c3a0-0000-7000-8000-000000000002","body":"Why?","upvotes":3,"status":"UNDER_REVIEW","#,
            r#""teamId":"0199c3a0-0000-7000-8000-000000000003","createdAt":"2025-10-08T10:30:00.005Z","#,
            r##""tags":[{"id":"0199c3a0-0000-7000-8000-000000000004","name":"Product","color":"#3B82F6"}],"##,
            r#""isPinned":true,"isFrozen":true}"#
        ),
    );
}

#[test]
fn question_upvoted() {
    golden(
        Event::Upvoted(QuestionUpvoted { question_id: question(), upvotes: 15 }),
        r#","data":{"questionId":"0199c3a0-0000-7000-8000-000000000002","upvotes":15}"#,
    );
}

#[test]
fn question_answered() {
    golden(
        Event::Answered(QuestionAnswered {
            id: question(),
            response_text: "We're planning to launch feature X in Q2.".to_owned(),
            responded_at: AT.plus_millis(300_000),
            status: Status::Answered,
        }),
        concat!(
            r#","data":{"id":"0199c3a0-0000-7000-8000-000000000002","#,
            r#""responseText":"We're planning to launch feature X in Q2.","#,
            r#""respondedAt":"2025-10-08T10:35:00Z","status":"ANSWERED"}"#
        ),
    );
}

#[test]
fn question_tagged_and_untagged() {
    let both = vec![tag(4, "Product", "#3B82F6"), tag(5, "Roadmap", "#10B981")];
    golden(
        Event::Tagged(QuestionTags { question_id: question(), tags: both }),
        concat!(
            r##","data":{"questionId":"0199c3a0-0000-7000-8000-000000000002","tags":["##,
            r##"{"id":"0199c3a0-0000-7000-8000-000000000004","name":"Product","color":"#3B82F6"},"##,
            r##"{"id":"0199c3a0-0000-7000-8000-000000000005","name":"Roadmap","color":"#10B981"}]}"##
        ),
    );
    golden(
        Event::Untagged(QuestionTags { question_id: question(), tags: vec![] }),
        r#","data":{"questionId":"0199c3a0-0000-7000-8000-000000000002","tags":[]}"#,
    );
}

#[test]
fn question_pinned_and_unpinned() {
    let on = QuestionPinned {
        question_id: question(),
        is_pinned: true,
        pinned_by: Some(UserId(id(6))),
        pinned_at: Some(AT.plus_millis(600_000)),
    };
    golden(
        Event::Pinned(on),
        concat!(
            r#","data":{"questionId":"0199c3a0-0000-7000-8000-000000000002","isPinned":true,"#,
            r#""pinnedBy":"0199c3a0-0000-7000-8000-000000000006","pinnedAt":"2025-10-08T10:40:00Z"}"#
        ),
    );
    golden(
        Event::Pinned(QuestionPinned { is_pinned: false, pinned_by: None, pinned_at: None, ..on }),
        concat!(
            r#","data":{"questionId":"0199c3a0-0000-7000-8000-000000000002","isPinned":false,"#,
            r#""pinnedBy":null,"pinnedAt":null}"#
        ),
    );
}

#[test]
fn question_frozen_and_unfrozen() {
    let on = QuestionFrozen {
        question_id: question(),
        is_frozen: true,
        frozen_by: Some(UserId(id(6))),
        frozen_at: Some(AT.plus_millis(900_000)),
    };
    golden(
        Event::Frozen(on),
        concat!(
            r#","data":{"questionId":"0199c3a0-0000-7000-8000-000000000002","isFrozen":true,"#,
            r#""frozenBy":"0199c3a0-0000-7000-8000-000000000006","frozenAt":"2025-10-08T10:45:00Z"}"#
        ),
    );
    golden(
        Event::Frozen(QuestionFrozen { is_frozen: false, frozen_by: None, frozen_at: None, ..on }),
        concat!(
            r#","data":{"questionId":"0199c3a0-0000-7000-8000-000000000002","isFrozen":false,"#,
            r#""frozenBy":null,"frozenAt":null}"#
        ),
    );
}

#[test]
fn team_created() {
    let team = Team {
        id: TeamId(id(3)),
        slug: "people-culture".to_owned(),
        name: "People & Culture".to_owned(),
        state: TeamState::Open,
    };
    let data = concat!(
        r#","data":{"id":"0199c3a0-0000-7000-8000-000000000003","slug":"people-culture","#,
        r#""name":"People & Culture","state":"open"}"#
    );
    golden(Event::TeamCreated(team.clone()), data);
    golden(Event::TeamRestored(team.clone()), data);
    golden(Event::TeamUpdated(Team { state: TeamState::Voting, ..team }), &data.replace("open", "voting"));
}

#[test]
fn what_is_gone_is_named_by_its_id() {
    let data = r#","data":{"id":"0199c3a0-0000-7000-8000-000000000003"}"#;
    golden(Event::TeamArchived(Gone { id: id(3) }), data);
    golden(Event::TagDeleted(Gone { id: id(3) }), data);
}

#[test]
fn tenant_updated_has_the_public_settings_and_no_others() {
    let settings = TenantSettings { accent: Some("#1D4ED8".to_owned()), ..TenantSettings::default() };
    let tenant = Tenant { id: TenantId(id(1)), slug: "acme".to_owned(), name: "Acme".to_owned(), settings };
    golden(
        Event::TenantUpdated(tenant),
        concat!(
            r#","data":{"id":"0199c3a0-0000-7000-8000-000000000001","slug":"acme","name":"Acme","settings":{"#,
            r#""questionLength":{"min":3,"max":500},"guestsAllowed":true,"names":"anonymous","preModeration":false,"#,
            r##""askingOpen":true,"votingOpen":true,"ownVotes":false,"languages":[],"accent":"#1D4ED8","logo":null}}"##
        ),
    );
}

#[test]
fn tag_created() {
    golden(
        Event::TagCreated(tag(4, "Product", "#3B82F6")),
        r##","data":{"id":"0199c3a0-0000-7000-8000-000000000004","name":"Product","color":"#3B82F6"}"##,
    );
}

#[test]
fn fields_of_later_versions_and_of_another_order_are_read() {
    let text = r#"{"timestamp":7,"extra":1,"data":{"upvotes":15,"new":true,"questionId":"0199c3a0-0000-7000-8000-000000000002"},
        "tenantId":"0199c3a0-0000-7000-8000-000000000001","type":"question:upvoted"}"#;
    let read: Envelope = serde_json::from_str(text).unwrap();
    assert_eq!(read.event, Event::Upvoted(QuestionUpvoted { question_id: question(), upvotes: 15 }));
    assert_eq!(read.timestamp, Timestamp(7));
}

#[test]
fn what_is_no_event_is_refused() {
    for text in [
        "",
        "null",
        "{}",
        r#"{"type":"question:upvoted","tenantId":"0199c3a0-0000-7000-8000-000000000001","timestamp":7}"#,
        r#"{"type":"question:exploded","tenantId":"0199c3a0-0000-7000-8000-000000000001","data":{},"timestamp":7}"#,
        r#"{"type":"connected","tenantId":"not-an-id","timestamp":7}"#,
        r#"{"type":"connected","tenantId":"0199c3a0-0000-7000-8000-000000000001"}"#,
        r#"{"type":"heartbeat","tenantId":"0199c3a0-0000-7000-8000-000000000001","data":{"timestamp":"now"},"timestamp":7}"#,
    ] {
        assert!(serde_json::from_str::<Envelope>(text).is_err(), "{text}");
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
    fn no_text_panics_and_what_is_taken_has_no_sign(text in "[0-9a-fA-F+-]{0,40}|.*") {
        if let Ok(cursor) = text.parse::<Cursor>() {
            prop_assert!(cursor.seq >= 0);
            prop_assert_eq!(cursor.to_string().parse::<Cursor>(), Ok(cursor));
        }
    }
}
