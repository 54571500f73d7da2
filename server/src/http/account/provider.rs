//! Signing in by the OpenID Connect provider: to it, and back.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

use super::back::own_page;
use super::sign_in::{self, Typed};
use super::{admit, go, new_session, room_of};
use crate::auth::Attempt;
use crate::http::errors::Error;
use crate::http::extract::{QueryFields, TenantSlug, missing_page};
use crate::oidc::{Provider, ProviderError};
use crate::state::AppState;
use pulsestage::error::Refusal;
use pulsestage::link::ProviderIdentity;
use pulsestage::ports::Admission;
use pulsestage::tenant::Tenant;
use pulsestage::text::Slug;

/// Sends a browser to the provider, with what it needs to come back.
pub(super) async fn leave(
    State(state): State<AppState>,
    TenantSlug(slug): TenantSlug,
    query: QueryFields,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let provider = provider_of(&state, &slug).ok_or(Error::NoPage)?;
    let credentials = state.cookies().credentials(&headers);
    let context = state.service().authenticate_without_touch(&slug, &credentials).await.map_err(missing_page)?;
    let to = own_page(query.get("to")).unwrap_or_default();
    let attempt = Attempt::begin(state.rng(), state.clock().now(), slug, to.to_owned());
    let address = provider.address(&attempt).await.map_err(|error| {
        sign_in::page(&state, &headers, &context.tenant, Typed { to, email: "" }, Some(&refusal_of(error)))
    })?;
    Ok(go(address.as_str(), &[state.cookies().attempt_cookie(&attempt).to_string()]))
}

/// Somebody comes back. The attempt is over, however it ends: its cookie is taken away.
pub(super) async fn come_back(
    State(state): State<AppState>,
    query: QueryFields,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Error> {
    let attempt = state.cookies().attempt(&headers, state.clock().now());
    let slug = attempt.as_ref().map_or_else(|| Slug::default_tenant().into_string(), |attempt| attempt.tenant.clone());
    let provider = provider_of(&state, &slug).ok_or(Error::NoPage)?;
    let answered = answer(&state, &headers, &provider, &slug, attempt.as_ref(), &query).await;
    let mut response = answered.into_response();
    if let Ok(ended) = state.cookies().ended_attempt_cookie().to_string().parse() {
        response.headers_mut().append(SET_COOKIE, ended);
    }
    Ok(response)
}

/// Signs somebody in who comes back from the provider, or shows them the page for signing in again.
async fn answer(
    state: &AppState,
    headers: &HeaderMap,
    provider: &Provider,
    slug: &str,
    attempt: Option<&Attempt>,
    query: &QueryFields,
) -> Result<Response, Error> {
    let (secret, browser) = new_session(state, headers, slug);
    let to = attempt.map(|attempt| attempt.to.as_str()).unwrap_or_default();
    let signed_in = async {
        let attempt = attempt.filter(|attempt| attempt.state == query.get("state")).ok_or(Refusal::ProviderFailed)?;
        let introduction = introduction(provider, attempt, query).await?;
        let settings = provider.settings();
        let service = state.service();
        service.sign_in_introduced(slug, &introduction, &settings.domains, settings.first_role, &browser).await
    };
    let signed_in: Result<Admission, Refusal> = signed_in.await;
    match signed_in {
        Ok(admission) => Ok(admit(state, &admission, &secret, to)),
        Err(refusal) => {
            let credentials = state.cookies().credentials(headers);
            let context = state.service().authenticate_without_touch(slug, &credentials).await?;
            Ok(sign_in::page(state, headers, &context.tenant, Typed { to, email: "" }, Some(&refusal)))
        }
    }
}

async fn introduction(
    provider: &Provider,
    attempt: &Attempt,
    query: &QueryFields,
) -> Result<ProviderIdentity, Refusal> {
    let code = query.get("code");
    if code.is_empty() {
        // They said no there, or the provider did. What it says is not repeated: anybody can write that address.
        return Err(Refusal::ProviderFailed);
    }
    let issuer = Some(query.get("iss")).filter(|issuer| !issuer.is_empty());
    provider.introduction(attempt, code.to_owned(), issuer).await.map_err(refusal_of)
}

/// The provider, when people of this tenant sign in by it.
fn provider_of(state: &AppState, slug: &str) -> Option<Arc<Provider>> {
    let provider = state.account().provider.clone()?;
    provider.settings().tenants.iter().any(|tenant| tenant == slug).then_some(provider)
}

fn refusal_of(error: ProviderError) -> Refusal {
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
