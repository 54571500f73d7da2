//! What staff call to look back: the audit, a question's history, statistics, and what an export can be narrowed to. The
//! exports themselves are files of their own (`/export/..`).

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use pulsestage::audit::{AuditView, Query, Record};
use pulsestage::export::ExportChoices;
use pulsestage::id::QuestionId;
use pulsestage::statistics::StatisticsView;

#[cfg(feature = "ssr")]
use super::backend::{authenticate, refuse};
use super::{ApiError, ApiJson};

/// A page of the audit.
#[server(prefix = "/api/fn", endpoint = "load_audit", input = GetUrl, output = ApiJson)]
pub async fn load_audit(
    #[server(default)] tenant: String,
    #[server(default)] query: Query,
) -> Result<AuditView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.audit(&context, &query).await.map_err(refuse)
}

/// What was done to a question.
#[server(prefix = "/api/fn", endpoint = "load_history", input = GetUrl, output = ApiJson)]
pub async fn load_history(#[server(default)] tenant: String, question: QuestionId) -> Result<Vec<Record>, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.history(&context, question).await.map_err(refuse)
}

/// How much was asked, voted and answered.
#[server(prefix = "/api/fn", endpoint = "load_statistics", input = GetUrl, output = ApiJson)]
pub async fn load_statistics(
    #[server(default)] tenant: String,
    #[server(default)] range: String,
    #[server(default)] team: String,
) -> Result<StatisticsView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.statistics(&context, &range, &team).await.map_err(refuse)
}

/// What an export can be narrowed to.
#[server(prefix = "/api/fn", endpoint = "load_export", input = GetUrl, output = ApiJson)]
pub async fn load_export(#[server(default)] tenant: String) -> Result<ExportChoices, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.export_choices(&context).await.map_err(refuse)
}
