//! What both views of a board have in common: the header, the filters, the list, the toasts, and their wiring.

use leptos::prelude::*;
use pulsestage::command::BoardView;
use pulsestage::event::TeamTotals;
use pulsestage::id::{QuestionId, TeamId};
use pulsestage::permission::{Action, may};
use pulsestage::window::{BoardCounts, Filters};

use crate::address::Address;
use crate::api::{FormError, form_error};
use crate::branding::Branding;
use crate::components::announcer::Announcer;
use crate::components::composer::{obstacle, promise, way_out};
use crate::components::filters::{FilterBar, chosen_team, narrowing};
use crate::components::found_card::FoundContext;
use crate::components::header::RoomHeader;
use crate::components::list::{Presence, QuestionList};
use crate::components::notices::{NoScript, OfflineNotice, RefusedNotice};
use crate::components::page_url::{PageUrl, ViewKind};
use crate::components::problem;
use crate::components::search_box::SearchBox;
use crate::components::search_part::{SearchPart, search_part};
use crate::live::Live;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::Icon;
use crate::ui::notice::{Notice, Weight};
use crate::ui::text::thousands;
use crate::ui::time::Now;
use crate::ui::title::Title;
use crate::ui::toast::ToastRegion;

/// A live board and where it is shown. `Copy`.
#[derive(Clone, Copy)]
pub struct BoardPage {
    /// The board.
    pub live: Live,
    /// Where it is shown.
    pub place: StoredValue<PageUrl>,
    /// The tenant's slug.
    pub slug: StoredValue<String>,
    /// The form that came back refused, for as long as the address says so.
    pub refused: Signal<Option<FormError>>,
    /// What keeps the reader from asking, if anything does.
    pub obstacle: Memo<Option<&'static str>>,
}

impl BoardPage {
    /// Puts the board live. Once per page, where the board has arrived.
    pub fn open(view: BoardView, place: PageUrl, filters: Signal<Filters>) -> Self {
        Now::provide();
        let slug = StoredValue::new(view.tenant.slug.clone());
        let live = Live::provide(view, filters);
        let query = Address::of_page().query();
        let refused = Memo::new(move |_| query.with(form_error));
        let obstacle = Memo::new(move |_| {
            let role = live.role.get();
            live.tenant.with(|tenant| live.teams.with(|teams| obstacle(role, &tenant.settings, teams)))
        });
        Self { live, place: StoredValue::new(place), slug, refused: refused.into(), obstacle }
    }

    /// Whether the reader may do this here.
    pub fn allows(self, action: Action) -> bool {
        let role = self.live.role.get_untracked();
        self.live.tenant.with_untracked(|tenant| may(role, action, &tenant.settings))
    }
}

/// The frame of both views.
#[component]
pub fn RoomFrame(
    /// The board and where it is shown.
    room: BoardPage,
    /// The classes of the list.
    list_class: &'static str,
    /// What the side column is called.
    side_label: &'static str,
    /// Draws a question.
    #[prop(into)]
    row: Callback<QuestionId, AnyView>,
    /// What stands beside the list.
    side: AnyView,
    /// What stands under the thumb.
    bar: AnyView,
    /// The way to the pages beside this one.
    #[prop(optional_no_strip)]
    nav: Option<AnyView>,
) -> impl IntoView {
    let BoardPage { live, place, slug, refused, obstacle } = room;
    let tenant = live.tenant.get_untracked();
    let name = Memo::new(move |_| live.tenant.with(|tenant| tenant.name.clone()));
    let is_queue = place.with_value(|place| place.kind != ViewKind::Questions);
    let name_then = tenant.name.clone();
    // Asked for also when the page was sent and its memos are gone.
    let title = move || {
        let name = name.try_get().unwrap_or_else(|| name_then.clone());
        if is_queue { format!("Queue · {name}") } else { name }
    };
    let logo = Memo::new(move |_| live.tenant.with(|tenant| Branding::from(tenant).logo));
    let team = Memo::new(move |_| live.filters.with(|filters| live.teams.with(|teams| chosen_team(filters, teams))));
    let heading = Memo::new(move |_| team.get().map_or_else(|| "All teams".to_owned(), |team| team.name));
    let head = Signal::derive(move || match team.with(Option::is_some) {
        true => "room__head room__head--team",
        false => "room__head",
    });
    let lead = Memo::new(move |_| lead(live.counts.get()));
    let totals = Memo::new(move |_| {
        let is_shown = !is_queue && live.tenant.with(|tenant| tenant.settings.show_totals);
        let team = team.with(|team| team.as_ref().map(|team| team.id));
        is_shown.then(|| live.totals.with(|totals| totals_in_words(totals, team)))
    });
    let narrowed = Memo::new(move |_| {
        let (filters, teams) = (live.filters.get(), live.teams.get());
        live.tags.with(|tags| narrowing(&filters, &teams, tags)) > 0
    });
    let own = (!is_queue && room.allows(Action::Ask)).then(|| {
        view! {
            <a class="room__own" href=place.with_value(|place| place.beside("/mine")) rel="external">
                "Your questions"
            </a>
        }
        .erase()
    });
    let promise = Memo::new(move |_| match obstacle.get() {
        None => Some(live.tenant.with(|tenant| promise(tenant.settings.names))),
        Some(_) => None,
    });
    let presence = Presence {
        on_pointer: Callback::new(move |on| live.hold(on)),
        on_focus: Callback::new(move |on| live.hold_focus(on)),
        on_show: Callback::new(move |()| live.show_new()),
        on_near: Callback::new(move |(edge, keep)| live.grow(edge, keep)),
    };
    let context = FoundContext { live, slug, may_vote: votes_taken(room) };
    let is_searched = Memo::new(move |_| live.filters.with(|filters| !filters.find.is_empty()));
    let can_ask = Signal::derive(move || !is_queue && promise.with(Option::is_some));
    let list = move || match is_searched.get() {
        true => search_part(SearchPart::Found { filters: live.filters, place, can_ask, context }),
        false => view! {
            <QuestionList
                class=list_class
                listed=live.listed
                waiting=live.waiting
                filters=live.filters
                counts=live.counts
                narrowed=narrowed.into()
                place=place
                promise=promise.into()
                presence=presence
                row=row
            />
        }
        .erase(),
    };
    view! {
        <Title text=title />
        <RoomHeader
            name=name
            logo=logo
            slug=slug.get_value()
            place=place.get_value()
            role=live.role.get_untracked()
            admin=room.allows(Action::Moderate).then(|| place.with_value(|place| place.of(ViewKind::Queue)))
            connection=live.connection
            fresh_at=live.fresh_at
        />
        {nav}
        <main class="room" id="main">
            <div class="room__main">
                <NoScript />
                <OfflineNotice connection=live.connection fresh_at=live.fresh_at />
                // Its content is public/outbox.js's.
                <section id="outbox" class="outbox" aria-label="Waiting to be sent" hidden></section>
                <RefusedNotice words=Signal::derive(move || refused.with(|refused| refused.as_ref().map(problem::of_form))) />
                {part(move || obstacle.get().map(|why| closed(why, room)))}
                <header class=head>
                    <h1 class="room__title" dir="auto">
                        {heading}
                    </h1>
                    <p class="room__lead">
                        {lead} {own}
                    </p>
                </header>
                <SearchBox place=place filters=live.filters on_find=Callback::new(move |words| live.find(words)) />
                <FilterBar
                    place=place
                    filters=live.filters
                    counts=live.counts
                    teams=live.teams
                    tags=live.tags
                />
                {part(move || totals.get().map(|words| view! { <p class="room__lead totals">{words}</p> }.erase()))}
                {part(list)}
            </div>
            <aside class="side" aria-label=side_label>
                {side}
            </aside>
        </main>
        {bar}
        <Announcer counts=live.counts filters=live.filters />
        <ToastRegion toasts=live.toasts />
    }.erase()
}

/// Whether the reader's votes are taken, as things stand.
pub(super) fn votes_taken(room: BoardPage) -> Signal<bool> {
    let may_vote = room.allows(Action::Vote);
    Memo::new(move |_| may_vote && room.live.tenant.with(|tenant| tenant.settings.voting_open)).into()
}

/// Says why the reader cannot ask, in the place of the form.
fn closed(why: &'static str, BoardPage { live, place, .. }: BoardPage) -> AnyView {
    let role = live.role.get_untracked();
    let way =
        live.tenant.with_untracked(|tenant| live.teams.with_untracked(|teams| way_out(role, &tenant.settings, teams)));
    let way = way.map(|(path, word)| {
        view! {
            <a class="btn btn--small" href=place.with_value(|place| place.beside(path)) rel="external">
                {word}
            </a>
        }
        .erase()
    });
    view! {
        <Notice weight=Weight::Plain mark=Icon::Lock>
            <p>{why}</p>
            {way}
        </Notice>
    }
    .erase()
}

/// How the list stands, in a few words.
fn lead(counts: BoardCounts) -> String {
    match counts {
        BoardCounts { all: 0, .. } => "No questions yet".to_owned(),
        BoardCounts { open, answered, .. } => {
            format!("{} open, {} answered", thousands(open.into()), thousands(answered.into()))
        }
    }
}

/// How many questions one team has, or all of them.
fn totals_in_words(totals: &[TeamTotals], team: Option<TeamId>) -> String {
    let chosen = || totals.iter().filter(|totals| team.is_none_or(|team| team == totals.id));
    let sum = |of: fn(&TeamTotals) -> u32| thousands(chosen().map(|totals| i64::from(of(totals))).sum());
    let [received, shown, declined] =
        [sum(|totals| totals.received), sum(|totals| totals.shown), sum(|totals| totals.declined)];
    format!("{received} received, {shown} shown, {declined} declined")
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn the_totals_are_of_the_chosen_team_or_of_all() {
        let team = |n| TeamId(Uuid::from_u128(n));
        let totals = [
            TeamTotals { id: team(1), received: 1_040, shown: 900, declined: 7 },
            TeamTotals { id: team(2), received: 8, shown: 3, declined: 0 },
        ];
        assert_eq!(totals_in_words(&totals, None), "1,048 received, 903 shown, 7 declined");
        assert_eq!(totals_in_words(&totals, Some(team(2))), "8 received, 3 shown, 0 declined");
        assert_eq!(totals_in_words(&[], Some(team(2))), "0 received, 0 shown, 0 declined");
    }

    #[test]
    fn the_lead_tells_how_the_list_stands() {
        assert_eq!(lead(BoardCounts::default()), "No questions yet");
        assert_eq!(lead(BoardCounts { open: 1_038, answered: 9, all: 1_047 }), "1,038 open, 9 answered");
    }
}
