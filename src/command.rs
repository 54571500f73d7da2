//! What people ask PulseStage to do, as the use cases take it, and the receipts they get.
//!
//! Texts are raw here: their limits are the tenant's, so the use case parses them.

use serde::{Deserialize, Serialize};

use crate::board::Board;
use crate::id::{OperationId, QuestionId, TagId, TeamId};
use crate::question::Question;
use crate::tenant::Tenant;
use crate::user::Role;
use crate::window::BoardPart;

/// Put a question to a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The team.
    pub team: TeamId,
    /// The text as typed.
    pub body: String,
    /// What the asker wants to be called, as typed; not kept where questions show no names.
    pub name: Option<String>,
}

/// Vote for a question or take the vote back: what the voter wants, never a toggle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetVote {
    /// The question.
    pub question: QuestionId,
    /// Whether the voter wants their vote to count.
    pub up: bool,
}

/// Answer a question, or change its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerQuestion {
    /// The question.
    pub question: QuestionId,
    /// The text as typed.
    pub text: String,
    /// The version of the question that was seen; any when absent.
    pub seen: Option<i64>,
}

/// Put a tag on a question, or take it off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetTag {
    /// The question.
    pub question: QuestionId,
    /// The tag.
    pub tag: TagId,
    /// On or off.
    pub on: bool,
}

/// Pin or freeze a question, or undo it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetMark {
    /// The question.
    pub question: QuestionId,
    /// On or off.
    pub on: bool,
}

/// Add a tag to the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateTag {
    /// Its name as typed.
    pub name: String,
    /// Its colour as typed.
    pub color: String,
}

/// What a write is done under: its idempotency key, or none when the client does not care.
pub type IdempotencyKey = Option<OperationId>;

/// A vote as it stands after [`SetVote`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VoteReceipt {
    /// The question.
    pub question_id: QuestionId,
    /// Whether the voter's vote counts now.
    pub up: bool,
    /// All votes of the question now.
    pub upvotes: i64,
}

/// What of a [`BoardView`] is the viewer's alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each field is the field of the same name of `BoardView`")]
pub struct PersonalPart {
    pub role: Role,
    pub moderates: Vec<TeamId>,
    pub voted: Vec<QuestionId>,
    pub own: Vec<QuestionId>,
    pub form_key: OperationId,
}

/// Questions that a search found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchResult {
    /// How many there are.
    pub total: u32,
    /// The first of them, in the search's order.
    pub questions: Vec<Question>,
}

/// What on the board is like a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimilarQuestions {
    /// The question.
    pub question: QuestionId,
    /// Those that are most like it, the most alike first, without their answers.
    pub similar: Vec<Question>,
}

/// A board as one viewer gets it: the board and what is theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BoardView {
    /// The tenant.
    pub tenant: Tenant,
    /// What the viewer may do here.
    pub role: Role,
    /// The teams that they moderate beyond that.
    #[serde(default)]
    pub moderates: Vec<TeamId>,
    /// The board, read in one transaction.
    pub board: Board,
    /// The questions that the viewer has voted for.
    pub voted: Vec<QuestionId>,
    /// The questions on the board that the viewer asked.
    #[serde(default)]
    pub own: Vec<QuestionId>,
    /// A fresh idempotency key for a form that is sent without script.
    pub form_key: OperationId,
    /// What the board is a part of, when it has one window of its questions; absent when it has all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<BoardPart>,
    /// What the page's address searches for and finds; absent when it searches for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<SearchResult>,
}
