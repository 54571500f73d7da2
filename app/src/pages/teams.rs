//! The tenant's teams: what they take, who may come in, and how people find them.

use leptos::prelude::*;
use pulsestage::team::{TeamDetails, TeamSettings, TeamState, TeamsView};

use super::desk::{self, Desk, choice, line, send};
use crate::api;
use crate::components::page_url::PageUrl;
use crate::platform;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};

/// The page.
pub(super) fn page() -> AnyView {
    desk::page("teams", api::load_teams, draw)
}

fn draw(view: TeamsView, place: PageUrl) -> AnyView {
    let TeamsView { tenant, teams, .. } = view;
    let desk = Desk::new(place, &tenant);
    let (archived, there): (Vec<_>, Vec<_>) = teams.into_iter().partition(|details| details.is_archived);
    let cards: Vec<_> = there.iter().map(|details| card(&desk, details)).collect();
    let create = desk.form(
        "create_team",
        view! {
            {line("new-team".to_owned(), "name", "Name of a new team", String::new(), "Up to 60 characters")}
            {send("btn", Icon::Plus, "Create team")}
        }
        .erase(),
    );
    let put_away = (!archived.is_empty()).then(|| {
        let lines: Vec<_> = archived.iter().map(|details| archived_line(&desk, details)).collect();
        view! {
            <section class="panel desk__plain" aria-labelledby="archived-title">
                <h2 class="panel__title" id="archived-title">
                    "Archived"
                </h2>
                <ul class="people">{lines}</ul>
            </section>
        }
        .erase()
    });
    let content = view! {
        <ul class="desk__cards">{cards}</ul>
        <section class="panel desk__plain" aria-label="New team">
            {create}
        </section>
        {put_away}
    }
    .erase();
    desk.frame("Teams", "People join a team by its code, its link or its QR code.", content)
}

fn team_field(details: &TeamDetails) -> AnyView {
    view! { <input type="hidden" name="team" value=details.team.id.to_string() /> }.erase()
}

fn card(desk: &Desk, details: &TeamDetails) -> AnyView {
    let title = format!("team-{}", details.team.id);
    let labelled = title.clone();
    let states = TeamState::ALL.map(|state| state_button(state, details.team.state)).into_iter().collect_view();
    let states = desk.form(
        "set_team_state",
        view! {
            {team_field(details)}
            <div class="states" role="group" aria-label="What it takes">
                {states}
            </div>
        }
        .erase(),
    );
    view! {
        <li class="panel desk__card" aria-labelledby=labelled>
            <h2 class="panel__title" id=title dir="auto">
                {details.team.name.clone()}
            </h2>
            {states}
            {joining(desk, details)}
            <details class="more desk__plain">
                <summary>{icon(Icon::Edit)} "Edit"</summary>
                {edit(desk, details)}
                {desk.form(
                    "archive_team",
                    view! {
                        {team_field(details)}
                        <p class="field__hint">"Its questions leave the board with it and come back with it."</p>
                        {send("btn btn--small", Icon::X, "Archive this team")}
                    }
                        .erase(),
                )}
            </details>
        </li>
    }
    .erase()
}

/// A button that opens or closes the team; the one that holds is pressed.
fn state_button(state: TeamState, now: TeamState) -> AnyView {
    let word = match state {
        TeamState::Open => "Open",
        TeamState::Voting => "Voting only",
        TeamState::Closed => "Closed",
    };
    let pressed = if state == now { "true" } else { "false" };
    view! {
        <button class="btn btn--small" type="submit" name="state" value=state.as_str() aria-pressed=pressed>
            {word}
        </button>
    }
    .erase()
}

/// The code with its link and its QR code.
fn joining(desk: &Desk, details: &TeamDetails) -> AnyView {
    let code = details.join_code.clone();
    let renew = desk.form(
        "renew_code",
        view! {
            {team_field(details)}
            {send("btn btn--small btn--quiet desk__plain", Icon::Refresh, if code.is_some() { "New code" } else { "Make a code" })}
        }
        .erase(),
    );
    let shown = code.map(|code| {
        let link = format!("/j/{code}");
        let qr = format!("{link}/qr.svg");
        let (qr_page, to_copy, shown) = (qr.clone(), link.clone(), link.clone());
        let copied = RwSignal::new(false);
        let copy = move |_| {
            platform::copy_link(&to_copy);
            copied.set(true);
        };
        view! {
            <div class="code">
                <a href=qr_page target="_blank" rel="external" title="The QR code by itself">
                    <img class="code__qr" src=qr alt="QR code of the link to this team" width="160" height="160" />
                </a>
                <div class="code__words">
                    <p class="code__text">{code}</p>
                    <a href=link rel="external">
                        {shown}
                    </a>
                    <div class="form__row needs-js desk__plain">
                        <button class="btn btn--small" type="button" on:click=copy>
                            {icon(Icon::Check)}
                            "Copy the link"
                        </button>
                        <button class="btn btn--small" type="button" on:click=|_| platform::print()>
                            "Print"
                        </button>
                    </div>
                    <span class="field__hint" role="status">
                        {move || copied.get().then_some("Copied")}
                    </span>
                </div>
            </div>
        }
        .erase()
    });
    view! {
        {shown}
        {renew}
    }
    .erase()
}

fn edit(desk: &Desk, details: &TeamDetails) -> AnyView {
    let TeamSettings { guests_allowed, pre_moderation } = details.settings;
    let word = |own: Option<bool>| match own {
        None => "",
        Some(true) => "yes",
        Some(false) => "no",
    };
    let options = || vec![("", "As in the whole room"), ("yes", "Yes"), ("no", "No")];
    let id = details.team.id;
    desk.form(
        "change_team",
        view! {
            {team_field(details)}
            {line(format!("{id}-name"), "name", "Name", details.team.name.clone(), "Up to 60 characters")}
            {choice(format!("{id}-guests"), "guests", "People without an account", word(guests_allowed), options())}
            {choice(format!("{id}-review"), "review", "Questions wait for a moderator", word(pre_moderation), options())}
            {send("btn btn--small", Icon::Check, "Save")}
        }
        .erase(),
    )
}

fn archived_line(desk: &Desk, details: &TeamDetails) -> AnyView {
    let restore = desk.form(
        "restore_team",
        view! {
            {team_field(details)}
            {send("btn btn--small", Icon::Undo, "Bring back")}
        }
        .erase(),
    );
    view! {
        <li>
            <span dir="auto">{details.team.name.clone()}</span>
            {restore}
        </li>
    }
    .erase()
}
