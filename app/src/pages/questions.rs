//! The questions of a tenant, for everybody.

use leptos::prelude::*;
use pulsestage::command::BoardView;
use pulsestage::error::Refusal;
use pulsestage::id::{QuestionId, TeamId};
use pulsestage::permission::Action;
use pulsestage::team::TeamState;
use pulsestage::window::Filters;

use super::board::{BoardPage, RoomFrame, votes_taken};
use super::outcome;
use crate::components::card::Card;
use crate::components::composer::{self, Composer};
use crate::components::found_card::FoundContext;
use crate::components::page_url::{PageUrl, ViewKind};
use crate::components::problem;
use crate::components::search_part::{SearchPart, search_part};
use crate::components::side::About;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};

/// The page, once its board is loaded.
pub(super) async fn page() -> AnyView {
    outcome::page(ViewKind::Questions, draw).await
}

fn draw(view: BoardView, place: PageUrl, filters: Signal<Filters>) -> AnyView {
    let room = BoardPage::open(view, place, filters);
    let BoardPage { live, slug, obstacle, .. } = room;
    let is_closed = Signal::derive(move || obstacle.with(Option::is_some));
    let (may_vote, may_ask) = (room.allows(Action::Vote), room.allows(Action::Ask));
    let may_vote = Memo::new(move |_| may_vote && live.tenant.with(|tenant| tenant.settings.voting_open));
    let own_votes = Memo::new(move |_| live.tenant.with(|tenant| tenant.settings.own_votes));
    let on_vote = Callback::new(move |(question, up): (QuestionId, bool)| live.vote(question, up));
    let row = Callback::new(move |question: QuestionId| {
        let card = live.row(question).map(|row| {
            view! {
                <Card
                    row=row
                    slug=slug
                    may_vote=may_vote
                    own_votes=own_votes.into()
                    place=room.place
                    on_vote=on_vote
                />
            }
            .erase()
        });
        card.into_any()
    });
    // The form is not there where nobody can ask. Once it was, it is only hidden: what is typed in it outlasts a pause.
    let was_open = Memo::new(move |was: Option<&bool>| was == Some(&true) || !is_closed.get());
    let side = view! {
        <div hidden=is_closed>{part(move || was_open.get().then(|| ask_box(room)))}</div>
        <About voting=may_vote.into() />
    }
    .erase();
    let bar = may_ask.then(|| {
        let mine = room.place.with_value(|place| place.beside("/mine"));
        view! {
            <section class="bar" aria-label="Ask">
                <button type="button" class="btn btn--main" popovertarget=composer::SHEET hidden=is_closed>
                    {icon(Icon::Plus)}
                    "Ask a question"
                </button>
                <a class="btn btn--small" href=mine rel="external">
                    "Your questions"
                </a>
            </section>
        }
        .erase()
    });
    view! {
        <RoomFrame
            room=room
            list_class="qlist"
            side_label=if may_ask { "Ask and about" } else { "About" }
            row=row
            side=side
            bar=bar.into_any()
        />
    }
    .erase()
}

fn ask_box(room: BoardPage) -> AnyView {
    let BoardPage { live, slug, refused, .. } = room;
    let refused_before = refused.get_untracked().filter(|error| error.endpoint == "ask");
    let asked = Memo::new(move |_| {
        let mut teams = live.teams.get();
        teams.retain(|team| team.state == TeamState::Open);
        teams
    });
    let context = FoundContext { live, slug, may_vote: votes_taken(room) };
    let similar = Callback::new(move |text| search_part(SearchPart::Similar { text, context }));
    view! {
        <Composer
            slug=slug
            form_key=live.form_key
            tenant=live.tenant
            teams=asked
            looking_at=Signal::derive(move || live.filters.with(|filters| filters.team.clone()))
            refused_before=refused_before.as_ref().map(problem::of_form)
            asked_before=refused_before.is_some_and(|error| error.refusal == Refusal::ASKED_BEFORE)
            asking=live.asking
            on_ask=Callback::new(move |(team, text, name): (TeamId, String, Option<String>)| live.ask(team, text, name))
            on_seen=Callback::new(move |()| live.asking_seen())
            similar=similar
        />
    }
    .erase()
}
