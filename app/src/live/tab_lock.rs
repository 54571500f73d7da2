//! The lock that the leader of a browser's tabs holds (Web Locks API). The browser gives it to the next tab when its holder
//! closes or crashes.

use js_sys::{Function, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// What holds the lock for as long as it is not let go of.
pub(super) struct Hold {
    until: Promise,
    end: Option<Function>,
}

impl Hold {
    pub(super) fn new() -> Self {
        let mut end = None;
        let until = Promise::new(&mut |resolve, _| end = Some(resolve));
        Self { until, end }
    }

    /// What is to be given to the browser.
    pub(super) fn until(&self) -> Promise {
        self.until.clone()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(end) = &self.end {
            // To resolve a promise cannot fail.
            let _ = end.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Asks for the lock of this name, in line behind the others or in place of its holder. `granted` answers what it is held
/// until, or nothing to let it go at once; `lost` is called when it was taken away (`true`), or cannot be had. Says whether
/// this browser has such locks.
pub(super) fn request(
    name: &str,
    steal: bool,
    mut granted: impl FnMut() -> Option<Promise> + 'static,
    lost: impl FnOnce(bool) + 'static,
) -> bool {
    let asked = || {
        let navigator = window().navigator();
        let locks = Reflect::get(&navigator, &"locks".into())?;
        let request: Function = Reflect::get(&locks, &"request".into())?.dyn_into()?;
        let options = Object::new();
        Reflect::set(&options, &"steal".into(), &steal.into())?;
        let granted = Closure::<dyn FnMut() -> JsValue>::new(move || granted().map_or(JsValue::UNDEFINED, Into::into));
        let held: Promise = request.call3(&locks, &name.into(), &options, &granted.into_js_value())?.dyn_into()?;
        let lost = Closure::once(move |error: JsValue| {
            let name = Reflect::get(&error, &"name".into()).ok().and_then(|name| name.as_string());
            lost(name.as_deref() == Some("AbortError"));
        });
        // What it comes to is of no interest otherwise.
        let _ended = held.catch(&lost);
        lost.forget();
        Ok::<(), JsValue>(())
    };
    asked().is_ok()
}
