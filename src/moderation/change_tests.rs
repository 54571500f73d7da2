use super::*;
use crate::board::Board;
use crate::event::{Cursor, Epoch};
use crate::id::{TeamId, TenantId};
use crate::moderation::ReviewDecision;
use crate::question::{Answer, Stamp};
use crate::text::Limits;
use proptest::prelude::*;
use uuid::Uuid;

const ID: QuestionId = QuestionId(Uuid::from_u128(1));
const OTHER: QuestionId = QuestionId(Uuid::from_u128(2));
const BY: UserId = UserId(Uuid::from_u128(3));
const AT: Timestamp = Timestamp(1_000);

fn body(text: &str) -> QuestionBody {
    QuestionBody::parse(text, Limits { min: 1, max: 500 }).unwrap()
}

fn case(status: Status) -> Case {
    let answer = (status == Status::Answered).then(|| Answer { response_text: "So".to_owned(), responded_at: AT });
    Case {
        question: Question {
            id: ID,
            team_id: TeamId(Uuid::from_u128(9)),
            body: "Why?".to_owned(),
            upvotes: 0,
            status,
            created_at: AT,
            tags: Vec::new(),
            answer,
            pinned: None,
            frozen: None,
            author_name: None,
        },
        version: 1,
        hold: (status == Status::UnderReview).then_some(Hold::PreModeration),
        removed: None,
        original: None,
        starred: false,
        label: None,
        draft: None,
        claim: None,
        reports: 0,
        report_reasons: Vec::new(),
        unanswered: 0,
        replies: 0,
    }
}

#[derive(Clone, Debug)]
enum CaseStep {
    Decide(ReviewDecision),
    Rewrite(bool),
    Withdraw,
    Merge,
    Split,
    Report,
}

fn decision() -> impl Strategy<Value = ReviewDecision> {
    prop_oneof![
        Just(ReviewDecision::Approve),
        Just(ReviewDecision::Hold),
        any::<bool>().prop_map(|why| ReviewDecision::Decline { reason: why.then(|| "Off topic".to_owned()) }),
        Just(ReviewDecision::Restore),
        Just(ReviewDecision::Delete),
        Just(ReviewDecision::Undelete),
        "[a-z]{1,9}".prop_map(|text| ReviewDecision::Edit { body: body(&text) }),
        Just(ReviewDecision::Reopen),
    ]
}

fn step() -> impl Strategy<Value = CaseStep> {
    prop_oneof![
        4 => decision().prop_map(CaseStep::Decide),
        1 => any::<bool>().prop_map(CaseStep::Rewrite),
        1 => Just(CaseStep::Withdraw),
        1 => Just(CaseStep::Merge),
        1 => Just(CaseStep::Split),
        1 => Just(CaseStep::Report),
    ]
}

fn take(case: &Case, step: CaseStep) -> Result<Case, Refusal> {
    let case = case.clone();
    match step {
        CaseStep::Decide(decision) => case.decided(decision, BY, AT),
        CaseStep::Rewrite(held) => case.rewritten(body("Why not?"), held.then_some(Hold::PreModeration)),
        CaseStep::Withdraw => case.withdrawn(AT),
        CaseStep::Merge => case.merged(OTHER, BY, AT),
        CaseStep::Split => case.split().map(|(case, _)| case),
        CaseStep::Report => Ok(Case { reports: case.reports + 1, ..case }.reported()),
    }
}

proptest! {
    /// Whatever is decided, a board that heard of each decision shows what a new visitor is shown.
    #[test]
    fn a_board_that_follows_is_the_board_that_is(
        status in prop::sample::select(&Status::ALL[..]),
        pinned: bool,
        frozen: bool,
        steps in prop::collection::vec(step(), 0..12),
    ) {
        let mut case = case(status);
        case.question.pinned = pinned.then_some(Stamp { by: BY, at: AT });
        case.question.frozen = frozen.then_some(Stamp { by: BY, at: AT });
        let mut cursor = Cursor { epoch: Epoch(1), seq: 0 };
        let mut board = Board::empty(TenantId(Uuid::nil()), cursor);
        if case.is_public() {
            board.questions.insert(ID, case.question.clone());
        }
        for step in steps {
            let Ok(after) = take(&case, step) else { continue };
            for fact in public_facts(&case, &after) {
                cursor.seq += 1;
                let _changed = board.apply(Some(cursor), &fact);
            }
            case = after;
            let shown = case.is_public().then_some(&case.question);
            prop_assert_eq!(board.questions.get(&ID), shown);
        }
    }

    /// Whatever was decided a moment ago can be taken back, where anything takes it back.
    #[test]
    fn what_undoes_a_decision_is_taken(steps in prop::collection::vec(step(), 0..8), decision in decision()) {
        let mut case = case(Status::Open);
        for step in steps {
            case = take(&case, step).unwrap_or(case);
        }
        let before = case.is_public();
        if let (Some(undo), Ok(after)) = (decision.undo(), case.decided(decision, BY, AT)) {
            let back = after.decided(undo, BY, AT);
            prop_assert!(back.is_ok_and(|back| back.is_public() || !before));
        }
    }

    /// What is off the board, frozen or answered is no longer its asker's to change.
    #[test]
    fn an_asker_changes_open_questions_only(steps in prop::collection::vec(step(), 0..8)) {
        let mut case = case(Status::Open);
        for step in steps {
            case = take(&case, step).unwrap_or(case);
        }
        let is_open = matches!(case.standing(), Standing::Waiting | Standing::Shown);
        prop_assert_eq!(case.clone().withdrawn(AT).is_ok(), is_open);
        prop_assert_eq!(case.rewritten(body("Why not?"), None).is_ok(), is_open);
    }
}

#[test]
fn every_change_is_another_version_and_edits_keep_the_first_text() {
    let case = case(Status::Open);
    let edited = case.decided(ReviewDecision::Edit { body: body("Once") }, BY, AT).unwrap();
    let edited = edited.decided(ReviewDecision::Edit { body: body("Twice") }, BY, AT).unwrap();
    assert_eq!((edited.original.as_deref(), &*edited.question.body, edited.version), (Some("Why?"), "Twice", 3));
}

#[test]
fn reports_hold_a_question_that_a_moderator_has_not_looked_at() {
    let one_short = Case { reports: crate::moderation::REPORTS_THAT_HOLD - 1, ..case(Status::Open) };
    assert!(one_short.clone().reported().is_public());
    let enough = Case { reports: one_short.reports + 1, ..one_short };
    assert_eq!(enough.clone().reported().hold, Some(Hold::Reports));
    let reported = Case { report_reasons: vec!["Rude".to_owned()], ..enough.clone() }.reported();
    let looked_at = reported.decided(ReviewDecision::Approve, BY, AT).unwrap();
    assert!(looked_at.is_public() && looked_at.reports == 0 && looked_at.report_reasons.is_empty(), "{looked_at:?}");
    let answered = Case { reports: 100, ..case(Status::Answered) };
    assert!(answered.reported().is_public());
}

#[test]
fn what_was_withdrawn_is_nobodys_to_restore_and_what_is_deleted_is_told() {
    let gone = case(Status::Open).withdrawn(AT).unwrap();
    assert_eq!(gone.clone().decided(ReviewDecision::Restore, BY, AT), Err(Refusal::NotNow));
    assert_eq!(gone.standing(), Standing::Withdrawn);
    let deleted = case(Status::Answered).decided(ReviewDecision::Delete, BY, AT).unwrap();
    assert_eq!(public_facts(&case(Status::Answered), &deleted), [Event::Removed(QuestionRef { question_id: ID })]);
    assert!(deleted.decided(ReviewDecision::Undelete, BY, AT).unwrap().is_public());
}
