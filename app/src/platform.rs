//! What pages need of the browser, and nothing else: time, chance, timers, the head of the page.
//!
//! Event handlers and effects call these; on the server neither runs, so there they rest.

use pulsestage::id::{OperationId, uuid_v7};
use pulsestage::time::Timestamp;
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

#[cfg(feature = "browser")]
pub(crate) use browser::*;
#[cfg(not(feature = "browser"))]
pub(crate) use rest::*;

/// A fresh idempotency key.
pub(crate) fn operation_id() -> OperationId {
    OperationId(uuid_v7(Timestamp(now_ms() as i64), random_bytes()))
}

/// What a task comes to, or nothing when it takes longer than so many milliseconds. It is dropped then, which takes a
/// request back from the browser.
pub(crate) async fn within<T>(ms: u32, task: impl Future<Output = T>) -> Option<T> {
    let (mut task, mut end) = (pin!(task), pin!(sleep(ms)));
    poll_fn(|context| match task.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => end.as_mut().poll(context).map(|()| None),
    })
    .await
}

/// The browser.
#[cfg(feature = "browser")]
mod browser {
    use gloo_timers::future::TimeoutFuture;
    use js_sys::futures::JsFuture;
    use js_sys::{Array, Date, Function, Object, Reflect};
    use leptos::prelude::{document, request_animation_frame, window};
    use std::time::Duration;
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{AbortController, RequestInit, Response};

    /// Milliseconds since 1970 by the browser's clock.
    pub(crate) fn now_ms() -> f64 {
        Date::now()
    }

    /// A number from 0 up to 1. Good for spreading waits, not for secrets.
    pub(crate) fn random() -> f64 {
        js_sys::Math::random()
    }

    /// Bytes that nobody can guess; also where the page came over plain HTTP, unlike `crypto.randomUUID`.
    pub(crate) fn random_bytes() -> [u8; 10] {
        let mut bytes = [0; 10];
        let strong = window().crypto().and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
        if strong.is_err() {
            // A key must be new rather than secret: the server ties it to the one who sends it.
            for byte in &mut bytes {
                *byte = (random() * 256.0) as u8;
            }
        }
        bytes
    }

    /// Puts another query into the page's address, in place of the one that is there.
    pub(crate) fn replace_query(query: &str) {
        let path = window().location().pathname().unwrap_or_default();
        // Where the address cannot be changed, the page stays as it is.
        if let Ok(history) = window().history()
            && history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&(path + query))).is_ok()
            && let Ok(event) = web_sys::Event::new("popstate")
        {
            let _ = window().dispatch_event(&event);
        }
    }

    /// The query of the page's address, as it stands there.
    pub(crate) fn query() -> Option<String> {
        window().location().search().ok()
    }

    /// Prints the page.
    pub(crate) fn print() {
        // A browser that cannot print has no use for the button.
        let _ = window().print();
    }

    /// The whole address of a path of this site.
    pub(crate) fn whole_address(path: &str) -> String {
        window().location().origin().unwrap_or_default() + path
    }

    /// Puts a text into the clipboard, and says whether it is there. Pages over plain HTTP have no clipboard.
    pub(crate) async fn copy(text: &str) -> bool {
        let clipboard = Reflect::get(&window().navigator(), &"clipboard".into());
        match clipboard.ok().and_then(|clipboard| clipboard.dyn_into::<web_sys::Clipboard>().ok()) {
            Some(clipboard) => JsFuture::from(clipboard.write_text(text)).await.is_ok(),
            None => false,
        }
    }

    /// Calls the script that keeps things on the device (`public/keep.js`); whether it is there and could do it.
    pub(crate) fn keeper(act: &str, arguments: &[&str]) -> bool {
        let called = Reflect::get(&window(), &"keeper".into()).and_then(|keeper| {
            let act: Function = Reflect::get(&keeper, &act.into())?.dyn_into()?;
            let arguments: Array = arguments.iter().map(|text| JsValue::from_str(text)).collect();
            act.apply(&keeper, &arguments)
        });
        called.is_ok()
    }

    /// A text as a form carries it.
    pub(crate) fn escaped(text: &str) -> String {
        js_sys::encode_uri_component(text).into()
    }

    /// What a text in base64 stands for, in the alphabet for addresses.
    pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
        let text = text.replace('-', "+").replace('_', "/");
        // The browser gives each byte as a sign of its own.
        Some(window().atob(&text).ok()?.chars().map(|byte| byte as u8).collect())
    }

    /// When the copy was made that this page was opened from, if it was, in milliseconds since 1970.
    pub(crate) fn kept_at() -> Option<f64> {
        let meta = document().query_selector("meta[name=kept-at]").ok()??;
        meta.get_attribute("content")?.parse::<u32>().ok().map(|seconds| f64::from(seconds) * 1_000.0)
    }

    /// A time as the reader's clock shows it: `10:42`, with its day when that is another.
    pub(crate) fn clock_time(ms: f64) -> String {
        // `Sun Nov 29 2026 10:42:13 GMT+0100 ..`, in every language.
        let (then, now) = (String::from(Date::new(&ms.into()).to_string()), String::from(Date::new_0().to_string()));
        let time = then.get(16..21).unwrap_or_default();
        let day = then.get(4..10).unwrap_or_default();
        if then.get(..15) == now.get(..15) { time.to_owned() } else { format!("{day}, {time}") }
    }

    /// Whether nobody can see the page now: another tab is in front of it.
    pub(crate) fn is_hidden() -> bool {
        document().hidden()
    }

    /// Whether the page has what this selector names.
    pub(crate) fn has(selector: &str) -> bool {
        document().query_selector(selector).is_ok_and(|found| found.is_some())
    }

    /// Runs a task once, so many milliseconds from now.
    pub(crate) fn after(ms: u32, task: impl FnOnce() + 'static) {
        leptos::prelude::set_timeout(task, Duration::from_millis(ms.into()));
    }

    /// Runs a task before the next frame; a hidden page draws no frames, so there it runs soon.
    pub(crate) fn before_next_frame(task: impl FnOnce() + 'static) {
        if document().hidden() {
            after(50, task);
        } else {
            request_animation_frame(task);
        }
    }

    /// Where an element is on the screen: the top and the bottom, in pixels from the screen's top.
    pub(crate) fn extent(element: &web_sys::Element) -> (f64, f64) {
        let rect = element.get_bounding_client_rect();
        (rect.top(), rect.bottom())
    }

    /// How many children of the element with this id there are up to the last that is on the screen or has the keyboard.
    pub(crate) fn count_on_screen(id: &str) -> usize {
        let screen = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
        let focused = document().active_element();
        let first = document().get_element_by_id(id).and_then(|list| list.first_element_child());
        let children = std::iter::successors(first, web_sys::Element::next_element_sibling);
        let seen = children
            .map(|child| extent(&child).0 < screen || focused.as_deref().is_some_and(|at| child.contains(Some(at))));
        seen.zip(1..).filter(|(is_seen, _)| *is_seen).map(|(_, count)| count).last().unwrap_or(0)
    }

    /// What an address of this site answered.
    pub(crate) struct Fetched {
        /// The status.
        pub(crate) status: u16,
        /// The whole answer, in the browser's memory.
        pub(crate) body: js_sys::Uint8Array,
    }

    /// A request that is taken back when this is dropped; once it was answered that does nothing.
    struct Request(AbortController);

    impl Drop for Request {
        fn drop(&mut self) {
            self.0.abort();
        }
    }

    /// Asks for what is at an address of this site, or sends a form there; nothing when the network has no answer.
    pub(crate) async fn fetch(address: &str, form: Option<&str>) -> Option<Fetched> {
        let request = Request(AbortController::new().ok()?);
        let (init, headers) = (RequestInit::new(), Object::new());
        let name = |header: &str, value: &str| Reflect::set(&headers, &header.into(), &value.into());
        name("accept", "application/json").ok()?;
        if let Some(form) = form {
            name("content-type", "application/x-www-form-urlencoded").ok()?;
            init.set_method("POST");
            init.set_body(&form.into());
        }
        init.set_headers(&headers);
        init.set_signal(Some(&request.0.signal()));
        let response = JsFuture::from(window().fetch_with_str_and_init(address, &init)).await.ok()?;
        let response = response.dyn_into::<Response>().ok()?;
        let body = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
        Some(Fetched { status: response.status(), body: js_sys::Uint8Array::new(&body) })
    }

    /// Waits.
    pub(crate) async fn sleep(ms: u32) {
        TimeoutFuture::new(ms).await;
    }

    /// Runs a future; nobody waits for it.
    pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
        leptos::task::spawn_local(task);
    }

    /// Whether the page is drawn dark now: as the reader chose, or else as their device prefers.
    pub(crate) fn is_dark() -> bool {
        let chosen = document().document_element().and_then(|page| page.get_attribute("data-theme"));
        chosen.map_or_else(device_is_dark, |theme| theme == "dark")
    }

    fn device_is_dark() -> bool {
        let query = window().match_media("(prefers-color-scheme: dark)").ok().flatten();
        query.is_some_and(|query| query.matches())
    }

    /// Draws the page in the accent of a tenant from now on, or in ours.
    pub(crate) fn show_accent(accent: Option<(&str, &str)>) {
        let sheet = document().get_element_by_id("tenant-accent");
        if let Some(sheet) = sheet {
            let href = accent.map(|(slug, color)| crate::branding::sheet(slug, color)).unwrap_or_default();
            // A sheet that cannot be named leaves the accent as it was, which is no harm.
            let _ = sheet.set_attribute("href", &href);
        }
    }

    /// Draws the page in this theme, and asks the server to do so from now on for a year.
    pub(crate) fn choose_theme(theme: &str) {
        if let Some(page) = document().document_element() {
            // Without the attribute or the cookie the device's own preference holds, which is no harm.
            let _ = page.set_attribute("data-theme", theme);
        }
        if let Some(page) = document().dyn_ref::<web_sys::HtmlDocument>() {
            let _ = page.set_cookie(&format!("theme={theme}; path=/; max-age=31536000; samesite=lax"));
        }
    }
}

/// The server, where nothing of this happens.
#[cfg(not(feature = "browser"))]
mod rest {
    pub(crate) fn now_ms() -> f64 {
        0.0
    }

    pub(crate) fn random() -> f64 {
        0.0
    }

    pub(crate) fn random_bytes() -> [u8; 10] {
        [0; 10]
    }

    pub(crate) fn replace_query(_query: &str) {}

    pub(crate) fn query() -> Option<String> {
        None
    }

    pub(crate) fn print() {}

    pub(crate) fn whole_address(path: &str) -> String {
        path.to_owned()
    }

    pub(crate) async fn copy(_text: &str) -> bool {
        false
    }

    pub(crate) fn keeper(_act: &str, _arguments: &[&str]) -> bool {
        false
    }

    pub(crate) fn escaped(text: &str) -> String {
        text.to_owned()
    }

    pub(crate) fn kept_at() -> Option<f64> {
        None
    }

    pub(crate) fn clock_time(_ms: f64) -> String {
        String::new()
    }

    pub(crate) fn is_hidden() -> bool {
        false
    }

    pub(crate) fn has(_selector: &str) -> bool {
        false
    }

    pub(crate) fn extent(_element: &leptos::web_sys::Element) -> (f64, f64) {
        (0.0, 0.0)
    }

    pub(crate) fn after(_ms: u32, _task: impl FnOnce() + 'static) {}

    pub(crate) fn before_next_frame(_task: impl FnOnce() + 'static) {}

    pub(crate) async fn sleep(_ms: u32) {}

    pub(crate) fn spawn(_task: impl Future<Output = ()> + 'static) {}

    pub(crate) fn is_dark() -> bool {
        false
    }

    pub(crate) fn choose_theme(_theme: &str) {}
}
