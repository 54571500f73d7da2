//! What is drawn of a search. Its code is a file of its own, which is loaded once somebody searches or writes a question:
//! nobody needs it to read the questions and vote.

use leptos::prelude::*;
use pulsestage::window::Filters;

use super::found::FoundList;
use super::found_card::FoundContext;
use super::page_url::PageUrl;
use super::similar::SimilarList;
use crate::ui::erase::Erase;

/// What is drawn.
#[derive(Clone, Copy)]
pub enum SearchPart {
    /// What the page's address searches for and finds.
    Found {
        /// What the reader chose.
        filters: Signal<Filters>,
        /// Where the page is.
        place: StoredValue<PageUrl>,
        /// Whether the reader can ask.
        can_ask: Signal<bool>,
        /// The page.
        context: FoundContext,
    },
    /// What is like the question that the reader writes.
    Similar {
        /// What is typed.
        text: RwSignal<String>,
        /// The page.
        context: FoundContext,
    },
}

fn draw(part: SearchPart) -> AnyView {
    match part {
        SearchPart::Found { filters, place, can_ask, context } => {
            view! { <FoundList filters=filters place=place can_ask=can_ask context=context /> }.erase()
        }
        SearchPart::Similar { text, context } => view! { <SimilarList text=text context=context /> }.erase(),
    }
}

/// The part, at once.
#[cfg(feature = "ssr")]
pub fn search_part(part: SearchPart) -> AnyView {
    draw(part)
}

/// The part, once its code is there.
#[cfg(not(feature = "ssr"))]
pub fn search_part(part: SearchPart) -> AnyView {
    use crate::platform;
    use crate::ui::erase;

    let (drawn, is_there) = (StoredValue::new_local(None), RwSignal::new(false));
    platform::spawn(ScopedFuture::new(async move {
        let view = draw_later(part).await;
        drawn.try_set_value(Some(view));
        is_there.try_set(true);
    }));
    erase::part(move || is_there.get().then(|| drawn.try_update_value(Option::take).flatten()).flatten()).into_any()
}

#[cfg(not(feature = "ssr"))]
#[lazy]
async fn draw_later(part: SearchPart) -> AnyView {
    draw(part)
}
