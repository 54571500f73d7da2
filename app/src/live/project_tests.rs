use super::*;
use crate::live::test_board::{any_board, board, question, question_id, tag_id};
use proptest::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::id::{OperationId, UserId};
use pulsestage::question::{Stamp, Status};
use pulsestage::time::Timestamp;
use pulsestage::window::{Sort, Tab};
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

proptest! {
    /// The server sends what the browser would draw.
    #[test]
    fn the_rows_are_those_of_the_shared_order(board in any_board(), filters in any_filters()) {
        let projection = project(&board, &Mine::default(), &filters);
        let order = ordered(&board, &filters, &|question| question.upvotes);
        prop_assert_eq!(ids(&projection), order.ids);
        prop_assert_eq!(projection.counts, order.counts);
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
