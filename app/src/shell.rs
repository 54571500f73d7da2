//! The document around every page; only the server draws it.

use http::header::{COOKIE, HeaderMap};
use http::request::Parts;
use leptos::config::LeptosOptions;
use leptos::html;
use leptos::hydration::{AutoReload, HydrationScripts};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

use crate::App;
use crate::api::{ClientSettings, ReturnedForm};
use crate::ui::theme::theme_of_cookies;

/// The page's background in light and in dark, for the browser's own frame; the same as `--bg` in style/tokens.css.
pub(crate) const THEME_LIGHT: &str = "#f8f6f1";
pub(crate) const THEME_DARK: &str = "#0b111e";

/// The document: head, styles, scripts, and the application in its body. It asks nothing of any other host.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let settings = use_context::<ClientSettings>().unwrap_or_default();
    let theme = use_context::<Parts>().and_then(|request| chosen_theme(&request.headers));
    let sheet = use_context::<ThemeSheet>();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                {theme_color("(prefers-color-scheme: light)", THEME_LIGHT)}
                {theme_color("(prefers-color-scheme: dark)", THEME_DARK)}
                <meta name="heartbeat-ms" content=settings.heartbeat_ms.to_string() />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                <HashedStylesheet id="style" options=options.clone() />
                // Also where there is none now: the browser names one when the tenant takes an accent.
                <link id="tenant-accent" rel="stylesheet" href=sheet.map(|ThemeSheet(href)| href) />
                {address_of_returned_form()}
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// A page with a form that came back has the address of the form's server function. Before anything else looks at it, a
/// script gives it its own.
fn address_of_returned_form() -> Option<impl IntoView> {
    ReturnedForm::of_page()?;
    let address = use_context::<Parts>()?.uri.path_and_query()?.to_string();
    let address = serde_json::to_string(&address).ok()?.replace('<', "\\u003c");
    Some(view! { <script nonce=use_nonce()>{format!("history.replaceState(null,\"\",{address})")}</script> })
}

pub(crate) fn theme_color(media: &'static str, color: &'static str) -> impl IntoView {
    html::meta().name("theme-color").attr("media", media).content(color)
}

/// The address of the style sheet with the tenant's own accent. Provided by the server as context where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeSheet(pub String);

/// The theme that the reader chose on this device.
pub(crate) fn chosen_theme(headers: &HeaderMap) -> Option<&'static str> {
    headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok()).find_map(theme_of_cookies)
}
