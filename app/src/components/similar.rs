//! What is like the question that somebody writes: below the form, with its votes.

use leptos::prelude::*;
use pulsestage::question::Question;

use super::found_card::FoundContext;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};
use crate::ui::text::plural;

/// Up to three questions, said once.
#[component]
pub fn SimilarList(
    /// What is typed.
    text: RwSignal<String>,
    /// The page.
    context: FoundContext,
) -> impl IntoView {
    let (hidden, result) = (RwSignal::new(false), context.live.similar.result);
    Effect::new(move || text.with(|text| context.live.look_for_similar(text)));
    let questions = Memo::new(move |_| {
        let found = result.with(|result| result.as_ref().map(|result| result.questions.clone()));
        // What was put away comes back with the next question.
        if found.is_none() && hidden.get_untracked() {
            hidden.set(false);
        }
        if hidden.get() { Vec::new() } else { found.unwrap_or_default() }
    });
    let count = Memo::new(move |_| questions.with(Vec::len));
    let words = Memo::new(move |_| match count.get() {
        0 => String::new(),
        count => plural(count as i64, "similar question", "similar questions") + " below the form.",
    });
    let one = move |question: Question| {
        let id = question.id;
        let row = context.live.found_row(id);
        view! {
            <li class="similar__row">
                <p class="similar__text" dir="auto">
                    {Signal::derive(move || row.with(|row| row.as_ref().map(|row| row.body.clone())))}
                </p>
                {context.vote(id, row, String::new())}
            </li>
        }
        .erase()
    };
    let list = move || {
        (count.get() > 0).then(|| {
            view! {
                <div class="similar__head">
                    <h3>"Already asked?"</h3>
                    <button
                        type="button"
                        class="btn btn--quiet btn--icon"
                        aria-label="Hide similar questions"
                        on:click=move |_| hidden.set(true)
                    >
                        {icon(Icon::X)}
                    </button>
                </div>
            }
            .erase()
        })
    };
    view! {
        <section class="similar" aria-label="Similar questions">
            <p class="vh" role="status">
                {words}
            </p>
            {part(list)}
            <ul hidden=move || count.get() == 0>
                <For each=move || questions.get() key=|question| question.id children=one />
            </ul>
        </section>
    }
    .erase()
}
