use super::*;
use crate::live::project::{Mine, project, row};
use crate::live::test_board::{any_board, board, question, question_id};
use proptest::prelude::*;
use pulsestage::window::{Filters, Tab};
use std::collections::BTreeSet;

fn rows(ns: &[u32]) -> Vec<Row> {
    let board = board([]);
    ns.iter().map(|n| row(&board, &Mine::default(), &question(*n, 0))).collect()
}

fn drawn(held: &[u32], wanted: &[u32]) -> (Vec<QuestionId>, HeldOrder) {
    let held: Vec<_> = held.iter().copied().map(question_id).collect();
    let still_there = rows(&[1, 2, 3, 4]);
    let (rows, waiting) = settle(&held, rows(wanted), |id| still_there.iter().find(|row| row.id == id).cloned());
    (rows.iter().map(|row| row.id).collect(), waiting)
}

#[test]
fn nothing_moves_under_the_finger() {
    assert_eq!(drawn(&[1, 2, 3], &[3, 1, 2]), ([1, 2, 3].map(question_id).to_vec(), HeldOrder { new: 0, moved: true }));
}

#[test]
fn a_new_row_at_the_end_is_shown_at_once_and_others_wait() {
    assert_eq!(drawn(&[1, 2], &[1, 2, 5]), ([1, 2, 5].map(question_id).to_vec(), HeldOrder::default()));
    assert_eq!(
        drawn(&[1, 2], &[5, 1, 6, 2, 7]),
        ([1, 2, 7].map(question_id).to_vec(), HeldOrder { new: 2, moved: false })
    );
    assert_eq!(drawn(&[], &[5, 6]), ([5, 6].map(question_id).to_vec(), HeldOrder::default()));
}

#[test]
fn a_row_that_would_leave_stays_until_the_list_may_move() {
    assert_eq!(drawn(&[1, 2, 3], &[1, 3]), ([1, 2, 3].map(question_id).to_vec(), HeldOrder { new: 0, moved: true }));
}

#[test]
fn a_question_that_is_no_more_leaves_at_once() {
    assert_eq!(drawn(&[1, 9, 3], &[1, 3]), ([1, 3].map(question_id).to_vec(), HeldOrder::default()));
}

proptest! {
    #[test]
    fn what_is_held_keeps_its_place_and_nothing_is_lost(board in any_board(), held in proptest::collection::vec(0u32..14, 0..14)) {
        let mut seen = BTreeSet::new();
        let held: Vec<_> = held.into_iter().filter(|n| seen.insert(*n)).map(question_id).collect();
        let mine = Mine::default();
        let wanted = project(&board, &mine, &Filters::default().with_tab(Tab::Open)).rows;
        let count = wanted.len();
        let known = |id: &QuestionId| board.questions.contains_key(id);
        let look_up = |id| board.questions.get(&id).map(|question| row(&board, &mine, question));
        let (rows, waiting) = settle(&held, wanted.clone(), look_up);

        let kept: Vec<_> = held.iter().copied().filter(known).collect();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        prop_assert_eq!(&ids[..kept.len()], &kept[..], "held rows first, in their order");
        let distinct: BTreeSet<_> = ids.iter().collect();
        prop_assert_eq!(distinct.len(), ids.len());
        let shown_or_waiting = wanted.iter().filter(|row| ids.contains(&row.id)).count() + waiting.new as usize;
        prop_assert_eq!(shown_or_waiting, count);
        if waiting.is_empty() {
            prop_assert_eq!(rows, wanted, "nothing waits only when the list is as it should be");
        }
    }
}
