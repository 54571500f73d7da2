//! What moderators and admins call: answer, tag, pin, freeze, and the tenant's teams and palette.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use pulsestage::command::IdempotencyKey;
use pulsestage::id::{QuestionId, TagId};
use pulsestage::question::Question;
use pulsestage::team::Team;

#[cfg(feature = "ssr")]
use super::backend::{authenticate, refuse};
use super::{ApiError, ApiJson};
#[cfg(feature = "ssr")]
use pulsestage::command::{AnswerQuestion, CreateTag as NewTag, SetMark, SetTag};

/// Answers a question, or changes its answer.
#[server(prefix = "/api/fn", endpoint = "answer", output = ApiJson)]
pub async fn answer(
    #[server(default)] tenant: String,
    question: QuestionId,
    answer: String,
    #[server(default)] seen: Option<i64>,
    #[server(default)] op: IdempotencyKey,
) -> Result<Question, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.answer(&context, op, AnswerQuestion { question, text: answer, seen }).await.map_err(refuse)
}

/// Puts a tag on a question.
#[server(prefix = "/api/fn", endpoint = "tag", output = ApiJson)]
pub async fn tag(
    #[server(default)] tenant: String,
    question: QuestionId,
    tag: TagId,
    #[server(default)] op: IdempotencyKey,
) -> Result<Question, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_tag(&context, op, SetTag { question, tag, on: true }).await.map_err(refuse)
}

/// Takes a tag off a question.
#[server(prefix = "/api/fn", endpoint = "untag", output = ApiJson)]
pub async fn untag(
    #[server(default)] tenant: String,
    question: QuestionId,
    tag: TagId,
    #[server(default)] op: IdempotencyKey,
) -> Result<Question, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_tag(&context, op, SetTag { question, tag, on: false }).await.map_err(refuse)
}

/// Pins a question to the top.
#[server(prefix = "/api/fn", endpoint = "pin", output = ApiJson)]
pub async fn pin(
    #[server(default)] tenant: String,
    question: QuestionId,
    #[server(default)] op: IdempotencyKey,
) -> Result<Question, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_pinned(&context, op, SetMark { question, on: true }).await.map_err(refuse)
}

/// Lets a pinned question go.
#[server(prefix = "/api/fn", endpoint = "unpin", output = ApiJson)]
pub async fn unpin(
    #[server(default)] tenant: String,
    question: QuestionId,
    #[server(default)] op: IdempotencyKey,
) -> Result<Question, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_pinned(&context, op, SetMark { question, on: false }).await.map_err(refuse)
}

/// Closes a question to votes and answers.
#[server(prefix = "/api/fn", endpoint = "freeze", output = ApiJson)]
pub async fn freeze(
    #[server(default)] tenant: String,
    question: QuestionId,
    #[server(default)] op: IdempotencyKey,
) -> Result<Question, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_frozen(&context, op, SetMark { question, on: true }).await.map_err(refuse)
}

/// Opens a frozen question again.
#[server(prefix = "/api/fn", endpoint = "unfreeze", output = ApiJson)]
pub async fn unfreeze(
    #[server(default)] tenant: String,
    question: QuestionId,
    #[server(default)] op: IdempotencyKey,
) -> Result<Question, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_frozen(&context, op, SetMark { question, on: false }).await.map_err(refuse)
}

/// Adds a team to the tenant.
#[server(prefix = "/api/fn", endpoint = "create_team", output = ApiJson)]
pub async fn create_team(
    #[server(default)] tenant: String,
    name: String,
    #[server(default)] op: IdempotencyKey,
) -> Result<Team, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.create_team(&context, op, &name).await.map_err(refuse)
}

/// Adds a tag to the tenant's palette.
#[server(prefix = "/api/fn", endpoint = "create_tag", output = ApiJson)]
pub async fn create_tag(
    #[server(default)] tenant: String,
    name: String,
    color: String,
    #[server(default)] op: IdempotencyKey,
) -> Result<pulsestage::tag::Tag, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.create_tag(&context, op, NewTag { name, color }).await.map_err(refuse)
}
