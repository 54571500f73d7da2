//! Tags as chips in their own colour.

use crate::ui::erase::{Erase, part};
use leptos::prelude::*;
use pulsestage::tag::Tag;
use pulsestage::text::Color;

/// A colour fit for a style: `#RRGGBB` and nothing else, or nothing.
#[must_use]
pub fn safe_color(color: &str) -> Option<String> {
    Color::parse(color).ok().map(Color::into_string)
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
                        <li class="tag" style=("--tag", safe_color(&tag.color)) dir="auto">
                            {tag.name}
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
    fn only_a_colour_gets_into_a_style() {
        assert_eq!(safe_color("#3b82f6"), Some("#3B82F6".to_owned()));
        assert_eq!(safe_color("red;background:url(//x)"), None);
    }
}
