//! What a browser keeps of us on its device: the scripts that do it, for whom they keep it, and how we are installed.
//!
//! Drafts and what could not be sent are kept under a name for the reader (`Service::reader_tag`). The page sets it as a
//! cookie that scripts read; what was kept for a while is sent with it, and refused when somebody else is here now.

use app::api::Backend;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::path::Path;
use tower_http::services::ServeFile;
use tower_http::set_header::SetResponseHeaderLayer;

use super::api;
use super::errors::{Error, body_json, in_json};
use super::extract::TenantSlug;
use crate::state::AppState;
use pulsestage::error::{Noun, Refusal};
use pulsestage::service::RequestContext;
use pulsestage::tenant::Tenant;
use pulsestage::text::Slug;

/// What a browser sends along with what it has kept for a while: the tenant's slug, and for whom it was kept.
pub(super) const KEPT_FOR: &str = "x-reader";

/// What a service worker may do: get things from us. It is its own document, so the policy of pages is not its.
const WORKER_POLICY: &str = "default-src 'none'; connect-src 'self'";
/// The worker where none is wanted: it removes itself and what the one before it has kept.
const NO_WORKER: &str = "addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith('pulsestage-')) await caches.delete(name);
  await registration.unregister();
})()));
";

/// The scripts and the manifests. Their addresses stay the same from release to release, so each use asks whether they are
/// the same.
pub fn routes(state: &AppState, files: &Path) -> Router<AppState> {
    let file = |name: &str| ServeFile::new(files.join(name)).precompressed_br().precompressed_gzip();
    let worker = match state.site().offline_pages {
        true => Router::new().route_service("/sw.js", file("sw.js")),
        false => Router::new().route("/sw.js", get(|| async { ([(CONTENT_TYPE, "text/javascript")], NO_WORKER) })),
    };
    let set = |name: HeaderName, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let worker = worker
        .layer(set(CONTENT_SECURITY_POLICY, WORKER_POLICY))
        .layer(set(HeaderName::from_static("service-worker-allowed"), "/"));
    worker
        .route_service("/keep.js", file("keep.js"))
        .route_service("/outbox.js", file("outbox.js"))
        .route("/manifest.webmanifest", get(manifest).fallback(api::method_not_allowed))
        .route("/t/{tenant}/manifest.webmanifest", get(manifest).fallback(api::method_not_allowed))
        .layer(set(CACHE_CONTROL, "no-cache"))
}

/// How a tenant is installed as an app: under its name, with its first page.
async fn manifest(
    State(state): State<AppState>,
    home: app::api::Home,
    TenantSlug(slug): TenantSlug,
) -> Result<impl IntoResponse, Error> {
    let missing = Refusal::NotFound { what: Noun::Tenant };
    let slug = Slug::parse(&slug).map_err(|_| missing.clone())?;
    let tenant = state.service().public_tenant(&slug).await?.ok_or(missing)?;
    let kind = [(CONTENT_TYPE, "application/manifest+json")];
    Ok((kind, Json(manifest_of(&tenant, &home.page(&tenant.slug)))).into_response())
}

fn manifest_of(tenant: &Tenant, page: &str) -> Value {
    let icon = |size: u16, purpose: &str| {
        let name = if purpose == "maskable" { "icon-maskable" } else { "icon" };
        json!({ "src": format!("/{name}-{size}.png"), "type": "image/png", "sizes": format!("{size}x{size}"), "purpose": purpose })
    };
    json!({
        "id": page,
        "name": tenant.name,
        "short_name": tenant.name.chars().take(12).collect::<String>().trim_end(),
        "description": app::DESCRIPTION,
        "lang": "en",
        "start_url": page,
        "scope": page,
        "display": "standalone",
        "background_color": "#0b1221",
        "theme_color": "#0b1221",
        "icons": [
            { "src": "/favicon.svg", "type": "image/svg+xml", "sizes": "any" },
            icon(192, "any"), icon(512, "any"), icon(192, "maskable"), icon(512, "maskable"),
        ],
    })
}

/// The cookie with the name of this reader, unless the browser has it already.
pub(super) fn reader_cookie(
    state: &AppState,
    headers: &HeaderMap,
    slug: &Slug,
    context: &RequestContext,
) -> Option<HeaderValue> {
    let tag = state.service().reader_tag(context)?;
    let is_known = state.cookies().reader(headers, slug.as_str()).as_ref() == Some(&tag);
    let cookie = (!is_known).then(|| state.cookies().reader_cookie(slug.as_str(), tag).to_string());
    HeaderValue::try_from(cookie?).ok()
}

/// Whether what was kept for somebody is sent by the same person, in the tenant in which it was written.
pub(super) async fn is_kept_for(state: &AppState, kept_for: &HeaderValue, caller: &Backend) -> Result<bool, Error> {
    let named = kept_for.to_str().unwrap_or_default().split_once(' ');
    let Some((slug, reader)) = named.and_then(|(slug, reader)| Some((caller.home.resolve(slug)?, reader))) else {
        return Ok(false);
    };
    let context = match state.service().authenticate_without_touch(slug, &caller.credentials).await {
        Err(Refusal::NotFound { .. }) => return Ok(false),
        context => context?,
    };
    Ok(state.service().reader_tag(&context).as_deref() == Some(reader))
}

/// The answer to what was kept for somebody else.
pub(super) fn somebody_else() -> Response {
    let mut response = in_json(body_json("somebody_else", "You have signed in or out since you wrote this."));
    *response.status_mut() = StatusCode::PRECONDITION_FAILED;
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::id::TenantId;
    use pulsestage::tenant::TenantSettings;

    #[test]
    fn a_tenant_is_installed_under_its_own_name_and_page() {
        let tenant = Tenant {
            id: TenantId(uuid::Uuid::nil()),
            slug: "acme".to_owned(),
            name: "Acme town hall meetings".to_owned(),
            settings: TenantSettings::default(),
        };
        let manifest = manifest_of(&tenant, "/t/acme/");
        assert_eq!(manifest["name"], "Acme town hall meetings");
        assert_eq!(manifest["short_name"], "Acme town ha");
        assert_eq!((&manifest["start_url"], &manifest["scope"]), (&json!("/t/acme/"), &json!("/t/acme/")));
        let icons = manifest["icons"].as_array().map(Vec::as_slice).unwrap_or_default();
        for (size, purpose) in
            [("192x192", "any"), ("512x512", "any"), ("192x192", "maskable"), ("512x512", "maskable")]
        {
            assert!(icons.iter().any(|icon| icon["sizes"] == size && icon["purpose"] == purpose), "{size} {purpose}");
        }
    }
}
