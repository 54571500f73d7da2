//! What everybody may call: read the board, ask, vote.

#![expect(missing_docs, reason = "the macro makes a struct of each function, with its arguments as fields")]

use leptos::prelude::*;
#[cfg(not(feature = "browser"))]
use leptos::server_fn::codec::GetUrl;
use pulsestage::command::{BoardView, IdempotencyKey, VoteReceipt};
use pulsestage::id::{QuestionId, TeamId};
use pulsestage::question::Question;

use super::{ApiError, ApiJson};
#[cfg(feature = "ssr")]
use super::{
    backend::{PageWindow, ReadyBoard, authenticate, authenticate_without_touch, refuse},
    flash,
};
#[cfg(feature = "ssr")]
use pulsestage::{command, person::Flash};

/// The board of a tenant as the caller sees it. A page gets the window that its address asks for, or that `window` says, in
/// the words of the query of `/api/rows`.
#[cfg(not(feature = "browser"))]
#[server(prefix = "/api/fn", endpoint = "load_board", input = GetUrl, output = ApiJson)]
pub async fn load_board(
    #[server(default)] tenant: String,
    #[server(default)] window: Option<String>,
) -> Result<BoardView, ApiError> {
    if let Some(ReadyBoard(board)) = use_context() {
        return board.map_err(refuse);
    }
    let window = use_context::<PageWindow>().or_else(|| window.map(|window| PageWindow::parse(&window)));
    let (service, context) = authenticate(&tenant).await?;
    let board = match window {
        Some(PageWindow { filters, start, rows }) => service.board_window(&context, &filters, start, rows).await,
        None => service.board(&context).await,
    };
    board.map_err(refuse)
}

/// The board of a tenant, by its slug, or a window of it.
#[cfg(feature = "browser")]
pub async fn load_board(tenant: String, window: Option<String>) -> Result<BoardView, ApiError> {
    use crate::platform::escaped;

    // An empty one would be none.
    let window = window.map_or_else(String::new, |window| ["&window=?", &escaped(&window)].concat());
    super::client::call(&["/api/fn/load_board?tenant=", &escaped(&tenant), &window].concat(), None).await
}

/// Puts a question to a team. Where `again` is false, a text that the caller has asked before is refused; a client that
/// does not say it knows of no such refusal.
#[server(prefix = "/api/fn", endpoint = "ask", output = ApiJson)]
pub async fn ask(
    #[server(default)] tenant: String,
    team: TeamId,
    question: String,
    #[server(default)] name: Option<String>,
    #[server(default)] again: Option<bool>,
    #[server(default)] op: IdempotencyKey,
) -> Result<Question, ApiError> {
    let (service, context) = authenticate_without_touch(&tenant).await?;
    let ask = command::Ask { team, body: question, name };
    let asked = match again {
        Some(false) => service.ask_once(&context, op, ask).await,
        None | Some(true) => service.ask(&context, op, ask).await,
    };
    let asked = asked.map_err(refuse)?;
    flash::keep(&Flash::Asked);
    Ok(asked)
}

/// Makes the caller's vote be what they want it to be.
#[server(prefix = "/api/fn", endpoint = "set_vote", output = ApiJson)]
pub async fn set_vote(
    #[server(default)] tenant: String,
    question: QuestionId,
    up: bool,
    #[server(default)] op: IdempotencyKey,
) -> Result<VoteReceipt, ApiError> {
    let (service, context) = authenticate_without_touch(&tenant).await?;
    service.set_vote(&context, op, command::SetVote { question, up }).await.map_err(refuse)
}
