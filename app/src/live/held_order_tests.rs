use super::*;
use crate::live::test_board::question_id;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn ids(ns: &[u32]) -> Vec<QuestionId> {
    ns.iter().copied().map(question_id).collect()
}

/// The questions 1 to 4 exist, and what is not held came since.
fn drawn(held: &[u32], wanted: &[u32]) -> (Vec<QuestionId>, HeldOrder) {
    let (held, order) = (ids(held), ids(wanted));
    let entered = order.iter().filter(|id| !held.contains(id)).map(|id| (*id, ())).collect();
    settle(&held, &order, 0..order.len(), &entered, |id| order.contains(&id) || ids(&[1, 2, 3, 4]).contains(&id))
}

#[test]
fn nothing_moves_under_the_finger() {
    assert_eq!(drawn(&[1, 2, 3], &[3, 1, 2]), (ids(&[1, 2, 3]), HeldOrder { new: 0, moved: true }));
}

#[test]
fn a_new_row_at_the_end_is_shown_at_once_and_others_wait() {
    assert_eq!(drawn(&[1, 2], &[1, 2, 5]), (ids(&[1, 2, 5]), HeldOrder::default()));
    assert_eq!(drawn(&[1, 2], &[5, 1, 6, 2, 7]), (ids(&[1, 2, 7]), HeldOrder { new: 2, moved: false }));
    assert_eq!(drawn(&[], &[5, 6]), (ids(&[5, 6]), HeldOrder::default()));
}

#[test]
fn a_row_that_would_leave_stays_until_the_list_may_move() {
    assert_eq!(drawn(&[1, 2, 3], &[1, 3]), (ids(&[1, 2, 3]), HeldOrder { new: 0, moved: true }));
    assert_eq!(drawn(&[1, 2, 3], &[1, 2]), (ids(&[1, 2, 3]), HeldOrder { new: 0, moved: true }));
}

#[test]
fn a_question_that_is_no_more_leaves_at_once() {
    assert_eq!(drawn(&[1, 9, 3], &[1, 3]), (ids(&[1, 3]), HeldOrder::default()));
}

#[test]
fn a_row_that_climbs_into_a_full_window_is_no_new_question() {
    let order = ids(&[9, 1, 2, 3]);
    let none = VecMap::default();
    let all = |_| true;
    assert_eq!(
        settle(&ids(&[1, 2, 3]), &order, 0..3, &none, all),
        (ids(&[1, 2, 3]), HeldOrder { new: 0, moved: true })
    );
    let entered: VecMap<()> = [(question_id(9), ())].into_iter().collect();
    let waiting = HeldOrder { new: 1, moved: false };
    assert_eq!(settle(&ids(&[1, 2, 3]), &order, 0..3, &entered, all), (ids(&[1, 2, 3]), waiting));
    // Far behind the rows that are drawn a new question changes nothing of them.
    let order = ids(&[1, 2, 3, 9]);
    assert_eq!(settle(&ids(&[1, 2, 3]), &order, 0..3, &entered, all), (ids(&[1, 2, 3]), HeldOrder::default()));
}

proptest! {
    #[test]
    fn what_is_held_keeps_its_place_and_nothing_is_lost(
        order in Just((0_u32..14).collect::<Vec<_>>()).prop_shuffle(),
        known in 0_usize..14,
        held in proptest::collection::vec(0_u32..16, 0..8),
        entered in proptest::collection::vec(0_u32..14, 0..5),
        room in 0_usize..14,
    ) {
        let mut seen = BTreeSet::new();
        let held: Vec<_> = held.into_iter().filter(|n| seen.insert(*n)).map(question_id).collect();
        let order = ids(&order[..known]);
        let entered: VecMap<()> = ids(&entered).into_iter().filter(|id| !held.contains(id)).map(|id| (id, ())).collect();
        let exists = |id: QuestionId| id != question_id(15);
        let (rows, waiting) = settle(&held, &order, 0..order.len().min(room), &entered, exists);

        let kept: Vec<_> = held.iter().copied().filter(|id| exists(*id)).collect();
        prop_assert_eq!(&rows[..kept.len()], &kept[..], "held rows first, in their order");
        let distinct: BTreeSet<_> = rows.iter().collect();
        prop_assert_eq!(distinct.len(), rows.len());
        prop_assert!(rows.len() <= kept.len().max(room), "no more rows than the window has");
        if waiting.is_empty() && rows.len() <= room {
            prop_assert_eq!(&rows[..], &order[..rows.len()], "nothing waits only when the list is as it should be");
        }
    }
}
