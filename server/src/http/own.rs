//! What a browser has asked, and reporting what others have: pages and forms that work without script.

use app::account::{Mine, Problems, Report, reason};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use std::collections::HashMap;
use uuid::Uuid;

use super::account::form::Fields;
use super::account::{context, draw, go, kept_out, nowhere, room_of, slug_of};
use super::api::{self, refusal_response};
use crate::state::AppState;
use pulsestage::command::IdempotencyKey;
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{OperationId, QuestionId, uuid_v7};
use pulsestage::service::RequestContext;

/// Both pages, in the default tenant and in those that their address names.
pub fn routes() -> Router<AppState> {
    let mut pages = Router::new();
    for room in ["", "/t/{tenant}"] {
        pages = pages.route(&format!("{room}/mine"), get(mine).post(change).fallback(api::method_not_allowed)).route(
            &format!("{room}/report/{{question}}"),
            get(report).post(send_report).fallback(api::method_not_allowed),
        );
    }
    // They show what is one browser's own.
    pages.layer(middleware::map_response(|mut response: Response| async {
        response.headers_mut().insert(CACHE_CONTROL, axum::http::HeaderValue::from_static("private, no-store"));
        response
    }))
}

type Named = Path<HashMap<String, String>>;

pub(super) fn tenant_of(named: &HashMap<String, String>, request: &Request) -> String {
    slug_of(named.get("tenant").cloned().map(Path), request.extensions())
}

/// A key for the form on a page.
pub(super) fn fresh_key(state: &AppState) -> OperationId {
    let mut random = [0; 10];
    state.rng().fill(&mut random);
    OperationId(uuid_v7(state.clock().now(), random))
}

pub(super) fn key_of(form: &Fields) -> IdempotencyKey {
    form.get("op").parse().ok().map(OperationId)
}

pub(super) fn id_of(text: &str) -> Option<QuestionId> {
    text.parse::<Uuid>().ok().map(QuestionId)
}

/// What this browser has asked.
async fn mine(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    draw_mine(&state, request.headers(), &context, None).await
}

/// Another text for a question, or none.
async fn change(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let question = id_of(form.get("question"));
    let changed = async {
        let question = question.ok_or(Refusal::NotFound { what: Noun::Question })?;
        match form.get("do") {
            "withdraw" => state.service().withdraw_own(&context, key_of(&form), question).await,
            _ => state.service().edit_own(&context, key_of(&form), question, form.get("text")).await,
        }
    };
    match changed.await {
        Ok(own) => go(&format!("{}/mine#q-{}", room_of(&slug), own.id), &[]),
        Err(refusal) => draw_mine(&state, &headers, &context, Some((question, form.get("text"), &refusal))).await,
    }
}

/// A change that was refused: of which question, the text as typed, and why.
type Refused<'a> = (Option<QuestionId>, &'a str, &'a Refusal);

async fn draw_mine(
    state: &AppState,
    headers: &HeaderMap,
    context: &RequestContext,
    refused: Option<Refused<'_>>,
) -> Response {
    let questions = match state.service().own_questions(context).await {
        Ok(questions) => questions,
        Err(refusal) => return refusal_response(&refusal),
    };
    let page = Mine {
        tenant: (&context.tenant).into(),
        room: room_of(&context.tenant.slug),
        signed_in_to: context.actor.user.map(|_| context.tenant.slug.clone()),
        limits: context.tenant.settings.question_length,
        key: fresh_key(state),
        refused: refused.map(|(question, typed, refusal)| {
            let there = question.filter(|id| questions.iter().any(|own| own.id == *id));
            (there, typed.to_owned(), Problems::from(refusal))
        }),
        questions,
    };
    draw(state, headers, refused.map(|(_, _, refusal)| refusal), || page.draw())
}

/// The form by which a question is reported.
async fn report(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    match asked(&state, &context, &named).await {
        Ok(question) => draw_report(&state, request.headers(), &context, question, None),
        Err(Refusal::NotFound { .. }) => nowhere(state, request).await,
        Err(refusal) => refusal_response(&refusal),
    }
}

/// The question as everybody sees it who may see it at all.
async fn asked(
    state: &AppState,
    context: &RequestContext,
    named: &HashMap<String, String>,
) -> Result<(QuestionId, String), Refusal> {
    let missing = Refusal::NotFound { what: Noun::Question };
    let id = named.get("question").and_then(|text| id_of(text)).ok_or(missing.clone())?;
    let board = state.service().board(context).await?.board;
    board.questions.get(&id).map(|question| (id, question.body.clone())).ok_or(missing)
}

async fn send_report(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let question = match asked(&state, &context, &named).await {
        Ok(question) => question,
        Err(refusal) => return refusal_response(&refusal),
    };
    let reason = reason(form.get("why"), form.get("words"));
    let reported = state.service().report(&context, key_of(&form), question.0, &reason).await;
    draw_report(&state, &headers, &context, question, Some((form.get("words"), reported)))
}

fn draw_report(
    state: &AppState,
    headers: &HeaderMap,
    context: &RequestContext,
    question: (QuestionId, String),
    sent: Option<(&str, Result<(), Refusal>)>,
) -> Response {
    let (typed, outcome) = sent.unzip();
    let refusal = outcome.as_ref().and_then(|outcome| outcome.as_ref().err());
    let page = Report {
        tenant: (&context.tenant).into(),
        room: room_of(&context.tenant.slug),
        question,
        key: fresh_key(state),
        is_done: outcome.as_ref().is_some_and(Result::is_ok),
        typed: typed.unwrap_or_default().to_owned(),
        problems: refusal.map(Problems::from).unwrap_or_default(),
    };
    draw(state, headers, refusal, || page.draw())
}
