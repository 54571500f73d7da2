use super::*;
use crate::live::test_board::{board, question, question_id};
use pulsestage::id::{OperationId, UserId};
use pulsestage::question::{Stamp, Status};
use pulsestage::time::Timestamp;
use uuid::Uuid;

#[test]
fn the_readers_own_click_shows_at_once() {
    let board = board([question(1, 5), question(2, 5)]);
    let mut mine = Mine::default();
    mine.votes.click(question_id(1), true, 5, OperationId(Uuid::from_u128(1)));
    let rows = [1, 2].map(|n| row(&board, &mine, &board.questions[&question_id(n)]));
    assert_eq!((rows[0].upvotes, rows[0].voted), (6, true));
    assert_eq!((rows[1].upvotes, rows[1].voted), (5, false));
}

#[test]
fn an_answered_or_frozen_question_takes_no_votes() {
    let mut answered = question(1, 0);
    answered.status = Status::Answered;
    let mut frozen = question(2, 0);
    frozen.frozen = Some(Stamp { by: UserId(Uuid::from_u128(1)), at: Timestamp(1) });
    let board = board([answered, frozen, question(3, 0)]);
    let takes: Vec<bool> =
        board.questions.values().map(|question| row(&board, &Mine::default(), question).takes_votes).collect();
    assert_eq!(takes, [false, false, true]);
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
