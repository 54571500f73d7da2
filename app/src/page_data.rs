//! What a page was drawn from, inside the page: the browser draws the same page from it without asking for it again.
//!
//! The server writes it as JSON into an element that no browser runs. Where it is gone or cannot be read (an extension, a
//! proxy, another release), the browser loads it like the server did.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::api::ApiError;

/// The id of the element.
#[cfg(any(feature = "ssr", feature = "browser"))]
const ID: &str = "page-data";

/// What the page is drawn from: loaded by the server, found in the page by the browser.
pub(crate) async fn first<T>(load: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError>
where
    T: Serialize + DeserializeOwned,
{
    #[cfg(feature = "browser")]
    if let Some(found) = find() {
        return found;
    }
    let loaded = load.await;
    #[cfg(feature = "ssr")]
    if let Some(data) = use_context::<PageData>() {
        data.set(&loaded);
    }
    loaded
}

/// Takes the data out of the page. It is good for one drawing: later it is old.
#[cfg(feature = "browser")]
fn find<T: DeserializeOwned>() -> Option<Result<T, ApiError>> {
    let element = document().get_element_by_id(ID)?;
    let text = element.text_content().unwrap_or_default();
    element.remove();
    crate::json::read(text.as_bytes()).ok()
}

/// Collects what the page that is being made is drawn from. Context on the server.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default)]
pub(crate) struct PageData(std::sync::Arc<std::sync::OnceLock<String>>);

#[cfg(feature = "ssr")]
impl PageData {
    /// A place for the data of this page, in context.
    pub(crate) fn provide() -> Self {
        let data = Self::default();
        provide_context(data.clone());
        data
    }

    fn set<T: Serialize>(&self, value: &Result<T, ApiError>) {
        // What cannot be written is loaded by the browser.
        if let Ok(json) = serde_json::to_string(value) {
            // A page is drawn from one thing; a second has no place of its own and is loaded, too.
            let _second = self.0.set(inert(&json));
        }
    }

    /// The element, once the page is drawn.
    pub(crate) fn element(&self) -> Option<AnyView> {
        let json = self.0.get()?.clone();
        Some(view! { <script type="application/json" id=ID inner_html=json></script> }.into_any())
    }
}

/// JSON without a sign that could end the element around it or begin a comment: text of people is in it.
#[cfg(feature = "ssr")]
pub(crate) fn inert(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use pulsestage::error::Refusal;

    #[test]
    fn no_text_of_people_ends_the_element() {
        let owner = Owner::new();
        owner.with(|| {
            let data = PageData::default();
            let text = "</script><script>alert(1)</script><!--<script>".to_owned();
            data.set(&Ok(text.clone()));
            let html = data.element().unwrap().to_html();
            let inside = html.strip_prefix("<script type=\"application/json\" id=\"page-data\">").unwrap();
            let inside = inside.strip_suffix("</script>").unwrap();
            assert!(!inside.contains('<'), "{html}");
            let read: Result<String, ApiError> = serde_json::from_str(inside).unwrap();
            assert_eq!(read, Ok(text));
        });
    }

    #[test]
    fn a_refusal_is_part_of_what_a_page_is_drawn_from() {
        let data = PageData::default();
        data.set::<String>(&Err(Refusal::NotSignedIn.into()));
        let read: Result<String, ApiError> = serde_json::from_str(data.0.get().unwrap()).unwrap();
        assert_eq!(read, Err(Refusal::NotSignedIn.into()));
    }
}
