//! The answer under its question.

use leptos::prelude::*;
use pulsestage::question;

use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};
use crate::ui::time::Ago;

/// The answer, when there is one.
#[component]
pub fn Answer(
    /// The answer.
    answer: Signal<Option<question::Answer>>,
) -> impl IntoView {
    part(move || {
        answer.get().map(|answer| {
            view! {
                // A group, not a landmark: a page of fifty answers would have fifty landmarks of one name.
                <div class="answer" role="group" aria-label="Answer">
                    <div class="answer__head">
                        <span class="answer__who">{icon(Icon::Message)} "Answer"</span>
                        <Ago at=answer.responded_at />
                    </div>
                    <div class="answer__text" dir="auto">
                        {answer.response_text}
                    </div>
                </div>
            }
            .erase()
        })
    })
}
