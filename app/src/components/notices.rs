//! What a page says at its top: no script, no network, or a form that came back refused.

use leptos::prelude::*;

use crate::live::Connection;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};

/// Said to those whose browser runs no script.
#[component]
pub fn NoScript() -> impl IntoView {
    view! {
        <noscript>
            <Notice weight=Weight::Plain mark=Icon::Info role="status">
                <p>{words()}</p>
            </Notice>
        </noscript>
    }
    .erase()
}

const USUAL: &str = "JavaScript is off. Reload the page to see what is new.";

/// After a question was sent without a script, the page says that it was.
#[cfg(feature = "ssr")]
fn words() -> &'static str {
    match crate::api::has_asked() {
        true => "Your question was sent. You can find it under “Your questions”.",
        false => USUAL,
    }
}

/// Whoever runs a script reads nothing of it.
#[cfg(not(feature = "ssr"))]
fn words() -> &'static str {
    USUAL
}

/// Said while the browser has no network.
#[component]
pub fn OfflineNotice(
    /// How the stream stands.
    connection: Signal<Connection>,
) -> impl IntoView {
    let offline = Memo::new(move |_| connection.get() == Connection::Offline);
    part(move || {
        offline.get().then(|| {
            view! {
                <Notice weight=Weight::Danger mark=Icon::WifiOff role="status">
                    <p>
                        <b>"You are offline."</b>
                        " The page updates when you are back."
                    </p>
                </Notice>
            }
            .erase()
        })
    })
}

/// Said when a form that was sent without a script came back refused.
#[component]
pub fn RefusedNotice(
    /// The sentence.
    words: Signal<Option<String>>,
) -> impl IntoView {
    part(move || {
        words.get().map(|words| {
            view! {
                <Notice weight=Weight::Warn mark=Icon::Alert role="alert">
                    <p>{words}</p>
                </Notice>
            }
            .erase()
        })
    })
}
