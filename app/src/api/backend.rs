//! The server's side of the server functions: who is calling, and how a refusal becomes a response.

use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use pulsestage::command::BoardView;
use pulsestage::error::{Noun, Refusal};
use pulsestage::service::{Credentials, RequestContext, Service};
use pulsestage::text::Slug;
use pulsestage::window::{Filters, MOST_ROWS, ROWS, WindowStart};

use super::{API_PREFIX, ApiError};
use crate::address::PageQuery;

/// Which tenant is meant where a request names none: the default one, or the one whose host it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Its slug.
    pub slug: String,
    /// Whether the host is this tenant's own: no other tenant is found there.
    pub is_bound: bool,
}

impl Default for Home {
    fn default() -> Self {
        Self { slug: Slug::default_tenant().into_string(), is_bound: false }
    }
}

impl Home {
    /// The tenant that `named` means here, an empty one being none; `None` where there is no such tenant.
    #[must_use]
    pub fn resolve<'a>(&'a self, named: &'a str) -> Option<&'a str> {
        match named {
            "" => Some(&self.slug),
            named if self.is_bound && named != self.slug => None,
            named => Some(named),
        }
    }

    /// The first page of a tenant as its address is here, with a slash at its end.
    #[must_use]
    pub fn page(&self, slug: &str) -> String {
        if slug == self.slug { "/".to_owned() } else { format!("/t/{slug}/") }
    }
}

/// What the server puts into the context of every server function and every page.
#[derive(Clone)]
pub struct Backend {
    /// The use cases.
    pub service: Service,
    /// What the request brought to say who it is from.
    pub credentials: Credentials,
    /// Which tenant is meant where none is named.
    pub home: Home,
}

/// Which rows of the board a page has. Whoever calls for no page gets the whole board.
#[derive(Clone, Debug)]
pub struct PageWindow {
    /// What its reader chose to see.
    pub filters: Filters,
    /// Where the rows begin.
    pub start: WindowStart,
    /// How many there are at most.
    pub rows: u32,
}

impl Default for PageWindow {
    fn default() -> Self {
        Self { filters: Filters::default(), start: WindowStart::default(), rows: ROWS }
    }
}

impl PageWindow {
    /// The window that the query of `/api/rows` means. What cannot be read has its default.
    pub(super) fn parse(query: &str) -> Self {
        let mut window = Self::default();
        for (name, value) in PageQuery::parse(query).pairs() {
            window.read(name, value);
        }
        window
    }

    /// Takes over what one name and its value say; others say nothing of a window.
    pub fn read(&mut self, name: &str, value: &str) {
        if name == "limit" {
            self.rows = value.parse().unwrap_or(ROWS).clamp(1, MOST_ROWS);
        } else if !self.filters.read(name, value) {
            self.start.read(name, value);
        }
    }
}

/// The board of a page that is being drawn, where it was asked for before.
#[derive(Clone, Debug)]
pub struct ReadyBoard(pub Result<BoardView, Refusal>);

/// The use cases and the request context of a tenant; an empty slug means the one that is at home on this host.
pub(super) async fn authenticate(tenant: &str) -> Result<(Service, RequestContext), ApiError> {
    let (service, credentials, slug) = called(tenant)?;
    let context = service.authenticate(&slug, &credentials).await.map_err(refuse)?;
    Ok((service, context))
}

/// The same where participants ask, vote, report or look at what is theirs: the session is not touched.
pub(super) async fn authenticate_without_touch(tenant: &str) -> Result<(Service, RequestContext), ApiError> {
    let (service, credentials, slug) = called(tenant)?;
    let context = service.authenticate_without_touch(&slug, &credentials).await.map_err(refuse)?;
    Ok((service, context))
}

/// The use cases, who calls them, and the tenant that is meant.
fn called(tenant: &str) -> Result<(Service, Credentials, String), ApiError> {
    let Backend { service, credentials, home } = use_context().ok_or_else(|| refuse(Refusal::Internal))?;
    if let Some(response) = use_context::<ResponseOptions>() {
        // What follows is one viewer's own: no cache between us may keep it.
        response.insert_header(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    let slug = home.resolve(tenant).ok_or_else(|| refuse(Refusal::NotFound { what: Noun::Tenant }))?.to_owned();
    Ok((service, credentials, slug))
}

/// Puts the refusal's status on the response that is being made, be it a server function's or a page's.
///
/// A plain form's answer stays the redirect to its page, which then says what was refused: a browser follows
/// `Location` only under a 3xx.
pub(super) fn refuse(refusal: Refusal) -> ApiError {
    if let Some(response) = use_context::<ResponseOptions>().filter(|_| !is_plain_form()) {
        if let Ok(status) = StatusCode::from_u16(refusal.status()) {
            response.set_status(status);
        }
        if let Refusal::TooManyRequests { retry_after_s } | Refusal::Unavailable { retry_after_s } = refusal {
            response.insert_header(RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
    }
    ApiError::Refused(refusal)
}

/// Whether the request is a form that a browser sent by itself: it wants a page back.
pub(super) fn is_plain_form() -> bool {
    use_context::<Parts>().is_some_and(|request| {
        let accept = request.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        request.uri.path().starts_with(API_PREFIX) && accept.is_some_and(|accept| accept.contains("text/html"))
    })
}
