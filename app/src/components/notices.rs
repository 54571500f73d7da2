//! What a page says at its top: no script, no network, or a form that came back refused.

use leptos::prelude::*;

use crate::live::Connection;
use crate::platform;
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

/// Said while the browser has no network, and on a page that was opened from the copy on the device until it is live.
#[component]
pub fn OfflineNotice(
    /// How the stream stands.
    connection: Signal<Connection>,
    /// When the last message came.
    fresh_at: Signal<Option<f64>>,
) -> impl IntoView {
    let kept_at = RwSignal::new(None);
    Effect::new(move || kept_at.set(platform::kept_at()));
    let trouble = Memo::new(move |_| match connection.get() {
        Connection::Offline => Some("You are offline."),
        Connection::Live | Connection::Delayed | Connection::Polling => None,
        Connection::Connecting | Connection::Reconnecting => {
            (kept_at.get().is_some() && fresh_at.with(Option::is_none)).then_some("PulseStage can't be reached.")
        }
    });
    part(move || {
        trouble.get().map(|trouble| {
            let as_of = fresh_at.get_untracked().or_else(|| kept_at.get_untracked());
            let as_of = as_of.map(|at| format!(" Questions as of {}.", platform::clock_time(at)));
            view! {
                <Notice weight=Weight::Danger mark=Icon::WifiOff role="status">
                    <p>
                        <b>{trouble}</b>
                        {as_of}
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
