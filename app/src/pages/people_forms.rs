//! The forms of the page of people, and what they say when they come back.

use leptos::prelude::*;
use pulsestage::person::{Flash, Import, Invited, Person, TeamChoice};
use pulsestage::user::Role;

use super::people::NAME_LIMIT;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};
use crate::ui::notice::{Notice, Weight};
use crate::ui::text::plural;

type Words = [(Role, &'static str)];

/// What every form about a person carries unseen.
pub(super) struct Hidden {
    /// The tenant's slug.
    pub(super) slug: String,
    /// The person.
    pub(super) person: String,
}

impl Hidden {
    /// A form about the person, with a button.
    fn form(&self, endpoint: &str, fields: AnyView, word: &'static str) -> AnyView {
        view! {
            <form class="form" method="post" action=format!("/api/fn/{endpoint}")>
                <input type="hidden" name="tenant" value=self.slug.clone() />
                <input type="hidden" name="person" value=self.person.clone() />
                {fields}
                <button class="btn btn--small" type="submit">
                    {word}
                </button>
            </form>
        }
        .erase()
    }

    fn id(&self, field: &str) -> String {
        format!("{field}-{}", self.person)
    }
}

fn select(id: String, name: &'static str, label: &'static str, options: Vec<AnyView>) -> AnyView {
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <select class="input" id=id name=name>
                {options}
            </select>
        </div>
    }
    .erase()
}

fn line(id: String, name: &'static str, kind: &'static str, label: &'static str, value: String, must: bool) -> AnyView {
    let max = if kind == "email" { 254 } else { NAME_LIMIT };
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <input
                class="input"
                id=id
                name=name
                type=kind
                value=value
                maxlength=max
                required=must
                dir="auto"
                autocomplete="off"
            />
        </div>
    }
    .erase()
}

fn option(value: &str, word: &str, chosen: bool) -> AnyView {
    let (value, word) = (value.to_owned(), word.to_owned());
    view! { <option value=value selected=chosen>{word}</option> }.erase()
}

fn roles(words: &Words, chosen: Role) -> Vec<AnyView> {
    words.iter().map(|(role, word)| option(role.as_str(), word, *role == chosen)).collect()
}

fn team_options(teams: &[TeamChoice]) -> Vec<AnyView> {
    teams.iter().map(|team| option(&team.id.to_string(), &team.name, false)).collect()
}

/// Gives the person another role.
pub(super) fn role(hidden: &Hidden, held: Role, grantable: &Words) -> AnyView {
    let field = select(hidden.id("role"), "role", "Role in the whole room", roles(grantable, held));
    let hint = view! { {field} <p class="field__hint">"Another role signs them out everywhere."</p> }.erase();
    hidden.form("set_role", hint, "Give this role")
}

/// Gives the person a role in a team, or none.
pub(super) fn team_role(hidden: &Hidden, teams: &[TeamChoice], words: &Words) -> AnyView {
    let mut options = roles(words, Role::Member);
    options.push(option("", "None", false));
    let fields = view! {
        {select(hidden.id("team"), "team", "Team", team_options(teams))}
        {select(hidden.id("team-role"), "role", "Role in the team", options)}
    }
    .erase();
    hidden.form("set_team_role", fields, "Set the role in the team")
}

/// Changes what the person is called.
pub(super) fn profile(hidden: &Hidden, person: &Person) -> AnyView {
    let email = person.email.clone().unwrap_or_default();
    let fields = view! {
        {line(hidden.id("name"), "name", "text", "Name", person.name.clone(), true)}
        {line(hidden.id("email"), "email", "email", "E-mail address", email, false)}
        <p class="field__hint">"Where mail is sent, a new address counts once its mailbox has confirmed it."</p>
    }
    .erase();
    hidden.form("change_person", fields, "Save name and address")
}

/// Makes another link for the person.
pub(super) fn invite_again(hidden: &Hidden) -> AnyView {
    let hint = view! { <p class="field__hint">"A new link withdraws the ones before it."</p> }.erase();
    hidden.form("invite_again", hint, "Make an invitation link")
}

/// Keeps the person out, or lets them in.
pub(super) fn active(hidden: &Hidden, is_active: bool) -> AnyView {
    let (value, word) = if is_active { ("false", "Deactivate") } else { ("true", "Let in again") };
    hidden.form("set_active", view! { <input type="hidden" name="active" value=value /> }.erase(), word)
}

/// Invites somebody.
pub(super) fn invite(slug: &str, grantable: &Words, teams: &[TeamChoice], team_roles: &Words) -> AnyView {
    let mut choices = vec![option("", "No team of their own", true)];
    choices.extend(team_options(teams));
    view! {
        <details class="panel more">
            <summary>{icon(Icon::Plus)} "Invite somebody"</summary>
            <form class="form" method="post" action="/api/fn/invite_person">
                <input type="hidden" name="tenant" value=slug.to_owned() />
                {line("new-name".to_owned(), "name", "text", "Name", String::new(), true)}
                {line("new-email".to_owned(), "email", "email", "E-mail address", String::new(), true)}
                {select("new-role".to_owned(), "role", "Role in the whole room", roles(grantable, Role::Member))}
                {select("new-team".to_owned(), "team", "Team", choices)}
                {select("new-team-role".to_owned(), "team_role", "Role in the team", roles(team_roles, Role::Member))}
                <button class="btn btn--main" type="submit">
                    "Invite"
                </button>
            </form>
        </details>
    }
    .erase()
}

/// Reads people from a table.
pub(super) fn import(slug: &str) -> AnyView {
    let modes = [
        ("try", "Only look what would happen", true),
        ("all", "Add all, or nobody when a row is not right", false),
        ("good", "Add those whose rows are right", false),
    ];
    let modes: Vec<_> = modes
        .into_iter()
        .map(|(value, word, chosen)| {
            view! {
                <label class="tick">
                    <input type="radio" name="mode" value=value checked=chosen />
                    " "
                    {word}
                </label>
            }
            .erase()
        })
        .collect();
    view! {
        <details class="panel more">
            <summary>{icon(Icon::Users)} "Add people from a table"</summary>
            <form class="form" method="post" action="/api/fn/import_people">
                <input type="hidden" name="tenant" value=slug.to_owned() />
                <div class="field">
                    <label class="field__label" for="table">
                        "The table as CSV"
                    </label>
                    <textarea
                        class="input"
                        id="table"
                        name="table"
                        rows="8"
                        required
                        dir="auto"
                        aria-describedby="table-hint"
                        placeholder="name,email,role,team,team_role"
                    ></textarea>
                    <p class="field__hint" id="table-hint">
                        "The first row names the columns: name and email, and if you like role, team and team_role. "
                        "Up to 2,000 rows. Several rows of one person give them several teams."
                    </p>
                </div>
                <fieldset class="field">
                    <legend class="field__label">"What to do"</legend>
                    {modes}
                </fieldset>
                <button class="btn btn--main" type="submit">
                    "Read the table"
                </button>
            </form>
        </details>
    }
    .erase()
}

/// What a form has to say that has come back.
pub(super) fn flash(flash: Flash) -> AnyView {
    match flash {
        Flash::Invited(invited) => said_invited(invited),
        Flash::Imported(import) => said_imported(import),
        // It is of the operator's page.
        Flash::Made(_) => ().into_any(),
    }
}

fn said_invited(Invited { name, link }: Invited) -> AnyView {
    let said = match link {
        Some(link) => view! {
            <div class="form">
                <p dir="auto">{format!("Give this link to {name}. It is shown this once, works once, and for seven days.")}</p>
                <input class="input" readonly aria-label="Invitation link" value=link />
            </div>
        }
        .erase(),
        None => view! { <p dir="auto">{format!("{name} was sent an invitation.")}</p> }.erase(),
    };
    view! {
        <Notice weight=Weight::Plain mark=Icon::Check role="status">
            {said}
        </Notice>
    }
    .erase()
}

fn said_imported(import: Import) -> AnyView {
    let people = plural(i64::try_from(import.added).unwrap_or(i64::MAX), "person", "people");
    let sentence = match (import.done, import.good) {
        (true, true) => format!("{people} added."),
        (true, false) => format!("{people} added. These rows were left out:"),
        (false, true) => format!("Every row is right. {people} would be added; nobody was yet."),
        (false, false) => format!("{people} would be added, but these rows are not right. Nobody was added."),
    };
    let rows: Vec<_> = import
        .rows
        .into_iter()
        .map(|row| {
            view! {
                <li dir="auto">
                    {format!("Line {}, {} {}: {}", row.line, row.name, row.email, row.fate.sentence())}
                </li>
            }
            .erase()
        })
        .collect();
    view! {
        <Notice weight=if import.good { Weight::Plain } else { Weight::Warn } mark=Icon::Info role="status">
            <div class="form">
                <p>{sentence}</p>
                <ul class="facts">{rows}</ul>
            </div>
        </Notice>
    }
    .erase()
}
