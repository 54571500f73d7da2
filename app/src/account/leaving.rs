//! Leaving a browser: signed out, and forgotten on a device that others use as well.

use leptos::prelude::*;

use super::document::{AccountDocument, way};
use super::sign_in::home;
use crate::branding::Branding;
use crate::ui::erase::Erase;
use crate::ui::icon::Icon;

/// Where somebody stands who leaves a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// They have just signed out.
    SignedOut,
    /// They are asked whether the browser is to be forgotten.
    Asked,
    /// It is.
    Forgotten,
}

/// The pages on which somebody leaves a browser.
#[derive(Clone, Debug)]
pub struct LeavingPage {
    /// Which of them.
    pub at: Leaving,
    /// Whose page it is.
    pub tenant: Branding,
    /// As in [`SignIn`](super::SignIn).
    pub room: String,
}

impl LeavingPage {
    /// Draws it.
    #[must_use]
    pub fn draw(self) -> AccountDocument {
        let Self { at, tenant, room } = self;
        let (mark, title, lead) = match at {
            Leaving::SignedOut => (Icon::Check, "You are signed out", "This browser no longer shows your account."),
            Leaving::Asked => (
                Icon::LogOut,
                "Forget this browser?",
                "For shared devices. You will be signed out, and the next person starts as a new guest.",
            ),
            Leaving::Forgotten => (
                Icon::Check,
                "This browser is forgotten",
                "The next person starts as a new guest. Questions asked here without signing in stay, but can't be found or \
                 changed from here any more.",
            ),
        };
        let forget = || {
            view! {
                <form class="form" method="post" action=format!("{room}/forget")>
                    <p class="field__hint">
                        "Questions asked in this browser without signing in stay, with their votes. But nobody can find, "
                        "change or withdraw them from here any more. "
                        <a href=format!("{room}/mine")>"See them first"</a> "."
                    </p>
                    <button class="btn" type="submit">
                        "Forget this browser"
                    </button>
                </form>
            }
            .erase()
        };
        let on = |href: String, word: &'static str| {
            view! {
                <div class="solo__do">
                    <a class="btn btn--main" href=href>
                        {word}
                    </a>
                </div>
            }
            .erase()
        };
        let body = match at {
            Leaving::SignedOut => view! {
                {on(home(&room), "Go to questions")}
                <details class="more">
                    <summary>"Shared device?"</summary>
                    {forget()}
                </details>
                {way(format!("{room}/sign-in"), "Sign in again")}
            }
            .into_any(),
            Leaving::Asked => view! {
                {forget()}
                {way(home(&room), "Back to questions")}
            }
            .into_any(),
            Leaving::Forgotten => on(home(&room), "Go to questions"),
        };
        AccountDocument {
            mark,
            title: title.to_owned(),
            lead: lead.to_owned(),
            home: home(&room),
            tenant: Some(tenant),
            body,
        }
    }
}
