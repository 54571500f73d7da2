//! The program in the browser: it draws the page anew beside the one that the server drew, and exchanges the two.
//!
//! Nothing of the server's HTML is read, so it does not matter what others have done to it: a translation, a password
//! manager, a banner. What its reader did meanwhile is carried over by `public/start.js`, which also says when.

use any_spawner::Executor;
use js_sys::futures::JsFuture;
use js_sys::{Function, Object, Promise, Reflect};
use leptos::mount::mount_to;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};

use crate::address::Address;
use crate::live::listener::Listener;
use crate::pages;

/// The id of the element that is ours; everything else in the document belongs to others.
const ROOT: &str = "app";

/// Draws the page of this address and exchanges it with the one that is there. `page` has the functions of
/// `public/start.js`: `ready`, a promise of a moment at which nobody presses or types, and `exchange`.
pub fn start(page: Object) {
    std::panic::set_hook(Box::new(report));
    // Nobody has set another.
    let _ = Executor::init_wasm_bindgen();
    let owner = Owner::new();
    owner.with(|| {
        let location = window().location();
        let part = |part: Result<String, JsValue>| part.unwrap_or_default();
        let address = Address::provide(&part(location.pathname()), &part(location.search()));
        follow(address);
        spawn_local(ScopedFuture::new(async move {
            let view = pages::page().await;
            let ready = function(&page, "ready").and_then(|ready| ready.call0(&page).ok());
            if let Some(ready) = ready.and_then(|ready| ready.dyn_into::<Promise>().ok()) {
                // It is kept in any case.
                let _ = JsFuture::from(ready).await;
            }
            let Some(root) = root() else { return };
            mount_to(root.clone(), move || view).forget();
            if let Some(exchange) = function(&page, "exchange") {
                // What it throws it has reported.
                let _ = exchange.call1(&page, &root);
            }
        }));
    });
    // The page lives as long as its document.
    std::mem::forget(owner);
}

fn function(of: &Object, name: &str) -> Option<Function> {
    Reflect::get(of, &name.into()).ok()?.dyn_into().ok()
}

/// An element of ours that is in no document yet.
fn root() -> Option<web_sys::HtmlElement> {
    let root = document().create_element("div").ok()?;
    root.set_id(ROOT);
    root.dyn_into().ok()
}

/// Follows links that change the query alone, and the browser's buttons.
fn follow(address: Address) {
    let page = window();
    let look = move |_| address.set_query(&window().location().search().unwrap_or_default());
    // `query` is our own event, after a link; `popstate` the browser's, after Back and Forward.
    std::mem::forget(["query", "popstate"].map(|event| Listener::new(&page, event, look)));
}

/// Says where the program died. The browser's own words follow: a WebAssembly error, after which `public/start.js` goes on.
fn report(info: &std::panic::PanicHookInfo<'_>) {
    #[cfg(debug_assertions)]
    let words = info.to_string();
    // To write any message takes the code of all numbers and types that could be in one.
    #[cfg(not(debug_assertions))]
    let words =
        info.location().map(|place| [place.file(), ":", &place.line().to_string()].concat()).unwrap_or_default();
    web_sys::console::error_1(&JsValue::from_str(&words));
}
