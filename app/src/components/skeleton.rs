//! The shape of a room while its board is on its way to a page that is alive already.

use crate::ui::erase::Erase;
use leptos::prelude::*;

/// Five cards without words.
#[component]
pub fn Skeleton() -> impl IntoView {
    let bone = || {
        view! {
            <li class="q q--bone">
                <div class="q__text">
                    <span class="bone"></span>
                    <span class="bone bone--mid"></span>
                    <span class="bone bone--short"></span>
                </div>
                <span class="bone bone--vote"></span>
            </li>
        }
        .erase()
    };
    view! {
        <main class="room" id="main">
            <div class="room__main">
                <p class="vh" role="status">
                    "Loading questions"
                </p>
                <ol class="qlist" aria-hidden="true">
                    {(0..5).map(|_| bone()).collect_view()}
                </ol>
            </div>
        </main>
    }
    .erase()
}
