//! What the reader's network lets through, in words. The server says what it sees of the request; a small script, public/check.js,
//! tries the rest.

use leptos::prelude::*;
use pulsestage::time::Timestamp;

use super::document::AccountDocument;
use crate::branding::Branding;
use crate::ui::erase::Erase;
use crate::ui::icon::Icon;
use crate::ui::time::in_utc;

/// The page that checks a network, with what the server sees of the request for it.
#[derive(Clone, Debug)]
pub struct CheckPage {
    /// Whose page it is.
    pub tenant: Branding,
    /// The tenant's slug.
    pub slug: String,
    /// The tenant's board.
    pub home: String,
    /// The address of this page.
    pub address: String,
    /// The HTTP version in which the request came.
    pub version: &'static str,
    /// Whether a cookie of ours came with it; unknown at the first visit.
    pub cookies: Option<bool>,
    /// Whether it takes compressed answers.
    pub takes_compressed: bool,
    /// What stands between us, as far as it says so.
    pub via: Option<String>,
    /// Whether the address begins with `https`.
    pub is_encrypted: bool,
    /// The time.
    pub now: Timestamp,
    /// The time between heartbeats, in milliseconds.
    pub heartbeat_ms: u64,
}

impl CheckPage {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { tenant, home, .. } = self.clone();
        AccountDocument {
            mark: Icon::Info,
            title: "Check your network".to_owned(),
            lead: "What your network lets through, and what to do if live updates don't arrive.".to_owned(),
            tenant: Some(tenant),
            home,
            body: self.body(),
        }
    }

    fn body(self) -> AnyView {
        let cookies = match self.cookies {
            Some(true) => "Yes.",
            Some(false) => "No. Your browser keeps no cookies for this site, so you cannot vote or ask.",
            None => "Not known yet. Check again.",
        };
        let compressed = match self.takes_compressed {
            true => "Yes.",
            false => "No. Pages load more slowly.",
        };
        let encrypted = match self.is_encrypted {
            true => "Yes.",
            false => "No. Use an address that begins with https where there is one.",
        };
        let via = self.via.map_or_else(|| "None that says so.".to_owned(), |via| format!("Yes: {via}"));
        let needs_script = "Needs JavaScript.";
        view! {
            <div
                id="check"
                class="form"
                data-tenant=self.slug
                data-heartbeat=self.heartbeat_ms.to_string()
                data-cookies=match self.cookies {
                    Some(true) => "yes",
                    Some(false) => "no",
                    None => "unknown",
                }
            >
                <noscript>
                    <p>
                        "JavaScript is off. You can read, vote and ask, and see what is new when you reload a page. "
                        "This page shows only what the server sees."
                    </p>
                </noscript>
                <p role="status">
                    <b id="check-verdict" class="needs-js">"Checking …"</b>
                </p>
                <p id="check-do" class="needs-js"></p>
                <ul class="facts">
                    {row("reach", "Requests reach the server:", "Yes, this page came through.".to_owned())}
                    {row("open", "The live connection opens:", needs_script.to_owned())}
                    {row("first", "Its first message arrives:", needs_script.to_owned())}
                    {row("beat", "Later messages arrive:", needs_script.to_owned())}
                    {row("poll", "Updates on request arrive:", needs_script.to_owned())}
                    {row("cookies", "Cookies are kept:", cookies.to_owned())}
                    {row("version", "HTTP version:", format!("{} at the server.", self.version))}
                    {row("compressed", "Compressed answers:", compressed.to_owned())}
                    {row("encrypted", "Encrypted:", encrypted.to_owned())}
                    {row("via", "Proxies on the way:", via)}
                    {row("tabs", "Tabs share one connection:", needs_script.to_owned())}
                    {row("clock", "Your clock:", format!("The server's shows {}.", in_utc(self.now)))}
                </ul>
                <div id="check-it" class="field" hidden>
                    <label class="field__label" for="check-report">
                        "For your IT department"
                    </label>
                    <textarea class="input" id="check-report" rows="8" readonly></textarea>
                    <p>
                        <button class="btn" type="button" id="check-copy">
                            "Copy text"
                        </button>
                        " "
                        <span id="check-copied" role="status"></span>
                    </p>
                </div>
                <p id="check-again">
                    <a href=self.address>"Check again"</a>
                </p>
                <p>
                    <a href=self.home>"Back to the questions"</a>
                </p>
            </div>
            <script src="/check.js" defer></script>
        }
        .erase()
    }
}

fn row(id: &'static str, label: &'static str, result: String) -> AnyView {
    view! {
        <li data-check=id>
            <p>
                <b>{label}</b>
                " "
                <span id=format!("check-{id}")>{result}</span>
            </p>
        </li>
    }
    .erase()
}
