//! What askers do with their own questions, and participants with others'.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use pulsestage::command::IdempotencyKey;
use pulsestage::id::QuestionId;
use pulsestage::moderation::OwnQuestion;

#[cfg(feature = "ssr")]
use super::backend::{authenticate_without_touch, refuse};
use super::{ApiError, ApiJson};

/// What the calling browser has asked, newest first, wherever it stands.
#[server(prefix = "/api/fn", endpoint = "own_questions", input = GetUrl, output = ApiJson)]
pub async fn own_questions(#[server(default)] tenant: String) -> Result<Vec<OwnQuestion>, ApiError> {
    let (service, context) = authenticate_without_touch(&tenant).await?;
    service.own_questions(&context).await.map_err(refuse)
}

/// Changes the text of one's own question.
#[server(prefix = "/api/fn", endpoint = "edit_own", output = ApiJson)]
pub async fn edit_own(
    #[server(default)] tenant: String,
    question: QuestionId,
    text: String,
    #[server(default)] op: IdempotencyKey,
) -> Result<OwnQuestion, ApiError> {
    let (service, context) = authenticate_without_touch(&tenant).await?;
    service.edit_own(&context, op, question, &text).await.map_err(refuse)
}

/// Takes one's own question back.
#[server(prefix = "/api/fn", endpoint = "withdraw_own", output = ApiJson)]
pub async fn withdraw_own(
    #[server(default)] tenant: String,
    question: QuestionId,
    #[server(default)] op: IdempotencyKey,
) -> Result<OwnQuestion, ApiError> {
    let (service, context) = authenticate_without_touch(&tenant).await?;
    service.withdraw_own(&context, op, question).await.map_err(refuse)
}

/// Says to the moderators that somebody else's question should not be there.
#[server(prefix = "/api/fn", endpoint = "report", output = ApiJson)]
pub async fn report(
    #[server(default)] tenant: String,
    question: QuestionId,
    reason: String,
    #[server(default)] op: IdempotencyKey,
) -> Result<(), ApiError> {
    let (service, context) = authenticate_without_touch(&tenant).await?;
    service.report(&context, op, question, &reason).await.map_err(refuse)
}
