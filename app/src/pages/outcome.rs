//! Loading a board and showing what came of it: the room, or a page that says why not.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_params_map, use_query_map};
use pulsestage::command::BoardView;
use pulsestage::error::{Noun, Refusal};
use pulsestage::window::Filters;

use super::solo::{BrokenPage, MembersOnly, NotFoundPage};
use crate::api::{self, ApiError, Json};
use crate::components::page_url::{PageUrl, ViewKind};
use crate::components::skeleton::Skeleton;
use crate::live::filters_of;
use crate::ui::erase::Erase;

/// The board that the address names, on its way. `Copy`.
#[derive(Clone, Copy)]
pub struct Loading {
    board: Resource<Result<BoardView, ApiError>, Json>,
    slug: Memo<Option<String>>,
    filters: Signal<Filters>,
    path: Memo<String>,
}

impl Loading {
    /// Begins to load it. At the top of the route, apart from the `Suspense` that reads it: the one shape that hydrates.
    pub fn begin() -> Self {
        let params = use_params_map();
        let query = use_query_map();
        let slug = Memo::new(move |_| params.with(|params| params.get("tenant")));
        let load = |slug: Option<String>| api::load_board(slug.unwrap_or_default());
        Self {
            board: Resource::new_with_options(move || slug.get(), load, true),
            slug,
            filters: Memo::new(move |_| query.with(filters_of)).into(),
            path: use_location().pathname,
        }
    }

    /// Draws `room` with the board once it is there, or says why it is not.
    pub fn draw(
        self,
        kind: ViewKind,
        room: impl Fn(BoardView, PageUrl, Signal<Filters>) -> AnyView + Copy + Send + Sync + 'static,
    ) -> AnyView {
        let Self { board, slug, filters, path } = self;
        view! {
            <Suspense fallback=Skeleton>
                {move || Suspend::new(async move {
                    match board.await {
                        Ok(view) => {
                            let named = slug.get_untracked().map(|_| view.tenant.slug.clone());
                            room(view, PageUrl::new(named, kind), filters)
                        }
                        Err(error) => failed(&error, path.get_untracked()),
                    }
                })}
            </Suspense>
        }
        .erase()
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
