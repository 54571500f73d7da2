//! What people see: pages and components, the server functions behind them, and the live board in the browser.

// A page's type is as deep as its markup; cargo-leptos erases it in development, plain cargo does not.
#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod account;
pub mod api;
pub mod branding;
pub mod components;
#[cfg(feature = "ssr")]
pub mod join;
pub mod live;
pub mod pages;
mod platform;
#[cfg(feature = "ssr")]
mod shell;
pub mod ui;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::path;
use leptos_router::{Lazy, SsrMode};

use pages::{AdminRoute, NotFoundPage, QuestionsPage};

#[cfg(feature = "ssr")]
pub use shell::{ThemeSheet, shell};

/// The application: the same on the server and in the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // Every page is drawn whole before it is sent: it is readable at once, and its status is right.
    view! {
        <Title formatter=whole_title />
        <Router>
            <FlatRoutes fallback=NotFoundPage>
                <Route path=path!("/") view=QuestionsPage ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant") view=QuestionsPage ssr=SsrMode::Async />
                <Route path=path!("/admin/:view?") view={Lazy::<AdminRoute>::new()} ssr=SsrMode::Async />
                <Route path=path!("/t/:tenant/admin/:view?") view={Lazy::<AdminRoute>::new()} ssr=SsrMode::Async />
            </FlatRoutes>
        </Router>
    }
}

/// The title of the document. Every title of a page passes here, whatever names are in it.
fn whole_title(page: String) -> String {
    if page.is_empty() { "PulseStage".to_owned() } else { format!("{} · PulseStage", ui::text::escaped(page)) }
}

/// Wakes up the page that the server drew.
#[cfg(feature = "browser")]
pub fn hydrate() {
    leptos::mount::hydrate_lazy(App);
}
