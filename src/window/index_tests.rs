use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::super::ordered;
use super::super::tests::{any_board, board, question, question_id};
use super::*;
use crate::board::Applied;
use crate::board::tests::{empty, fact, stream, tally};
use crate::id::TagId;
use crate::window::{Sort, Tab};

fn upvotes(question: &Question) -> i64 {
    question.upvotes
}

/// The filters of the events that `stream` sends: its teams and tags are others than those of `any_board`.
fn filters() -> impl Strategy<Value = Filters> {
    let team = proptest::option::of(prop_oneof![Just("team-0"), Just("team-1"), Just("no-such-team")]);
    let tags = vec((0..5_u8).prop_map(|n| TagId(Uuid::from_u128((2 << 64) | u128::from(n)))), 0..3);
    (0..3_usize, 0..Sort::ALL.len(), team, tags).prop_map(|(tab, sort, team, tags)| Filters {
        tab: Tab::ALL[tab],
        sort: Sort::ALL[sort],
        team: team.map(str::to_owned),
        tags,
        find: String::new(),
    })
}

/// Applies an event and lets the index follow, as a page does.
fn follow(index: &mut OrderIndex, board: &mut Board, at: Option<crate::event::Cursor>, event: &Event) {
    let applied = board.apply(at, event);
    assert_ne!(applied, Applied::Resync);
    match Touched::by(event) {
        Touched::Nothing => {}
        Touched::Question(question) => {
            index.update(board, question, &upvotes);
        }
        Touched::Everything => *index = OrderIndex::new(board, &index.filters().clone(), &upvotes),
    }
}

proptest! {
    /// After each event of any stream it is what the whole board says.
    #[test]
    fn it_is_the_order_of_the_board(events in vec(prop_oneof![3 => fact(), 2 => tally()], 0..60), filters in filters()) {
        let mut board = empty();
        let mut index = OrderIndex::new(&board, &filters, &upvotes);
        for (at, event) in stream(events) {
            follow(&mut index, &mut board, at, &event);
            let whole = ordered(&board, &filters, &upvotes);
            prop_assert_eq!(index.ids().collect::<Vec<_>>(), whole.ids);
            prop_assert_eq!(index.counts(), whole.counts);
            prop_assert_eq!(&index, &OrderIndex::new(&board, &filters, &upvotes));
        }
    }

    /// Each question is where the index says, and no event of another question moves it out of its key's place.
    #[test]
    fn every_question_is_found_at_its_place(board in any_board(), tab in 0..3_usize, sort in 0..Sort::ALL.len()) {
        let filters = Filters::default().with_tab(Tab::ALL[tab]).with_sort(Sort::ALL[sort]);
        let index = OrderIndex::new(&board, &filters, &upvotes);
        for (place, id) in index.ids().enumerate() {
            prop_assert_eq!(index.position(id), Some(place));
            let key = index.key(id);
            prop_assert_eq!(index.between(None, key), 0..place + 1);
            prop_assert_eq!(index.between(key, None), place..index.ids().len());
            prop_assert_eq!(index.between(key, key), place..place + 1);
        }
        let others = board.questions.keys().filter(|id| !index.ids().any(|listed| listed == **id));
        for id in others {
            prop_assert_eq!(index.position(*id), None);
        }
    }
}

#[test]
fn a_change_says_what_became_of_the_question() {
    let mut board = board((1..4).map(|n| question(n, i64::from(n))));
    let mut index = OrderIndex::new(&board, &Filters::default(), &upvotes);
    let mut after = |change: &dyn Fn(&mut Board)| {
        change(&mut board);
        index.update(&board, question_id(1), &upvotes)
    };
    assert_eq!(after(&|_| ()), Shift::Same);
    assert_eq!(after(&|board| board.questions.get_mut(&question_id(1)).unwrap().upvotes = 9), Shift::Moved);
    assert_eq!(after(&|board| board.questions.get_mut(&question_id(1)).unwrap().body.clear()), Shift::Same);
    let answer = |status| move |board: &mut Board| board.questions.get_mut(&question_id(1)).unwrap().status = status;
    assert_eq!(after(&answer(Status::Answered)), Shift::Left);
    assert_eq!(after(&answer(Status::Open)), Shift::Entered);
    assert_eq!(after(&|board| drop(board.questions.remove(&question_id(1)))), Shift::Left);
    assert_eq!(after(&|_| ()), Shift::Same);
}

#[test]
fn counts_that_were_told_move_with_those_that_are_known() {
    let counts = |open, answered| BoardCounts { open, answered, all: open + answered };
    assert_eq!(counts(700, 20).moved_with(counts(40, 3), counts(41, 5)), counts(701, 22));
    assert_eq!(counts(700, 20).moved_with(counts(40, 3), counts(38, 3)), counts(698, 20));
    assert_eq!(counts(1, 0).moved_with(counts(3, 0), counts(0, 0)), counts(0, 0));
}
