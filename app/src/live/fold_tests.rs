use super::*;
use crate::live::test_board::{TENANT, board, created, cursor, envelope, question, question_id, upvoted};
use proptest::prelude::*;
use pulsestage::board::Board;
use pulsestage::command::VoteReceipt;
use pulsestage::event::{Epoch, QuestionAnswered};
use pulsestage::id::{OperationId, TenantId};
use pulsestage::question::Status;
use pulsestage::tenant::{Tenant, TenantSettings};
use pulsestage::time::Timestamp;
use pulsestage::user::Role;
use pulsestage::window::Filters;
use uuid::Uuid;

fn core() -> Core {
    Core::new(board([question(1, 5), question(2, 3)]), Vec::new(), Vec::new())
}

fn op(n: u128) -> OperationId {
    OperationId(Uuid::from_u128(n))
}

fn view(board: Board) -> BoardView {
    let (slug, name) = ("default".to_owned(), "Default".to_owned());
    let tenant = Tenant { id: TENANT, slug, name, settings: TenantSettings::default() };
    BoardView {
        tenant,
        role: Role::Guest,
        moderates: Vec::new(),
        board,
        voted: vec![question_id(2)],
        own: vec![question_id(3)],
        form_key: op(9),
        part: None,
    }
}

fn counts_shown(core: &mut Core) -> Vec<i64> {
    core.draw(&Filters::default()).rows.iter().map(|row| row.upvotes).collect()
}

#[test]
fn a_question_that_arrives_live_can_be_voted_for_at_once_and_is_fresh_once() {
    let mut core = core();
    core.draw(&Filters::default());
    assert_eq!(core.fold(Some(cursor(11)), &created(&question(3, 0))), Applied::Changed);
    let drawing = core.draw(&Filters::default());
    let row = drawing.rows.iter().find(|row| row.id == question_id(3)).unwrap();
    assert!(row.takes_votes && row.fresh);
    assert_eq!(drawing.came, [question_id(3)]);
    assert_eq!(core.draw(&Filters::default()).came, []);
    core.settle_fresh(&drawing.came);
    assert!(core.draw(&Filters::default()).rows.iter().all(|row| !row.fresh));
}

#[test]
fn an_answered_question_leaves_the_open_tab_unless_the_list_is_held() {
    let answered = envelope(Event::Answered(QuestionAnswered {
        id: question_id(1),
        response_text: "Yes.".to_owned(),
        responded_at: Timestamp(1),
        status: Status::Answered,
    }));
    let mut core = core();
    core.draw(&Filters::default());
    core.held = true;
    assert_eq!(core.fold(Some(cursor(11)), &answered), Applied::Changed);
    let held = core.draw(&Filters::default());
    assert_eq!(held.rows[0].answer.as_ref().map(|answer| answer.response_text.as_str()), Some("Yes."));
    assert_eq!((held.rows.len(), held.counts.open, held.counts.answered), (2, 1, 1));
    assert!(held.waiting.moved);
    core.held = false;
    let free = core.draw(&Filters::default());
    assert_eq!(free.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [question_id(2)]);
    assert!(free.waiting.is_empty());
}

#[test]
fn a_receipt_before_the_tally_brings_the_count_and_after_it_does_not() {
    let mut early = core();
    early.click(question_id(1), true, op(1));
    assert_eq!(early.receipt(VoteReceipt { question_id: question_id(1), up: true, upvotes: 8 }, op(2)), None);
    assert_eq!(counts_shown(&mut early), [8, 3]);

    let mut late = core();
    late.click(question_id(1), true, op(1));
    let _ = late.fold(None, &upvoted(1, 9));
    late.receipt(VoteReceipt { question_id: question_id(1), up: true, upvotes: 8 }, op(2));
    assert_eq!(counts_shown(&mut late), [9, 3]);
}

#[test]
fn another_tenants_message_changes_nothing_and_asks_for_the_board() {
    let mut core = core();
    let mut foreign = created(&question(3, 0));
    foreign.tenant_id = TenantId(Uuid::from_u128(2));
    let before = core.board.clone();
    assert_eq!(core.fold(Some(cursor(11)), &foreign), Applied::Resync);
    assert_eq!(core.board, before);
}

#[test]
fn a_fact_of_another_life_of_the_log_asks_for_the_board() {
    let mut core = core();
    let other = Cursor { epoch: Epoch(8), seq: 1 };
    assert_eq!(core.fold(Some(other), &created(&question(3, 0))), Applied::Resync);
    assert_eq!(core.fold(None, &envelope(Event::Resync)), Applied::Resync);
}

#[test]
fn a_reloaded_board_is_taken_unless_it_is_older() {
    let mut core = core();
    let mut older = board([]);
    older.cursor = cursor(9);
    core.replace(view(older));
    assert_eq!(core.board.questions.len(), 2);

    let mut other_life = board([question(2, 7)]);
    other_life.cursor = Cursor { epoch: Epoch(8), seq: 1 };
    core.replace(view(other_life.clone()));
    assert_eq!(core.board, other_life);
    assert!(core.draw(&Filters::default()).rows[0].voted);
}

proptest! {
    /// However a burst is cut into drawings, the last drawing is the same.
    #[test]
    fn a_burst_costs_one_drawing(counts in proptest::collection::vec((1u32..4, 0i64..50), 1..30), cut in 0usize..30) {
        let filters = Filters::default();
        let (mut one, mut many) = (core(), core());
        for (n, (id, upvotes)) in counts.iter().enumerate() {
            let _ = one.fold(None, &upvoted(*id, *upvotes));
            let _ = many.fold(None, &upvoted(*id, *upvotes));
            if n == cut {
                many.draw(&filters);
            }
        }
        prop_assert_eq!(one.draw(&filters), many.draw(&filters));
    }
}
