//! Showing once more who one is: by a password, by a link in one's mailbox, or at the provider. What needs it is told by
//! [`Refusal::ProofNeeded`]; plain forms that get that are led here, and from here back to their page.

use app::doors::{ConfirmDoor, Problems};
use axum::extract::{RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::back::own_page;
use super::form::Fields;
use super::{Named, draw, first_sign_in, go, kept_out, letter, provider, room_of, slug_of, visit};
use crate::http::api::refusal_response;
use crate::limits::{Guess, Network};
use crate::state::AppState;
use pulsestage::door::Purpose;
use pulsestage::error::Refusal;
use pulsestage::service::{Visit, WaysToProve};

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
    let visit = match visit(&state, request.headers(), &slug_of(named, request.extensions())).await {
        Ok(visit) => visit,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let to = Fields::of_query(query.as_deref()).get("to").to_owned();
    match state.service().ways_to_prove(&visit).await {
        Ok(ways) => page(&state, request.headers(), &visit, ways, &to, Said::default()),
        Err(Refusal::NotSignedIn) => first_sign_in(&visit.tenant, own_page(&to).unwrap_or_default()),
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
    let network = state.limits().doors.network(request.headers(), request.extensions());
    let visit = match visit(&state, request.headers(), &slug).await {
        Ok(visit) => visit,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let to = form.get("to");
    let ways = match state.service().ways_to_prove(&visit).await {
        Ok(ways) => ways,
        Err(Refusal::NotSignedIn) => return first_sign_in(&visit.tenant, own_page(to).unwrap_or_default()),
        Err(refusal) => return refusal_response(&refusal),
    };
    let said = match form.get("do") {
        "link" => {
            let mails = state.entrance().mailer.is_some();
            let email = ways.email.as_deref().filter(|_| mails);
            let asked = email.map(|email| letter::ask(&state, slug, email, Purpose::SignIn, to));
            let asked = asked.unwrap_or(Err(Refusal::NotFound { what: pulsestage::error::Noun::Person }));
            Said { mailed: asked.is_ok(), refusal: asked.err() }
        }
        _ => match prove(&state, &visit, &slug, network, form.get("password")).await {
            Ok(()) => return go(own_page(to).unwrap_or(&super::home_of(&visit.tenant)), &[]),
            Err(refusal) => Said { refusal: Some(refusal), mailed: false },
        },
    };
    page(&state, &headers, &visit, ways, to, said)
}

/// Compares a password, within the same bounds as at the sign-in.
async fn prove(state: &AppState, visit: &Visit, slug: &str, network: Network, password: &str) -> Result<(), Refusal> {
    let user = visit.actor.user.ok_or(Refusal::NotSignedIn)?;
    let limits = &state.limits().doors;
    let guess = Guess::new(slug, &user.to_string(), network, None);
    let _turn = limits.turn_to_guess(network).await?;
    limits.may_guess(&guess)?;
    let proved = state.service().prove(visit, password).await;
    if matches!(proved, Err(Refusal::WrongCredentials)) {
        limits.wrong_guess(&guess);
    }
    proved
}

fn page(state: &AppState, headers: &HeaderMap, visit: &Visit, ways: WaysToProve, to: &str, said: Said) -> Response {
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
    let door = ConfirmDoor {
        tenant: (&visit.tenant).into(),
        room: room_of(&visit.tenant.slug),
        password: ways.password,
        mails: state.entrance().mailer.is_some() && ways.email.is_some(),
        provider: provider::button(state, &visit.tenant, &to),
        to,
        mailed,
        problems,
    };
    draw(state, headers, refusal.as_ref(), || door.draw())
}
