//! The answer under its question.

use leptos::prelude::*;
use pulsestage::markup::{Block, Span, blocks};
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
                        {blocks(&answer.response_text).into_iter().map(block).collect_view()}
                    </div>
                </div>
            }
            .erase()
        })
    })
}

fn block(block: Block) -> AnyView {
    match block {
        Block::Paragraph(spans) => view! { <p>{runs(spans)}</p> }.erase(),
        Block::List(items) => {
            let items: Vec<AnyView> = items.into_iter().map(|item| view! { <li>{runs(item)}</li> }.erase()).collect();
            view! { <ul>{items}</ul> }.erase()
        }
    }
}

fn runs(spans: Vec<Span>) -> Vec<AnyView> {
    spans.into_iter().map(run).collect()
}

fn run(span: Span) -> AnyView {
    match span {
        Span::Plain(words) => words.into_any(),
        Span::Bold(words) => view! { <strong>{words}</strong> }.erase(),
        Span::Italic(words) => view! { <em>{words}</em> }.erase(),
        Span::Code(words) => view! { <code>{words}</code> }.erase(),
        // The page that is gone to learns nothing of ours, and the router leaves it alone.
        Span::Link(words, to) => view! {
            <a href=to target="_blank" rel="external nofollow noopener noreferrer">
                {words}
            </a>
        }
        .erase(),
    }
}
