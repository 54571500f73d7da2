//! What admins call: the tenant's settings, its teams and its palette.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use pulsestage::command::IdempotencyKey;
use pulsestage::id::{TagId, TeamId};
use pulsestage::retention::{Retention, RetentionView};
use pulsestage::settings::{SettingsForm, SettingsView};
use pulsestage::tag::{Tag, TagsView};
use pulsestage::team::{Team, TeamsView};
use pulsestage::tenant::Tenant;

#[cfg(feature = "ssr")]
use super::backend::{authenticate, refuse};
use super::{ApiError, ApiJson};
#[cfg(feature = "ssr")]
use pulsestage::command::CreateTag as NewTag;
#[cfg(feature = "ssr")]
use pulsestage::team::TeamSettings;

/// The tenant's settings, those that are not public as well.
#[server(prefix = "/api/fn", endpoint = "load_settings", input = GetUrl, output = ApiJson)]
pub async fn load_settings(#[server(default)] tenant: String) -> Result<SettingsView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.settings(&context).await.map_err(refuse)
}

/// Changes the tenant's settings.
#[server(prefix = "/api/fn", endpoint = "change_settings", output = ApiJson)]
pub async fn change_settings(
    #[server(default)] tenant: String,
    settings: SettingsForm,
    #[server(default)] op: IdempotencyKey,
) -> Result<Tenant, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.change_settings(&context, op, settings).await.map_err(refuse)
}

/// How long the tenant keeps texts.
#[server(prefix = "/api/fn", endpoint = "load_retention", input = GetUrl, output = ApiJson)]
pub async fn load_retention(#[server(default)] tenant: String) -> Result<RetentionView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let retention = service.retention(&context).await.map_err(refuse)?;
    Ok(RetentionView { tenant: context.tenant, role: context.actor.role, retention })
}

/// Changes how long the tenant keeps texts: `days` as typed, and whether all of them are to stay for now.
#[server(prefix = "/api/fn", endpoint = "set_retention", output = ApiJson)]
pub async fn set_retention(
    #[server(default)] tenant: String,
    #[server(default)] days: String,
    #[server(default)] hold: bool,
    #[server(default)] op: IdempotencyKey,
) -> Result<Retention, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_retention(&context, op, &days, hold).await.map_err(refuse)
}

/// Every team of the tenant, for those who run it.
#[server(prefix = "/api/fn", endpoint = "load_teams", input = GetUrl, output = ApiJson)]
pub async fn load_teams(#[server(default)] tenant: String) -> Result<TeamsView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.teams(&context).await.map_err(refuse)
}

/// The tenant's palette, for those who change it, with how often each tag is used.
#[server(prefix = "/api/fn", endpoint = "load_tags", input = GetUrl, output = ApiJson)]
pub async fn load_tags(#[server(default)] tenant: String) -> Result<TagsView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.tags_in_use(&context).await.map_err(refuse)
}

/// Changes a team's name and what it decides otherwise than its tenant: `yes`, `no`, or whatever else for "as there".
#[server(prefix = "/api/fn", endpoint = "change_team", output = ApiJson)]
pub async fn change_team(
    #[server(default)] tenant: String,
    team: TeamId,
    name: String,
    #[server(default)] guests: String,
    #[server(default)] review: String,
    #[server(default)] op: IdempotencyKey,
) -> Result<Team, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let settings = TeamSettings::of_words(&guests, &review);
    service.change_team(&context, op, team, (&name, settings)).await.map_err(refuse)
}

/// Opens a team, opens it for votes alone, or closes it.
#[server(prefix = "/api/fn", endpoint = "set_team_state", output = ApiJson)]
pub async fn set_team_state(
    #[server(default)] tenant: String,
    team: TeamId,
    state: String,
    #[server(default)] op: IdempotencyKey,
) -> Result<Team, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_team_state(&context, op, team, &state).await.map_err(refuse)
}

/// Puts a team away with its questions.
#[server(prefix = "/api/fn", endpoint = "archive_team", output = ApiJson)]
pub async fn archive_team(
    #[server(default)] tenant: String,
    team: TeamId,
    #[server(default)] op: IdempotencyKey,
) -> Result<Team, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_team_archived(&context, op, team, true).await.map_err(refuse)
}

/// Brings a team back with its questions.
#[server(prefix = "/api/fn", endpoint = "restore_team", output = ApiJson)]
pub async fn restore_team(
    #[server(default)] tenant: String,
    team: TeamId,
    #[server(default)] op: IdempotencyKey,
) -> Result<Team, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_team_archived(&context, op, team, false).await.map_err(refuse)
}

/// Gives a team another join code; the answer is that code.
#[server(prefix = "/api/fn", endpoint = "renew_code", output = ApiJson)]
pub async fn renew_code(#[server(default)] tenant: String, team: TeamId) -> Result<String, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.renew_code(&context, team).await.map(|code| code.to_string()).map_err(refuse)
}

/// Gives a tag another name or colour.
#[server(prefix = "/api/fn", endpoint = "change_tag", output = ApiJson)]
pub async fn change_tag(
    #[server(default)] tenant: String,
    tag: TagId,
    name: String,
    color: String,
    #[server(default)] op: IdempotencyKey,
) -> Result<Tag, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.change_tag(&context, op, tag, NewTag { name, color }).await.map_err(refuse)
}

/// Deletes a tag and takes it off every question.
#[server(prefix = "/api/fn", endpoint = "delete_tag", output = ApiJson)]
pub async fn delete_tag(
    #[server(default)] tenant: String,
    tag: TagId,
    #[server(default)] op: IdempotencyKey,
) -> Result<(), ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.delete_tag(&context, op, tag).await.map_err(refuse)
}
