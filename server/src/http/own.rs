//! What a browser has asked, and reporting what others have: pages and forms that work without script.

use app::DeviceScript;
use app::account::{Mine, Problems, Report, reason};
use axum::Router;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::account::{draw, draw_with_script, go, problems, room_of};
use super::compression::not_to_be_compressed;
use super::errors::Error;
use super::extract::{Fields, PathQuestion, TextFields, question_id};
use super::{api, page};
use crate::state::AppState;
use pulsestage::command::IdempotencyKey;
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::{OperationId, QuestionId, uuid_v7};
use pulsestage::service::RequestContext;

/// Both pages, in the default tenant and in those that their address names.
pub fn routes(state: &AppState) -> Router<AppState> {
    let mut pages = Router::new();
    for room in ["", "/t/{tenant}"] {
        pages = pages.route(&format!("{room}/mine"), get(mine).post(change).fallback(api::method_not_allowed)).route(
            &format!("{room}/report/{{question}}"),
            get(report).post(send_report).fallback(api::method_not_allowed),
        );
    }
    // They show what is one browser's own.
    pages.layer(from_fn_with_state(state.clone(), page::or_missing)).layer(map_response(
        |mut response: Response| async {
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
            not_to_be_compressed(response.headers_mut());
            response
        },
    ))
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

/// What this browser has asked.
async fn mine(
    State(state): State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    draw_mine(&state, &headers, &context, None).await
}

/// Another text for a question, or none.
async fn change(
    State(state): State<AppState>,
    context: RequestContext,
    headers: HeaderMap,
    TextFields(form): TextFields,
) -> Result<impl IntoResponse, Error> {
    let question = question_id(form.get("question"));
    let changed = async {
        let question = question.ok_or(Refusal::NotFound { what: Noun::Question })?;
        match form.get("do") {
            "withdraw" => state.service().withdraw_own(&context, key_of(&form), question).await,
            _ => state.service().edit_own(&context, key_of(&form), question, form.get("text")).await,
        }
    };
    match changed.await {
        Ok(own) => Ok(go(&format!("{}/mine#q-{}", room_of(&context.tenant.slug), own.id), &[])),
        Err(refusal) => draw_mine(&state, &headers, &context, Some((question, form.get("text"), &refusal))).await,
    }
}

/// A change that was refused: of which question, the text as typed, and why.
type RefusedEdit<'a> = (Option<QuestionId>, &'a str, &'a Refusal);

async fn draw_mine(
    state: &AppState,
    headers: &HeaderMap,
    context: &RequestContext,
    refused: Option<RefusedEdit<'_>>,
) -> Result<Response, Error> {
    let questions = state.service().own_questions(context).await?;
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
    let script = DeviceScript::of_drafts(&context.tenant.slug);
    Ok(draw_with_script(state, headers, refused.map(|(_, _, refusal)| refusal), script, || page.draw()))
}

/// The form by which a question is reported.
async fn report(
    State(state): State<AppState>,
    context: RequestContext,
    PathQuestion(question): PathQuestion,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let question = visible(&state, &context, question).await?;
    Ok(draw_report(&state, &headers, &context, question, None))
}

/// The question as everybody sees it who may see it at all.
async fn visible(
    state: &AppState,
    context: &RequestContext,
    question: QuestionId,
) -> Result<(QuestionId, String), Error> {
    let shown = state.service().shown_question(context, question).await?;
    shown.map(|shown| (question, shown.body)).ok_or(Error::NoPage)
}

async fn send_report(
    State(state): State<AppState>,
    context: RequestContext,
    PathQuestion(question): PathQuestion,
    headers: HeaderMap,
    TextFields(form): TextFields,
) -> Result<impl IntoResponse, Error> {
    let question = visible(&state, &context, question).await?;
    let reason = reason(form.get("why"), form.get("words"));
    let reported = state.service().report(&context, key_of(&form), question.0, &reason).await;
    Ok(draw_report(&state, &headers, &context, question, Some((form.get("words"), reported))))
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
        problems: problems(refusal),
    };
    draw(state, headers, refusal, || page.draw())
}
