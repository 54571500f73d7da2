//! The document around every page; only the server draws it.

mod files;

use http::header::{COOKIE, HeaderMap};
use http::request::Parts;
use leptos::config::LeptosOptions;
use leptos::html;
use leptos::hydration::AutoReload;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};

use crate::address::Address;
use crate::api::{ClientSettings, ReturnedForm};
use crate::device::DeviceScript;
use crate::page_data::PageData;
use crate::pages;
use crate::ui::erase::Erase;
use crate::ui::theme::theme_of_cookies;

pub(crate) use files::Sheet;
pub use files::SiteFiles;

/// The page's background in light and in dark, for the browser's own frame; the same as `--bg` in style/tokens.css.
pub(crate) const THEME_LIGHT: &str = "#f8f6f1";
pub(crate) const THEME_DARK: &str = "#0b111e";

/// What the pages are, for search engines, link previews and app stores.
pub const DESCRIPTION: &str = "Ask questions, vote for the ones you care about, and see the answers live.";

/// The document: head, styles, scripts, and the page in its body. It asks nothing of any other host, and has no script of its
/// own: what wakes the page up is a file.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    provide_meta_context();
    let settings = use_context::<ClientSettings>().unwrap_or_default();
    let request = use_context::<Parts>();
    let theme = request.as_ref().and_then(|request| chosen_theme(&request.headers));
    let sheet = use_context::<ThemeSheet>();
    let uri = request.map(|request| request.uri).unwrap_or_default();
    let address = Address::provide(uri.path(), uri.query().unwrap_or_default());
    let files = SiteFiles::of(&options);
    files.provide_parts();
    let data = PageData::provide();
    let manifest = manifest(uri.path());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                // No phone makes links of counts.
                <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
                {theme_color("(prefers-color-scheme: light)", THEME_LIGHT)}
                {theme_color("(prefers-color-scheme: dark)", THEME_DARK)}
                <meta name="heartbeat-ms" content=settings.heartbeat_ms.to_string() />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <meta name="description" content=DESCRIPTION />
                // A page may be found by its name. What people ask on it is not shown to whoever searches.
                <meta name="robots" content="nosnippet, noarchive" />
                <link rel="manifest" href=manifest />
                {files.sheets(Sheet::of_page(&address.page().1))}
                // Also where there is none now: the browser names one when the tenant takes an accent.
                <link id="tenant-accent" rel="stylesheet" href=sheet.map(|ThemeSheet(href)| href) />
                {address_of_returned_form(&uri)}
                {use_context::<DeviceScript>().map(DeviceScript::draw)}
                <AutoReload options=options />
                {files.program()}
                <MetaTags />
            </head>
            <body>
                {Suspend::new(async move {
                    // Written here, where the owner of what it was made of is the current one; later it would be another's.
                    let page = pages::page().await.to_html();
                    // One element is ours. Others may put theirs beside it.
                    view! {
                        <div id="app" inner_html=page></div>
                        {data.element()}
                    }
                })}
            </body>
        </html>
    }
}

/// The address of the manifest of the tenant whose page this is.
fn manifest(path: &str) -> String {
    let named = path.strip_prefix("/t/").and_then(|rest| rest.split('/').next());
    let tenant = named.map(|slug| format!("/t/{slug}")).unwrap_or_default();
    format!("{tenant}/manifest.webmanifest")
}

/// A page with a form that came back has the address of the form's server function: `public/start.js` gives it its own.
fn address_of_returned_form(uri: &http::Uri) -> Option<AnyView> {
    ReturnedForm::of_page()?;
    let address = uri.path_and_query()?.to_string();
    Some(view! { <meta name="page-address" content=address /> }.erase())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_the_manifest_of_its_own_tenant() {
        for (path, address) in [
            ("/", "/manifest.webmanifest"),
            ("/admin/people", "/manifest.webmanifest"),
            ("/t/acme", "/t/acme/manifest.webmanifest"),
            ("/t/acme/admin", "/t/acme/manifest.webmanifest"),
        ] {
            assert_eq!(manifest(path), address, "{path}");
        }
    }
}
