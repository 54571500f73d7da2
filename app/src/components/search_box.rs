//! The search box: a form whose field is part of the page's address, so that what it finds can be linked and needs no script.

use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html::Input;
use leptos::prelude::*;
use pulsestage::search::MOST_SEARCHED;
use pulsestage::text::units;
use pulsestage::window::Filters;

use super::page_url::PageUrl;
use crate::ui::dom;
use crate::ui::erase::Erase;
use crate::ui::icon::{Icon, icon};

/// The id of the field.
pub const FIND: &str = "find";

/// One field for words in questions, answers, tags and names. `/` leads to it, Escape empties it.
#[component]
pub fn SearchBox(
    /// Where the page is.
    place: StoredValue<PageUrl>,
    /// What the reader chose.
    filters: Signal<Filters>,
    /// The reader searches for these words; for nothing when they are empty.
    on_find: Callback<String>,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    lead_here_by_slash();
    // Back and Forward, and the link that ends the search, change what is in the field.
    Effect::new(move |seen: Option<()>| {
        let words = filters.with(|filters| filters.find.clone());
        if let Some(input) = input.get_untracked().filter(|input| seen.is_some() && input.value().trim() != words) {
            input.set_value(&words);
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.get_untracked() {
            on_find.run(input.value());
        }
    };
    let keydown = move |event: KeyboardEvent| {
        if event.key() == "Escape"
            && let Some(input) = input.get_untracked().filter(|input| !input.value().is_empty())
        {
            event.prevent_default();
            input.set_value("");
            on_find.run(String::new());
        }
    };
    let (first, kept) = filters.with_untracked(|filters| (filters.find.clone(), kept(filters)));
    view! {
        <form
            class="search"
            role="search"
            method="get"
            action=place.with_value(|place| place.of(place.kind))
            on:submit=submit
        >
            {kept}
            {icon(Icon::Search)}
            <input
                class="input"
                id=FIND
                name="find"
                type="search"
                value=first
                maxlength=units(MOST_SEARCHED as u32)
                placeholder="Search questions"
                aria-label="Search questions"
                aria-keyshortcuts="/"
                autocomplete="off"
                enterkeyhint="search"
                dir="auto"
                node_ref=input
                on:input=move |event| on_find.run(event_target_value(&event))
                on:keydown=keydown
            />
        </form>
    }
    .erase()
}

/// The other choices, for a form that is sent without script: it would drop them from the address.
fn kept(filters: &Filters) -> AnyView {
    let query = if cfg!(feature = "ssr") { filters.with_find("").to_query() } else { String::new() };
    let fields = query
        .trim_start_matches('?')
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| view! { <input type="hidden" name=name.to_owned() value=value.to_owned() /> }.erase());
    fields.collect_view().into_any()
}

/// A slash that is typed into no field leads to the box.
fn lead_here_by_slash() {
    Effect::new(move || {
        let listener = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
            let is_typed = dom::closest(&event, "input, textarea, select, [contenteditable]").is_some();
            if event.key() == "/" && !(is_typed || event.ctrl_key() || event.meta_key() || event.alt_key()) {
                event.prevent_default();
                dom::focus(FIND);
            }
        });
        on_cleanup(move || listener.remove());
    });
}
