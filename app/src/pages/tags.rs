//! The workspace's tags: renamed, given another colour, deleted.

use leptos::prelude::*;
use pulsestage::tag::{TagsView, UsedTag};
use pulsestage::text::NAME_MAX;

use super::form::Form;
use super::frame::{Frame, Here, PageFuture};
use crate::api;
use crate::components::tags::safe_color;
use crate::ui::empty::Empty;
use crate::ui::erase::Erase;
use crate::ui::field::{Field, send};
use crate::ui::icon::Icon;
use crate::ui::text::plural;

/// The page.
pub(super) fn page(here: Here) -> PageFuture {
    here.load(api::load_tags, draw)
}

fn draw(view: TagsView, frame: Frame) -> AnyView {
    let TagsView { tenant, role, tags } = view;
    let form = |endpoint| frame.form(endpoint, &tenant.slug);
    let cards: Vec<_> = tags.iter().map(|used| card(&form, used)).collect();
    let create = form("create_tag");
    let fields = view! {
        {create.field(name(String::new()))}
        {create.field(color("#3B82F6"))}
        {send("btn", Some(Icon::Plus), "Create tag")}
    }
    .into_any();
    let list = if cards.is_empty() {
        view! {
            <h2 class="vh">"All tags"</h2>
            <Empty mark=Icon::Tag title="No tags yet" text="Use tags to sort questions by topic." />
        }
        .into_any()
    } else {
        view! { <ul class="admin__cards">{cards}</ul> }.erase()
    };
    let content = view! {
        {list}
        <section class="panel" aria-labelledby="create-title">
            <h2 class="panel__title" id="create-title">
                "New tag"
            </h2>
            {create.draw(fields)}
        </section>
    }
    .into_any();
    frame.draw(&tenant, role, "Changes show on every question at once.", content)
}

fn name(value: String) -> Field {
    Field::text("name", "Tag name").value(value).hint(format!("Up to {NAME_MAX} characters"))
}

fn color(value: &str) -> Field {
    Field::line("color", "color", "Colour").value(value)
}

fn card(form: &impl Fn(&'static str) -> Form, used: &UsedTag) -> AnyView {
    let UsedTag { tag, questions } = used;
    let title = format!("tag-{}", tag.id);
    let labelled = title.clone();
    let used = match *questions {
        0 => "Not used yet".to_owned(),
        questions => format!("Used on {}", plural(questions.into(), "question", "questions")),
    };
    let change = form("change_tag").about("tag", tag.id);
    let fields = view! {
        {change.field(name(tag.name.clone()))}
        {change.field(color(&safe_color(&tag.color).unwrap_or_default()))}
        {send("btn btn--small", Some(Icon::Check), "Save")}
    }
    .into_any();
    let delete = form("delete_tag").about("tag", tag.id);
    view! {
        <li class="panel admin__card" aria-labelledby=labelled>
            <h2 class="panel__title" id=title dir="auto">
                {tag.name.clone()}
            </h2>
            <p class="field__hint">{used}</p>
            {change.draw(fields)}
            {delete.ask_first(
                Icon::X,
                "Delete",
                "It is removed from every question. You cannot undo this.",
                "Delete this tag",
            )}
        </li>
    }
    .erase()
}
