//! Joining by a code: the page with one box, the link behind a QR code, and the QR code.

use app::api::Home;
use app::join::JoinView;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use fast_qr::convert::svg::SvgBuilder;
use fast_qr::convert::{Builder, Shape};
use fast_qr::{ECL, QRBuilder};

use super::errors::Error;
use super::extract::QueryFields;
use super::host;
use crate::limits::Network;
use crate::state::AppState;
use pulsestage::error::{Noun, Refusal};
use pulsestage::join::JoinCode;
use pulsestage::ports::FoundTeam;

/// The page with one box. What is typed into it comes back here, and goes on to the code's own address.
pub(crate) async fn box_page(
    State(state): State<AppState>,
    query: QueryFields,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let typed = query.get("code");
    Ok(match JoinCode::parse(typed) {
        Some(code) => see_other(&format!("/j/{code}")),
        None if typed.trim().is_empty() => draw(&state, &headers, JoinView::default()),
        None => draw(&state, &headers, JoinView { status: 422, problem: Some("This is not a valid code.") }),
    })
}

/// Leads to the team of a code.
pub async fn enter(
    State(state): State<AppState>,
    Path(typed): Path<String>,
    network: Network,
    home: Home,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let found = find(&state, &typed, network).await.map_err(|refusal| match refusal {
        Refusal::NotFound { .. } => draw(&state, &headers, missing()).into(),
        Refusal::TooManyRequests { .. } => {
            let problem = Some("Too many wrong codes from your network. Wait a minute and try again.");
            draw(&state, &headers, JoinView { status: 429, problem }).into()
        }
        refusal => Error::from(refusal),
    });
    let (_, FoundTeam { tenant, team }) = found?;
    // From another tenant's own host the way leads over ours.
    Ok(match (home.resolve(tenant.as_str()), &state.site().origin) {
        (Some(_), _) => see_other(&format!("{}?team={}", home.page(tenant.as_str()), team.slug)),
        (None, Some(origin)) => see_other(&format!("{origin}/t/{tenant}/?team={}", team.slug)),
        (None, None) => draw(&state, &headers, missing()),
    })
}

/// The QR code of a team's link, as a picture that a printer makes as large as it likes.
pub async fn qr(
    State(state): State<AppState>,
    Path(typed): Path<String>,
    network: Network,
    home: Home,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let (code, _) = find(&state, &typed, network).await?;
    let missing = || Refusal::NotFound { what: Noun::Code };
    let origin = host::origin(state.site(), &headers, &home).ok_or_else(missing)?;
    // Medium: a poster has folds and a projector has blinds.
    let qr = QRBuilder::new(format!("{origin}/j/{code}")).ecl(ECL::M).build().map_err(|_| missing())?;
    let svg = SvgBuilder::default().shape(Shape::Square).margin(4).to_str(&qr);
    Ok(([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "private, max-age=300")], svg))
}

/// Changes a code up. Codes that are none are counted for the network that tries them, and beyond the limit the answer to
/// one more is to wait; a code that is right is right, whoever else tried what from there.
async fn find(state: &AppState, typed: &str, network: Network) -> Result<(JoinCode, FoundTeam), Refusal> {
    let found = state.service().find_code(typed).await;
    if matches!(found, Err(Refusal::NotFound { .. })) {
        state.limits().sign_in.missed_code(network)?;
    }
    found
}

const fn missing() -> JoinView {
    JoinView { status: 404, problem: Some("There is no team with this code. Check the code, or ask for a new one.") }
}

fn see_other(address: &str) -> Response {
    ([(CACHE_CONTROL, "no-store")], Redirect::to(address)).into_response()
}

fn draw(state: &AppState, headers: &HeaderMap, view: JoinView) -> Response {
    let status = StatusCode::from_u16(view.status).unwrap_or(StatusCode::OK);
    let page = app::join::document(state.site().options.clone(), headers, view);
    (status, [(CACHE_CONTROL, "no-store")], Html(page)).into_response()
}
