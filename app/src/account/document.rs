//! The document around an account page.

use http::HeaderMap;
use leptos::config::LeptosOptions;
use leptos::prelude::*;

use crate::branding::Branding;
use crate::components::header::Brand;
use crate::device::DeviceScript;
use crate::shell::{DESCRIPTION, Sheet, SiteFiles, THEME_DARK, THEME_LIGHT, chosen_theme, theme_color};
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, large};

/// An account page as it is rendered.
pub struct AccountDocument {
    /// Its icon.
    pub(super) mark: Icon,
    /// What it is.
    pub(super) title: String,
    /// What to know before.
    pub(super) lead: String,
    /// Whose it is, where that is known.
    pub(super) tenant: Option<Branding>,
    /// Where the name in the header leads.
    pub(super) home: String,
    /// Its forms.
    pub(super) body: AnyView,
}

/// The whole document as text. It asks nothing of any other host, and its address is told to none.
#[must_use]
pub fn document(options: LeptosOptions, headers: &HeaderMap, page: impl FnOnce() -> AccountDocument) -> String {
    document_with_script(options, headers, None, page)
}

/// The same with the script that keeps drafts on the device, or erases them.
#[must_use]
pub fn document_with_script(
    options: LeptosOptions,
    headers: &HeaderMap,
    script: Option<DeviceScript>,
    page: impl FnOnce() -> AccountDocument,
) -> String {
    let theme = chosen_theme(headers);
    // Drawing needs an owner for what it makes; nothing is left of it afterwards.
    Owner::new().with(|| drawn(options, theme, script, page()).to_html())
}

fn drawn(
    options: LeptosOptions,
    theme: Option<&'static str>,
    script: Option<DeviceScript>,
    page: AccountDocument,
) -> impl IntoView {
    let AccountDocument { mark, title, lead, tenant, home, body } = page;
    let Branding { name, logo, sheet } = tenant.unwrap_or_else(Branding::ours);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content=DESCRIPTION />
                <meta name="robots" content="noindex" />
                {theme_color("(prefers-color-scheme: light)", THEME_LIGHT)}
                {theme_color("(prefers-color-scheme: dark)", THEME_DARK)}
                <title>{format!("{title} · PulseStage")}</title>
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                {SiteFiles::of(&options).sheets(Sheet::Others)}
                {sheet.map(|href| view! { <link rel="stylesheet" href=href /> })}
                {script.map(DeviceScript::draw)}
            </head>
            <body>
                <a class="skip" href="#main">
                    "Skip to the form"
                </a>
                <header class="header on-stage">
                    <div class="header__in">
                        <Brand href=home name=name logo=logo sub="Town hall Q&A" />
                    </div>
                </header>
                <main class="solo" id="main" tabindex="-1">
                    {large(mark)}
                    <h1 class="solo__title">{title}</h1>
                    <p class="solo__lead">{lead}</p>
                    {body}
                </main>
            </body>
        </html>
    }
}

/// A link as a quiet way on.
pub(super) fn way(href: String, word: &'static str) -> AnyView {
    view! {
        <p>
            <a href=href>{word}</a>
        </p>
    }
    .erase()
}
