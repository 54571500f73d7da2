//! The script that keeps things on a device, as a tag: drafts, what could not be sent, and a copy of the board.

use leptos::prelude::*;

use crate::ui::erase::Erase;

/// What a page has erased of what this browser keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// What it keeps for accounts that are signed in no more.
    Account,
    /// Whatever it keeps of this tenant.
    Tenant,
    /// Everything.
    Everything,
}

/// The tag. What is in it depends on the tenant and on nothing that is one reader's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceScript {
    slug: String,
    /// Whether a copy of the board is kept; pages that are no board have no say in it.
    offline_pages: Option<bool>,
    erasure: Option<Erasure>,
}

impl DeviceScript {
    /// Of a page of the application.
    #[must_use]
    pub fn of_page(slug: &str, offline_pages: bool) -> Self {
        Self { slug: slug.to_owned(), offline_pages: Some(offline_pages), erasure: None }
    }

    /// Of an account page whose fields are kept as drafts.
    #[must_use]
    pub fn of_drafts(slug: &str) -> Self {
        Self { slug: slug.to_owned(), offline_pages: None, erasure: None }
    }

    /// Of an account page that has something erased.
    #[must_use]
    pub fn erasing(slug: &str, erasure: Erasure) -> Self {
        Self { erasure: Some(erasure), ..Self::of_drafts(slug) }
    }

    /// Draws it.
    pub(crate) fn draw(self) -> AnyView {
        let worker = self.offline_pages.map(|on| if on { "on" } else { "off" });
        if worker.is_some() {
            // `public/start.js` loads the script when the page is alive.
            return view! { <meta name="device" data-slug=self.slug data-worker=worker /> }.erase();
        }
        let erase = self.erasure.map(|erasure| match erasure {
            Erasure::Account => "account",
            Erasure::Tenant => "mine",
            Erasure::Everything => "all",
        });
        view! { <script src="/keep.js" defer=true data-slug=self.slug data-erase=erase></script> }.erase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(script: DeviceScript) -> String {
        Owner::new().with(|| script.draw().to_html())
    }

    #[test]
    fn the_tag_says_whose_page_it_is_and_what_to_erase() {
        let page = drawn(DeviceScript::of_page("acme", true));
        assert!(page.contains(r#"name="device""#) && page.contains(r#"data-slug="acme""#) && !page.contains("keep.js"));
        assert!(page.contains(r#"data-worker="on""#) && !page.contains("data-erase"), "{page}");
        assert!(drawn(DeviceScript::of_page("acme", false)).contains(r#"data-worker="off""#));
        let drafts = drawn(DeviceScript::of_drafts("acme"));
        assert!(
            drafts.contains(r#"src="/keep.js""#) && drafts.contains("defer") && drafts.contains(r#"data-slug="acme""#)
        );
        assert!(!drafts.contains("data-worker") && !drafts.contains("data-erase"), "{drafts}");
        for (erasure, word) in [(Erasure::Account, "account"), (Erasure::Tenant, "mine"), (Erasure::Everything, "all")]
        {
            let page = drawn(DeviceScript::erasing("acme", erasure));
            assert!(page.contains(&format!(r#"data-erase="{word}""#)), "{page}");
        }
    }
}
