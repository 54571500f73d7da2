//! The browser's entry.

/// Called by `public/start.js` once the program is loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn start(page: js_sys::Object) {
    app::start(page);
}
