//! What admins call: people and what they may do, and sessions, which everybody has of their own.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use pulsestage::id::{SessionId, TeamId, UserId};
use pulsestage::person::{Import, ImportMode, Invited, PeopleView, Person, SessionsView};
use pulsestage::user::Role;

use super::{ApiError, ApiJson};
#[cfg(feature = "ssr")]
use super::{
    backend::{authenticate, refuse},
    flash,
};
#[cfg(feature = "ssr")]
use pulsestage::{person::Flash, service::Invite, user::Membership};

/// The people whose name or address has a text in it, a page after somebody.
#[server(prefix = "/api/fn", endpoint = "load_people", input = GetUrl, output = ApiJson)]
pub async fn load_people(
    #[server(default)] tenant: String,
    #[server(default)] text: String,
    #[server(default)] after: Option<UserId>,
) -> Result<PeopleView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let view = service.people(&context, &text, after).await.map_err(refuse)?;
    Ok(PeopleView { fresh: flash::take(), ..view })
}

/// Adds a person and makes their link.
#[server(prefix = "/api/fn", endpoint = "invite_person", output = ApiJson)]
pub async fn invite_person(
    #[server(default)] tenant: String,
    name: String,
    email: String,
    role: Role,
    #[server(default)] team: String,
    #[server(default)] team_role: String,
) -> Result<Invited, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let membership = match team.is_empty() {
        true => None,
        false => Some(Membership {
            team: read(&team)?,
            role: if team_role.is_empty() { Role::Member } else { read(&team_role)? },
        }),
    };
    let invited = service.invite(&context, Invite { name, email, role, membership }).await.map_err(refuse)?;
    flash::keep(&Flash::Invited(invited.clone()));
    Ok(invited)
}

/// Makes another link for somebody.
#[server(prefix = "/api/fn", endpoint = "invite_again", output = ApiJson)]
pub async fn invite_again(#[server(default)] tenant: String, person: UserId) -> Result<Invited, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let invited = service.invite_again(&context, person).await.map_err(refuse)?;
    flash::keep(&Flash::Invited(invited.clone()));
    Ok(invited)
}

/// Gives a person a role in the whole tenant.
#[server(prefix = "/api/fn", endpoint = "set_role", output = ApiJson)]
pub async fn set_role(#[server(default)] tenant: String, person: UserId, role: Role) -> Result<Person, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_role(&context, person, role).await.map_err(refuse)
}

/// Gives a person a role in a team; an empty one takes it away.
#[server(prefix = "/api/fn", endpoint = "set_team_role", output = ApiJson)]
pub async fn set_team_role(
    #[server(default)] tenant: String,
    person: UserId,
    team: TeamId,
    #[server(default)] role: String,
) -> Result<Person, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    let role = if role.is_empty() { None } else { Some(read(&role)?) };
    service.set_membership(&context, person, team, role).await.map_err(refuse)
}

/// Keeps a person out, or lets them in again.
#[server(prefix = "/api/fn", endpoint = "set_active", output = ApiJson)]
pub async fn set_active(#[server(default)] tenant: String, person: UserId, active: bool) -> Result<Person, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_active(&context, person, active).await.map_err(refuse)
}

/// Changes what a person is called and where they get mail.
#[server(prefix = "/api/fn", endpoint = "change_person", output = ApiJson)]
pub async fn change_person(
    #[server(default)] tenant: String,
    person: UserId,
    name: String,
    #[server(default)] email: String,
) -> Result<Person, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.set_profile(&context, person, &name, &email).await.map_err(refuse)
}

/// Reads people from a table, and adds them when that is wanted.
#[server(prefix = "/api/fn", endpoint = "import_people", output = ApiJson)]
pub async fn import_people(
    #[server(default)] tenant: String,
    table: String,
    mode: ImportMode,
    #[server(default)] encoding: Option<String>,
) -> Result<Import, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    // Nothing but what the server says itself is repeated.
    let encoding = encoding.filter(|encoding| encoding == "Windows-1252");
    let import = service.import_people(&context, &table, encoding, mode).await;
    flash::keep(&match &import {
        Ok(import) => Flash::Imported(import.in_short()),
        Err(refusal) => Flash::NotImported(refusal.to_string()),
    });
    if import.as_ref().is_ok_and(|import| !import.done) {
        flash::form_again();
    }
    import.map_err(refuse)
}

/// Sessions: the caller's own, or somebody's whom they manage.
#[server(prefix = "/api/fn", endpoint = "load_sessions", input = GetUrl, output = ApiJson)]
pub async fn load_sessions(
    #[server(default)] tenant: String,
    #[server(default)] of: Option<UserId>,
) -> Result<SessionsView, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.sessions(&context, of).await.map_err(refuse)
}

/// Ends one session.
#[server(prefix = "/api/fn", endpoint = "revoke_session", output = ApiJson)]
pub async fn revoke_session(
    #[server(default)] tenant: String,
    #[server(default)] of: Option<UserId>,
    session: SessionId,
) -> Result<(), ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.revoke_session(&context, of, session).await.map_err(refuse)
}

/// Ends all sessions of somebody.
#[server(prefix = "/api/fn", endpoint = "revoke_sessions", output = ApiJson)]
pub async fn revoke_sessions(
    #[server(default)] tenant: String,
    #[server(default)] of: Option<UserId>,
) -> Result<(), ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.revoke_sessions(&context, of).await.map_err(refuse)
}

/// Changes what the caller is called.
#[server(prefix = "/api/fn", endpoint = "rename_self", output = ApiJson)]
pub async fn rename_self(#[server(default)] tenant: String, name: String) -> Result<Person, ApiError> {
    let (service, context) = authenticate(&tenant).await?;
    service.rename_self(&context, &name).await.map_err(refuse)
}

/// A word of a form; one that is none of ours is a form that cannot be read.
#[cfg(feature = "ssr")]
fn read<T: std::str::FromStr>(word: &str) -> Result<T, ApiError> {
    let detail = "a field is not in the form that this address takes".to_owned();
    word.parse().map_err(|_| refuse(pulsestage::error::Refusal::Malformed { detail }))
}
