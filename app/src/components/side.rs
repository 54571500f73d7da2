//! What stands beside the list on a desk: how it works, the numbers, and the tenant's teams and tags.

use leptos::prelude::*;
use pulsestage::tag::Tag;
use pulsestage::team::Team;
use pulsestage::window::BoardCounts;

use super::create::{CreateTagForm, CreateTeamForm};
use super::queue_row::OnModerate;
use super::tags::TagList;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};
use crate::ui::sheet::Sheet;
use crate::ui::text::thousands;

/// The id of the sheet with teams and tags, for the button that opens it.
pub const MANAGE: &str = "manage";

/// What a newcomer wants to know.
#[component]
pub fn About(
    /// Whether the reader may vote.
    voting: Signal<bool>,
) -> impl IntoView {
    let fact = |mark: Icon, words: Signal<&'static str>| {
        view! {
            <li>
                {icon(mark)}
                <span>{words}</span>
            </li>
        }
        .erase()
    };
    view! {
        <section class="panel" aria-labelledby="about-title">
            <h2 class="panel__title" id="about-title">
                "How it works"
            </h2>
            <ul class="facts">
                {fact(Icon::ChevronUp, Signal::derive(move || match voting.get() {
                    true => "Vote for the questions you want answered. Press again to undo your vote.",
                    false => "Voting is closed.",
                }))}
                {fact(Icon::Pin, "Pinned questions come next.".into())}
                {fact(Icon::Refresh, "This page updates by itself.".into())}
            </ul>
        </section>
    }
    .erase()
}

/// The state of the room in three numbers.
#[component]
pub fn Numbers(
    /// The counts under the reader's filters.
    counts: Signal<BoardCounts>,
) -> impl IntoView {
    let number = |word: &'static str, of: fn(BoardCounts) -> u32| {
        view! {
            <div>
                <dt>{word}</dt>
                <dd>{Signal::derive(move || thousands(of(counts.get()).into()))}</dd>
            </div>
        }
        .erase()
    };
    view! {
        <section class="panel" aria-labelledby="now-title">
            <h2 class="vh" id="now-title">
                "Right now"
            </h2>
            <dl class="numbers">
                {number("open", |counts| counts.open)}
                {number("answered", |counts| counts.answered)}
                {number("in all", |counts| counts.all)}
            </dl>
        </section>
    }
    .erase()
}

/// The tenant's teams and tags, with the forms that add to them.
#[component]
pub fn Manage(
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// The teams, by name.
    teams: Signal<Vec<Team>>,
    /// The palette, by name.
    tags: Signal<Vec<Tag>>,
    /// Whether the reader may add teams.
    may_create_team: bool,
    /// Whether the reader may add tags.
    may_create_tag: bool,
    /// The reader wants this done.
    on_moderate: OnModerate,
) -> impl IntoView {
    view! {
        <Sheet id=MANAGE class="sheet" title="Teams and tags">
            <ul class="people" aria-label="Teams">
                {part(move || teams.get().into_iter().map(team_line).collect_view())}
            </ul>
            {may_create_team
                .then(|| {
                    view! {
                        <details class="more">
                            <summary>{icon(Icon::Plus)} "New team"</summary>
                            <CreateTeamForm slug=slug on_moderate=on_moderate />
                        </details>
                    }.erase()
                })}
            <TagList tags=tags />
            {may_create_tag
                .then(|| {
                    view! {
                        <details class="more">
                            <summary>{icon(Icon::Plus)} "New tag"</summary>
                            <CreateTagForm id="new-tag" slug=slug on_moderate=on_moderate />
                        </details>
                    }.erase()
                })}
        </Sheet>
    }
    .erase()
}

fn team_line(team: Team) -> AnyView {
    view! {
        <li>
            <span dir="auto">{team.name}</span>
            <span>{team.slug}</span>
        </li>
    }
    .erase()
}
