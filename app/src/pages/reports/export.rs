//! Files to take away: questions in three forms, and the votes for counting again.

use leptos::prelude::*;
use pulsestage::export::{ExportChoices, State};

use super::{Here, failed, frame, moment_field, select, slug, team_options};
use crate::api::{self, Json};
use crate::components::page_url::{PageUrl, ViewKind};
use crate::ui::erase::Erase;
use crate::ui::text::words_of;

/// The page.
pub(in crate::pages) fn page() -> AnyView {
    let slug = slug();
    let load = |slug: Option<String>| api::load_export(slug.unwrap_or_default());
    let loaded: Resource<_, Json> = Resource::new_with_options(move || slug.get(), load, true);
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let here = Here { place: PageUrl::new(slug.get_untracked(), ViewKind::Queue), view: "export" };
                match loaded.await {
                    Ok(choices) => draw(choices, &here),
                    Err(error) => failed(&error, &here),
                }
            })}
        </Suspense>
    }
    .erase()
}

fn draw(choices: ExportChoices, here: &Here) -> AnyView {
    let ExportChoices { tenant, role, teams, tags } = choices;
    let states = State::ALL.map(|state| (state.as_str().to_owned(), words_of(state.as_str())));
    let tags = tags.into_iter().map(|tag| (tag.id.to_string(), tag.name));
    let content = view! {
        // The buttons say which file: one form, and it works without a script.
        <form class="reports__filters" method="get" action="/export/questions.csv" aria-label="Choose what to export">
            <input type="hidden" name="tenant" value=tenant.slug.clone() />
            {select("team", "Team", "All teams", "", team_options(teams))}
            {select("state", "State", "Every state", "", states)}
            {select("tag", "Tag", "Any or none", "", tags)}
            {moment_field("from", "Asked from (UTC)", String::new())}
            {moment_field("until", "Asked until (UTC)", String::new())}
            <label class="field reports__field">
                <span class="field__label">"With these words"</span>
                <input class="input" type="search" name="text" maxlength="200" dir="auto" />
            </label>
            <fieldset class="reports__files">
                <legend>"Questions"</legend>
                <button class="btn btn--main" type="submit">
                    "CSV"
                </button>
                <button class="btn" type="submit" formaction="/export/questions.xlsx">
                    "Excel"
                </button>
                <button class="btn" type="submit" formaction="/export/questions.json">
                    "JSON"
                </button>
            </fieldset>
            <fieldset class="reports__files">
                <legend>"Votes"</legend>
                <button class="btn" type="submit" formaction="/export/votes.csv">
                    "CSV"
                </button>
                <p class="field__hint">
                    "A row for each vote, under a name that is made up for this file. "
                    "Anybody can count again from it (" <code>"scripts/recount"</code>
                    "), and nobody can tell who voted."
                </p>
            </fieldset>
        </form>
    };
    let lead = "Take questions and votes away as files. Who asked is in none of them.";
    frame(here, role, &tenant, "Export", lead, content.erase())
}
