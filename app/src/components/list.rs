//! The list of questions: calm while somebody is in it, and never a wall when it is empty.

use leptos::ev::{FocusEvent, MouseEvent, PointerEvent};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Node};
use pulsestage::id::QuestionId;
use pulsestage::window::{BoardCounts, Filters};

use super::empty_list::{EmptyList, Why};
use super::keyed_list::{follow_ends, keyed_list};
use super::page_url::PageUrl;
use crate::live::{Edge, HeldOrder, Listed, ROWS_ID, STEP};
use crate::ui::dom;
use crate::ui::erase::{Erase, part};
use crate::ui::icon::{Icon, icon};

/// The id of the section, for the skip link.
pub(super) const LIST: &str = "list";

/// What the list tells of its reader. All callbacks; `Copy`.
#[derive(Clone, Copy)]
pub struct Presence {
    /// A finger or a pointer is in the list, or has left it.
    pub on_pointer: Callback<bool>,
    /// The keyboard is in the list, or has left it.
    pub on_focus: Callback<bool>,
    /// The reader wants to see what waits.
    pub on_show: Callback<()>,
    /// The reader has come near an end of the drawn rows, while this question has the keyboard.
    pub on_near: Callback<(Edge, Option<QuestionId>)>,
}

/// The questions, each drawn by `row`.
#[component]
pub fn QuestionList(
    /// The classes of the list itself.
    class: &'static str,
    /// The rows that are drawn.
    listed: Signal<Listed>,
    /// What waits while the list is held still.
    waiting: Signal<HeldOrder>,
    /// What the reader chose.
    filters: Signal<Filters>,
    /// The counts of the tabs.
    counts: Signal<BoardCounts>,
    /// Whether team or tags narrow the list.
    narrowed: Signal<bool>,
    /// Where the page is.
    place: StoredValue<PageUrl>,
    /// What becomes of an asker's name, where the reader can ask.
    promise: Signal<Option<&'static str>>,
    /// Hears of the reader's finger, pointer and keyboard.
    presence: Presence,
    /// Draws one row.
    #[prop(into)]
    row: Callback<QuestionId, AnyView>,
) -> impl IntoView {
    let is_empty = Memo::new(move |_| listed.with(|listed| listed.ids.is_empty()));
    let empty = move || {
        is_empty.get().then(|| {
            let filters = filters.get();
            let why = Why::of(filters.tab, counts.get(), narrowed.get());
            view! { <EmptyList why=why place=place.get_value() filters=filters promise=promise.get() /> }.erase()
        })
    };
    let here = Signal::derive(move || filters.with(|filters| place.with_value(|place| place.under(filters))));
    let near = move |edge| presence.on_near.run((edge, with_keyboard()));
    follow_ends(ROWS_ID, listed, Callback::new(near));
    let follows = Memo::new(move |_| listed.with(|listed| listed.below.then_some(listed.before + listed.ids.len())));
    let from = move |row: usize| filters.with(|filters| place.with_value(|place| place.from(filters, row)));
    let more = move || {
        follows.get().map(|row| {
            let show = move |event: MouseEvent| {
                event.prevent_default();
                near(Edge::Bottom);
            };
            view! {
                <p class="qlist__more">
                    <a class="btn" href=from(row) on:click=show>
                        "More questions"
                    </a>
                </p>
            }
            .erase()
        })
    };
    // With script the rows before come by themselves.
    let earlier =
        listed.with_untracked(|listed| listed.before.checked_sub(1).map(|last| last - last % STEP)).map(|row| {
            view! {
                <noscript>
                    <p class="qlist__more">
                        <a class="btn" href=from(row)>
                            "Earlier questions"
                        </a>
                    </p>
                </noscript>
            }
            .erase()
        });
    view! {
        <section
            id=LIST
            tabindex="-1"
            aria-labelledby="list-title"
            on:pointerdown=move |_| presence.on_pointer.run(true)
            on:pointermove=move |_| presence.on_pointer.run(true)
            on:pointerleave=move |event| left(&event, presence)
            on:focusin=move |event| focused(&event, presence)
            on:focusout=move |event| blurred(&event, presence)
        >
            <h2 class="vh" id="list-title">
                "Questions"
            </h2>
            {part(empty)}
            {earlier}
            <ol class=class id=ROWS_ID hidden=Signal::derive(move || is_empty.get())>
                {keyed_list(listed, Callback::new(move |question| view! { <li>{row.run(question)}</li> }.erase()))}
            </ol>
            {part(more)}
            <News waiting=waiting here=here on_show=presence.on_show />
        </section>
    }
    .erase()
}

/// The question that has the keyboard. A button that was clicked has it too, but its reader looks elsewhere by now.
fn with_keyboard() -> Option<QuestionId> {
    let element = document().active_element()?;
    let card = element.matches(":focus-visible").ok()?.then(|| element.closest("article[id^=q-]").ok())???;
    card.id().strip_prefix("q-")?.parse().ok()
}

/// A mouse that left is gone. A finger that left may have tapped, and its click is still to come: the list stays still
/// until it has rested.
fn left(event: &PointerEvent, presence: Presence) {
    presence.on_pointer.run(event.pointer_type() != "mouse");
}

/// Only the keyboard's focus holds the list: a button that was clicked keeps the focus too, long after the hand has gone.
fn focused(event: &FocusEvent, presence: Presence) {
    let by_keyboard = dom::closest(event, "li")
        .and_then(|_| event.target()?.dyn_into::<Element>().ok())
        .is_some_and(|element| element.matches(":focus-visible").unwrap_or_default());
    presence.on_focus.run(by_keyboard);
}

fn blurred(event: &FocusEvent, presence: Presence) {
    let list = dom::closest(event, "ol");
    let to = event.related_target().and_then(|to| to.dyn_into::<Node>().ok());
    if !list.is_some_and(|list| list.contains(to.as_ref())) {
        presence.on_focus.run(false);
    }
}

/// News that would move the list: shown here when the reader says so. It is not a live region: while somebody is in
/// the list its number may change many times a minute, and the page's one announcer says what is new.
#[component]
fn News(waiting: Signal<HeldOrder>, here: Signal<String>, on_show: Callback<()>) -> impl IntoView {
    let words = Memo::new(move |_| news(waiting.get()));
    let show = move |event: MouseEvent| {
        event.prevent_default();
        on_show.run(());
        // The link is about to go; the keyboard must not go with it.
        dom::focus(LIST);
    };
    let link = move || {
        words.get().map(|words| {
            view! {
                <a class="news__btn" href=here on:click=show>
                    {icon(Icon::ArrowUp)}
                    {words}
                    <b>"Show"</b>
                </a>
            }
            .erase()
        })
    };
    view! { <div class="news">{part(link)}</div> }.erase()
}

/// The words before "Show", when there is something to show.
fn news(waiting: HeldOrder) -> Option<String> {
    match waiting {
        HeldOrder { new: 0, moved: false } => None,
        HeldOrder { new: 0, moved: true } => Some("Order changed. ".to_owned()),
        HeldOrder { new, moved: false } => Some(format!("{new} new. ")),
        HeldOrder { new, moved: true } => Some(format!("{new} new, order changed. ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_says_what_it_will_do() {
        for (new, moved, words) in [
            (0, false, None),
            (0, true, Some("Order changed. ")),
            (1, false, Some("1 new. ")),
            (4, true, Some("4 new, order changed. ")),
        ] {
            assert_eq!(news(HeldOrder { new, moved }).as_deref(), words);
        }
    }
}
