//! The few things asked of the document itself. Handlers and effects call them, so they run in the browser only.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Event, HtmlElement, Node};

/// False in the first paint, on both sides; true once the page answers to events.
#[must_use]
pub fn alive() -> ReadSignal<bool> {
    let (alive, set_alive) = signal(false);
    Effect::new(move || set_alive.set(true));
    alive
}

/// The element of this id.
#[must_use]
pub fn by_id(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Gives the element of this id the keyboard.
pub fn focus(id: &str) {
    if let Some(element) = by_id(id) {
        // An element that cannot take it leaves it where it was; there is nothing better to do.
        let _ = element.focus();
    }
}

/// Brings the element of this id into view.
pub fn show(id: &str) {
    if let Some(element) = by_id(id) {
        element.scroll_into_view();
    }
}

/// Closes the popover of this id. It is no error when it was not open, or when the browser knows no popovers.
pub fn hide_popover(id: &str) {
    if let Some(element) = by_id(id).filter(|element| has_method(element, "hidePopover")) {
        let _ = element.hide_popover();
    }
}

/// Shows the popover of this id where the browser can; elsewhere it stands in the page anyway.
pub fn show_popover(id: &str) {
    if let Some(element) = by_id(id).filter(|element| has_method(element, "showPopover")) {
        let _ = element.show_popover();
    }
}

fn has_method(element: &HtmlElement, name: &str) -> bool {
    leptos::leptos_dom::helpers::get_property(element, name).is_ok_and(|method| method.is_function())
}

/// Whether the event happened in this element or below it.
#[must_use]
pub fn inside(element: &Node, event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Node>().ok());
    element.contains(target.as_ref())
}

/// The nearest element around the event's target that the selector names.
#[must_use]
pub fn closest(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok()?
}
