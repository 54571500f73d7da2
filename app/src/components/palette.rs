//! The tags that a question may have, each one press away.

use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::tag::Tag;

use super::create::CreateTagForm;
use super::queue_row::OnModerate;
use super::tags::tint;
use crate::live::Moderation;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};

/// The palette under a question.
#[component]
pub fn TagPalette(
    /// The question.
    question: QuestionId,
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// The tenant's tags.
    tags: Signal<Vec<Tag>>,
    /// The question's tags.
    has: Signal<Vec<Tag>>,
    /// Whether the moderator may add to the palette.
    may_create: bool,
    /// The moderator wants this done.
    on_moderate: OnModerate,
) -> impl IntoView {
    let id = format!("q-{question}-tags");
    let title_id = format!("{id}-title");
    let labelled = title_id.clone();
    let none = part(move || {
        tags.with(Vec::is_empty).then(|| view! { <p class="field__hint">"There are no tags yet."</p> }.erase())
    });
    view! {
            <div class="q__panel" id=id role="group" aria-labelledby=labelled>
                <h4 class="q__panel-title" id=title_id>
                    "Tags of this question"
                </h4>
                {none}
                <div class="tags">
                    <For each=move || tags.get() key=|tag| tag.id let:tag>
                        {
                            let Tag { id: tag, name, color } = tag;
                            let on = Memo::new(move |_| has.with(|has| has.iter().any(|other| other.id == tag)));
                            let press = move |_| {
                                drop(on_moderate.run(Moderation::Tag { question, tag, on: !on.get_untracked() }));
                            };
                            view! {
                                <button
                                    type="button"
                                    class="tag tag--toggle"
                                    aria-pressed=Signal::derive(move || on.get().to_string())
                                    on:click=press
                                >
                                    {tint(&color)}
    {part(move || on.get().then(|| icon(Icon::Check)))}
                                    <span dir="auto">{name}</span>
                                </button>
                            }.erase()
                        }
                    </For>
                </div>
                {may_create
                    .then(|| {
                        view! {
                            <details class="more">
                                <summary>{icon(Icon::Plus)} "New tag"</summary>
                                <CreateTagForm id=format!("q-{question}-new-tag") slug=slug on_moderate=on_moderate />
                            </details>
                        }.erase()
                    })}
            </div>
        }
    .erase()
}
