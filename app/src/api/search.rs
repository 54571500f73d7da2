//! What everybody may call to find questions, and moderators to find what says the same.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use pulsestage::command::{SearchResult, SimilarQuestions};
#[cfg(feature = "ssr")]
use pulsestage::id::QuestionId;
#[cfg(feature = "ssr")]
use pulsestage::window::Filters;

#[cfg(feature = "ssr")]
use super::backend::{authenticate, authenticate_without_touch, refuse};
use super::{ApiError, ApiJson};

/// The questions that have every word of `find`; of one team, by its slug, and with any of some tags, by their ids between
/// commas, where the caller says so.
#[server(prefix = "/api/fn", endpoint = "find", input = GetUrl, output = ApiJson)]
pub async fn find(
    #[server(default)] tenant: String,
    #[server(default)] find: String,
    #[server(default)] team: String,
    #[server(default)] tags: String,
) -> Result<SearchResult, ApiError> {
    let (service, context) = authenticate_without_touch(&tenant).await?;
    let tags = tags.split(',').map(|tag| ("tag", tag));
    let filters = Filters::from_pairs([("find", find.as_str()), ("team", &team)].into_iter().chain(tags));
    service.find(&context, &filters).await.map_err(refuse)
}

/// The questions on the board that are most like a text.
#[cfg(not(feature = "browser"))]
#[server(prefix = "/api", endpoint = "similar", input = GetUrl, output = ApiJson)]
pub async fn similar(
    #[server(default)] tenant: String,
    #[server(default)] text: String,
    #[server(default = "three")] limit: u32,
) -> Result<SearchResult, ApiError> {
    let (service, context) = authenticate_without_touch(&tenant).await?;
    service.similar(&context, &text, limit).await.map_err(refuse)
}

/// The questions on the board that are most like a text.
#[cfg(feature = "browser")]
pub async fn similar(tenant: String, text: String, limit: u32) -> Result<SearchResult, ApiError> {
    let text = crate::platform::escaped(&text);
    super::client::call(&format!("/api/similar?tenant={tenant}&text={text}&limit={limit}"), None).await
}

/// For each of some questions, by their ids between commas, what on the board of its team is most like it; for moderators.
#[server(prefix = "/api/fn", endpoint = "similar_to", input = GetUrl, output = ApiJson)]
pub async fn similar_to(
    #[server(default)] tenant: String,
    #[server(default)] questions: String,
    #[server(default = "three")] limit: u32,
) -> Result<Vec<SimilarQuestions>, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let questions: Vec<QuestionId> = questions.split(',').filter_map(|id| id.parse().ok()).collect();
    service.similar_to(&context, &questions, limit).await.map_err(refuse)
}

fn three() -> u32 {
    3
}
