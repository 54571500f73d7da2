//! Every route and every layer, on one screen.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Redirect, Response};
use axum::routing::{any, get, post};
use std::path::Path;
use tower::util::option_layer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::http::{
    account, api, board, branding, check, compression, device, export, health, host, join, language, origin, own, page,
    policy, returned_form, session, site, spelling, sse, texts, thread, trace,
};
use crate::state::AppState;

/// The whole server as a service.
pub fn router(state: AppState) -> Router {
    // Of several servers in one process the first has set it.
    let _ = any_spawner::Executor::init_tokio();
    let options = state.site().options.clone();
    let files = Path::new(&*options.site_root);
    let pages = Router::<AppState>::new()
        .route("/", get(page::render))
        .route("/t/{tenant}", get(page::render))
        .route("/admin", get(page::render))
        .route("/admin/{view}", get(page::render))
        .route("/t/{tenant}/admin", get(page::render))
        .route("/t/{tenant}/admin/{view}", get(page::render))
        .merge(account::routes(&state))
        .merge(own::routes(&state))
        .merge(texts::routes(&state))
        .merge(thread::routes(&state))
        .merge(check::routes(&state))
        .route("/sign-out", post(session::sign_out).fallback(api::method_not_allowed));
    let functions = Router::new()
        .route("/api/fn/{*name}", get(api::call).post(api::call).fallback(api::method_not_allowed))
        .route("/api/similar", get(api::call).fallback(api::method_not_allowed))
        .route("/api/{*rest}", any(api::missing))
        .layer(from_fn_with_state(state.clone(), api::guard))
        .layer(from_fn_with_state(state.clone(), returned_form::answer));
    let hopeless = from_fn_with_state(state.clone(), page::instead_of_no_file);
    let packages = ServeDir::new(files.join(&*options.site_pkg_dir)).precompressed_br().precompressed_gzip();
    let others = ServeDir::new(files).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    Router::new()
        .merge(pages)
        .merge(functions)
        .route("/api/board", get(board::whole).fallback(api::method_not_allowed))
        .route("/api/rows", get(board::rows).fallback(api::method_not_allowed))
        .route("/api/mine", get(board::mine).fallback(api::method_not_allowed))
        .route("/sse", get(sse::open).fallback(api::method_not_allowed))
        .route("/api/events", get(sse::poll).fallback(api::method_not_allowed))
        .route("/join", get(join::box_page).fallback(api::method_not_allowed))
        .route("/j/{code}", get(join::enter).fallback(api::method_not_allowed))
        .route("/j/{code}/qr.svg", get(join::qr).fallback(api::method_not_allowed))
        .route("/operator", get(|| async { Redirect::to("/admin/operator") }))
        .route("/t/{tenant}/theme.css", get(branding::theme).fallback(api::method_not_allowed))
        .route(
            "/t/{tenant}/logo",
            get(branding::logo)
                .post(branding::put_logo)
                .layer(DefaultBodyLimit::max(branding::MAX_FORM))
                .fallback(api::method_not_allowed),
        )
        .merge(device::routes(&state, files))
        .route("/export/{file}", get(export::file).fallback(api::method_not_allowed))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .nest_service(
            "/pkg",
            Router::new().fallback_service(packages).layer(cache(options.hash_files)).layer(hopeless.clone()),
        )
        .fallback_service(
            Router::new()
                .fallback_service(others.fallback(get(page::render).with_state(state.clone())))
                .layer(from_fn_with_state(state.clone(), site::keep_versions))
                .layer(hopeless),
        )
        .layer(from_fn(spelling::of_query))
        .layer(from_fn(spelling::of_path))
        .layer(from_fn_with_state(state.clone(), origin::check))
        .layer(from_fn_with_state(state.clone(), host::find))
        .layer(option_layer(cross_origin(state.origins())))
        .layer(from_fn_with_state(state.clone(), language::in_language))
        .layer(from_fn_with_state(state.clone(), policy::tell))
        .layer(from_fn(compression::leave_answers_of_changes))
        .layer(compression::layer())
        .layer(from_fn(compression::say))
        .layer(from_fn_with_state(state.clone(), trace::request))
        .with_state(state)
}

/// Files whose names carry a hash of their content never change; others are asked for again.
fn cache(hashed: bool) -> SetResponseHeaderLayer<impl Fn(&Response) -> Option<HeaderValue> + Clone> {
    SetResponseHeaderLayer::overriding(CACHE_CONTROL, move |response: &Response| {
        // A file that is not there may be there in a moment: on the instance that was deployed after this one.
        let there = !response.status().is_client_error() && !response.status().is_server_error();
        Some(if hashed && there { site::LASTING } else { HeaderValue::from_static("no-cache") })
    })
}

/// Other sites' pages may use us with cookies only when the operator named them: never `*`.
fn cross_origin(origins: &[String]) -> Option<CorsLayer> {
    let named: Vec<HeaderValue> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    (!named.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(named))
            .allow_credentials(true)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([ACCEPT, CONTENT_TYPE, CACHE_CONTROL, HeaderName::from_static("last-event-id")])
    })
}
