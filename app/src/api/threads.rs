//! The private thread of a question, from the moderators' side. Askers have pages of their own for theirs.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use pulsestage::command::IdempotencyKey;
use pulsestage::id::QuestionId;
#[cfg(feature = "ssr")]
use pulsestage::thread::Side;
use pulsestage::thread::Thread;

#[cfg(feature = "ssr")]
use super::backend::{authenticate_without_touch, refuse};
use super::{ApiError, ApiJson};

/// What was written about a question between its asker and the moderators.
#[server(prefix = "/api/fn", endpoint = "load_thread", input = GetUrl, output = ApiJson)]
pub async fn load_thread(#[server(default)] tenant: String, question: QuestionId) -> Result<Thread, ApiError> {
    let (service, context) = authenticate_without_touch(&tenant).await?;
    service.thread(&context, question, Side::Moderators).await.map_err(refuse)
}

/// Writes to the asker of a question, as one of its moderators.
#[server(prefix = "/api/fn", endpoint = "say", output = ApiJson)]
pub async fn say(
    #[server(default)] tenant: String,
    question: QuestionId,
    text: String,
    #[server(default)] op: IdempotencyKey,
) -> Result<Thread, ApiError> {
    let (service, context) = authenticate_without_touch(&tenant).await?;
    service.say(&context, op, question, Side::Moderators, &text).await.map_err(refuse)
}
