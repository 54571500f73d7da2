//! A question as moderators see it: the same words, the count, and what can be done.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use pulsestage::id::QuestionId;
use pulsestage::tag::Tag;

use super::answer::Answer;
use super::answer_editor::{AnswerEditor, Drafts};
use super::card::{Ids, Words, state_of};
use super::claims::Claims;
use super::palette::TagPalette;
use crate::live::{Moderation, Progress, RowSignal};
use crate::ui::dom;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};
use crate::ui::text::thousands;

/// What a row asks to be done, and how that fares.
pub type OnModerate = Callback<Moderation, ArcReadSignal<Progress>>;

/// What is open under a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Panel {
    #[default]
    None,
    Answer,
    Tags,
}

/// One row of the queue.
#[component]
pub fn QueueRow(
    /// The row.
    row: RowSignal,
    /// The tenant's slug.
    slug: StoredValue<String>,
    /// The tenant's tags.
    tags: Signal<Vec<Tag>>,
    /// Answers that were begun.
    drafts: Drafts,
    /// Who is at which question; nobody is before the page is alive.
    claims: Option<Claims>,
    /// Whether the moderator may add to the palette.
    may_create_tag: bool,
    /// The moderator wants this done.
    on_moderate: OnModerate,
) -> impl IntoView {
    // A row that left before it was drawn is not drawn.
    row.try_with_untracked(|row| row.id).map(|question| {
        let Ids { card, text, why } = Ids::of(question);
        let state = state_of(row);
        let votes = Memo::new(move |_| row.try_with(|row| row.upvotes).unwrap_or_default());
        let answer = Memo::new(move |_| row.try_with(|row| row.answer.clone()).flatten());
        let has = Memo::new(move |_| row.try_with(|row| row.tags.clone()).unwrap_or_default());
        // An answer that was begun is open again wherever its question turns up.
        let panel = RwSignal::new(if drafts.has(question) { Panel::Answer } else { Panel::None });
        let labelled = text.clone();
        let button_id = format!("{card}-do-answer");
        let back = button_id.clone();
        let close = Callback::new(move |()| {
            panel.set(Panel::None);
            dom::focus(&back);
        });
        view! {
            <article class=Signal::derive(move || state.get().class("q q--row")) id=card aria-labelledby=labelled>
                <Words row=row state=state text_id=text why_id=why />
                <p class="tally">
                    <b>{Signal::derive(move || thousands(votes.get()))}</b>
                    {Signal::derive(move || if votes.get() == 1 { " vote" } else { " votes" })}
                </p>
                <Answer answer=answer.into() />
                {part(move || {
                    claims
                        .is_some_and(|claims| claims.is_theirs(question))
                        .then(|| {
                            view! {
                                <p class="q__claim" role="status">
                                    {icon(Icon::Edit)}
                                    "Another moderator is answering this"
                                </p>
                            }
                                .erase()
                        })
                })}
                <Actions row=row question=question slug=slug panel=panel answer_button=button_id on_moderate=on_moderate />
                {part(move || match panel.get() {
                    Panel::None => ().into_any(),
                    Panel::Answer => {
                        let initial = answer.get_untracked().map(|answer| answer.response_text).unwrap_or_default();
                        view! {
                            <AnswerEditor
                                question=question
                                slug=slug
                                initial=initial
                                drafts=drafts
                                claims=claims
                                on_moderate=on_moderate
                                on_close=close
                            />
                        }
                            .erase()
                    }
                    Panel::Tags => {
                        view! {
                            <TagPalette
                                question=question
                                slug=slug
                                tags=tags
                                has=has.into()
                                may_create=may_create_tag
                                on_moderate=on_moderate
                            />
                        }
                            .erase()
                    }
                })}
            </article>
        }
        .erase()
    })
}

#[component]
fn Actions(
    row: RowSignal,
    question: QuestionId,
    slug: StoredValue<String>,
    panel: RwSignal<Panel>,
    answer_button: String,
    on_moderate: OnModerate,
) -> impl IntoView {
    let pinned = Memo::new(move |_| row.try_with(|row| row.pinned).unwrap_or_default());
    let frozen = Memo::new(move |_| row.try_with(|row| row.frozen).unwrap_or_default());
    let answered = Memo::new(move |_| row.try_with(|row| row.answer.is_some()).unwrap_or_default());
    let pending = Memo::new(move |_| row.try_with(|row| row.pending).unwrap_or_default());
    let toggle = move |which: Panel| panel.update(|open| *open = if *open == which { Panel::None } else { which });
    let expanded = move |which: Panel| (panel.get() == which).to_string();
    // A frozen question takes no answer: better said before it is written than after.
    let no_answer = move || frozen.get() && panel.get() != Panel::Answer;
    view! {
        <div class="actions" role="group" aria-label="Actions" aria-busy=Signal::derive(move || pending.get().then_some("true"))>
            <button
                type="button"
                class="act act--main"
                id=answer_button
                aria-expanded=Signal::derive(move || expanded(Panel::Answer))
                aria-controls=Signal::derive(move || (panel.get() == Panel::Answer).then(|| format!("q-{question}-answer")))
                disabled=no_answer
                title=Signal::derive(move || no_answer().then_some("Unfreeze it to answer"))
                on:click=move |_| toggle(Panel::Answer)
            >
                {part(move || match answered.get() {
                    true => (icon(Icon::Edit), "Edit", Some(view! { <span class="vh">" answer"</span> }.erase())),
                    false => (icon(Icon::Message), "Answer", None),
                })}
            </button>
            <button
                type="button"
                class="act"
                aria-expanded=Signal::derive(move || expanded(Panel::Tags))
                aria-controls=Signal::derive(move || (panel.get() == Panel::Tags).then(|| format!("q-{question}-tags")))
                on:click=move |_| toggle(Panel::Tags)
            >
                {icon(Icon::Tag)}
                "Tags"
            </button>
            <MarkForm
                question=question
                slug=slug
                on=pinned
                addresses=["/api/fn/pin", "/api/fn/unpin"]
                faces=[(Icon::Pin, "Pin"), (Icon::Pin, "Unpin")]
                on_set=Callback::new(move |on| drop(on_moderate.run(Moderation::Pin { question, on })))
            />
            <MarkForm
                question=question
                slug=slug
                on=frozen
                addresses=["/api/fn/freeze", "/api/fn/unfreeze"]
                faces=[(Icon::Lock, "Freeze"), (Icon::Unlock, "Unfreeze")]
                on_set=Callback::new(move |on| drop(on_moderate.run(Moderation::Freeze { question, on })))
            />
        </div>
    }.erase()
}

/// A mark that is set or taken off: a plain form before the page is alive.
#[component]
fn MarkForm(
    question: QuestionId,
    slug: StoredValue<String>,
    /// Whether it is set.
    on: Memo<bool>,
    /// Where to send it to set it, and to take it off.
    addresses: [&'static str; 2],
    /// What is on the button while it is not set, and while it is.
    faces: [(Icon, &'static str); 2],
    on_set: Callback<bool>,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        on_set.run(!on.get_untracked());
    };
    view! {
        <form method="post" action=Signal::derive(move || addresses[usize::from(on.get())]) on:submit=submit>
            <input type="hidden" name="tenant" value=slug.get_value() />
            <input type="hidden" name="question" value=question.to_string() />
            <button type="submit" class=Signal::derive(move || if on.get() { "act act--on" } else { "act" })>
                {part(move || {
                    let (mark, word) = faces[usize::from(on.get())];
                    (icon(mark), word)
                })}
            </button>
        </form>
    }
    .erase()
}
