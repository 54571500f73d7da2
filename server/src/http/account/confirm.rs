//! Showing once more who one is: by a password, by a link in one's mailbox, or at the provider. What needs it is told by
//! [`Refusal::ProofNeeded`]; plain forms that get that are led here, and from here back to their page.

use app::account::{ConfirmIdentityPage, Problems};
use app::api::{API_PREFIX, SAVED};
use axum::extract::{FromRequest, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use std::future::ready;

use super::back::own_page;
use super::{compare_password, draw, first_sign_in, go, home_of, letter, provider, room_of};
use crate::http::api::is_function;
use crate::http::errors::Error;
use crate::http::extract::{HoldingFields, QueryFields};
use crate::http::{host, page, returned_form};
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

/// A plain form that is held until its sender has shown who they are. It is in the page and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) struct HeldForm {
    /// The server function that it goes to: the last part of its address.
    pub(in crate::http) endpoint: String,
    /// Its fields as they were sent.
    pub(in crate::http) form: String,
}

impl HeldForm {
    /// What a form of this page brings back.
    fn of(form: &HoldingFields) -> Option<Self> {
        let held = Self { endpoint: form.0.get("endpoint").to_owned(), form: form.0.get("form").to_owned() };
        is_function(&format!("{API_PREFIX}/{}", held.endpoint), &Method::POST).then_some(held)
    }
}

/// The page in answer to a form that needs a proof first, with what was typed; none to whoever is not signed in.
pub(in crate::http) async fn holding(state: &AppState, head: &Parts, to: &str, held: HeldForm) -> Option<Response> {
    let slug = page::named(to.split('?').next().unwrap_or_default(), &host::home(&head.extensions));
    let credentials = state.cookies().credentials(&head.headers);
    let context = state.service().authenticate_without_touch(slug.as_str(), &credentials).await.ok()?;
    let ways = state.service().ways_to_prove(&context).await.ok()?;
    // Only a password is given on this page itself.
    let held = ways.password.then_some(held)?;
    Some(page(state, &head.headers, &context, ways, to, ConfirmOutcome::Needed, Some(held)))
}

/// The page; whoever is not signed in signs in, which is as good.
pub(super) async fn show(
    State(state): State<AppState>,
    context: RequestContext,
    query: QueryFields,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let ways = ways(&state, &context, query.get("to")).await?;
    Ok(page(&state, &headers, &context, ways, query.get("to"), ConfirmOutcome::Asked, None))
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
    /// A form was refused because of it.
    Needed,
    Mailed,
    Refused(&'a Refusal),
}

/// The form.
pub(super) async fn submit(
    State(state): State<AppState>,
    context: RequestContext,
    network: Network,
    request: Request,
) -> Result<impl IntoResponse, Error> {
    let (head, body) = request.into_parts();
    let form = HoldingFields::from_request(Request::from_parts(head.clone(), body), &state).await?;
    let (to, held, headers) = (form.0.get("to"), HeldForm::of(&form), &head.headers);
    let ways = ways(&state, &context, to).await?;
    let proved = match form.0.get("do") {
        "link" => mail_link(&state, &context, &ways, to).await.map(|()| None),
        _ => prove(&state, &context, network, form.0.get("password")).await.map(Some),
    };
    Ok(match proved {
        Ok(None) => page(&state, headers, &context, ways, to, ConfirmOutcome::Mailed, held),
        Ok(Some(())) => {
            let to = own_page(to).map_or_else(|| home_of(&context.tenant), str::to_owned);
            match with_held(&state, head, &to, held).await {
                Some(page) => page,
                None => go(&to, &[]),
            }
        }
        Err(refusal) => page(&state, headers, &context, ways, to, ConfirmOutcome::Refused(&refusal), held),
    })
}

/// The page of the form that was held, filled in again and still to be sent.
async fn with_held(state: &AppState, head: Parts, to: &str, held: Option<HeldForm>) -> Option<Response> {
    let mark = if to.contains('?') { '&' } else { '?' };
    returned_form::again(state.clone(), head, &format!("{to}{mark}{SAVED}=confirm"), held?).await
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
    held: Option<HeldForm>,
) -> Response {
    let refusal = match outcome {
        ConfirmOutcome::Refused(refusal) => Some(refusal),
        ConfirmOutcome::Needed => Some(&Refusal::ProofNeeded),
        ConfirmOutcome::Asked | ConfirmOutcome::Mailed => None,
    };
    let problems = match refusal {
        // The page itself says so.
        Some(Refusal::ProofNeeded) => Problems::default(),
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
        held: held.map(|HeldForm { endpoint, form }| (endpoint, form)),
        problems,
    };
    draw(state, headers, refusal, || page.draw())
}
