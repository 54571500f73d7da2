//! One spelling for every page's path, and for every text that comes in an address: see [`crate::unicode`]. Bodies are put
//! right where they are read.

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::unicode::nfc_form;

/// Puts what stands behind the question mark into Normalization Form C.
pub async fn of_query(mut request: Request, next: Next) -> Response {
    if let Some(query) = request.uri().query().and_then(|query| nfc_form(query.as_bytes()))
        && let Ok(uri) = format!("{}?{query}", request.uri().path()).parse::<Uri>()
    {
        // As before: an address of HTTP/2 has its host in it.
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = uri.into_parts().path_and_query;
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    next.run(request).await
}

/// Addresses that programs call, and files: none of them has a slash at its end, and nobody types them.
const NO_PAGES: [&str; 5] = ["/api/", "/export/", "/health/", "/pkg/", "/sse/"];

/// Leads from a page's address with slashes at its end to the one without, with its query and its method.
pub async fn of_path(request: Request, next: Next) -> Response {
    let Some(mut page) = without_slash(request.uri().path()) else { return next.run(request).await };
    if let Some(query) = request.uri().query() {
        page.extend(["?", query]);
    }
    let Ok(page) = HeaderValue::from_str(&page) else { return next.run(request).await };
    (StatusCode::PERMANENT_REDIRECT, [(LOCATION, page), (CACHE_CONTROL, HeaderValue::from_static("no-store"))])
        .into_response()
}

/// The address of the page that this one means; nothing when it is that one.
fn without_slash(path: &str) -> Option<String> {
    let page = path.trim_end_matches('/');
    // A path that begins like the address of another host must not become where a browser is sent.
    let is_ours = page.starts_with('/') && !page.contains("//") && !page.contains('\\');
    if page.len() == path.len() || !is_ours || NO_PAGES.iter().any(|program| path.starts_with(program)) {
        return None;
    }
    // The page of a tenant is `/t/acme/`, from which its addresses go on.
    let is_tenant = page.strip_prefix("/t/").is_some_and(|slug| !slug.contains('/'));
    let page = if is_tenant { format!("{page}/") } else { page.to_owned() };
    (page != path).then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_has_one_address() {
        for (path, page) in [
            ("/admin/people/", "/admin/people"),
            ("/mine///", "/mine"),
            ("/t/acme/admin/", "/t/acme/admin"),
            ("/t/acme//", "/t/acme/"),
            ("/j/abc-234/", "/j/abc-234"),
        ] {
            assert_eq!(without_slash(path).as_deref(), Some(page), "{path}");
        }
        for path in [
            "/",
            "//",
            "/mine",
            "/t/acme",
            "/t/acme/",
            "//evil.example/",
            "/\\evil.example/",
            "/a//b/",
            "/api/fn/ask/",
            "/sse/",
        ] {
            assert_eq!(without_slash(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn nobody_is_sent_elsewhere_or_in_a_circle(path in "[/a-z.\\\\@:t]{0,20}") {
            if let Some(page) = without_slash(&path) {
                prop_assert!(page.starts_with('/') && !page.starts_with("//") && !page.contains('\\'), "{}", page);
                prop_assert_eq!(without_slash(&page), None);
            }
        }
    }
}
