//! The tenant's teams: what they take, who may come in, and how people find them.

use leptos::prelude::*;
use pulsestage::team::{TeamDetails, TeamSettings, TeamState, TeamsView};
use pulsestage::text::NAME_MAX;

use super::form::{Form, opens};
use super::frame::{Frame, Here, PageFuture};
use crate::api;
use crate::platform;
use crate::ui::copy::CopyLink;
use crate::ui::erase::Erase;
use crate::ui::field::{Field, send};
use crate::ui::icon::Icon;

/// The page.
pub(super) fn page(here: Here) -> PageFuture {
    here.load(api::load_teams, draw)
}

fn draw(view: TeamsView, frame: Frame) -> AnyView {
    let TeamsView { tenant, role, teams } = view;
    let form = |endpoint| frame.form(endpoint, &tenant.slug);
    let (archived, there): (Vec<_>, Vec<_>) = teams.into_iter().partition(|details| details.is_archived);
    let cards: Vec<_> = there.iter().map(|details| card(&form, details)).collect();
    let create = form("create_team");
    let name = create.field(name_field(String::new()));
    let create = create.draw(view! { {name} {send("btn", Some(Icon::Plus), "Create team")} }.into_any());
    let put_away = (!archived.is_empty()).then(|| {
        let lines: Vec<_> = archived.iter().map(|details| archived_line(&form, details)).collect();
        view! {
            <section class="panel admin__plain" aria-labelledby="archived-title">
                <h2 class="panel__title" id="archived-title">
                    "Archived"
                </h2>
                <ul class="people">{lines}</ul>
            </section>
        }
        .erase()
    });
    let content = view! {
        <ul class="admin__cards">{cards}</ul>
        <section class="panel admin__plain" aria-labelledby="create-title">
            <h2 class="panel__title" id="create-title">
                "New team"
            </h2>
            {create}
        </section>
        {put_away}
    }
    .into_any();
    frame.draw(&tenant, role, "People join a team with its code, link or QR code.", content)
}

fn name_field(name: String) -> Field {
    Field::text("name", "Team name").value(name).hint(format!("Up to {NAME_MAX} characters"))
}

fn card(form: &impl Fn(&'static str) -> Form, details: &TeamDetails) -> AnyView {
    let id = details.team.id;
    let form = |endpoint| form(endpoint).about("team", id);
    let title = format!("team-{id}");
    let labelled = title.clone();
    let states = TeamState::ALL.map(|state| state_button(state, details.team.state)).into_iter().collect_view();
    let states = view! {
        <div class="form__row states" role="group" aria-label="Status">
            {states}
        </div>
    }
    .erase();
    let change = form("change_team");
    let is_back = change.is_back();
    let edit = view! {
        {edit(change, details)}
        {form("archive_team").ask_first(
            Icon::X,
            "Archive",
            "Its questions are hidden until you restore the team.",
            "Archive this team",
        )}
    }
    .into_any();
    view! {
        <li class="panel admin__card" aria-labelledby=labelled>
            <h2 class="panel__title" id=title dir="auto">
                {details.team.name.clone()}
            </h2>
            {form("set_team_state").draw(states)}
            {joining(form("renew_code"), details)}
            {opens("more admin__plain", Icon::Edit, "Edit".into_any(), is_back, edit)}
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
fn joining(renew: Form, details: &TeamDetails) -> AnyView {
    let code = details.join_code.clone();
    let renew = match code {
        Some(_) => renew.ask_first(
            Icon::Refresh,
            "New code",
            "The old code, link and QR code stop working.",
            "Create a new code",
        ),
        None => renew.draw(send("btn btn--small", Some(Icon::Plus), "Create a code")),
    };
    let shown = code.map(|code| {
        let link = format!("/j/{code}");
        let qr = format!("{link}/qr.svg");
        let (qr_page, to_copy, shown) = (qr.clone(), link.clone(), link.clone());
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
                    <div class="form__row needs-js admin__plain">
                        <CopyLink path=to_copy />
                        <button class="btn btn--small" type="button" on:click=|_| platform::print()>
                            "Print"
                        </button>
                    </div>
                </div>
            </div>
        }
        .erase()
    });
    view! {
        {shown}
        <div class="admin__plain">{renew}</div>
    }
    .into_any()
}

fn edit(form: Form, details: &TeamDetails) -> AnyView {
    let TeamSettings { guests_allowed, pre_moderation } = details.settings;
    let word = |own: Option<bool>| match own {
        None => "",
        Some(true) => "yes",
        Some(false) => "no",
    };
    let choice = |name, label, own| {
        let options = [("", "Same as the workspace"), ("yes", "Yes"), ("no", "No")];
        Field::choice(name, label, options).value(word(own))
    };
    let fields = view! {
        {form.field(name_field(details.team.name.clone()))}
        {form.field(choice("guests", "Guests can take part", guests_allowed))}
        {form.field(choice("review", "Review questions before they appear", pre_moderation))}
        {send("btn btn--small", Some(Icon::Check), "Save")}
    }
    .into_any();
    form.draw(fields)
}

fn archived_line(form: &impl Fn(&'static str) -> Form, details: &TeamDetails) -> AnyView {
    let restore = form("restore_team").about("team", details.team.id);
    view! {
        <li>
            <span dir="auto">{details.team.name.clone()}</span>
            {restore.draw(send("btn btn--small", Some(Icon::Undo), "Restore"))}
        </li>
    }
    .erase()
}
