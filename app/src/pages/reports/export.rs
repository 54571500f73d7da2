//! Files to take away: questions in three forms, and the votes for counting again.

use leptos::prelude::*;
use pulsestage::export::{ExportChoices, State};

use super::{choice, moment_field, team_options};
use crate::api;
use crate::pages::admin::Reader;
use crate::pages::frame::{Frame, Here, PageFuture};
use crate::ui::erase::Erase;
use crate::ui::field::Field;
use crate::ui::text::words_of;

/// The page.
pub(in crate::pages) fn page(here: Here) -> PageFuture {
    here.load(api::load_export, draw)
}

fn draw(choices: ExportChoices, frame: Frame) -> AnyView {
    let ExportChoices { tenant, role, teams, tags } = choices;
    let states = State::ALL.map(|state| (state.as_str().to_owned(), words_of(state.as_str())));
    let tags = tags.into_iter().map(|tag| (tag.id.to_string(), tag.name));
    let content = view! {
        // The buttons say which file: one form, and it works without a script.
        <form class="admin__row" method="get" action="/export/questions.csv" aria-label="Choose what to export">
            <input type="hidden" name="tenant" value=tenant.slug.clone() />
            {choice("team", "Team", "All teams", "", team_options(teams))}
            {choice("state", "Status", "Any status", "", states)}
            {choice("tag", "Tag", "Any tag", "", tags)}
            {moment_field("from", "Asked from (UTC)", "")}
            {moment_field("until", "Asked until (UTC)", "")}
            {Field::line("search", "text", "Search").max(200).draw()}
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
                    "One row for each vote, with a random name for each voter. You can recount the votes with "
                    <code>"scripts/recount"</code> ", but nobody can tell who voted."
                </p>
            </fieldset>
        </form>
    };
    frame.draw(
        &tenant,
        Reader::of_moderators(role),
        "Download questions and votes. Who asked is never included.",
        content.erase(),
    )
}
