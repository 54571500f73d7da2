//! The forms that add a tag or a team.

use leptos::ev::SubmitEvent;
use leptos::html::{Form, Input};
use leptos::prelude::*;
use pulsestage::error::Refusal;
use pulsestage::text::{NAME_MAX, Name, check};

use super::queue_row::OnModerate;
use super::tags::tint;
use crate::live::{Moderation, Progress};
use crate::ui::dom;
use crate::ui::erase::Erase;
use crate::ui::field::{Submit, TextLine};
use crate::ui::icon::{Icon, icon};

/// The colours that a new tag may have, with their names.
const COLORS: [(&str, &str); 8] = [
    ("#3B82F6", "Blue"),
    ("#0EA5E9", "Sky"),
    ("#10B981", "Green"),
    ("#84CC16", "Lime"),
    ("#F59E0B", "Amber"),
    ("#EF4444", "Red"),
    ("#EC4899", "Pink"),
    ("#8B5CF6", "Violet"),
];

/// A form with a name in it: what is typed, and how it fares. `Copy`.
#[derive(Clone, Copy)]
struct Naming {
    form: NodeRef<Form>,
    name: NodeRef<Input>,
    progress: RwSignal<Option<ArcReadSignal<Progress>>>,
    fate: Memo<Progress>,
    refused_here: RwSignal<Option<String>>,
}

impl Naming {
    fn new() -> Self {
        let progress = RwSignal::new(None::<ArcReadSignal<Progress>>);
        let this = Self {
            form: NodeRef::new(),
            name: NodeRef::new(),
            progress,
            fate: Memo::new(move |_| progress.get().map(|progress| progress.get()).unwrap_or_default()),
            refused_here: RwSignal::new(None),
        };
        // What was added is ready for the next one; what was not keeps its words.
        Effect::new(move || {
            if let Some(form) = this.form.get().filter(|_| this.fate.get() == Progress::Done) {
                form.reset();
            }
        });
        this
    }

    fn busy(self) -> Signal<bool> {
        Signal::derive(move || self.fate.get().is_pending())
    }

    fn error(self) -> Signal<Option<String>> {
        Signal::derive(move || self.refused_here.get().or_else(|| self.fate.get().problem()))
    }

    /// Sends the form unless its name would be refused anyway.
    fn submit(self, event: &SubmitEvent, on_moderate: OnModerate, moderation: impl FnOnce(String) -> Moderation) {
        event.prevent_default();
        let Some(input) = self.name.get_untracked().filter(|_| !self.fate.get_untracked().is_pending()) else { return };
        let typed = input.value();
        match check(&typed, Name::LENGTH) {
            Ok(()) => {
                self.refused_here.set(None);
                self.progress.set(Some(on_moderate.run(moderation(typed))));
            }
            Err(problem) => {
                self.refused_here.set(Some(Refusal::field("name", problem).to_string()));
                let _ = input.focus();
            }
        }
    }
}

/// Adds a tag to the palette.
#[component]
pub fn CreateTagForm(
    /// Tells its fields from those of other such forms on the page.
    #[prop(into)]
    id: String,
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// The moderator wants this done.
    on_moderate: OnModerate,
) -> impl IntoView {
    let naming = Naming::new();
    let alive = dom::alive();
    let form = naming.form;
    let submit = move |event: SubmitEvent| {
        let color = form.get_untracked().and_then(|form| chosen(&form)).unwrap_or_else(|| COLORS[0].0.to_owned());
        naming.submit(&event, on_moderate, |name| Moderation::CreateTag { name, color });
    };
    let swatches: Vec<_> = COLORS
        .into_iter()
        .enumerate()
        .map(|(place, (color, word))| {
            view! {
                <label class="swatch" title=word>
                    {tint(color)}
                    <input type="radio" name="color" value=color checked=place == 0 />
                    <span class="vh">{word}</span>
                </label>
            }
            .erase()
        })
        .collect();
    view! {
        <form
            class="form"
            method="post"
            action="/api/fn/create_tag"
            node_ref=form
            novalidate=Signal::derive(move || alive.get())
            on:submit=submit
        >
            <input type="hidden" name="tenant" value=slug.get_value() />
            <TextLine
                id=format!("{id}-name")
                name="name"
                label="Name"
                max=NAME_MAX
                hint=format!("Up to {NAME_MAX} characters")
                error=naming.error()
                node_ref=naming.name
            />
            <fieldset class="field">
                <legend class="field__label">"Colour"</legend>
                <div class="swatches">{swatches}</div>
            </fieldset>
            <Submit class="btn btn--small" face=|| view! { {icon(Icon::Plus)} "Create tag" }.erase() busy=naming.busy() />
        </form>
    }.erase()
}

/// The colour whose radio button is pressed.
fn chosen(form: &leptos::web_sys::HtmlFormElement) -> Option<String> {
    form.query_selector("input[name=color]:checked").ok()??.get_attribute("value")
}

/// Adds a team to the tenant.
#[component]
pub fn CreateTeamForm(
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// The admin wants this done.
    on_moderate: OnModerate,
) -> impl IntoView {
    let naming = Naming::new();
    let alive = dom::alive();
    let submit = move |event: SubmitEvent| naming.submit(&event, on_moderate, |name| Moderation::CreateTeam { name });
    view! {
        <form
            class="form"
            method="post"
            action="/api/fn/create_team"
            node_ref=naming.form
            novalidate=Signal::derive(move || alive.get())
            on:submit=submit
        >
            <input type="hidden" name="tenant" value=slug.get_value() />
            <TextLine
                id="new-team-name"
                name="name"
                label="Name"
                max=NAME_MAX
                hint=format!("Up to {NAME_MAX} characters")
                error=naming.error()
                node_ref=naming.name
            />
            <Submit class="btn btn--small" face=|| view! { {icon(Icon::Plus)} "Create team" }.erase() busy=naming.busy() />
        </form>
    }.erase()
}
