//! The title of the document.

use leptos::prelude::*;
use leptos::text_prop::TextProp;
#[cfg(feature = "ssr")]
use leptos_meta::Title as HeadTitle;

/// Gives the document its title for as long as the page is there.
#[component]
pub fn Title(
    /// What the page is called. Every title passes here, whatever names are in it.
    #[prop(into)]
    text: TextProp,
) -> impl IntoView {
    // It is written into the document as it stands.
    #[cfg(feature = "ssr")]
    return view! { <HeadTitle text=move || super::text::escaped(whole(&text.get())) /> };
    #[cfg(not(feature = "ssr"))]
    Effect::new(move || document().set_title(&whole(&text.get())));
}

fn whole(page: &str) -> String {
    if page.is_empty() { "PulseStage".to_owned() } else { page.to_owned() + " · PulseStage" }
}
