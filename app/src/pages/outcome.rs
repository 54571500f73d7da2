//! Loading a board and showing what came of it: the room, or a page that says why not.

use leptos::prelude::*;
use pulsestage::command::BoardView;
use pulsestage::error::{Noun, Refusal};
use pulsestage::window::Filters;

use super::solo::{BrokenPage, MembersOnly, NotFoundPage};
use crate::address::Address;
use crate::api::{self, ApiError};
use crate::components::page_url::{PageUrl, ViewKind};
use crate::page_data;
use crate::platform;
use crate::ui::erase::Erase;

/// Loads the board that the address names, and draws `room` with it or says why it is not there.
pub(super) async fn page(kind: ViewKind, room: impl FnOnce(BoardView, PageUrl, Signal<Filters>) -> AnyView) -> AnyView {
    let address = Address::of_page();
    let (slug, query) = (address.page().0, address.query());
    let filters = Memo::new(move |_| query.with(|query| Filters::from_pairs(query.pairs())));
    // Where the page does not say what it was drawn from, the same rows are loaded.
    match page_data::first(api::load_board(slug.clone().unwrap_or_default(), platform::query())).await {
        Ok(view) => {
            let named = slug.map(|_| view.tenant.slug.clone());
            room(view, PageUrl::new(named, kind), filters.into())
        }
        Err(error) => failed(&error, address.path()),
    }
}

/// The page in place of a board that was not to be had. Its status was set where the refusal was made.
fn failed(error: &ApiError, here: String) -> AnyView {
    match error {
        ApiError::Refused(Refusal::NotFound { what: Noun::Tenant }) => view! { <NotFoundPage /> }.erase(),
        ApiError::Refused(Refusal::NotSignedIn | Refusal::NotAllowed) => view! { <MembersOnly here=here /> }.erase(),
        error => view! { <BrokenPage why=error.to_string() again=here /> }.erase(),
    }
}
