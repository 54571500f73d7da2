//! What the list says when there is nothing in it: why, and the one thing to do about it.

use leptos::prelude::*;
use pulsestage::window::{BoardCounts, Filters, Tab};

use super::composer;
use super::filters::cleared;
use super::page_url::{PageUrl, ViewKind};
use crate::ui::empty::Empty;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};

/// Why the list is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing was ever asked here.
    NoQuestions,
    /// The filters leave nothing.
    Filtered,
    /// Nothing has an answer yet.
    NoneAnswered,
    /// Everything has an answer.
    AllAnswered,
}

impl Why {
    /// The reason, from what the reader chose and what there is under their filters.
    #[must_use]
    pub const fn of(tab: Tab, counts: BoardCounts, narrowed: bool) -> Self {
        match tab {
            Tab::Answered if counts.open > 0 => Self::NoneAnswered,
            Tab::Open if counts.answered > 0 => Self::AllAnswered,
            _ if narrowed => Self::Filtered,
            _ => Self::NoQuestions,
        }
    }
}

/// The empty list.
#[component]
pub fn EmptyList(
    /// Why it is empty.
    why: Why,
    /// Where the page is.
    place: PageUrl,
    /// What the reader chose.
    filters: Filters,
    /// What becomes of an asker's name, where the reader can ask.
    promise: Option<&'static str>,
) -> impl IntoView {
    let link = |to: String, words: &'static str| {
        view! {
            <a class="btn" href=to data-noscroll>
                {words}
            </a>
        }
        .erase()
    };
    match (why, place.kind) {
        (Why::NoQuestions, ViewKind::Queue | ViewKind::Admin) => view! {
            <Empty
                mark=Icon::Message
                title="The queue is empty"
                text="New questions appear here at once. Share the link to start."
            >
                <a class="btn" href=place.of(ViewKind::Questions)>
                    {icon(Icon::External)}
                    "Open the questions page"
                </a>
            </Empty>
        }
        .erase(),
        (Why::NoQuestions, ViewKind::Questions) => view! {
            <Empty
                mark=Icon::Message
                title="No questions yet"
                text=promise.map(|promise| "Be the first. ".to_owned() + promise).unwrap_or_default()
            >
                {promise
                    .map(|_| {
                        view! {
                            <button type="button" class="btn btn--main" popovertarget=composer::SHEET>
                                "Ask a question"
                            </button>
                        }.erase()
                    })}
            </Empty>
        }
        .erase(),
        (Why::Filtered, _) => view! {
            <Empty mark=Icon::Filter title="No matching questions" text="Try other filters.">
                {link(place.under(&cleared(&filters)), "Clear filters")}
            </Empty>
        }
        .erase(),
        (Why::NoneAnswered, _) => view! {
            <Empty mark=Icon::Message title="No answers yet" text="Answered questions appear here.">
                {link(place.under(&filters.with_tab(Tab::Open)), "See open questions")}
            </Empty>
        }
        .erase(),
        (Why::AllAnswered, _) => view! {
            <Empty mark=Icon::Check title="All questions answered" text="New questions appear here at once.">
                {link(place.under(&filters.with_tab(Tab::Answered)), "See answers")}
            </Empty>
        }
        .erase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_nearest_one() {
        let counts = |open, answered| BoardCounts { open, answered, all: open + answered };
        for (tab, counts, narrowed, why) in [
            (Tab::Open, counts(0, 0), false, Why::NoQuestions),
            (Tab::All, counts(0, 0), false, Why::NoQuestions),
            (Tab::All, counts(0, 0), true, Why::Filtered),
            (Tab::Open, counts(0, 0), true, Why::Filtered),
            (Tab::Answered, counts(4, 0), false, Why::NoneAnswered),
            (Tab::Answered, counts(4, 0), true, Why::NoneAnswered),
            (Tab::Open, counts(0, 3), false, Why::AllAnswered),
        ] {
            assert_eq!(Why::of(tab, counts, narrowed), why, "{tab:?} {counts:?} {narrowed}");
        }
    }
}
