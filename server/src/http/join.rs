//! Joining by a code: the page with one box, the link behind a QR code, and the QR code.

use app::join::JoinView;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::convert::{Builder, Shape};
use fast_qr::{ECL, QRBuilder};
use serde::Deserialize;

use super::api::refusal_response;
use super::host;
use crate::state::AppState;
use pulsestage::error::{Noun, Refusal};
use pulsestage::join::JoinCode;
use pulsestage::ports::FoundTeam;

/// What may be typed into the box.
#[derive(Debug, Deserialize)]
pub struct Typed {
    #[serde(default)]
    code: String,
}

/// The page with one box. What is typed into it comes back here, and goes on to the code's own address.
pub async fn box_page(
    State(state): State<AppState>,
    typed: Result<Query<Typed>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Response {
    let typed = typed.map(|Query(typed)| typed.code).unwrap_or_default();
    match JoinCode::parse(&typed) {
        Some(code) => see_other(&format!("/j/{code}")),
        None if typed.trim().is_empty() => draw(&state, request.headers(), JoinView::default()),
        None => draw(&state, request.headers(), JoinView { status: 422, problem: Some("That is not a code.") }),
    }
}

/// Leads to the team of a code.
pub async fn enter(State(state): State<AppState>, Path(typed): Path<String>, request: Request) -> Response {
    let home = host::home(request.extensions());
    match find(&state, &typed, request.headers(), request.extensions()).await {
        Ok((_, FoundTeam { tenant, team })) => {
            let address = format!("{}?team={}", home.page(tenant.as_str()), team.slug);
            // From another tenant's own host the way leads over ours.
            match (home.resolve(tenant.as_str()), &state.site().origin) {
                (Some(_), _) => see_other(&address),
                (None, Some(origin)) => see_other(&format!("{origin}/t/{tenant}/?team={}", team.slug)),
                (None, None) => draw(&state, request.headers(), missing()),
            }
        }
        Err(Refusal::NotFound { .. }) => draw(&state, request.headers(), missing()),
        Err(Refusal::TooManyRequests { .. }) => {
            let problem = Some("Too many codes were tried from your network. Wait a minute and try again.");
            draw(&state, request.headers(), JoinView { status: 429, problem })
        }
        Err(refusal) => refusal_response(&refusal),
    }
}

/// The QR code of a team's link, as a picture that a printer makes as large as it likes.
pub async fn qr(State(state): State<AppState>, Path(typed): Path<String>, request: Request) -> Response {
    let home = host::home(request.extensions());
    let code = match find(&state, &typed, request.headers(), request.extensions()).await {
        Ok((code, _)) => code,
        Err(refusal) => return refusal_response(&refusal),
    };
    let Some(origin) = host::origin(state.site(), request.headers(), &home) else {
        return refusal_response(&Refusal::NotFound { what: Noun::Code });
    };
    // Medium: a poster has folds and a projector has blinds.
    let Ok(qr) = QRBuilder::new(format!("{origin}/j/{code}")).ecl(ECL::M).build() else {
        return refusal_response(&Refusal::NotFound { what: Noun::Code });
    };
    let svg = SvgBuilder::default().shape(Shape::Square).margin(4).to_str(&qr);
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "private, max-age=300")], Body::from(svg)).into_response()
}

/// Changes a code up. Codes that are none are counted for the network that tries them, and beyond the limit the answer to
/// one more is to wait; a code that is right is right, whoever else tried what from there.
async fn find(
    state: &AppState,
    typed: &str,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<(JoinCode, FoundTeam), Refusal> {
    let sign_in = &state.limits().sign_in;
    let found = state.service().find_code(typed).await;
    if matches!(found, Err(Refusal::NotFound { .. })) {
        sign_in.missed_code(sign_in.network(headers, extensions))?;
    }
    found
}

const fn missing() -> JoinView {
    JoinView {
        status: 404,
        problem: Some("There is no team with this code. It may have a typing mistake, or be over."),
    }
}

fn see_other(address: &str) -> Response {
    ([(CACHE_CONTROL, "no-store")], Redirect::to(address)).into_response()
}

fn draw(state: &AppState, headers: &HeaderMap, view: JoinView) -> Response {
    let status = StatusCode::from_u16(view.status).unwrap_or(StatusCode::OK);
    let page = app::join::document(state.site().options.clone(), headers, view);
    (status, [(CACHE_CONTROL, "no-store")], Html(page)).into_response()
}
