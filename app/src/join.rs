//! The page with one box for a code. The server draws it and the browser has nothing to do for it: it loads no script,
//! and participants who come another way load nothing of it.

use http::HeaderMap;
use leptos::config::LeptosOptions;
use leptos::prelude::*;

use crate::shell::{DESCRIPTION, Sheet, SiteFiles, chosen_theme};
use crate::ui::icon::{Icon, brand_mark, icon};

/// What the page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinView {
    /// Its HTTP status.
    pub status: u16,
    /// Why the code that was tried leads nowhere.
    pub problem: Option<&'static str>,
}

impl Default for JoinView {
    fn default() -> Self {
        Self { status: 200, problem: None }
    }
}

/// The whole document, for a browser that sent these headers.
#[must_use]
pub fn document(options: LeptosOptions, headers: &HeaderMap, view: JoinView) -> String {
    let theme = chosen_theme(headers);
    Owner::new().with(|| whole(options, theme, view).to_html())
}

fn whole(options: LeptosOptions, theme: Option<&'static str>, view: JoinView) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <title>"Join · PulseStage"</title>
                <meta name="description" content=DESCRIPTION />
                <meta name="robots" content="noindex" />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                {SiteFiles::of(&options).sheets(Sheet::Others)}
            </head>
            <body>
                <Body view=view />
            </body>
        </html>
    }
}

#[component]
fn Body(view: JoinView) -> impl IntoView {
    let has_problem = view.problem.is_some();
    view! {
        <header class="header on-stage">
            <div class="header__in">
                <a class="brand" href="/">
                    {brand_mark()}
                    <span class="brand__text">
                        <span class="brand__name">"PulseStage"</span>
                        <span class="brand__sub">"Town hall Q&A"</span>
                    </span>
                </a>
            </div>
        </header>
        <main class="solo" id="main">
            <h1 class="solo__title">"Join with a code"</h1>
            <p class="solo__lead">"Enter the six letters and digits from the screen or your invitation, or paste its link."</p>
            <form class="form join" method="get" action="/join">
                <div class="field">
                    <label class="field__label" for="code">
                        "Code"
                    </label>
                    <input
                        class="input join__code"
                        id="code"
                        name="code"
                        type="text"
                        inputmode="text"
                        autocomplete="off"
                        autocapitalize="characters"
                        spellcheck="false"
                        maxlength=pulsestage::join::TYPED_MAX
                        required
                        autofocus
                        aria-invalid=has_problem.then_some("true")
                        aria-describedby=has_problem.then_some("code-error")
                    />
                    {view
                        .problem
                        .map(|problem| {
                            view! {
                                <p class="field__error" id="code-error" role="alert">
                                    {icon(Icon::Alert)}
                                    <span>{problem}</span>
                                </p>
                            }
                        })}
                </div>
                <button class="btn btn--main btn--wide" type="submit">
                    "Join"
                </button>
            </form>
        </main>
    }
}
