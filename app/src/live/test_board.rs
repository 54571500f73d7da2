//! Boards for the tests of this module.

use pulsestage::board::Board;
use pulsestage::event::{Cursor, Envelope, Epoch, Event, QuestionCreated, QuestionUpvoted};
use pulsestage::id::{QuestionId, TagId, TeamId, TenantId};
use pulsestage::question::{Question, Status};
use pulsestage::tag::Tag;
use pulsestage::team::{Team, TeamState};
use pulsestage::time::Timestamp;
use uuid::Uuid;

pub(super) const TENANT: TenantId = TenantId(Uuid::from_u128(1));
pub(super) const EPOCH: Epoch = Epoch(7);
pub(super) const TEAMS: [(&str, &str); 2] = [("people", "People"), ("product", "Product")];

pub(super) fn team_id(n: usize) -> TeamId {
    TeamId(Uuid::from_u128(100 + n as u128))
}

pub(super) fn tag_id(n: usize) -> TagId {
    TagId(Uuid::from_u128(200 + n as u128))
}

pub(super) fn tag(n: usize) -> Tag {
    Tag { id: tag_id(n), name: format!("tag {n}"), color: "#00B3A4".to_owned() }
}

pub(super) fn question_id(n: u32) -> QuestionId {
    QuestionId(Uuid::from_u128(1_000 + u128::from(n)))
}

/// An open question of the first team, asked at second `n`.
pub(super) fn question(n: u32, upvotes: i64) -> Question {
    Question {
        id: question_id(n),
        team_id: team_id(0),
        body: format!("Question {n}?"),
        upvotes,
        status: Status::Open,
        created_at: Timestamp(i64::from(n) * 1_000),
        tags: Vec::new(),
        answer: None,
        pinned: None,
        frozen: None,
        author_name: None,
    }
}

/// A board with two teams, three tags and these questions, at sequence 10.
pub(super) fn board(questions: impl IntoIterator<Item = Question>) -> Board {
    let mut board = Board::empty(TENANT, cursor(10));
    board.teams = TEAMS
        .into_iter()
        .enumerate()
        .map(|(n, (slug, name))| Team {
            id: team_id(n),
            slug: slug.to_owned(),
            name: name.to_owned(),
            state: TeamState::Open,
        })
        .collect();
    board.tags = (0..3).map(tag).collect();
    board.questions = questions.into_iter().map(|question| (question.id, question)).collect();
    board
}

pub(super) const fn cursor(seq: i64) -> Cursor {
    Cursor { epoch: EPOCH, seq }
}

pub(super) fn envelope(event: Event) -> Envelope {
    Envelope { tenant_id: TENANT, event, timestamp: Timestamp(0) }
}

pub(super) fn created(question: &Question) -> Envelope {
    envelope(Event::Created(QuestionCreated::of(question)))
}

pub(super) fn upvoted(n: u32, upvotes: i64) -> Envelope {
    envelope(Event::Upvoted(QuestionUpvoted { question_id: question_id(n), upvotes }))
}
