//! The people of a workspace: found, invited, given roles, deactivated. Every form is a plain one: the page works before and
//! without script, and shows what is so afterwards because it is loaded anew.

use leptos::prelude::*;
use pulsestage::id::UserId;
use pulsestage::people_import::RowReport;
use pulsestage::permission::{may_grant, may_manage};
use pulsestage::person::{Flash, Import, Invited, PeopleView, Person, TeamChoice};
use pulsestage::text::NAME_MAX;
use pulsestage::user::Role;

use super::form::{Form, opens};
use super::frame::{Frame, Here, PageFuture};
use crate::address::PageQuery;
use crate::api;
use crate::ui::empty::Empty;
use crate::ui::erase::Erase;
use crate::ui::field::{Control, Field, send};
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};
use crate::ui::text::plural;
use crate::ui::time::on_day;

/// The roles in a team.
const TEAM_ROLES: [(Role, &str); 3] =
    [(Role::Viewer, "Viewer"), (Role::Member, "Member"), (Role::Moderator, "Moderator")];
/// The roles in the whole workspace.
const ROLES: [(Role, &str); 5] = [
    (Role::Viewer, "Viewer"),
    (Role::Member, "Member"),
    (Role::Moderator, "Moderator"),
    (Role::Admin, "Admin"),
    (Role::Owner, "Owner"),
];

/// The page.
pub(super) fn page(here: Here) -> PageFuture {
    let read =
        |query: &PageQuery| (query.get("text").unwrap_or_default().to_owned(), query.get("after").map(str::to_owned));
    // A place that is none is the beginning.
    let load = |slug, (text, after): (String, Option<String>)| {
        api::load_people(slug, text, after.and_then(|after| after.parse().ok()))
    };
    here.load_by(read, load, |view, _, frame| draw(view, frame))
}

/// Who looks at the page, and what they may give.
struct Manager<'a> {
    frame: &'a Frame,
    slug: &'a str,
    role: Role,
    me: UserId,
    teams: &'a [TeamChoice],
}

impl Manager<'_> {
    fn form(&self, endpoint: &'static str) -> Form {
        self.frame.form(endpoint, self.slug)
    }

    /// The roles that they may give.
    fn roles(&self) -> impl Iterator<Item = (Role, &'static str)> {
        let role = self.role;
        ROLES.into_iter().filter(move |(given, _)| may_grant(role, *given))
    }

    fn teams(&self) -> impl Iterator<Item = (String, String)> {
        self.teams.iter().map(|team| (team.id.to_string(), team.name.clone()))
    }
}

/// Roles to choose from.
fn options(roles: impl IntoIterator<Item = (Role, &'static str)>) -> impl Iterator<Item = (String, String)> {
    roles.into_iter().map(|(role, word)| (role.as_str().to_owned(), word.to_owned()))
}

fn draw(view: PeopleView, frame: Frame) -> AnyView {
    let PeopleView { tenant, role, me, teams, people, total, text, next, fresh } = view;
    let manager = Manager { frame: &frame, slug: &tenant.slug, role, me, teams: &teams };
    let cards: Vec<_> = people.iter().map(|person| card(&manager, person)).collect();
    let list = if cards.is_empty() {
        view! { <Empty mark=Icon::Users title="No results" text="Try another part of the name or address." /> }
            .into_any()
    } else {
        view! { <ul class="admin__cards">{cards}</ul> }.erase()
    };
    let (invite, import) = (invite(&manager), import(&manager));
    let here = frame.address();
    let more = next.map(|next| {
        let query = PageQuery::text_of(&[("text", &text), ("after", &next.to_string())]);
        view! {
            <a class="btn" href=here.clone() + &query rel="external">
                "Next page"
            </a>
        }
        .erase()
    });
    let search = Field::line("search", "text", "Name or email address").value(text).max(100).draw();
    let content = view! {
        {fresh.map(flash)}
        {invite}
        {import}
        <h2 class="vh">"Everyone"</h2>
        <form class="form panel" method="get" action=here.clone() role="search">
            {search}
            {send("btn btn--small", None, "Search")}
        </form>
        {list}
        {more}
    }
    .into_any();
    let lead = format!("{} in {}.", plural(total, "person", "people"), tenant.name);
    frame.draw(&tenant, role, lead, content)
}

/// One person, with what the reader may do about them.
fn card(manager: &Manager<'_>, person: &Person) -> AnyView {
    let id = person.id.to_string();
    let is_me = person.id == manager.me;
    let manages = may_manage(manager.role, person.role) || (is_me && manager.role >= Role::Admin);
    let word = ROLES.iter().find(|(known, _)| *known == person.role).map_or("Guest", |(_, word)| *word);
    let state = match (person.is_active(), person.seen_at) {
        (false, _) => "Deactivated".into_any(),
        (true, Some(at)) => view! { "Last seen " {on_day(at)} }.into_any(),
        (true, None) => "Never signed in".into_any(),
    };
    let held: Vec<_> = person
        .memberships
        .iter()
        .filter_map(|membership| {
            let team = manager.teams.iter().find(|team| team.id == membership.team)?;
            let word = TEAM_ROLES.iter().find(|(known, _)| *known == membership.role)?.1;
            Some(view! { <li dir="auto">{format!("{word} in {}", team.name)}</li> }.erase())
        })
        .collect();
    view! {
        <li class="panel admin__card" id=format!("p-{id}")>
            <h3 class="panel__title" dir="auto">
                {person.name.clone()}
                {is_me.then_some(" (you)")}
            </h3>
            <ul class="facts">
                <li><span dir="auto">{person.email.clone().unwrap_or_else(|| "No email address".to_owned())}</span></li>
                <li><b>{word}</b></li>
                {held}
                <li><span>{state}</span></li>
            </ul>
            {manages.then(|| actions(manager, person))}
        </li>
    }
    .erase()
}

/// What can be changed of a person.
fn actions(manager: &Manager<'_>, person: &Person) -> AnyView {
    let id = person.id;
    let form = |endpoint| manager.form(endpoint).about("person", id);
    let [role, in_team, profile] = [form("set_role"), form("set_team_role"), form("change_person")];
    let is_back = role.is_back() || in_team.is_back() || profile.is_back();
    let roles = view! {
        {role.field(Field::choice("role", "Role in the workspace", options(manager.roles())).value(person.role.as_str()))}
        <p class="field__hint">"A new role signs them out everywhere."</p>
        {send("btn btn--small", None, "Save role")}
    }
    .into_any();
    let team_roles = options(TEAM_ROLES).chain([(String::new(), "None".to_owned())]);
    let team_roles = view! {
        {in_team.field(Field::choice("team", "Team", manager.teams()))}
        {in_team.field(Field::choice("role", "Role in the team", team_roles).value(Role::Member.as_str()))}
        {send("btn btn--small", None, "Save role in the team")}
    }
    .into_any();
    let email = person.email.clone().unwrap_or_default();
    let email = Field::line("email", "email", "Email address").value(email).max(254);
    let about = view! {
        {profile.field(Field::text("name", "Name").value(person.name.clone()).max(NAME_MAX).required())}
        {profile.field(email.hint("Where email is set up, a new address must be confirmed first."))}
        {send("btn btn--small", None, "Save name and address")}
    }
    .into_any();
    let again = person.is_active().then(|| {
        let fields = view! {
            <p class="field__hint">"A new link replaces earlier ones."</p>
            {send("btn btn--small", None, "Create invitation link")}
        };
        form("invite_again").draw(fields.into_any())
    });
    let active = if person.is_active() {
        let effect = format!("{} is signed out and can no longer sign in. You can reactivate them later.", person.name);
        form("set_active").about("active", false).ask_first(Icon::X, "Deactivate", effect, "Deactivate this person")
    } else {
        form("set_active").about("active", true).draw(send("btn btn--small", Some(Icon::Undo), "Reactivate"))
    };
    let sessions = format!("{}?of={id}", manager.frame.address_of("sessions"));
    let content = view! {
        <div class="form">
            {role.draw(roles)}
            {in_team.draw(team_roles)}
            {profile.draw(about)}
            {again}
            <a class="btn btn--small" href=sessions rel="external">
                "Sessions"
            </a>
            {active}
        </div>
    }
    .erase();
    let word = view! { "Edit"<span class="vh">{format!(" {}", person.name)}</span> }.into_any();
    opens("more", Icon::Edit, word, is_back, content)
}

/// Invites somebody.
fn invite(manager: &Manager<'_>) -> AnyView {
    let form = manager.form("invite_person");
    let teams = [(String::new(), "No team".to_owned())].into_iter().chain(manager.teams());
    let member = Role::Member.as_str();
    let fields = view! {
        {form.field(Field::text("name", "Name").max(NAME_MAX).required())}
        {form.field(Field::line("email", "email", "Email address").max(254).required())}
        {form.field(Field::choice("role", "Role in the workspace", options(manager.roles())).value(member))}
        {form.field(Field::choice("team", "Team", teams))}
        {form.field(Field::choice("team_role", "Role in the team", options(TEAM_ROLES)).value(member))}
        {send("btn btn--main", None, "Invite")}
    }
    .into_any();
    form.behind("panel more", Icon::Plus, "Invite a person".into_any(), fields)
}

/// Reads people from a table.
fn import(manager: &Manager<'_>) -> AnyView {
    let form = manager.form("import_people");
    let modes = [
        ("try", "Preview import"),
        ("all", "Import only if every row is valid"),
        ("good", "Import valid rows and skip the others"),
    ];
    let hint = "The first row names the columns: name and email, and optionally role, team and team_role. Other columns \
                are not used. Up to 2,000 rows. To give someone several teams, add a row for each.";
    let fields = view! {
        {form.field(Field::line("file", "file", "CSV file"))}
        {form.field(Field { control: Control::Area(8), ..Field::text("table", "Or paste the rows").hint(hint) })}
        {form.radio("mode", "Import", &modes)}
        {send("btn btn--main", None, "Continue")}
    }
    .into_any();
    form.behind("panel more", Icon::Users, "Import people from CSV".into_any(), fields)
}

/// What a form has to say that has come back.
fn flash(flash: Flash) -> AnyView {
    match flash {
        Flash::Invited(invited) => said_invited(invited),
        Flash::Imported(import) => said_imported(import),
        Flash::NotImported(why) => said_not_imported(why),
        // They are of other pages.
        Flash::Made(_) | Flash::Asked => ().into_any(),
    }
}

fn said_invited(Invited { name, link }: Invited) -> AnyView {
    let said = match link {
        Some(link) => view! {
            <div class="form">
                <p dir="auto">
                    {format!("Send this link to {name}. It is shown only once, works once and expires in 7 days.")}
                </p>
                <input class="input" readonly aria-label="Invitation link" value=link />
            </div>
        }
        .erase(),
        None => view! { <p dir="auto">{format!("An invitation was sent to {name}.")}</p> }.erase(),
    };
    view! {
        <Notice weight=Weight::Plain mark=Icon::Check role="status">
            {said}
        </Notice>
    }
    .erase()
}

fn said_not_imported(why: String) -> AnyView {
    view! {
        <Notice weight=Weight::Danger mark=Icon::Alert role="status">
            <p>{why}</p>
        </Notice>
    }
    .erase()
}

fn said_imported(import: Import) -> AnyView {
    let people = plural(i64::try_from(import.added).unwrap_or(i64::MAX), "person", "people");
    let sentence = match (import.done, import.good) {
        (true, true) => format!("{people} added."),
        (true, false) => format!("{people} added. These rows were skipped:"),
        (false, true) => format!("All rows are valid. {people} would be added. Nothing has been imported yet."),
        (false, false) => format!("{people} would be added, but these rows are not valid. Nothing was imported."),
    };
    let row = |row: RowReport| view! { <li dir="auto">{row.sentence()}</li> }.erase();
    let ignored =
        (!import.ignored.is_empty()).then(|| format!("Columns that are not used: {}.", import.ignored.join(", ")));
    let guessed = import.encoding.map(|encoding| {
        format!(
            "The file does not say its encoding and was read as {encoding}. Check that names with accents are right."
        )
    });
    let notes = ignored.into_iter().chain(guessed).map(|note| view! { <p dir="auto">{note}</p> }.erase());
    let notes: Vec<_> = notes.collect();
    let rows: Vec<_> = import.rows.into_iter().map(row).collect();
    view! {
        <Notice weight=if import.good { Weight::Plain } else { Weight::Warn } mark=Icon::Info role="status">
            <div class="form">
                <p>{sentence}</p>
                {notes}
                <ul class="facts">{rows}</ul>
            </div>
        </Notice>
    }
    .erase()
}
