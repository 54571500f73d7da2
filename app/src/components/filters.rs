//! What is shown and in which order. All of it is links: the address carries the state and no script is needed.

use leptos::prelude::*;
use pulsestage::tag::Tag;
use pulsestage::team::Team;
use pulsestage::window::{BoardCounts, Filters, Sort, Tab};

use super::page_url::PageUrl;
use super::tags::tint;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};
use crate::ui::menu::Menu;
use crate::ui::sheet::Sheet;
use crate::ui::text::{plural, thousands};

/// The id of the sheet with teams, order and tags, for the button that opens it on a phone.
const SHEET: &str = "filters";

/// The word of a tab.
const fn tab_word(tab: Tab) -> &'static str {
    match tab {
        Tab::Open => "Open",
        Tab::Answered => "Answered",
        Tab::All => "All",
    }
}

/// The words of an order.
const fn sort_words(sort: Sort) -> &'static str {
    match sort {
        Sort::Votes => "Most votes",
        Sort::Trending => "Trending",
        Sort::Newest => "Newest",
        Sort::Oldest => "Oldest",
    }
}

/// The team that the filters choose, if it exists.
#[must_use]
pub fn chosen_team(filters: &Filters, teams: &[Team]) -> Option<Team> {
    let slug = filters.team.as_deref()?;
    teams.iter().find(|team| team.slug == slug).cloned()
}

/// How many filters narrow the list; those that name nothing that exists narrow nothing.
#[must_use]
pub fn narrowing(filters: &Filters, teams: &[Team], tags: &[Tag]) -> usize {
    let chosen = tags.iter().filter(|tag| filters.tags.contains(&tag.id)).count();
    chosen + usize::from(chosen_team(filters, teams).is_some())
}

/// The same view with nothing narrowed.
#[must_use]
pub fn cleared(filters: &Filters) -> Filters {
    Filters { tab: filters.tab, sort: filters.sort, ..Filters::default() }
}

/// Tabs with their counts, teams, order, and tags. On a phone the tabs take one row with a button, and the rest is in a sheet.
#[component]
pub fn FilterBar(
    /// Where the page is.
    place: StoredValue<PageUrl>,
    /// What the reader chose.
    filters: Signal<Filters>,
    /// The counts of the tabs.
    counts: Signal<BoardCounts>,
    /// The teams, by name.
    teams: Signal<Vec<Team>>,
    /// The palette, by name.
    tags: Signal<Vec<Tag>>,
) -> impl IntoView {
    let href = move |other: Filters| place.with_value(|place| place.under(&other));
    let chosen = Memo::new(move |_| {
        filters.with(|filters| teams.with(|teams| tags.with(|tags| narrowing(filters, teams, tags)))) as i64
    });
    let count = move || {
        let n = chosen.get();
        (n > 0).then(|| view! { <b>{thousands(n)}<span class="vh">" chosen"</span></b> }.erase())
    };
    let filtered = move || {
        let n = chosen.get();
        (n > 0).then(|| {
            view! {
                <p class="filtered" role="status">
                    <span>{plural(n, "filter", "filters")}</span>
                    <span aria-hidden="true">"·"</span>
                    <a href=href(filters.with(cleared)) data-noscroll>
                        "Clear"
                    </a>
                </p>
            }
            .erase()
        })
    };
    view! {
        <div class=Signal::derive(move || if counts.get().all > 999 { "filters filters--many" } else { "filters" })>
            {tabs(filters, counts, href)}
            <button type="button" class="btn btn--small filters__open" popovertarget=SHEET>
                {icon(Icon::Filter)}
                <span>"Filter"</span>
                {part(count)}
            </button>
            <Sheet id=SHEET class="sheet filters__sheet" title="Filter and sort">
                {sort_menu(filters, href)}
                {team_chips(filters, teams, href)}
                {tag_chips(filters, tags, href)}
                {part(filtered)}
            </Sheet>
        </div>
    }
    .erase()
}

fn team_chips(
    filters: Signal<Filters>,
    teams: Signal<Vec<Team>>,
    href: impl Fn(Filters) -> String + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let chosen = Memo::new(move |_| {
        filters.with(|filters| teams.with(|teams| chosen_team(filters, teams))).map(|team| team.slug)
    });
    let chip = move |slug: Option<String>, name: String| {
        let to = slug.clone();
        view! {
            <a
                class="chip"
                href=Signal::derive(move || href(filters.with(|filters| filters.with_team(to.clone()))))
                aria-current=Signal::derive(move || chosen.with(|chosen| *chosen == slug).then_some("true"))
                data-noscroll
                dir="auto"
            >
                {name}
            </a>
        }
        .erase()
    };
    let several = Memo::new(move |_| teams.with(|teams| teams.len() > 1));
    part(move || {
        several.get().then(|| {
            view! {
                <nav class="teams" aria-label="Teams">
                    {chip(None, "All teams".to_owned())}
                    {part(move || teams.get().into_iter().map(|team| chip(Some(team.slug), team.name)).collect_view())}
                </nav>
            }
            .erase()
        })
    })
}

fn tabs(
    filters: Signal<Filters>,
    counts: Signal<BoardCounts>,
    href: impl Fn(Filters) -> String + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let links = Tab::ALL
        .map(|tab| {
            let count = Memo::new(move |_| counts.get().of(tab));
            view! {
                <a
                    class="tab"
                    href=Signal::derive(move || href(filters.with(|filters| filters.with_tab(tab))))
                    aria-current=Signal::derive(move || filters.with(|filters| filters.tab == tab).then_some("page"))
                    data-noscroll
                >
                    {tab_word(tab)}
                    " "
                    <span class="tab__count">{Signal::derive(move || thousands(count.get().into()))}</span>
                </a>
            }
            .erase()
        })
        .into_iter()
        .collect_view();
    view! {
        <nav class="tabs" aria-label="Status">
            {links}
        </nav>
    }
    .erase()
}

fn sort_menu(
    filters: Signal<Filters>,
    href: impl Fn(Filters) -> String + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let links = Sort::ALL
        .map(|sort| {
            let current = Memo::new(move |_| filters.with(|filters| filters.sort == sort));
            view! {
                <li>
                    <a
                        href=Signal::derive(move || href(filters.with(|filters| filters.with_sort(sort))))
                        aria-current=Signal::derive(move || current.get().then_some("true"))
                        data-noscroll
                    >
                        {sort_words(sort)}
                        {part(move || current.get().then(|| icon(Icon::Check)))}
                    </a>
                </li>
            }
            .erase()
        })
        .into_iter()
        .collect_view();
    let face = move || {
        view! {
            {icon(Icon::Sort)}
            <span>
                <span class="vh">"Sort: "</span>
                {Signal::derive(move || filters.with(|filters| sort_words(filters.sort)))}
            </span>
        }
        .erase()
    };
    view! {
        <Menu class="menu sort" button="btn" face=face>
            <ul class="menu__list">{links}</ul>
        </Menu>
    }
    .erase()
}

fn tag_chips(
    filters: Signal<Filters>,
    tags: Signal<Vec<Tag>>,
    href: impl Fn(Filters) -> String + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let chip = move |Tag { id, name, color }: Tag| {
        let on = Memo::new(move |_| filters.with(|filters| filters.tags.contains(&id)));
        view! {
                    <a
                        class="tag tag--toggle"
                        href=Signal::derive(move || href(filters.with(|filters| filters.toggling_tag(id))))
                        aria-current=Signal::derive(move || on.get().then_some("true"))
                        data-noscroll
                    >
                        {tint(&color)}
        {part(move || on.get().then(|| icon(Icon::Check)))}
                        <span dir="auto">{name}</span>
                    </a>
                }
        .erase()
    };
    let any = Memo::new(move |_| tags.with(|tags| !tags.is_empty()));
    part(move || {
        any.get().then(|| {
            view! {
                <nav class="filters__tags" aria-label="Tags">
                    {part(move || tags.get().into_iter().map(chip).collect_view())}
                </nav>
            }
            .erase()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::id::{TagId, TeamId};
    use pulsestage::team::TeamState;
    use uuid::Uuid;

    fn team(slug: &str) -> Team {
        Team { id: TeamId(Uuid::from_u128(1)), slug: slug.to_owned(), name: slug.to_owned(), state: TeamState::Open }
    }

    fn tag(id: u128) -> Tag {
        Tag { id: TagId(Uuid::from_u128(id)), name: id.to_string(), color: "#000000".to_owned() }
    }

    #[test]
    fn only_filters_that_name_something_narrow_the_list() {
        let (teams, tags) = ([team("sales")], [tag(1), tag(2)]);
        let mut filters = Filters { tags: vec![tag(2).id, tag(9).id], ..Filters::default() };
        assert_eq!(narrowing(&filters, &teams, &tags), 1);
        filters.team = Some("nobody".to_owned());
        assert_eq!(narrowing(&filters, &teams, &tags), 1);
        filters.team = Some("sales".to_owned());
        assert_eq!(narrowing(&filters, &teams, &tags), 2);
    }

    #[test]
    fn clearing_keeps_the_tab_and_the_order() {
        let filters = Filters {
            team: Some("sales".to_owned()),
            tags: vec![tag(1).id],
            tab: Tab::All,
            sort: Sort::Oldest,
            ..Filters::default()
        };
        assert_eq!(cleared(&filters), Filters { tab: Tab::All, sort: Sort::Oldest, ..Filters::default() });
    }
}
