//! The people of a tenant: found, invited, given roles, kept out. Every form is a plain one: the page works before and
//! without script, and shows what is so afterwards because it is loaded anew.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use pulsestage::error::{Noun, Refusal};
use pulsestage::id::UserId;
use pulsestage::permission::{may_grant, may_manage};
use pulsestage::person::{PeopleView, Person, TeamChoice};
use pulsestage::text::NAME_MAX;
use pulsestage::user::Role;

use super::people_forms::{self as forms, Hidden};
use super::solo::{AdminsOnly, BrokenPage, NotFoundPage};
use crate::api::{self, ApiError, Json};
use crate::components::admin_nav::{AdminFrame, address};
use crate::components::page_url::{PageUrl, ViewKind};
use crate::ui::empty::Empty;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};
use crate::ui::text::plural;
use crate::ui::time::on_day;

/// The roles in a team.
const TEAM_ROLES: [(Role, &str); 3] =
    [(Role::Viewer, "Viewer"), (Role::Member, "Member"), (Role::Moderator, "Moderator")];
/// The roles in the whole tenant.
const ROLES: [(Role, &str); 5] = [
    (Role::Viewer, "Viewer"),
    (Role::Member, "Member"),
    (Role::Moderator, "Moderator"),
    (Role::Admin, "Admin"),
    (Role::Owner, "Owner"),
];

/// The page.
pub(super) fn page() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let asked = Memo::new(move |_| {
        let slug = params.with(|params| params.get("tenant"));
        let (text, after) = query.with(|query| (query.get("text").unwrap_or_default(), query.get("after")));
        (slug, text, after)
    });
    let load = |(slug, text, after): (Option<String>, String, Option<String>)| {
        // A place that is none is the beginning.
        api::load_people(slug.unwrap_or_default(), text, after.and_then(|after| after.parse().ok()))
    };
    let loaded: Resource<_, Json> = Resource::new_with_options(move || asked.get(), load, true);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let place = PageUrl::new(asked.get_untracked().0, ViewKind::Queue);
                match loaded.await {
                    Ok(view) => draw(view, place),
                    Err(error) => failed(&error, &place, "people"),
                }
            })}
        </Suspense>
    }
    .erase()
}

/// The page in place of one that was not to be had. Its status was set where the refusal was made.
pub(super) fn failed(error: &ApiError, place: &PageUrl, here: &str) -> AnyView {
    match error {
        ApiError::Refused(Refusal::NotFound { what: Noun::Tenant | Noun::Person }) => {
            view! { <NotFoundPage /> }.erase()
        }
        ApiError::Refused(Refusal::NotSignedIn | Refusal::NotAllowed) => {
            view! { <AdminsOnly home=place.of(ViewKind::Questions) /> }.erase()
        }
        error => view! { <BrokenPage why=error.to_string() again=address(place, here) /> }.erase(),
    }
}

fn draw(view: PeopleView, place: PageUrl) -> AnyView {
    let PeopleView { tenant, role, me, teams, people, total, text, next, fresh } = view;
    let slug = tenant.slug.clone();
    let cards: Vec<_> = people.iter().map(|person| card(person, role, me, &teams, &slug, &place)).collect();
    let list = if cards.is_empty() {
        view! {
            <Empty mark=Icon::Users title="Nobody is called that" text="Look for another part of the name or address." />
        }
        .erase()
    } else {
        view! { <ul class="vitals">{cards}</ul> }.erase()
    };
    let here = address(&place, "people");
    let more = next.map(|next| {
        let query = leptos_router::params::ParamsMap::from_iter([
            ("text".to_owned(), text.clone()),
            ("after".to_owned(), next.to_string()),
        ]);
        view! {
            <a class="btn" href=here.clone() + &query.to_query_string() rel="external">
                "More people"
            </a>
        }
        .erase()
    });
    let search = search(here, text);
    let lead = format!("{} of {}.", plural(total, "person", "people"), tenant.name);
    let grantable = grantable(role);
    view! {
        <AdminFrame
            here="people"
            title="People"
            lead=lead
            place=place
            tenant=tenant.clone()
            role=role
        >
            {fresh.map(forms::flash)}
            {forms::invite(&slug, &grantable, &teams, &TEAM_ROLES)}
            {forms::import(&slug)}
            <h2 class="vh">"Everybody"</h2>
            {search}
            {list}
            {more}
        </AdminFrame>
    }
    .erase()
}

/// The roles that somebody with this one may give.
fn grantable(role: Role) -> Vec<(Role, &'static str)> {
    ROLES.into_iter().filter(|(given, _)| may_grant(role, *given)).collect()
}

fn search(here: String, text: String) -> AnyView {
    view! {
        <form class="form panel" method="get" action=here role="search">
            <div class="field">
                <label class="field__label" for="people-text">
                    "Name or e-mail address"
                </label>
                <input class="input" id="people-text" type="search" name="text" value=text maxlength="100" dir="auto" />
            </div>
            <button class="btn btn--small" type="submit">
                "Search"
            </button>
        </form>
    }
    .erase()
}

/// One person, with what the reader may do about them.
fn card(person: &Person, role: Role, me: UserId, teams: &[TeamChoice], slug: &str, place: &PageUrl) -> AnyView {
    let id = person.id.to_string();
    let manages = may_manage(role, person.role) || (person.id == me && role >= Role::Admin);
    let word = ROLES.iter().find(|(known, _)| *known == person.role).map_or("Guest", |(_, word)| *word);
    let state = match (person.is_active(), person.seen_at) {
        (false, _) => view! { <span>"May not come in"</span> }.erase(),
        (true, Some(at)) => view! { <span>"Here last " {on_day(at)}</span> }.erase(),
        (true, None) => view! { <span>"Not here yet"</span> }.erase(),
    };
    let held: Vec<_> = person
        .memberships
        .iter()
        .filter_map(|membership| {
            let team = teams.iter().find(|team| team.id == membership.team)?;
            let word = TEAM_ROLES.iter().find(|(known, _)| *known == membership.role)?.1;
            Some(view! { <li dir="auto">{format!("{word} of {}", team.name)}</li> }.erase())
        })
        .collect();
    let hidden = Hidden { slug: slug.to_owned(), person: id.clone() };
    let actions = manages.then(|| {
        let sessions = format!("{}?of={id}", address(place, "sessions"));
        view! {
            <details class="more">
                <summary>{icon(Icon::Edit)} "Change"<span class="vh">{format!(" {}", person.name)}</span></summary>
                <div class="form">
                    {forms::role(&hidden, person.role, &grantable(role))}
                    {forms::team_role(&hidden, teams, &TEAM_ROLES)}
                    {forms::profile(&hidden, person)}
                    {person.is_active().then(|| forms::invite_again(&hidden))}
                    {forms::active(&hidden, person.is_active())}
                    <a class="btn btn--small" href=sessions rel="external">
                        "Sessions"
                    </a>
                </div>
            </details>
        }
        .erase()
    });
    view! {
        <li class="panel" id=format!("p-{id}")>
            <h3 class="panel__title" dir="auto">
                {person.name.clone()}
                {(person.id == me).then_some(" (you)")}
            </h3>
            <ul class="facts">
                <li><span dir="auto">{person.email.clone().unwrap_or_else(|| "No e-mail address".to_owned())}</span></li>
                <li><b>{word}</b></li>
                {held}
                <li>{state}</li>
            </ul>
            {actions}
        </li>
    }
    .erase()
}

/// The longest name, as forms say it.
pub(super) const NAME_LIMIT: u32 = NAME_MAX;
