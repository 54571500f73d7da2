//! What a browser may count on: doubles are harmless, replays converge, and nothing from the wire can break the board.

use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::event::{
    Epoch, Gone, Heartbeat, QuestionAnswered, QuestionFrozen, QuestionPinned, QuestionTags, QuestionUpvoted, Stale,
};
use crate::id::{TagId, TeamId, UserId};
use crate::question::Status;
use crate::team::TeamState;
use crate::time::Timestamp;

const EPOCH: Epoch = Epoch(0xf00d);
const OTHER: Epoch = Epoch(0xbeef);

fn uuid(kind: u128, number: u8) -> Uuid {
    Uuid::from_u128((kind << 64) | u128::from(number))
}

fn question_id() -> impl Strategy<Value = QuestionId> {
    (0..6_u8).prop_map(|n| QuestionId(uuid(1, n)))
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0..4_i64).prop_map(Timestamp)
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["alpha", "Beta", "beta", "Äther", "ärger", "Zeta", "1st", "ALPHA"])
        .prop_map(str::to_owned)
}

fn tag() -> impl Strategy<Value = Tag> {
    (0..5_u8, name()).prop_map(|(n, name)| Tag { id: TagId(uuid(2, n)), name, color: "#3B82F6".to_owned() })
}

fn team() -> impl Strategy<Value = Team> {
    (0..5_u8, name()).prop_map(|(n, name)| Team {
        id: TeamId(uuid(3, n)),
        slug: format!("team-{n}"),
        name,
        state: TeamState::Open,
    })
}

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(Status::ALL.to_vec())
}

fn created() -> impl Strategy<Value = Event> {
    (question_id(), ".{0,4}", status(), moment(), vec(tag(), 0..3), any::<(bool, bool)>()).prop_map(
        |(id, body, status, created_at, tags, (is_pinned, is_frozen))| {
            let team_id = TeamId(uuid(3, 0));
            Event::Created(QuestionCreated {
                id,
                body,
                upvotes: 0,
                status,
                team_id,
                created_at,
                tags,
                is_pinned,
                is_frozen,
                author_name: None,
            })
        },
    )
}

/// Any fact, also of questions nobody has heard of, and with marks that contradict themselves.
pub(crate) fn fact() -> impl Strategy<Value = Event> {
    let mark = || (any::<bool>(), prop::option::of(Just(UserId(uuid(4, 0)))), prop::option::of(moment()));
    prop_oneof![
        3 => created(),
        2 => (question_id(), ".{0,4}", moment(), status()).prop_map(|(id, response_text, responded_at, status)| {
            Event::Answered(QuestionAnswered { id, response_text, responded_at, status })
        }),
        1 => (question_id(), vec(tag(), 0..4)).prop_map(|(question_id, tags)| {
            Event::Tagged(QuestionTags { question_id, tags })
        }),
        1 => (question_id(), vec(tag(), 0..4)).prop_map(|(question_id, tags)| {
            Event::Untagged(QuestionTags { question_id, tags })
        }),
        1 => (question_id(), mark()).prop_map(|(question_id, (is_pinned, pinned_by, pinned_at))| {
            Event::Pinned(QuestionPinned { question_id, is_pinned, pinned_by, pinned_at })
        }),
        1 => (question_id(), mark()).prop_map(|(question_id, (is_frozen, frozen_by, frozen_at))| {
            Event::Frozen(QuestionFrozen { question_id, is_frozen, frozen_by, frozen_at })
        }),
        1 => team().prop_map(Event::TeamCreated),
        1 => tag().prop_map(Event::TagCreated),
        1 => team().prop_map(Event::TeamUpdated),
        1 => team().prop_map(|team| Event::TeamArchived(Gone { id: team.id.0 })),
        1 => tag().prop_map(Event::TagUpdated),
        1 => tag().prop_map(|tag| Event::TagDeleted(Gone { id: tag.id.0 })),
    ]
}

pub(crate) fn tally() -> impl Strategy<Value = Event> {
    let votes = (question_id(), 0..9_i64)
        .prop_map(|(question_id, upvotes)| Event::Upvoted(QuestionUpvoted { question_id, upvotes }));
    let totals = (team(), 0..9_u32, 0..9_u32).prop_map(|(team, received, shown)| {
        Event::TeamCounted(TeamTotals { id: team.id, received, shown, declined: 1 })
    });
    prop_oneof![3 => votes, 1 => totals]
}

/// Anything at all that has the form of an event.
pub(crate) fn garbage() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => fact(),
        2 => (question_id(), any::<i64>()).prop_map(|(question_id, upvotes)| {
            Event::Upvoted(QuestionUpvoted { question_id, upvotes })
        }),
        1 => Just(Event::Connected),
        1 => Just(Event::Resync),
        1 => Just(Event::Cursor),
        1 => Just(Event::Closing),
        1 => any::<i64>().prop_map(|ms| Event::Heartbeat(Heartbeat { timestamp: Timestamp(ms) })),
        1 => any::<i64>().prop_map(|ms| Event::Stale(Stale { since: Timestamp(ms) })),
    ]
}

fn any_cursor() -> impl Strategy<Value = Option<Cursor>> {
    let epoch = prop::sample::select(vec![EPOCH, EPOCH, EPOCH, OTHER]);
    let seq = prop_oneof![0..40_i64, any::<i64>()];
    prop::option::weighted(0.9, (epoch, seq).prop_map(|(epoch, seq)| Cursor { epoch, seq }))
}

pub(crate) fn empty() -> Board {
    Board::empty(TenantId(uuid(5, 0)), Cursor { epoch: EPOCH, seq: 0 })
}

/// A stream as a server sends it: facts under their numbers, tallies between them, never ahead of their question.
pub(crate) fn stream(events: Vec<Event>) -> Vec<(Option<Cursor>, Event)> {
    let mut known = std::collections::BTreeSet::new();
    let mut seq = 0;
    let mut sent = Vec::new();
    for event in events {
        if event.is_fact() {
            // A question is asked once: one that is gone with its team does not come again under its id.
            if let Event::Created(data) = &event
                && !known.insert(data.id)
            {
                continue;
            }
            seq += 1;
            sent.push((Some(Cursor { epoch: EPOCH, seq }), event));
        } else if event.question().is_some_and(|id| known.contains(&id)) {
            sent.push((None, event));
        }
    }
    sent
}

fn fold(board: &mut Board, stream: &[(Option<Cursor>, Event)]) {
    for (at, event) in stream {
        assert_ne!(board.apply(*at, event), Applied::Resync);
    }
}

#[test]
fn a_fact_moves_the_cursor_also_when_it_changes_nothing_to_be_seen() {
    let mut board = empty();
    let hidden = Event::Tagged(QuestionTags { question_id: QuestionId(uuid(1, 9)), tags: vec![] });
    let at = Cursor { epoch: EPOCH, seq: 7 };
    assert_eq!(board.apply(Some(at), &hidden), Applied::Changed);
    assert_eq!(board, Board { cursor: at, ..empty() });
}

#[test]
fn a_cursor_moves_the_board_on_and_never_back() {
    let mut board = empty();
    let at = |seq| Some(Cursor { epoch: EPOCH, seq });
    for (seq, then) in [(4, 4), (9, 9), (9, 9), (2, 9)] {
        assert_eq!(board.apply(at(seq), &Event::Cursor), Applied::Nothing);
        assert_eq!(board, Board { cursor: Cursor { epoch: EPOCH, seq: then }, ..empty() });
    }
    for event in [Event::Cursor, Event::Closing, Event::Connected] {
        assert_eq!(board.apply(None, &event), Applied::Nothing);
    }
    assert_eq!(board.apply(at(20), &Event::Closing), Applied::Nothing);
    assert_eq!(board.apply(Some(Cursor { epoch: OTHER, seq: 20 }), &Event::Cursor), Applied::Resync);
    assert_eq!(board.cursor.seq, 9);
}

proptest! {
    #[test]
    fn an_event_that_comes_twice_counts_once(events in vec(garbage(), 0..30), last in garbage(), at in any_cursor()) {
        let mut board = empty();
        fold(&mut board, &stream(events));
        let first = board.apply(at, &last);
        let once = board.clone();
        let second = board.apply(at, &last);
        prop_assert_eq!(second == Applied::Resync, first == Applied::Resync);
        prop_assert_ne!(second, Applied::Changed);
        prop_assert_eq!(board, once);
    }

    #[test]
    fn any_replayed_suffix_leads_to_the_same_board(
        events in vec(prop_oneof![3 => fact(), 2 => tally()], 0..60),
        from in any::<prop::sample::Index>(),
        opened in any::<prop::sample::Index>(),
    ) {
        let sent = stream(events);
        let mut board = empty();
        fold(&mut board, &sent);
        let all = board.clone();
        // The stream broke somewhere, and everything since some earlier point came again.
        let from = from.index(sent.len() + 1);
        fold(&mut board, &sent[from..]);
        prop_assert_eq!(&board, &all);
        // Another reader opened the page later and was sent more than it needed.
        let opened = opened.index(sent.len() + 1).max(from);
        let mut other = empty();
        fold(&mut other, &sent[..opened]);
        fold(&mut other, &sent[from..]);
        prop_assert_eq!(&other, &all);
    }

    #[test]
    fn of_tallies_the_latest_wins(counts in vec(0..1_000_i64, 1..20), doubled in any::<prop::sample::Index>()) {
        let mut board = empty();
        let id = QuestionId(uuid(1, 0));
        let asked = QuestionCreated {
            id,
            body: "Why?".to_owned(),
            upvotes: 0,
            status: Status::Open,
            team_id: TeamId(uuid(3, 0)),
            created_at: Timestamp(0),
            tags: vec![],
            is_pinned: false,
            is_frozen: false,
            author_name: None,
        };
        fold(&mut board, &stream(vec![Event::Created(asked)]));
        let cursor = board.cursor;
        let mut sent = counts.clone();
        // Sending one twice in a row is allowed.
        let doubled = doubled.index(sent.len());
        sent.insert(doubled, sent[doubled]);
        for upvotes in sent {
            let before = board.questions[&id].upvotes;
            let applied = board.apply(None, &Event::Upvoted(QuestionUpvoted { question_id: id, upvotes }));
            prop_assert_eq!(applied, if before == upvotes { Applied::Nothing } else { Applied::Changed });
            prop_assert_eq!(board.questions[&id].upvotes, upvotes);
        }
        prop_assert_eq!(Some(&board.questions[&id].upvotes), counts.last());
        prop_assert_eq!(board.cursor, cursor);
    }

    #[test]
    fn a_fact_that_does_not_belong_here_asks_for_a_new_board_and_changes_nothing(
        events in vec(fact(), 0..20),
        stray in fact(),
        seq in any::<i64>(),
    ) {
        let mut board = empty();
        fold(&mut board, &stream(events));
        let before = board.clone();
        prop_assert_eq!(board.apply(Some(Cursor { epoch: OTHER, seq }), &stray), Applied::Resync);
        prop_assert_eq!(board.apply(None, &stray), Applied::Resync);
        prop_assert_eq!(board.apply(Some(before.cursor), &Event::Resync), Applied::Resync);
        prop_assert_eq!(board, before);
    }

    #[test]
    fn garbage_never_panics_and_never_turns_the_board_back(sent in vec((any_cursor(), garbage()), 0..80)) {
        let mut board = empty();
        for (at, event) in &sent {
            let before = board.clone();
            let applied = board.apply(*at, event);
            prop_assert!(board.cursor.epoch == EPOCH && board.cursor.seq >= before.cursor.seq);
            if applied != Applied::Changed {
                // A `cursor` shows nothing and still moves the reader on.
                let cursor = if *event == Event::Cursor { board.cursor } else { before.cursor };
                prop_assert_eq!(&board, &Board { cursor, ..before });
            }
        }
        // Lists stay in their order, whatever came in which order.
        let by_name: Vec<_> = board.tags.iter().map(|tag| (tag.name.to_lowercase(), tag.id)).collect();
        prop_assert!(by_name.is_sorted());
        let by_name: Vec<_> = board.teams.iter().map(|team| (team.name.to_lowercase(), team.id)).collect();
        prop_assert!(by_name.is_sorted());
        // And the whole of it goes to the browser and comes out as it was.
        let json = serde_json::to_string(&board).unwrap();
        prop_assert_eq!(serde_json::from_str::<Board>(&json).unwrap(), board);
    }
}
