//! The tenant's palette: tags renamed, given another colour, deleted.

use leptos::prelude::*;
use pulsestage::command::BoardView;
use pulsestage::permission::{Action, may};
use pulsestage::tag::Tag;

use super::desk::{self, Desk, line, send};
use super::solo::AdminsOnly;
use crate::api;
use crate::components::page_url::{PageUrl, ViewKind};
use crate::components::tags::safe_color;
use crate::ui::empty::Empty;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};

/// The page.
pub(super) fn page() -> AnyView {
    desk::page("tags", api::load_board, draw)
}

fn draw(view: BoardView, place: PageUrl) -> AnyView {
    let BoardView { tenant, role, board, .. } = view;
    if !may(role, Action::EditTag, &tenant.settings) {
        super::status::set_status(403);
        return view! { <AdminsOnly home=place.of(ViewKind::Questions) /> }.erase();
    }
    let desk = Desk::new(place, &tenant);
    let uses = |tag: &Tag| board.questions.values().filter(|question| question.tags.contains(tag)).count();
    let cards: Vec<_> = board.tags.iter().map(|tag| card(&desk, tag, uses(tag))).collect();
    let create = desk.form(
        "create_tag",
        view! {
            {line("new-tag".to_owned(), "name", "Name of a new tag", String::new(), "Up to 60 characters")}
            {color("new-tag-color".to_owned(), "#3B82F6".to_owned())}
            {send("btn", Icon::Plus, "Create tag")}
        }
        .erase(),
    );
    let list = if cards.is_empty() {
        view! {
            <h2 class="vh">"All tags"</h2>
            <Empty mark=Icon::Tag title="No tags yet" text="Tags sort questions by what they are about." />
        }
        .erase()
    } else {
        view! { <ul class="desk__cards">{cards}</ul> }.erase()
    };
    let content = view! {
        {list}
        <section class="panel" aria-label="New tag">
            {create}
        </section>
    }
    .erase();
    desk.frame("Tags", "A change shows on every question at once.", content)
}

fn color(id: String, value: String) -> AnyView {
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                "Colour"
            </label>
            <input class="input desk__color" id=id name="color" type="color" value=value />
        </div>
    }
    .erase()
}

fn card(desk: &Desk, tag: &Tag, uses: usize) -> AnyView {
    let id = tag.id;
    let tag_field = move || view! { <input type="hidden" name="tag" value=id.to_string() /> }.erase();
    let title = format!("tag-{id}");
    let labelled = title.clone();
    let used = match uses {
        0 => "On no question".to_owned(),
        1 => "On one question".to_owned(),
        many => format!("On {many} questions"),
    };
    view! {
        <li class="panel desk__card" aria-labelledby=labelled>
            <h2 class="panel__title" id=title dir="auto">
                {tag.name.clone()}
            </h2>
            <p class="field__hint">{used}</p>
            {desk.form(
                "change_tag",
                view! {
                    {tag_field()}
                    {line(format!("{id}-name"), "name", "Name", tag.name.clone(), "")}
                    {color(format!("{id}-color"), safe_color(&tag.color).unwrap_or_default())}
                    {send("btn btn--small", Icon::Check, "Save")}
                }
                    .erase(),
            )}
            <details class="more">
                <summary>{icon(Icon::X)} "Delete"</summary>
                {desk.form(
                    "delete_tag",
                    view! {
                        {tag_field()}
                        <p class="field__hint">"It comes off every question and cannot be brought back."</p>
                        {send("btn btn--small", Icon::X, "Delete this tag")}
                    }
                        .erase(),
                )}
            </details>
        </li>
    }
    .erase()
}
