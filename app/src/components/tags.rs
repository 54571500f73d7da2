//! Tags as chips in their own colour.

use crate::ui::erase::{Erase, part};
use leptos::prelude::*;
use pulsestage::tag::Tag;
use pulsestage::text::Color;

/// A colour that may be drawn: `#RRGGBB` and nothing else, or nothing.
#[must_use]
pub fn safe_color(color: &str) -> Option<String> {
    Color::parse(color).ok().map(Color::into_string)
}

/// A patch of a tag's own colour; the style sheet says where it lies. A drawing, and no style in the page: that the
/// policy of our pages forbids.
#[must_use]
pub fn tint(color: &str) -> AnyView {
    view! {
        <svg class="tint" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
            <path fill=safe_color(color) d="M0 0h1v1H0z"></path>
        </svg>
    }
    .erase()
}

/// The tags of a question.
#[component]
pub fn TagList(
    /// The tags, by name.
    tags: Signal<Vec<Tag>>,
) -> impl IntoView {
    part(move || {
        let tags = tags.get();
        (!tags.is_empty()).then(|| {
            let chips: Vec<_> = tags
                .into_iter()
                .map(|tag| {
                    view! {
                        <li class="tag" dir="auto">
                            {tint(&tag.color)} {tag.name}
                        </li>
                    }
                    .erase()
                })
                .collect();
            view! {
                <ul class="tags" aria-label="Tags">
                    {chips}
                </ul>
            }
            .erase()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_colour_is_drawn() {
        assert_eq!(safe_color("#3b82f6"), Some("#3B82F6".to_owned()));
        assert_eq!(safe_color("red;background:url(//x)"), None);
    }
}
