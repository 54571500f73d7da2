//! The private thread of a question, for its asker: pages and forms that work without script.

use app::DeviceScript;
use app::account::ThreadPage;
use app::api::Home;
use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::account::{count_failed, draw_with_script, go, private, problems, room_of};
use super::errors::Error;
use super::extract::{LinkSecret, PathQuestion, TextFields};
use super::own::{fresh_key, key_of};
use super::{api, host, page};
use crate::auth::Secret;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::id::QuestionId;
use pulsestage::service::{Credentials, RequestContext};
use pulsestage::tenant::Tenant;
use pulsestage::thread::{Side, Thread};

/// The pages: of the browser that asked, in every tenant; and by link.
pub fn routes(state: &AppState) -> Router<AppState> {
    let mut pages = Router::new();
    for room in ["", "/t/{tenant}"] {
        pages =
            pages.route(&format!("{room}/mine/{{question}}"), get(show).post(send).fallback(api::method_not_allowed));
    }
    pages
        .route("/thread/{token}", get(show_by_link).post(send_by_link).fallback(api::method_not_allowed))
        .layer(from_fn_with_state(state.clone(), page::or_missing))
        .layer(from_fn_with_state(state.clone(), count_failed))
        .layer(map_response(private))
}

/// What happened to a form.
#[derive(Default)]
struct ThreadForm<'a> {
    typed: &'a str,
    refusal: Option<Refusal>,
    link: Option<String>,
}

async fn show(
    State(state): State<AppState>,
    context: RequestContext,
    PathQuestion(question): PathQuestion,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let thread = state.service().thread(&context, question, Side::Asker).await.map_err(|refusal| match refusal {
        Refusal::NotFound { .. } | Refusal::NoParticipant => Error::NoPage,
        refusal => refusal.into(),
    })?;
    Ok(draw_own(&state, &headers, &context, question, thread, ThreadForm::default()))
}

async fn send(
    State(state): State<AppState>,
    context: RequestContext,
    PathQuestion(question): PathQuestion,
    home: Home,
    headers: HeaderMap,
    TextFields(form): TextFields,
) -> Result<impl IntoResponse, Error> {
    let (service, key) = (state.service(), key_of(&form));
    let mut sent = ThreadForm { typed: form.get("text"), ..ThreadForm::default() };
    let done = match form.get("do") {
        "link" => {
            let secret = Secret::new(state.rng());
            let origin = host::origin(state.site(), &headers, &home);
            sent.link = Some(format!("{}/thread/{}", origin.unwrap_or_default(), secret.reveal()));
            service.set_thread_link(&context, key, question, Some(secret.hash())).await
        }
        "unlink" => service.set_thread_link(&context, key, question, None).await,
        _ => service.say(&context, key, question, Side::Asker, form.get("text")).await.map(drop),
    };
    match done {
        // Shown at once: it is kept nowhere.
        Ok(()) if sent.link.is_some() => {}
        Ok(()) => return Ok(go(&own_address(&context.tenant, question), &[])),
        Err(refusal) => sent = ThreadForm { refusal: Some(refusal), link: None, ..sent },
    }
    let thread = service.thread(&context, question, Side::Asker).await?;
    Ok(draw_own(&state, &headers, &context, question, thread, sent))
}

fn own_address(tenant: &Tenant, question: QuestionId) -> String {
    format!("{}/mine/{question}", room_of(&tenant.slug))
}

fn draw_own(
    state: &AppState,
    headers: &HeaderMap,
    context: &RequestContext,
    question: QuestionId,
    thread: Thread,
    sent: ThreadForm<'_>,
) -> Response {
    let action = own_address(&context.tenant, question);
    draw_page(state, headers, &context.tenant, action, false, thread, sent)
}

async fn show_by_link(
    State(state): State<AppState>,
    LinkSecret(secret): LinkSecret,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let (tenant, _, thread) = state.service().thread_by_link(secret.hash()).await?;
    Ok(draw_page(&state, &headers, &tenant, link_address(&secret), true, thread, ThreadForm::default()))
}

async fn send_by_link(
    State(state): State<AppState>,
    LinkSecret(secret): LinkSecret,
    headers: HeaderMap,
    TextFields(form): TextFields,
) -> Result<impl IntoResponse, Error> {
    let service = state.service();
    let spent = |refusal| match refusal {
        Refusal::NotFound { .. } => Refusal::LinkSpent,
        refusal => refusal,
    };
    let (tenant, _) = service.thread_link(secret.hash()).await.map_err(spent)?;
    // As nobody: the link alone says what may be done.
    let nobody = Credentials::default();
    let context = service.authenticate_without_touch(&tenant.slug, &nobody).await.map_err(spent)?;
    let said = service.say_by_link(&context, key_of(&form), secret.hash(), form.get("text")).await;
    let Err(refusal) = said else { return Ok(go(&link_address(&secret), &[])) };
    let (_, _, thread) = service.thread_by_link(secret.hash()).await.map_err(|_| Refusal::LinkSpent)?;
    let sent = ThreadForm { typed: form.get("text"), refusal: Some(refusal), link: None };
    Ok(draw_page(&state, &headers, &tenant, link_address(&secret), true, thread, sent))
}

fn link_address(secret: &Secret) -> String {
    format!("/thread/{}", secret.reveal())
}

fn draw_page(
    state: &AppState,
    headers: &HeaderMap,
    tenant: &Tenant,
    action: String,
    by_link: bool,
    thread: Thread,
    sent: ThreadForm<'_>,
) -> Response {
    let page = ThreadPage {
        tenant: tenant.into(),
        room: room_of(&tenant.slug),
        action,
        thread,
        key: fresh_key(state),
        by_link,
        link: sent.link,
        typed: sent.refusal.as_ref().map_or("", |_| sent.typed).to_owned(),
        problems: problems(sent.refusal.as_ref()),
    };
    let script = DeviceScript::of_drafts(&tenant.slug);
    draw_with_script(state, headers, sent.refusal.as_ref(), script, || page.draw())
}
