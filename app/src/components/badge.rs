//! How fresh the page is.

use leptos::prelude::*;

use crate::live::Connection;
use crate::ui::erase::{Erase, part};
use crate::ui::time::{Now, age};

/// The connection in one word, with the age of what is shown when it is not live. Without a script there is none.
#[component]
pub fn Badge(
    /// How the stream stands.
    connection: Signal<Connection>,
    /// When the last message came, by the reader's clock.
    fresh_at: Signal<Option<f64>>,
) -> impl IntoView {
    let now = use_context::<Now>();
    let old = Memo::new(move |_| match connection.get() {
        Connection::Connecting | Connection::Live | Connection::Polling => None,
        Connection::Delayed | Connection::Reconnecting | Connection::Offline => {
            fresh_at.get().zip(now.and_then(Now::device)).map(|(fresh, now)| age(now - fresh))
        }
    });
    view! {
        <div class=Signal::derive(move || class(connection.get()))>
            <span class="badge__dot" aria-hidden="true"></span>
            <span role="status">{Signal::derive(move || word(connection.get()))}</span>
            {part(move || old.get().map(|old| view! { <span class="badge__age">{old}</span> }.erase()))}
        </div>
    }
    .erase()
}

const fn class(connection: Connection) -> &'static str {
    match connection {
        Connection::Connecting => "badge needs-js",
        Connection::Live => "badge badge--live needs-js",
        Connection::Polling | Connection::Delayed | Connection::Reconnecting => "badge badge--reconnecting needs-js",
        Connection::Offline => "badge badge--offline needs-js",
    }
}

const fn word(connection: Connection) -> &'static str {
    match connection {
        Connection::Connecting => "Connecting",
        Connection::Live => "Live",
        Connection::Polling => "Updates every few seconds",
        Connection::Delayed => "Updates delayed",
        Connection::Reconnecting => "Reconnecting",
        Connection::Offline => "Offline",
    }
}
