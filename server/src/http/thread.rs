//! The private thread of a question, for its asker: pages and forms that work without script.

use app::account::{Problems, ThreadPage};
use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use axum::{Router, middleware};
use std::collections::HashMap;

use super::account::form::Fields;
use super::account::{context, count_failed, draw, draw_spent, go, kept_out, nowhere, private, room_of};
use super::api::{self, refusal_response};
use super::host;
use super::own::{fresh_key, id_of, key_of, tenant_of};
use crate::auth::Secret;
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::id::QuestionId;
use pulsestage::service::RequestContext;
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
        .layer(middleware::from_fn_with_state(state.clone(), count_failed))
        .layer(middleware::map_response(private))
}

type Named = Path<HashMap<String, String>>;

/// What happened to a form.
#[derive(Default)]
struct Sent {
    typed: String,
    refusal: Option<Refusal>,
    link: Option<String>,
}

async fn show(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let Some(question) = named.get("question").and_then(|text| id_of(text)) else {
        return nowhere(state, request).await;
    };
    match state.service().thread(&context, question, Side::Asker).await {
        Ok(thread) => draw_own(&state, request.headers(), &context, question, thread, Sent::default()),
        Err(Refusal::NotFound { .. } | Refusal::NoParticipant) => nowhere(state, request).await,
        Err(refusal) => refusal_response(&refusal),
    }
}

async fn send(State(state): State<AppState>, Path(named): Named, request: Request) -> Response {
    let slug = tenant_of(&named, &request);
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let Some(question) = named.get("question").and_then(|text| id_of(text)) else {
        return nowhere(state, request).await;
    };
    let origin = host::origin(state.site(), request.headers(), &host::home(request.extensions()));
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let (service, key) = (state.service(), key_of(&form));
    let mut sent = Sent { typed: form.get("text").to_owned(), ..Sent::default() };
    let done = match form.get("do") {
        "link" => {
            let secret = Secret::new(state.rng());
            sent.link = Some(format!("{}/thread/{}", origin.unwrap_or_default(), secret.reveal()));
            service.set_thread_link(&context, key, question, Some(secret.hash())).await
        }
        "unlink" => service.set_thread_link(&context, key, question, None).await,
        _ => service.say(&context, key, question, Side::Asker, form.get("text")).await.map(drop),
    };
    match done {
        // Shown at once: it is kept nowhere.
        Ok(()) if sent.link.is_some() => {}
        Ok(()) => return go(&own_address(&context.tenant, question), &[]),
        Err(refusal) => sent = Sent { refusal: Some(refusal), link: None, ..sent },
    }
    match service.thread(&context, question, Side::Asker).await {
        Ok(thread) => draw_own(&state, &headers, &context, question, thread, sent),
        Err(refusal) => refusal_response(&refusal),
    }
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
    sent: Sent,
) -> Response {
    let action = own_address(&context.tenant, question);
    draw_page(state, headers, &context.tenant, action, false, thread, sent)
}

async fn show_by_link(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let found = match Secret::parse(&token) {
        Some(secret) => state.service().thread_by_link(secret.hash()).await.map(|found| (secret, found)),
        None => Err(Refusal::LinkSpent),
    };
    match found {
        Ok((secret, (tenant, _, thread))) => {
            draw_page(&state, request.headers(), &tenant, link_address(&secret), true, thread, Sent::default())
        }
        Err(Refusal::LinkSpent) => draw_spent(&state, request.headers()),
        Err(refusal) => refusal_response(&refusal),
    }
}

async fn send_by_link(State(state): State<AppState>, Path(token): Path<String>, request: Request) -> Response {
    let (headers, form) = match Fields::of_body(request).await {
        Ok(form) => form,
        Err(refusal) => return refusal_response(&refusal),
    };
    let service = state.service();
    let said = async {
        let secret = Secret::parse(&token).ok_or(Refusal::LinkSpent)?;
        let (tenant, _) = service.thread_link(secret.hash()).await?;
        // As nobody: the link alone says what may be done.
        let context =
            service.authenticate_without_touch(&tenant.slug, &pulsestage::service::Credentials::default()).await?;
        let said = service.say_by_link(&context, key_of(&form), secret.hash(), form.get("text")).await;
        Ok((secret, tenant, said))
    };
    match said.await {
        Ok((secret, _, Ok(_))) => go(&link_address(&secret), &[]),
        Ok((secret, tenant, Err(refusal))) => match service.thread_by_link(secret.hash()).await {
            Ok((_, _, thread)) => {
                let sent = Sent { typed: form.get("text").to_owned(), refusal: Some(refusal), link: None };
                draw_page(&state, &headers, &tenant, link_address(&secret), true, thread, sent)
            }
            Err(_) => draw_spent(&state, &headers),
        },
        Err(Refusal::LinkSpent | Refusal::NotFound { .. }) => draw_spent(&state, &headers),
        Err(refusal) => refusal_response(&refusal),
    }
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
    sent: Sent,
) -> Response {
    let page = ThreadPage {
        tenant: tenant.into(),
        room: room_of(&tenant.slug),
        action,
        thread,
        key: fresh_key(state),
        by_link,
        link: sent.link,
        typed: if sent.refusal.is_some() { sent.typed } else { String::new() },
        problems: sent.refusal.as_ref().map(Problems::from).unwrap_or_default(),
    };
    draw(state, headers, sent.refusal.as_ref(), || page.draw())
}
