//! Dark or light, as the reader wants it on this device. What the device itself prefers holds until they say.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use crate::platform;
use crate::ui::erase::{Erase, part};

/// The button that changes between dark and light. The choice is kept in a cookie, so that the server draws it from
/// the first paint on.
#[component]
pub fn ThemeButton() -> impl IntoView {
    let dark = RwSignal::new(false);
    Effect::new(move || dark.set(platform::is_dark()));
    let change = move |_| {
        dark.update(|dark| *dark = !*dark);
        platform::choose_theme(theme(dark.get_untracked()));
    };
    view! {
        <button
            type="button"
            class="btn btn--quiet btn--icon needs-js"
            aria-label=Signal::derive(move || format!("Use the {} theme", theme(!dark.get())))
            on:click=change
        >
            {part(move || icon(if dark.get() { Icon::Sun } else { Icon::Moon }))}
        </button>
    }
    .erase()
}

/// The name of a theme: the cookie's value and the document's `data-theme`.
#[must_use]
pub const fn theme(dark: bool) -> &'static str {
    if dark { "dark" } else { "light" }
}

/// The theme that a `Cookie` header asks for, if it asks for one that exists.
#[must_use]
pub fn theme_of_cookies(header: &str) -> Option<&'static str> {
    let chosen = header.split(';').find_map(|pair| pair.trim().strip_prefix("theme="))?;
    [theme(true), theme(false)].into_iter().find(|name| *name == chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_names_a_theme_that_exists_or_none() {
        for (header, expected) in [
            ("theme=dark", Some("dark")),
            ("a=b; theme=light; c=d", Some("light")),
            ("theme=\"><script>", None),
            ("xtheme=dark", None),
            ("", None),
        ] {
            assert_eq!(theme_of_cookies(header), expected, "{header}");
        }
    }
}
