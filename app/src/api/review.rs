//! What moderators call to review questions: decide, note, merge, alone and in bulk.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use pulsestage::command::IdempotencyKey;
use pulsestage::id::QuestionId;
#[cfg(feature = "ssr")]
use pulsestage::moderation::Note;
use pulsestage::moderation::{Case, ReviewDecision, ReviewView};
use pulsestage::service::BulkItem;

#[cfg(feature = "ssr")]
use super::backend::{authenticate, refuse};
use super::{ApiError, ApiJson};

/// All that the moderators know of one question.
#[server(prefix = "/api/fn", endpoint = "load_case", input = GetUrl, output = ApiJson)]
pub async fn load_case(#[server(default)] tenant: String, question: QuestionId) -> Result<Case, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.case(&context, question).await.map_err(refuse)
}

/// All questions that the caller moderates, with what moderators know of them; newest first.
#[server(prefix = "/api/fn", endpoint = "cases", input = GetUrl, output = ApiJson)]
pub async fn cases(#[server(default)] tenant: String) -> Result<Vec<Case>, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.cases(&context).await.map(|(cases, _)| cases).map_err(refuse)
}

/// The review page: the tenant, the caller's role, and all questions that the caller moderates.
#[server(prefix = "/api/fn", endpoint = "load_review", input = GetUrl, output = ApiJson)]
pub async fn load_review(#[server(default)] tenant: String) -> Result<ReviewView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.review(&context).await.map_err(refuse)
}

/// Decides about a question, as it was seen.
#[server(prefix = "/api/fn", endpoint = "decide", output = ApiJson)]
pub async fn decide(
    #[server(default)] tenant: String,
    question: QuestionId,
    decision: ReviewDecision<String>,
    #[server(default)] seen: Option<i64>,
    #[server(default)] op: IdempotencyKey,
) -> Result<Case, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.decide(&context, op, question, decision, seen).await.map_err(refuse)
}

/// Declines a question; its asker is told the reason.
#[server(prefix = "/api/fn", endpoint = "decline", output = ApiJson)]
pub async fn decline(
    #[server(default)] tenant: String,
    question: QuestionId,
    reason: String,
    #[server(default)] seen: Option<i64>,
    #[server(default)] op: IdempotencyKey,
) -> Result<Case, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let decision = ReviewDecision::Decline { reason: Some(reason) };
    service.decide(&context, op, question, decision, seen).await.map_err(refuse)
}

/// Gives a question another text; the first one is kept.
#[server(prefix = "/api/fn", endpoint = "edit", output = ApiJson)]
pub async fn edit(
    #[server(default)] tenant: String,
    question: QuestionId,
    text: String,
    #[server(default)] seen: Option<i64>,
    #[server(default)] op: IdempotencyKey,
) -> Result<Case, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.decide(&context, op, question, ReviewDecision::Edit { body: text }, seen).await.map_err(refuse)
}

/// Decides the same about many questions and says what came of each.
#[server(prefix = "/api/fn", endpoint = "decide_all", output = ApiJson)]
pub async fn decide_all(
    #[server(default)] tenant: String,
    questions: Vec<QuestionId>,
    decision: ReviewDecision<String>,
    #[server(default)] op: IdempotencyKey,
) -> Result<Vec<BulkItem>, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let questions = questions.into_iter().map(|question| (question, None)).collect();
    service.decide_all(&context, op, questions, decision).await.map_err(refuse)
}

/// Stars a question for moderators, or takes the star off.
#[server(prefix = "/api/fn", endpoint = "star", output = ApiJson)]
pub async fn star(
    #[server(default)] tenant: String,
    question: QuestionId,
    on: bool,
    #[server(default)] op: IdempotencyKey,
) -> Result<Case, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.note(&context, op, question, Note::Star(on)).await.map_err(refuse)
}

/// Gives a question a word for moderators; an empty one takes it off.
#[server(prefix = "/api/fn", endpoint = "label", output = ApiJson)]
pub async fn label(
    #[server(default)] tenant: String,
    question: QuestionId,
    label: String,
    #[server(default)] op: IdempotencyKey,
) -> Result<Case, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.note(&context, op, question, Note::Label(Some(label))).await.map_err(refuse)
}

/// Keeps an answer that is not given yet, where the other moderators see it; an empty one is forgotten.
#[server(prefix = "/api/fn", endpoint = "draft", output = ApiJson)]
pub async fn draft(
    #[server(default)] tenant: String,
    question: QuestionId,
    text: String,
    #[server(default)] op: IdempotencyKey,
) -> Result<Case, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.note(&context, op, question, Note::Draft(Some(text))).await.map_err(refuse)
}

/// Tells the other moderators that the caller is at a question, or no longer.
#[server(prefix = "/api/fn", endpoint = "claim", output = ApiJson)]
pub async fn claim(
    #[server(default)] tenant: String,
    question: QuestionId,
    on: bool,
    #[server(default)] op: IdempotencyKey,
) -> Result<Case, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.note(&context, op, question, Note::Claim(on)).await.map_err(refuse)
}

/// Gives the votes of one question to another that says the same.
#[server(prefix = "/api/fn", endpoint = "merge", output = ApiJson)]
pub async fn merge(
    #[server(default)] tenant: String,
    question: QuestionId,
    into: QuestionId,
    #[server(default)] op: IdempotencyKey,
) -> Result<Case, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.merge(&context, op, question, into).await.map_err(refuse)
}

/// Takes a merge back.
#[server(prefix = "/api/fn", endpoint = "split", output = ApiJson)]
pub async fn split(
    #[server(default)] tenant: String,
    question: QuestionId,
    #[server(default)] op: IdempotencyKey,
) -> Result<Case, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.split(&context, op, question).await.map_err(refuse)
}
