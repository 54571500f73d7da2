//! What a tenant looks like: its accent as a style sheet of its own, and its logo.

use app::api::{FormError, Home, SAVED};
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{Multipart, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, REFERER};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect};

use super::errors::Error;
use super::language::ClientLanguage;
use crate::state::AppState;
use pulsestage::accent::Accent;
use pulsestage::error::{Noun, Refusal};
use pulsestage::logo::LOGO_MAX;
use pulsestage::tenant::Tenant;
use pulsestage::text::{Color, Slug};

/// Its address changes with what is at it, so it may be kept; not for ever, for a tenant may be closed.
const KEPT: &str = "public, max-age=86400";
/// What a form with a logo in it may have beside the picture, in bytes.
const AROUND: usize = 8 * 1024;
/// The largest body of the form with a logo.
pub const MAX_FORM: usize = LOGO_MAX + AROUND;

/// The accent of a tenant as a style sheet: custom properties and nothing else. Empty where it is ours.
pub async fn theme(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    home: Home,
) -> Result<impl IntoResponse, Error> {
    let tenant = tenant(&state, &slug, &home).await?;
    let color = tenant.settings.accent.and_then(|accent| Color::parse(&accent).ok());
    // Outside of every layer, so that it wins over the tokens.
    let css = color.map(|color| format!(":root,.on-stage{{{}}}\n", Accent::of(&color).declarations()));
    Ok(([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, KEPT)], css.unwrap_or_default()))
}

/// The logo of a tenant, under the type that we found it to be and no other.
pub async fn logo(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    home: Home,
) -> Result<impl IntoResponse, Error> {
    let tenant = tenant(&state, &slug, &home).await?;
    Ok(state.service().logo(&tenant).await?.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |logo| {
            let headers = [
                (CONTENT_TYPE, logo.kind.media_type()),
                (CACHE_CONTROL, KEPT),
                // Opened by itself it is a download and never a page.
                (CONTENT_DISPOSITION, "attachment"),
            ];
            (headers, logo.bytes).into_response()
        },
    ))
}

/// Takes another logo, or takes it away when the form has no picture; then back to the page of settings.
pub async fn put_logo(
    State(state): State<AppState>,
    Path(slug): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    home: Home,
    form: Result<Multipart, MultipartRejection>,
) -> Result<impl IntoResponse, Error> {
    let slug = home.resolve(&slug).ok_or(Refusal::NotFound { what: Noun::Tenant })?;
    let done = async {
        let context = state.service().authenticate(slug, &state.cookies().credentials(&headers)).await?;
        let form = form.map_err(|_| Refusal::UnsupportedMediaType)?;
        let picture = picture(form).await?;
        state.service().set_logo(&context, picture).await
    };
    let page = settings_page(&home, slug, &headers);
    match done.await {
        Ok(_) => Ok(Redirect::to(&format!("{page}?{SAVED}=set_logo"))),
        // As the framework tells what other forms were refused.
        Err(refusal) if ClientLanguage::of(&method, uri.path(), &headers).reads_pages() => {
            let why = FormError { endpoint: "set_logo".to_owned(), refusal };
            Ok(Redirect::to(&format!("{page}?{}", why.query())))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// The page that the form is on. Its address is ours whatever the browser says.
fn settings_page(home: &Home, slug: &str, headers: &HeaderMap) -> String {
    let page = format!("{}admin/settings", home.page(slug));
    let came_from = headers.get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let came_from = came_from.split('?').next().unwrap_or_default();
    // Where the tenant's path was used, it is used again.
    let by_path = format!("/t/{slug}/admin/settings");
    if came_from.ends_with(&by_path) { by_path } else { page }
}

/// The picture of a form; `None` where there is none, or an empty one.
async fn picture(mut form: Multipart) -> Result<Option<Vec<u8>>, Refusal> {
    let unreadable = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Malformed { detail: "the form broke off".to_owned() },
    };
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        if field.name() == Some("logo") {
            let bytes = field.bytes().await.map_err(unreadable)?;
            return Ok((!bytes.is_empty()).then(|| bytes.to_vec()));
        }
    }
    Ok(None)
}

async fn tenant(state: &AppState, slug: &str, home: &Home) -> Result<Tenant, Refusal> {
    let missing = Refusal::NotFound { what: Noun::Tenant };
    let slug = home.resolve(slug).and_then(|slug| Slug::parse(slug).ok()).ok_or(missing.clone())?;
    state.service().public_tenant(&slug).await?.ok_or(missing)
}
