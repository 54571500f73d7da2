//! Pages that look back: the audit, statistics, and files to take away. Their filters are plain forms, so they work before
//! and without a script, and every view of them has an address.

pub(super) mod audit;
pub(super) mod export;
pub(super) mod statistics;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use pulsestage::error::{Noun, Refusal};
use pulsestage::team::TeamName;
use pulsestage::tenant::Tenant;
use pulsestage::time::Timestamp;
use pulsestage::user::Role;

use super::solo::{AdminsOnly, ModeratorsOnly, NotFoundPage, NotToBeHad};
use crate::api::ApiError;
use crate::branding::Branding;
use crate::components::admin_nav::{address, admin_nav};
use crate::components::header::PlainHeader;
use crate::components::page_url::{PageUrl, ViewKind};
use crate::ui::erase::Erase;

/// Where such a page is. `Clone`.
#[derive(Clone)]
struct Here {
    place: PageUrl,
    view: &'static str,
}

impl Here {
    /// The address of this page.
    fn own(&self) -> String {
        address(&self.place, self.view)
    }
}

/// The slug that the address names.
fn slug() -> Memo<Option<String>> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("tenant")))
}

/// The page around what it shows to somebody of this role.
fn frame(here: &Here, role: Role, tenant: &Tenant, title: &'static str, lead: &str, content: AnyView) -> AnyView {
    view! {
        <Title text=format!("{title} · {}", tenant.name) />
        <PlainHeader home=here.place.of(ViewKind::Questions) branding=Branding::from(tenant) />
        <main class="reports" id="main" tabindex="-1">
            {admin_nav(&here.place, here.view, role, &tenant.settings)}
            <header>
                <h1 class="room__title">{title}</h1>
                <p class="room__lead">{lead.to_owned()}</p>
            </header>
            {content}
        </main>
    }
    .erase()
}

/// The page in place of what was not to be had. Its status was set where the refusal was made.
fn failed(error: &ApiError, here: &Here) -> AnyView {
    let home = here.place.of(ViewKind::Questions);
    match error {
        ApiError::Refused(Refusal::NotFound { what: Noun::Tenant }) => view! { <NotFoundPage /> }.erase(),
        ApiError::Refused(Refusal::NotSignedIn | Refusal::NotAllowed) if here.view == "audit" => {
            view! { <AdminsOnly home=home /> }.erase()
        }
        ApiError::Refused(Refusal::NotSignedIn | Refusal::NotAllowed) => view! { <ModeratorsOnly home=home /> }.erase(),
        error => view! { <NotToBeHad why=error.to_string() again=here.own() /> }.erase(),
    }
}

/// A moment as people read it, in UTC, to the second.
fn moment(at: Timestamp) -> AnyView {
    let text = at.to_rfc3339();
    let words = text.get(..19).unwrap_or(&text).replace('T', " ");
    view! { <time datetime=text>{words}</time> }.erase()
}

/// One of several, by a word.
fn select(
    name: &'static str,
    label: &'static str,
    any: &'static str,
    chosen: &str,
    options: impl IntoIterator<Item = (String, String)>,
) -> AnyView {
    let option = |(value, words): (String, String)| {
        let is_chosen = value == chosen;
        view! {
            <option value=value selected=is_chosen>
                {words}
            </option>
        }
        .erase()
    };
    let options: Vec<AnyView> = options.into_iter().map(option).collect();
    view! {
        <label class="field reports__field">
            <span class="field__label">{label}</span>
            <select class="input" name=name>
                {(!any.is_empty()).then(|| view! { <option value="">{any}</option> }.erase())}
                {options}
            </select>
        </label>
    }
    .erase()
}

/// A moment that may be left empty.
fn moment_field(name: &'static str, label: &'static str, value: String) -> AnyView {
    view! {
        <label class="field reports__field">
            <span class="field__label">{label}</span>
            <input class="input" type="datetime-local" name=name value=value />
        </label>
    }
    .erase()
}

/// The teams to choose from.
fn team_options(teams: Vec<TeamName>) -> impl Iterator<Item = (String, String)> {
    teams.into_iter().map(|team| (team.id.to_string(), team.name))
}
