//! Showing once more who one is: by a password, by a link in one's mailbox, or at the provider. What needs it is told by
//! [`Refusal::ProofNeeded`]; plain forms that get that are led here, and from here back to their page.

use app::account::{ConfirmIdentityPage, Problems};
use axum::extract::{RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::back::own_page;
use super::form::Fields;
use super::{Named, context, draw, first_sign_in, go, kept_out, letter, provider, room_of, slug_of};
use crate::http::api::refusal_response;
use crate::limits::{Network, PasswordAttempt};
use crate::state::AppState;
use pulsestage::error::Refusal;
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
    named: Named,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let context = match context(&state, request.headers(), &slug_of(named, request.extensions())).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let to = Fields::of_query(query.as_deref()).get("to").to_owned();
    match state.service().ways_to_prove(&context).await {
        Ok(ways) => page(&state, request.headers(), &context, ways, &to, Said::default()),
        Err(Refusal::NotSignedIn) => first_sign_in(&context.tenant, own_page(&to).unwrap_or_default()),
        Err(refusal) => refusal_response(&refusal),
    }
}

/// What came of a form.
#[derive(Default)]
struct Said {
    refusal: Option<Refusal>,
    mailed: bool,
}

/// The form.
pub(super) async fn submit(State(state): State<AppState>, named: Named, request: Request) -> Response {
    let slug = slug_of(named, request.extensions());
    let network = state.limits().sign_in.network(request.headers(), request.extensions());
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let to = form.get("to");
    let ways = match state.service().ways_to_prove(&context).await {
        Ok(ways) => ways,
        Err(Refusal::NotSignedIn) => return first_sign_in(&context.tenant, own_page(to).unwrap_or_default()),
        Err(refusal) => return refusal_response(&refusal),
    };
    let said = match form.get("do") {
        "link" => {
            let asked = match ways.email.as_deref() {
                Some(email) => letter::ask(&state, &context.tenant, email, PersonLinkPurpose::SignIn, to).await,
                None => Err(Refusal::NotFound { what: pulsestage::error::Noun::Person }),
            };
            Said { mailed: asked.is_ok(), refusal: asked.err() }
        }
        _ => match prove(&state, &context, &slug, network, form.get("password")).await {
            Ok(()) => return go(own_page(to).unwrap_or(&super::home_of(&context.tenant)), &[]),
            Err(refusal) => Said { refusal: Some(refusal), mailed: false },
        },
    };
    page(&state, &headers, &context, ways, to, said)
}

/// Compares a password, within the same bounds as at the sign-in.
async fn prove(
    state: &AppState,
    context: &RequestContext,
    slug: &str,
    network: Network,
    password: &str,
) -> Result<(), Refusal> {
    let user = context.actor.user.ok_or(Refusal::NotSignedIn)?;
    let limits = &state.limits().sign_in;
    let guess = PasswordAttempt::new(slug, &user.to_string(), network, None);
    let _turn = limits.turn_to_guess(network).await?;
    limits.may_guess(&guess)?;
    let proved = state.service().prove(context, password).await;
    if matches!(proved, Err(Refusal::WrongCredentials)) {
        limits.wrong_guess(&guess);
    }
    proved
}

fn page(
    state: &AppState,
    headers: &HeaderMap,
    context: &RequestContext,
    ways: WaysToProve,
    to: &str,
    said: Said,
) -> Response {
    let Said { refusal, mailed } = said;
    let problems = match &refusal {
        // There is one field, and the address is not in question.
        Some(Refusal::WrongCredentials) => {
            Problems { whole: None, fields: vec![("password".to_owned(), "This is not your password.".to_owned())] }
        }
        Some(refusal) => Problems::from(refusal),
        None => Problems::default(),
    };
    let to = own_page(to).unwrap_or_default().to_owned();
    let door = ConfirmIdentityPage {
        tenant: (&context.tenant).into(),
        room: room_of(&context.tenant.slug),
        password: ways.password,
        mails: state.account().mail.is_some() && ways.email.is_some(),
        provider: provider::button(state, &context.tenant, &to),
        to,
        mailed,
        problems,
    };
    draw(state, headers, refusal.as_ref(), || door.draw())
}
