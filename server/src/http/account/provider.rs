//! Signing in by the OpenID Connect provider: to it, and back.

use axum::extract::{RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use std::sync::Arc;

use super::form::Fields;
use super::sign_in::{self, Typed};
use super::{Named, arrival, come_in, context, go, kept_out, nowhere, room_of, slug_of};
use crate::auth::Attempt;
use crate::http::api::refusal_response;
use crate::oidc::{Provider, ProviderError};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::ports::Admission;
use pulsestage::tenant::Tenant;
use pulsestage::text::Slug;

/// Sends a browser to the provider, with what it needs to come back.
pub(super) async fn leave(
    State(state): State<AppState>,
    named: Named,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let slug = slug_of(named, request.extensions());
    let Some(provider) = provider_of(&state, &slug) else { return nowhere(state, request).await };
    let context = match context(&state, request.headers(), &slug).await {
        Ok(context) => context,
        Err(refusal) => return kept_out(&refusal, state, request).await,
    };
    let to = super::own_page(Fields::of_query(query.as_deref()).get("to")).unwrap_or_default().to_owned();
    let attempt = Attempt::begin(state.rng(), state.clock().now(), slug, to.clone());
    let address = async { provider.address(&attempt).await.map_err(said) };
    match address.await {
        Ok(address) => go(address.as_str(), &[state.cookies().attempt_cookie(&attempt).to_string()]),
        Err(refusal) => {
            sign_in::page(&state, request.headers(), &context.tenant, Typed { to: &to, email: "" }, Some(&refusal))
        }
    }
}

/// Somebody comes back. The attempt is over, however it ends: its cookie is taken away.
pub(super) async fn come_back(State(state): State<AppState>, RawQuery(query): RawQuery, request: Request) -> Response {
    let fields = Fields::of_query(query.as_deref());
    let attempt = state.cookies().attempt(request.headers(), state.clock().now());
    let slug = attempt.as_ref().map_or_else(|| Slug::default_tenant().into_string(), |attempt| attempt.tenant.clone());
    let Some(provider) = provider_of(&state, &slug) else { return nowhere(state, request).await };
    let (secret, arrival) = arrival(&state, request.headers(), &slug);
    let signed_in = async {
        let attempt = attempt.as_ref().filter(|attempt| attempt.state == fields.get("state"));
        let attempt = attempt.ok_or(Refusal::ProviderFailed)?;
        let introduction = introduction(&provider, attempt, &fields).await?;
        let settings = provider.settings();
        let service = state.service();
        service.sign_in_introduced(&slug, &introduction, &settings.domains, settings.first_role, &arrival).await
    };
    let signed_in: Result<Admission, Refusal> = signed_in.await;
    let to = attempt.as_ref().map(|attempt| attempt.to.as_str()).unwrap_or_default();
    let mut response = match signed_in {
        Ok(admission) => come_in(&state, &admission, &secret, to),
        Err(refusal) => refused(&state, request.headers(), &slug, to, &refusal).await,
    };
    if let Ok(ended) = state.cookies().ended_attempt_cookie().to_string().parse() {
        response.headers_mut().append(SET_COOKIE, ended);
    }
    response
}

async fn introduction(
    provider: &Provider,
    attempt: &Attempt,
    fields: &Fields,
) -> Result<pulsestage::link::ProviderIdentity, Refusal> {
    let code = fields.get("code");
    if code.is_empty() {
        // They said no there, or the provider did. What it says is not repeated: anybody can write that address.
        return Err(Refusal::ProviderFailed);
    }
    let issuer = Some(fields.get("iss")).filter(|issuer| !issuer.is_empty());
    provider.introduction(attempt, code.to_owned(), issuer).await.map_err(said)
}

async fn refused(state: &AppState, headers: &HeaderMap, slug: &str, to: &str, refusal: &Refusal) -> Response {
    match context(state, headers, slug).await {
        Ok(context) => sign_in::page(state, headers, &context.tenant, Typed { to, email: "" }, Some(refusal)),
        Err(missing) => refusal_response(&missing),
    }
}

/// The provider, when it is a door of this tenant.
fn provider_of(state: &AppState, slug: &str) -> Option<Arc<Provider>> {
    let provider = state.account().provider.clone()?;
    provider.settings().tenants.iter().any(|tenant| tenant == slug).then_some(provider)
}

fn said(error: ProviderError) -> Refusal {
    match error {
        ProviderError::Away => Refusal::Unavailable { retry_after_s: 10 },
        ProviderError::Unbelievable => Refusal::ProviderFailed,
    }
}

/// What the provider of a tenant is called and where signing in there begins, when there is one.
pub(super) fn button(state: &AppState, tenant: &Tenant, to: &str) -> Option<(String, String)> {
    let settings = state.account().provider.as_ref()?.settings();
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("to", to).finish();
    let there = settings.tenants.contains(&tenant.slug);
    there.then(|| (settings.name.clone(), format!("{}/oidc?{query}", room_of(&tenant.slug))))
}
