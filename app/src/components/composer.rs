//! The ask box: a plain form before the page is alive; a sheet under the thumb of a phone, a card beside the list on a desk.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html::{Input, Select, Textarea};
use leptos::prelude::*;
use pulsestage::error::Refusal;
use pulsestage::id::{OperationId, TeamId};
use pulsestage::permission::{Action, may};
use pulsestage::team::{Team, TeamState};
use pulsestage::tenant::{Names, Tenant, TenantSettings};
use pulsestage::text::{Limits, NAME_MAX, check, units};
use pulsestage::user::Role;

use crate::api::typed;
use crate::live::{Progress, SHORTEST};
use crate::platform;
use crate::ui::dom;
use crate::ui::erase::{Erase, part};
use crate::ui::field::{Submit, TextArea};
use crate::ui::icon::{Icon, icon};
use crate::ui::sheet::Sheet;

/// The id of the sheet, for the buttons that open it.
pub const SHEET: &str = "ask";
const AREA: &str = "ask-question";
/// Where the device keeps the question that is being written; the names of the other fields begin with it.
const DRAFT: &str = "ask";

/// What keeps the reader from asking now, as a sentence; nothing where they can ask.
#[must_use]
pub fn obstacle(role: Role, settings: &TenantSettings, teams: &[Team]) -> Option<&'static str> {
    let takes = |state| teams.iter().any(|team| team.state == state);
    if !may(role, Action::Ask, settings) {
        Some("You can't ask questions here.")
    } else if teams.is_empty() {
        Some("Nobody can ask yet: there is no team.")
    } else if settings.asking_open && takes(TeamState::Open) {
        None
    } else if settings.voting_open && (takes(TeamState::Open) || takes(TeamState::Voting)) {
        Some("Questions are closed. You can still vote.")
    } else {
        Some("Questions and voting are closed.")
    }
}

/// Where a reader who cannot ask can do something about it: the path of a page of the tenant, and its name.
#[must_use]
pub fn way_out(role: Role, settings: &TenantSettings, teams: &[Team]) -> Option<(&'static str, &'static str)> {
    match role {
        Role::Guest if teams.is_empty() || !settings.guests_allowed => Some(("/sign-in", "Sign in")),
        role if teams.is_empty() && may(role, Action::CreateTeam, settings) => Some(("/admin/teams", "Add a team")),
        _ => None,
    }
}

/// Where questions are written.
#[component]
pub fn Composer(
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// The idempotency key of the form as it was drawn.
    form_key: OperationId,
    /// The tenant, whose settings hold as they are now.
    tenant: Signal<Tenant>,
    /// The teams that may be asked.
    #[prop(into)]
    teams: Signal<Vec<Team>>,
    /// The team that the reader looks at, by slug.
    looking_at: Signal<Option<String>>,
    /// Why the form that was sent without a script was refused.
    refused_before: Option<String>,
    /// Whether that was because they have asked the same before.
    asked_before: bool,
    /// How the last question fares.
    asking: Signal<Progress>,
    /// The reader asks.
    on_ask: Callback<(TeamId, String, Option<String>)>,
    /// The outcome was taken in.
    on_seen: Callback<()>,
    /// What is like the text that is typed.
    similar: Callback<RwSignal<String>, AnyView>,
) -> impl IntoView {
    let (area, select) = (NodeRef::<Textarea>::new(), NodeRef::<Select>::new());
    let name = NodeRef::<Input>::new();
    let limits = move || tenant.with(|tenant| tenant.settings.question_length);
    let names = Memo::new(move |_| tenant.with(|tenant| tenant.settings.names));
    let notes = Memo::new(move |_| tenant.with(|tenant| notes(&tenant.settings)));
    let text = RwSignal::new(String::new());
    let refused_here = RwSignal::new(refused_before);
    let is_written =
        Memo::new(move |was: Option<&bool>| was == Some(&true) || text.with(|text| text.trim().len() >= SHORTEST));
    let alive = dom::alive();
    let error = Signal::derive(move || refused_here.get().or_else(|| asking.get().problem()));

    // What is typed on answers the last refusal.
    Effect::new(move |seen: Option<()>| {
        text.track();
        if seen.is_some() {
            refused_here.set(None);
            if matches!(asking.get_untracked(), Progress::Refused(_)) {
                on_seen.run(());
            }
        }
    });
    Effect::new(move || {
        if asking.get() == Progress::Done {
            if let Some(area) = area.get_untracked() {
                area.set_value("");
            }
            text.set(String::new());
            platform::keeper("drop", &[DRAFT]);
            dom::hide_popover(SHEET);
            on_seen.run(());
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if asking.get_untracked().is_pending() {
            return;
        }
        let chosen = select.get_untracked().and_then(|select| select.value().parse().ok());
        let Some(team) = chosen.or_else(|| teams.with_untracked(|teams| teams.first().map(|team| team.id))) else {
            return;
        };
        let typed = text.get_untracked();
        match check(&typed, untrack(limits)) {
            Ok(()) => {
                refused_here.set(None);
                on_ask.run((team, typed, name.get_untracked().map(|name| name.value())));
            }
            Err(problem) => {
                refused_here.set(Some(Refusal::field("question", problem).to_string()));
                dom::focus(AREA);
            }
        }
    };
    let keydown = move |event: KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            event.prevent_default();
            if let Some(form) = area.get_untracked().and_then(|area| area.form()) {
                let _ = form.request_submit();
            }
        }
    };
    // Not their number itself: a team more must not draw the choice anew and lose what was chosen. A reader who looks at
    // a team that takes no questions is told which one gets theirs.
    let choice = Memo::new(move |_| {
        teams.with(|teams| {
            let elsewhere = looking_at.with(|slug| slug.as_ref().is_some_and(|slug| id_of(teams, slug).is_none()));
            elsewhere || teams.len() > 1
        })
    });
    let team_field = part(move || match choice.get() {
        false => {
            let only = teams.with_untracked(|teams| teams.first().map(|team| team.id.to_string()));
            view! { <input type="hidden" name="team" value=only /> }.erase()
        }
        true => view! { <TeamSelect teams=teams looking_at=looking_at select=select /> }.erase(),
    });
    view! {
        <Sheet id=SHEET class="sheet composer" title="Ask a question">
            <form
                class="form"
                method="post"
                action="/api/fn/ask"
                novalidate=Signal::derive(move || alive.get())
                on:submit=submit
                on:keydown=keydown
            >
                <input type="hidden" name="tenant" value=slug.get_value() />
                <input type="hidden" name="op" value=form_key.to_string() />
                {team_field}
                <TextArea
                    id=AREA
                    name="question"
                    label="Your question"
                    initial=typed("ask", "question").unwrap_or_default()
                    min=untrack(limits).min
                    max=Memo::new(move |_| limits().max)
                    hint=Signal::derive(move || characters(limits()))
                    placeholder="What should we talk about?"
                    text=text
                    error=error
                    draft=DRAFT
                    node_ref=area
                />
                {part(move || name_field(names.get(), name))}
                // Sent without a script it comes back once, and the second time it is meant.
                <input type="hidden" name="again" value=asked_before.to_string() />
                <Submit
                    class="btn btn--main btn--wide"
                    face=move || if asking.get().is_asked_before() { "Ask again" } else { "Ask" }
                    busy=Signal::derive(move || asking.get().is_pending())
                />
                <p class="composer__promise">
                    {icon(Icon::Shield)}
                    <span>{Signal::derive(move || promise(names.get()))}</span>
                </p>
                <p class="field__hint" dir="auto" hidden=Signal::derive(move || notes.with(String::is_empty))>
                    {notes}
                </p>
            </form>
            // Behind the form: each of them has a form of its own, for its vote.
            {part(move || is_written.get().then(|| similar.run(text)))}
        </Sheet>
    }
    .erase()
}

/// What to know before asking here; may be nothing.
fn notes(settings: &TenantSettings) -> String {
    let waits = settings.pre_moderation.then_some("A moderator may review your question first.".to_owned());
    let languages = settings.languages.join(", ");
    let languages = (!languages.is_empty()).then(|| format!("Languages: {languages}."));
    waits.into_iter().chain(languages).collect::<Vec<_>>().join(" ")
}

fn characters(Limits { min, max }: Limits) -> String {
    format!("{min} to {max} characters")
}

/// What the asker wants to be called, where that is asked at all.
fn name_field(names: Names, node: NodeRef<Input>) -> Option<AnyView> {
    let is_needed = match names {
        Names::Anonymous => return None,
        Names::Optional => false,
        Names::Required => true,
    };
    Some(
        view! {
            <div class="field">
                <label class="field__label" for="ask-name">
                    {if is_needed { "Your name" } else { "Your name (optional)" }}
                </label>
                <input
                    class="input"
                    id="ask-name"
                    name="name"
                    value=typed("ask", "name")
                    maxlength=units(NAME_MAX)
                    required=is_needed
                    autocomplete="name"
                    dir="auto"
                    data-draft="ask-name"
                    node_ref=node
                />
            </div>
        }
        .erase(),
    )
}

/// What becomes of the asker's name.
#[must_use]
pub const fn promise(names: Names) -> &'static str {
    match names {
        Names::Anonymous => "Your name is not shown.",
        Names::Optional => "You can ask without a name.",
        Names::Required => "Your name is shown.",
    }
}

/// Which of several teams to ask.
#[component]
fn TeamSelect(teams: Signal<Vec<Team>>, looking_at: Signal<Option<String>>, select: NodeRef<Select>) -> impl IntoView {
    // Whoever looks at a team most likely asks that team.
    Effect::new(move || {
        let team = looking_at.get().and_then(|slug| teams.with_untracked(|teams| id_of(teams, &slug)));
        if let (Some(team), Some(select)) = (team, select.get()) {
            select.set_value(&team.to_string());
        }
    });
    let option = move |team: Team| {
        let selected = match typed("ask", "team") {
            Some(typed) => typed == team.id.to_string(),
            None => looking_at.get_untracked().is_some_and(|slug| slug == team.slug),
        };
        view! {
            <option value=team.id.to_string() selected=selected>
                {team.name}
            </option>
        }
        .erase()
    };
    view! {
        <div class="field">
            <label class="field__label" for="ask-team">
                "Team"
            </label>
            <select class="input" id="ask-team" name="team" required data-draft="ask-team" node_ref=select>
                // Keyed: a team more must not change what is chosen.
                <For each=move || teams.get() key=|team| team.id children=option />
            </select>
        </div>
    }
    .erase()
}

fn id_of(teams: &[Team], slug: &str) -> Option<TeamId> {
    teams.iter().find(|team| team.slug == slug).map(|team| team.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn teams(states: &[TeamState]) -> Vec<Team> {
        let team = |(n, state): (u128, &TeamState)| Team {
            id: TeamId(Uuid::from_u128(n)),
            slug: format!("t{n}"),
            name: format!("Team {n}"),
            state: *state,
        };
        (0..).zip(states).map(team).collect()
    }

    #[test]
    fn whoever_cannot_ask_is_told_why_and_where_to_go() {
        use TeamState::{Closed, Open, Voting};
        let all = TenantSettings::default();
        let no_asking = TenantSettings { asking_open: false, ..all.clone() };
        let no_votes = TenantSettings { voting_open: false, ..all.clone() };
        let nothing = TenantSettings { voting_open: false, ..no_asking.clone() };
        let members = TenantSettings { guests_allowed: false, ..all.clone() };
        let (sign_in, add) = (Some("/sign-in"), Some("/admin/teams"));
        let (may_not, no_team) = ("You can't ask questions here.", "Nobody can ask yet: there is no team.");
        let (no_questions, closed) = ("Questions are closed. You can still vote.", "Questions and voting are closed.");
        for (role, settings, states, expected) in [
            (Role::Guest, &all, &[Open][..], None),
            (Role::Guest, &no_votes, &[Closed, Open], None),
            (Role::Member, &members, &[Open], None),
            (Role::Guest, &members, &[Open], Some((may_not, sign_in))),
            (Role::Viewer, &all, &[Open], Some((may_not, None))),
            (Role::Guest, &all, &[], Some((no_team, sign_in))),
            (Role::Member, &all, &[], Some((no_team, None))),
            (Role::Moderator, &all, &[], Some((no_team, None))),
            (Role::Admin, &all, &[], Some((no_team, add))),
            (Role::Owner, &nothing, &[], Some((no_team, add))),
            (Role::Guest, &no_asking, &[Open], Some((no_questions, None))),
            (Role::Guest, &all, &[Closed, Voting], Some((no_questions, None))),
            (Role::Guest, &all, &[Closed, Closed], Some((closed, None))),
            (Role::Guest, &no_votes, &[Voting], Some((closed, None))),
            (Role::Admin, &nothing, &[Open], Some((closed, None))),
        ] {
            let teams = teams(states);
            let way = way_out(role, settings, &teams).map(|(path, _)| path);
            let told = obstacle(role, settings, &teams).map(|why| (why, way));
            assert_eq!(told, expected, "{role:?} {settings:?} {states:?}");
        }
    }
}
