//! The way between the pages of those who run a room, and the frame around each of them.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use pulsestage::permission::{Action, may};
use pulsestage::tenant::{Tenant, TenantSettings};
use pulsestage::user::Role;

use super::header::PlainHeader;
use super::page_url::{PageUrl, ViewKind};
use super::problem;
use crate::api::{SAVED, form_error};
use crate::branding::Branding;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};

/// The pages: what their address ends with, their names, and what one must be allowed to see them; everybody who is
/// signed in when that is absent.
const PAGES: [(&str, &str, Option<Action>); 11] = [
    ("", "Queue", Some(Action::Moderate)),
    ("review", "Review", Some(Action::Moderate)),
    ("people", "People", Some(Action::ManagePeople)),
    ("teams", "Teams", Some(Action::EditTeam)),
    ("tags", "Tags", Some(Action::EditTag)),
    ("settings", "Settings", Some(Action::EditSettings)),
    ("statistics", "Statistics", Some(Action::SeeStatistics)),
    ("export", "Export", Some(Action::Export)),
    ("audit", "Audit", Some(Action::SeeAudit)),
    ("health", "Health", Some(Action::SeeHealth)),
    ("sessions", "Sessions", None),
];

/// The address of one of the pages.
#[must_use]
pub fn address(place: &PageUrl, page: &str) -> String {
    let queue = place.of(ViewKind::Queue);
    if page.is_empty() { queue } else { format!("{queue}/{page}") }
}

/// The way between the pages that this role may see. `here` is what the address of the page ends with.
#[must_use]
pub fn admin_nav(place: &PageUrl, here: &str, role: Role, settings: &TenantSettings) -> AnyView {
    let seen = PAGES.into_iter().filter(|(_, _, action)| action.is_none_or(|action| may(role, action, settings)));
    let link = |href: String, word: &'static str, is_here: bool| {
        view! {
            // `external`: after an update only a new document names the right code.
            <a href=href rel="external" aria-current=is_here.then_some("page")>
                {word}
            </a>
        }
        .erase()
    };
    let links: Vec<_> = seen.map(|(page, word, _)| link(address(place, page), word, page == here)).collect();
    view! {
        <nav class="desk__nav scroller" aria-label="Running the room">
            {link(place.of(ViewKind::Questions), "Questions", false)}
            {links}
        </nav>
    }
    .erase()
}

/// A page of those who run a room: the way to the others, its title, what was refused, and its content.
#[component]
pub fn AdminFrame(
    /// What its address ends with.
    here: &'static str,
    /// Its title.
    title: &'static str,
    /// What it is for.
    #[prop(into)]
    lead: String,
    /// Where it is.
    place: PageUrl,
    /// Whose it is.
    tenant: Tenant,
    /// What the reader may do.
    role: Role,
    /// Its content.
    children: Children,
) -> impl IntoView {
    view! {
        <Title text=format!("{title} · {}", tenant.name) />
        <PlainHeader home=place.of(ViewKind::Questions) branding=Branding::from(&tenant) />
        <main class="desk" id="main" tabindex="-1">
            {admin_nav(&place, here, role, &tenant.settings)}
            <header>
                <h1 class="room__title">{title}</h1>
                <p class="room__lead" dir="auto">
                    {lead}
                </p>
            </header>
            {refused()}
            {saved()}
            {children()}
        </main>
    }
    .erase()
}

/// What went well, where a form came back. Nothing of the address is repeated: anybody may have written it.
#[must_use]
pub fn saved() -> AnyView {
    let query = use_query_map();
    part(move || {
        let done = query.with(|query| query.get_str(SAVED).map(done_words));
        done.map(|done| {
            view! {
                <Notice weight=Weight::Plain mark=Icon::Check role="status">
                    <p>{done}</p>
                </Notice>
            }
            .erase()
        })
    })
    .into_any()
}

/// What a server function did, in a word.
fn done_words(function: &str) -> &'static str {
    match function {
        "revoke_session" | "revoke_sessions" => "Ended.",
        "archive_team" | "archive_tenant" => "Archived.",
        "restore_team" | "restore_tenant" => "It is back.",
        "delete_tag" => "Deleted.",
        _ => "Saved.",
    }
}

/// Why the form that came back to this page was refused.
fn refused() -> impl IntoView {
    let query = use_query_map();
    let came_back = form_error();
    part(move || {
        let error = query.with(|query| query.get("__err").and(came_back.clone()));
        error.map(|error| {
            view! {
                <Notice weight=Weight::Danger mark=Icon::Alert role="alert">
                    <p>{problem::of_form(&error)}</p>
                </Notice>
            }
            .erase()
        })
    })
}
