//! Showing once more who one is: by a password, by a link in one's mailbox, or at the provider. What needs it is told by
//! [`Refusal::ProofNeeded`]; plain forms that get that are led here, and from here back to their page.

use app::account::{ConfirmIdentityPage, Problems};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use std::future::ready;

use super::back::own_page;
use super::{compare_password, draw, first_sign_in, go, home_of, letter, provider, room_of};
use crate::http::errors::Error;
use crate::http::extract::{Fields, QueryFields};
use crate::limits::{Network, PasswordAttempt};
use crate::state::AppState;
use pulsestage::error::{Noun, Refusal};
use pulsestage::link::PersonLinkPurpose;
use pulsestage::service::{RequestContext, WaysToProve};

/// The address of this page in a room, which leads on to another one of ours.
pub(in crate::http) fn address(room: &str, to: &str) -> String {
    let to = own_page(to).unwrap_or_default();
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
    format!("{room}/confirm?{query}")
}

/// The page; whoever is not signed in signs in, which is as good.
pub(super) async fn show(
    State(state): State<AppState>,
    context: RequestContext,
    query: QueryFields,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let ways = ways(&state, &context, query.get("to")).await?;
    Ok(page(&state, &headers, &context, ways, query.get("to"), ConfirmOutcome::Asked))
}

/// How somebody can show who they are.
async fn ways(state: &AppState, context: &RequestContext, to: &str) -> Result<WaysToProve, Error> {
    state.service().ways_to_prove(context).await.map_err(|refusal| match refusal {
        Refusal::NotSignedIn => first_sign_in(&context.tenant, own_page(to).unwrap_or_default()).into(),
        refusal => refusal.into(),
    })
}

/// What came of a form.
enum ConfirmOutcome<'a> {
    Asked,
    Mailed,
    Refused(&'a Refusal),
}

/// The form.
pub(super) async fn submit(
    State(state): State<AppState>,
    context: RequestContext,
    network: Network,
    headers: HeaderMap,
    form: Fields,
) -> Result<impl IntoResponse, Error> {
    let to = form.get("to");
    let ways = ways(&state, &context, to).await?;
    let proved = match form.get("do") {
        "link" => mail_link(&state, &context, &ways, to).await.map(|()| None),
        _ => prove(&state, &context, network, form.get("password")).await.map(Some),
    };
    Ok(match proved {
        Ok(None) => page(&state, &headers, &context, ways, to, ConfirmOutcome::Mailed),
        Ok(Some(())) => go(own_page(to).unwrap_or(&home_of(&context.tenant)), &[]),
        Err(refusal) => page(&state, &headers, &context, ways, to, ConfirmOutcome::Refused(&refusal)),
    })
}

/// Has a link sent to somebody's own address.
async fn mail_link(state: &AppState, context: &RequestContext, ways: &WaysToProve, to: &str) -> Result<(), Refusal> {
    let email = ways.email.as_deref().ok_or(Refusal::NotFound { what: Noun::Person })?;
    letter::ask(state, &context.tenant, email, PersonLinkPurpose::SignIn, to).await
}

/// Compares a password, within the same bounds as at the sign-in.
async fn prove(state: &AppState, context: &RequestContext, network: Network, password: &str) -> Result<(), Refusal> {
    let user = context.actor.user.ok_or(Refusal::NotSignedIn)?;
    let attempt = PasswordAttempt::new(&context.tenant.slug, &user.to_string(), network, None);
    compare_password(state, network, ready(attempt), state.service().prove(context, password)).await
}

fn page(
    state: &AppState,
    headers: &HeaderMap,
    context: &RequestContext,
    ways: WaysToProve,
    to: &str,
    outcome: ConfirmOutcome<'_>,
) -> Response {
    let refusal = if let ConfirmOutcome::Refused(refusal) = outcome { Some(refusal) } else { None };
    let problems = match refusal {
        // There is one field, and the address is not in question.
        Some(Refusal::WrongCredentials) => {
            Problems { whole: None, fields: vec![("password".to_owned(), "This is not your password.".to_owned())] }
        }
        refusal => super::problems(refusal),
    };
    let to = own_page(to).unwrap_or_default().to_owned();
    let page = ConfirmIdentityPage {
        tenant: (&context.tenant).into(),
        room: room_of(&context.tenant.slug),
        password: ways.password,
        mails: state.account().mail.is_some() && ways.email.is_some(),
        provider: provider::button(state, &context.tenant, &to),
        to,
        mailed: matches!(outcome, ConfirmOutcome::Mailed),
        problems,
    };
    draw(state, headers, refusal, || page.draw())
}
