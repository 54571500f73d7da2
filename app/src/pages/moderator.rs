//! The moderators' queue.

use leptos::prelude::*;
use pulsestage::command::BoardView;
use pulsestage::id::QuestionId;
use pulsestage::permission::{Action, may};
use pulsestage::window::Filters;

use super::board::{BoardPage, RoomFrame};
use super::frame::{Frame, Here, PageFuture};
use super::outcome;
use super::solo::ModeratorsOnly;
use crate::components::answer_editor::Drafts;
use crate::components::claims::Claims;
use crate::components::page_url::{PageUrl, ViewKind};
use crate::components::queue_row::QueueRow;
use crate::components::side::{MANAGE, Manage, Numbers};
use crate::live::Moderation;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};

/// The moderators' queue.
pub(super) fn page(here: Here) -> PageFuture {
    Box::pin(outcome::page(ViewKind::Queue, move |view, place, filters| draw(view, place, filters, &here.frame())))
}

fn draw(view: BoardView, place: PageUrl, filters: Signal<Filters>, frame: &Frame) -> AnyView {
    if !may(view.role, Action::Moderate, &view.tenant.settings) {
        return view! { <ModeratorsOnly home=place.of(ViewKind::Questions) /> }.erase();
    }
    let nav = frame.nav(view.role, &view.tenant);
    let room = BoardPage::open(view, place, filters);
    let BoardPage { live, slug, .. } = room;
    let drafts = Drafts::default();
    let may_create_tag = room.allows(Action::CreateTag);
    let on_moderate = Callback::new(move |moderation: Moderation| live.moderate(moderation));
    let claims = Some(Claims::follow(live));
    let row = Callback::new(move |question: QuestionId| {
        let row = live.row(question).map(|row| {
            view! {
                <QueueRow
                    row=row
                    slug=slug
                    tags=live.tags
                    drafts=drafts
                    claims=claims
                    may_create_tag=may_create_tag
                    on_moderate=on_moderate
                />
            }
            .erase()
        });
        row.into_any()
    });
    let side = view! {
        <Numbers counts=live.counts />
        <Manage
            slug=slug
            teams=live.teams
            tags=live.tags
            may_create_team=room.allows(Action::CreateTeam)
            may_create_tag=may_create_tag
            on_moderate=on_moderate
        />
    }
    .erase();
    let bar = view! {
        <div class="bar">
            <button type="button" class="btn" popovertarget=MANAGE>
                {icon(Icon::Tag)}
                "Teams and tags"
            </button>
        </div>
    }
    .erase();
    view! {
        <RoomFrame
            room=room
            list_class="qlist queue"
            side_label="Teams and tags"
            row=row
            side=side
            bar=bar
            nav=Some(nav)
        />
    }
    .erase()
}
