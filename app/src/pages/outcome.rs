//! Loading a board and showing what came of it: the room, or a page that says why not.

use crate::ui::whole::IntoWhole;
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_params_map, use_query_map};
use pulsestage::command::BoardView;
use pulsestage::error::{Noun, Refusal};

use super::solo::{BrokenPage, MembersOnly, NotFoundPage};
use crate::api::{self, ApiError};
use crate::components::place::{Place, ViewKind};
use crate::components::skeleton::Skeleton;
use crate::live::Filters;

/// Loads the board that the address names, and draws `room` with it once it is there.
///
/// The resource is made here, at the top of the route, and read in its own `Suspense`: the one shape that hydrates.
pub fn with_board(kind: ViewKind, room: fn(BoardView, Place, Signal<Filters>) -> AnyView) -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let path = use_location().pathname;
    let slug = Memo::new(move |_| params.with(|params| params.get("tenant")));
    let filters: Signal<Filters> = Memo::new(move |_| query.with(Filters::from_params)).into();
    let board = Resource::new_blocking(move || slug.get(), |slug| api::load_board(slug.unwrap_or_default()));
    view! {
        <Suspense fallback=Skeleton>
            {move || Suspend::new(async move {
                match board.await {
                    Ok(view) => {
                        let named = slug.get_untracked().map(|_| view.tenant.slug.clone());
                        room(view, Place::new(named, kind), filters)
                    }
                    Err(error) => failed(&error, path.get_untracked()),
                }
            })}
        </Suspense>
    }
}

/// The page in place of a board that was not to be had. Its status was set where the refusal was made.
fn failed(error: &ApiError, here: String) -> AnyView {
    match error {
        ApiError::Refused(Refusal::NotFound { what: Noun::Tenant }) => view! { <NotFoundPage /> }.whole(),
        ApiError::Refused(Refusal::NotSignedIn | Refusal::NotAllowed) => view! { <MembersOnly /> }.whole(),
        error => view! { <BrokenPage why=error.to_string() again=here /> }.whole(),
    }
}
