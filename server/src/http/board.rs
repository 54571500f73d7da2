//! The board in parts, as JSON: whole and the same for everybody who may read it, by windows of rows, and what is one
//! reader's own apart from both.
//!
//! A page has the first rows of a large board. Once it is alive it reads the rest here. What it reads has a cursor, so
//! together with the stream nothing is missed and nothing counts twice.

use app::api::PageWindow;
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header::CACHE_CONTROL;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

use super::errors::Error;
use super::host;
use crate::boards::SharedBoard;
use crate::coding::BodyCoding;
use crate::state::AppState;
use pulsestage::error::{Noun, Refusal};
use pulsestage::service::{Credentials, RequestContext};
use pulsestage::window::LARGEST_BOARD;

/// What an address asks for. What it does not say, or what cannot be read, has its default.
#[derive(Default)]
pub(super) struct BoardQuery {
    tenant: String,
    pub(super) window: PageWindow,
}

impl BoardQuery {
    pub(super) fn parse(query: Option<&str>) -> Self {
        let mut asked = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "tenant" => asked.tenant = value.into_owned(),
                name => asked.window.read(name, &value),
            }
        }
        asked
    }
}

/// A request for a board: what of which tenant's, and what it brought to say who it is from.
pub struct BoardRequest {
    query: BoardQuery,
    slug: String,
    credentials: Credentials,
}

impl FromRequestParts<AppState> for BoardRequest {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let query = BoardQuery::parse(parts.uri.query());
        let home = host::home(&parts.extensions);
        let slug = home.resolve(&query.tenant).ok_or(Refusal::NotFound { what: Noun::Tenant })?.to_owned();
        let credentials = state.credentials(&parts.headers, &parts.extensions);
        Ok(Self { query, slug, credentials })
    }
}

impl BoardRequest {
    /// The board for whoever asks, if they may read it.
    async fn board(&self, state: &AppState) -> Result<Arc<SharedBoard>, Refusal> {
        let context = state.service().authenticate(&self.slug, &self.credentials).await?;
        board_of(state, &context).await
    }
}

/// `GET /api/board`: the whole board, `{tenant, board}`.
pub async fn whole(
    State(state): State<AppState>,
    request: BoardRequest,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let board = request.board(&state).await?;
    if board.seen.board.questions.len() > LARGEST_BOARD as usize {
        return Err(Refusal::TooLarge.into());
    }
    let coding = BodyCoding::accepted(&headers, &BodyCoding::ALL);
    let body = board.whole(coding).await.map_err(|error| broken(&error))?;
    Ok(body.answer(&headers).await)
}

/// `GET /api/rows`: one window of the rows that the filters choose.
pub async fn rows(State(state): State<AppState>, request: BoardRequest, headers: HeaderMap) -> Result<Response, Error> {
    let board = request.board(&state).await?;
    let PageWindow { filters, start, rows } = request.query.window;
    let coding = BodyCoding::accepted(&headers, &BodyCoding::ALL);
    let body = board.rows(&filters, start, rows, coding).await.map_err(|error| broken(&error))?;
    Ok(body.answer(&headers).await)
}

/// `GET /api/mine`: what is the reader's own on the board.
pub async fn mine(State(state): State<AppState>, request: BoardRequest) -> Result<impl IntoResponse, Error> {
    let context = state.service().authenticate_without_touch(&request.slug, &request.credentials).await?;
    let part = state.service().personal_part(&context).await?;
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("private, no-store"))], Json(part)))
}

/// The board as this caller sees it, counted as a look at it.
pub(super) async fn board_of(state: &AppState, context: &RequestContext) -> Result<Arc<SharedBoard>, Refusal> {
    state.service().admit_to_board(context)?;
    Ok(state.boards().board(context.tenant.id, context.team_filter()).await?)
}

fn broken(error: &serde_json::Error) -> Refusal {
    tracing::error!(%error, "a board could not be written");
    Refusal::Internal
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::window::{Filters, MOST_ROWS, ROWS, Sort, Tab, WindowStart};

    #[test]
    fn an_address_is_read_as_far_as_it_can_be() {
        let asked = BoardQuery::parse(Some("tenant=acme&tab=all&sort=oldest&offset=50&limit=20&x=%ff&team=A%20b"));
        assert_eq!(
            (asked.tenant.as_str(), asked.window.rows, asked.window.start),
            ("acme", 20, WindowStart::Offset(50))
        );
        assert_eq!(asked.window.filters, Filters { tab: Tab::All, sort: Sort::Oldest, ..Filters::default() });
        for (limit, rows) in [("0", 1), ("-1", ROWS), ("99999", MOST_ROWS), ("many", ROWS), ("", ROWS)] {
            assert_eq!(BoardQuery::parse(Some(&format!("limit={limit}"))).window.rows, rows, "{limit}");
        }
        assert_eq!(BoardQuery::parse(None).window.rows, ROWS);
    }
}
