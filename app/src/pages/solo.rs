//! Pages with one thing to say, and what to do about it.

use leptos::prelude::*;
use pulsestage::error::Refusal;

use super::status::set_status;
use crate::components::header::PlainHeader;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon, large};
use crate::ui::title::Title;

/// A page with one thing to say.
#[component]
fn Solo(
    /// Its icon.
    mark: Icon,
    /// What is the case.
    title: &'static str,
    /// What it means for the reader.
    #[prop(into)]
    lead: String,
    /// Where the name in the header leads.
    #[prop(into)]
    home: String,
    /// What to do, and where to go.
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=title />
        <PlainHeader home=home />
        <main class="solo" id="main" tabindex="-1">
            {large(mark)}
            <h1 class="solo__title">{title}</h1>
            <p class="solo__lead">{lead}</p>
            {children()}
        </main>
    }
    .erase()
}

/// The way to signing in, in the room that this address is in.
fn sign_in_step(here: &str) -> AnyView {
    let slug = here.strip_prefix("/t/").and_then(|rest| rest.split('/').next());
    let room = slug.map(|slug| format!("/t/{slug}")).unwrap_or_default();
    view! {
        <div class="solo__do">
            <a class="btn btn--main" href=room + "/sign-in?to=" + here rel="external">
                "Sign in"
            </a>
        </div>
    }
    .erase()
}

fn to_the_questions(home: String, class: &'static str) -> impl IntoView {
    view! {
        <div class="solo__do">
            <a class=class href=home>
                "Go to questions"
            </a>
        </div>
    }
    .erase()
}

/// Nothing is at this address.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    set_status(404);
    view! {
        <Solo
            mark=Icon::Info
            title="Page not found"
            lead="Check the address. The event may be over."
            home="/"
        >
            {to_the_questions("/".to_owned(), "btn btn--main")}
        </Solo>
    }
    .erase()
}

/// A page for moderators, to somebody who is none.
#[component]
pub fn ModeratorsOnly(
    /// The address of the questions.
    home: String,
) -> impl IntoView {
    set_status(Refusal::NotSignedIn.status());
    let sign_in = sign_in_step(&home);
    view! {
        <Solo
            mark=Icon::Shield
            title="This page is for moderators"
            lead="Sign in as a moderator to see it."
            home=home.clone()
        >
            {sign_in}
            {to_the_questions(home, "btn")}
        </Solo>
    }
    .erase()
}

/// An admin page, to somebody who may not see it.
#[component]
pub fn AdminsOnly(
    /// The address of the questions.
    home: String,
) -> impl IntoView {
    view! {
        <Solo
            mark=Icon::Shield
            title="This page is for admins"
            lead="Ask an admin of this workspace for access."
            home=home.clone()
        >
            {to_the_questions(home, "btn btn--main")}
        </Solo>
    }
    .erase()
}

/// A workspace that shows nothing to people without an account.
#[component]
pub fn MembersOnly(
    /// The address that was asked for.
    here: String,
) -> impl IntoView {
    set_status(Refusal::NotSignedIn.status());
    let sign_in = sign_in_step(&here);
    view! {
        <Solo
            mark=Icon::Shield
            title="Members only"
            lead="Sign in to see the questions."
            home="/"
        >
            {sign_in}
        </Solo>
    }
    .erase()
}

/// The page could not be loaded.
#[component]
pub fn BrokenPage(
    /// What went wrong, as a sentence.
    why: String,
    /// The address to try again.
    again: String,
) -> impl IntoView {
    view! {
        <Solo mark=Icon::Alert title="This page could not be loaded" lead=why home=again.clone()>
            <div class="solo__do">
                // A whole new page, from the server: it works without a script, and nothing broken is kept.
                <a class="btn btn--main" href=again rel="external">
                    {icon(Icon::Refresh)}
                    "Try again"
                </a>
            </div>
        </Solo>
    }
    .erase()
}
