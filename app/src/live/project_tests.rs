use super::*;
use crate::live::test_board::{any_board, board, question, question_id, tag, tag_id};
use proptest::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::id::{OperationId, UserId};
use pulsestage::question::Stamp;
use pulsestage::time::Timestamp;
use std::collections::BTreeSet;
use uuid::Uuid;

fn ids(projection: &Projection) -> Vec<QuestionId> {
    projection.rows.iter().map(|row| row.id).collect()
}

fn by(sort: Sort) -> Filters {
    Filters { sort, ..Filters::default() }
}

fn any_filters() -> impl Strategy<Value = Filters> {
    let team = proptest::option::of(prop_oneof![Just("people"), Just("product"), Just("no-such-team")]);
    let tags = proptest::collection::vec((0..5usize).prop_map(tag_id), 0..3);
    (0..3usize, 0..3usize, team, tags).prop_map(|(tab, sort, team, tags)| Filters {
        tab: Tab::ALL[tab],
        sort: Sort::ALL[sort],
        team: team.map(str::to_owned),
        tags,
    })
}

#[test]
fn pinned_questions_come_first_then_the_chosen_order() {
    let mut pinned = question(3, 0);
    pinned.pinned = Some(Stamp { by: UserId(Uuid::from_u128(1)), at: Timestamp(1) });
    let board = board([question(1, 5), question(2, 9), pinned, question(4, 5)]);
    let order = |sort| ids(&project(&board, &Mine::default(), &by(sort)));
    assert_eq!(order(Sort::Votes), [3, 2, 4, 1].map(question_id));
    assert_eq!(order(Sort::Newest), [3, 4, 2, 1].map(question_id));
    assert_eq!(order(Sort::Oldest), [3, 1, 2, 4].map(question_id));
}

#[test]
fn the_readers_own_click_shows_and_counts_at_once() {
    let board = board([question(1, 5), question(2, 5)]);
    let mut mine = Mine::default();
    mine.votes.click(question_id(1), true, 5, OperationId(Uuid::from_u128(1)));
    let projection = project(&board, &mine, &Filters::default());
    assert_eq!(ids(&projection), [1, 2].map(question_id), "its count puts it first");
    assert_eq!((projection.rows[0].upvotes, projection.rows[0].voted), (6, true));
    assert_eq!((projection.rows[1].upvotes, projection.rows[1].voted), (5, false));
}

#[test]
fn an_answered_or_frozen_question_takes_no_votes() {
    let mut answered = question(1, 0);
    answered.status = Status::Answered;
    let mut frozen = question(2, 0);
    frozen.frozen = Some(Stamp { by: UserId(Uuid::from_u128(1)), at: Timestamp(1) });
    let board = board([answered, frozen, question(3, 0)]);
    let all = Filters::default().with_tab(Tab::All).with_sort(Sort::Oldest);
    let takes: Vec<bool> = project(&board, &Mine::default(), &all).rows.iter().map(|row| row.takes_votes).collect();
    assert_eq!(takes, [false, false, true]);
}

#[test]
fn any_chosen_tag_is_enough_and_unknown_ones_count_for_nothing() {
    let mut tagged = question(1, 0);
    tagged.tags = vec![tag(1)];
    let board = board([tagged, question(2, 0)]);
    let seen = |tags: &[usize]| {
        let filters = Filters { tags: tags.iter().copied().map(tag_id).collect(), ..by(Sort::Oldest) };
        ids(&project(&board, &Mine::default(), &filters))
    };
    assert_eq!(seen(&[0, 1]), [question_id(1)]);
    assert_eq!(seen(&[0]), []);
    assert_eq!(seen(&[77]), [1, 2].map(question_id));
    assert_eq!(seen(&[]), [1, 2].map(question_id));
}

proptest! {
    #[test]
    fn the_counts_are_what_the_tabs_show(board in any_board(), filters in any_filters()) {
        for tab in Tab::ALL {
            let projection = project(&board, &Mine::default(), &filters.with_tab(tab));
            prop_assert_eq!(projection.counts.of(tab) as usize, projection.rows.len());
            prop_assert_eq!(projection.counts.open + projection.counts.answered, projection.counts.all);
        }
    }

    #[test]
    fn nothing_under_review_is_drawn_and_nothing_twice(board in any_board(), filters in any_filters()) {
        let rows = project(&board, &Mine::default(), &filters).rows;
        let distinct: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
        prop_assert_eq!(distinct.len(), rows.len());
        prop_assert!(rows.iter().all(|row| row.status != Status::UnderReview));
    }

    #[test]
    fn without_filters_everything_public_is_there(board in any_board()) {
        let public = board.questions.values().filter(|question| question.status != Status::UnderReview).count();
        prop_assert_eq!(project(&board, &Mine::default(), &Filters::default().with_tab(Tab::All)).rows.len(), public);
    }

    #[test]
    fn the_order_holds_between_every_two_neighbours(board in any_board(), filters in any_filters()) {
        let rows = project(&board, &Mine::default(), &filters).rows;
        for pair in rows.windows(2) {
            let (first, second) = (&pair[0], &pair[1]);
            prop_assert!(first.pinned >= second.pinned);
            if first.pinned == second.pinned {
                let in_order = match filters.sort {
                    Sort::Votes => (first.upvotes, first.created_at, first.id) > (second.upvotes, second.created_at, second.id),
                    Sort::Newest => (first.created_at, first.id) > (second.created_at, second.id),
                    Sort::Oldest => (first.created_at, first.id) < (second.created_at, second.id),
                };
                prop_assert!(in_order, "{:?}", filters.sort);
            }
        }
    }
}

#[test]
fn a_question_of_a_closed_team_takes_no_votes() {
    let mut board = board([question(1, 0)]);
    let takes = |board: &Board| row(board, &Mine::default(), &board.questions[&question_id(1)]).takes_votes;
    assert!(takes(&board));
    board.teams[0].state = TeamState::Voting;
    assert!(takes(&board));
    board.teams[0].state = TeamState::Closed;
    assert!(!takes(&board));
}
