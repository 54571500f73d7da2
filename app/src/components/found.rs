//! What a search found, in place of the list.

use leptos::prelude::*;
use pulsestage::command::SearchResult;
use pulsestage::id::QuestionId;
use pulsestage::window::Filters;

use super::composer;
use super::found_card::{FoundCard, FoundContext};
use super::list::LIST;
use super::page_url::PageUrl;
use crate::ui::empty::Empty;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::Icon;
use crate::ui::text::{plural, thousands};

/// How many questions have the words that the reader searches for, and the first of them.
#[component]
pub fn FoundList(
    /// What the reader chose.
    filters: Signal<Filters>,
    /// Where the page is.
    place: StoredValue<PageUrl>,
    /// Whether the reader can ask.
    can_ask: Signal<bool>,
    /// The page.
    context: FoundContext,
) -> impl IntoView {
    context.live.follow_find();
    let result = context.live.found.result;
    let words = Memo::new(move |_| {
        let find = filters.with(|filters| filters.find.clone());
        result.with(|result| result.as_ref().map(|result| title(result, &find))).unwrap_or_default()
    });
    let ids = Memo::new(move |_| -> Vec<QuestionId> {
        result.with(|result| result.iter().flat_map(|result| &result.questions).map(|question| question.id).collect())
    });
    let question = move |id: QuestionId| {
        result.with_untracked(|result| {
            result.as_ref().and_then(|result| result.questions.iter().find(|question| question.id == id).cloned())
        })
    };
    let is_empty = Memo::new(move |_| result.with(|result| result.as_ref().is_some_and(|result| result.total == 0)));
    let nothing = move || {
        is_empty.get().then(|| {
            view! {
                <Empty mark=Icon::Search title="Nobody has asked this yet" text="Try other words, or ask it.">
                    {can_ask
                        .get()
                        .then(|| {
                            view! {
                                <button type="button" class="btn btn--main" popovertarget=composer::SHEET>
                                    "Ask it"
                                </button>
                            }
                                .erase()
                        })}
                </Empty>
            }
            .erase()
        })
    };
    let back = move || filters.with(|filters| place.with_value(|place| place.under(&filters.with_find(""))));
    view! {
        // In the list's place, also for the link that skips to it.
        <section class="found" id=LIST tabindex="-1" aria-labelledby="found-title">
            <div class="found__head">
                <h2 id="found-title" dir="auto">
                    {words}
                </h2>
                <p class="vh" role="status">
                    {words}
                </p>
                <a href=back data-noscroll>
                    "Show all questions"
                </a>
            </div>
            {part(nothing)}
            <ol class="qlist" hidden=Signal::derive(move || is_empty.get())>
                <For each=move || ids.get() key=|id| *id let:id>
                    <li>{question(id).map(|question| view! { <FoundCard question=question context=context /> }.erase())}</li>
                </For>
            </ol>
        </section>
    }
    .erase()
}

/// How many there are, in words.
fn title(result: &SearchResult, find: &str) -> String {
    let shown = result.questions.len() as u32;
    match result.total {
        0 => format!("No questions match “{find}”"),
        total if total > shown => {
            format!("{} questions match “{find}”, the first {shown} are shown", thousands(total.into()))
        }
        total => format!("{} “{find}”", plural(total.into(), "question matches", "questions match")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_many_were_found_is_told_in_words() {
        let result = |total| SearchResult { total, questions: Vec::new() };
        assert_eq!(title(&result(0), "bus"), "No questions match “bus”");
        assert_eq!(title(&result(1_200), "bus"), "1,200 questions match “bus”, the first 0 are shown");
    }
}
