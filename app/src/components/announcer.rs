//! Says what is new to those who hear the page: gathered, in one sentence, every few seconds at most.

use leptos::prelude::*;
use pulsestage::window::{BoardCounts, Filters};
use std::time::Duration;

use crate::platform;
use crate::ui::erase::Erase;
use crate::ui::live_region::{LiveRegion, Rhythm};
use crate::ui::text::plural;

/// Watches the counts and says how they grew.
#[component]
pub fn Announcer(
    /// The counts under the reader's filters.
    counts: Signal<BoardCounts>,
    /// What the reader chose: another choice makes other counts, and that is no news.
    filters: Signal<Filters>,
) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let said = StoredValue::new(counts.get_untracked());
    let rhythm = StoredValue::new(Rhythm::default());
    let say = move || {
        let Some(now) = counts.try_get_untracked() else { return };
        rhythm.try_update_value(|rhythm| rhythm.spoke(platform::now_ms()));
        let before = said.try_update_value(|said| std::mem::replace(said, now));
        let sentence = before.and_then(|before| sentence(before, now));
        words.try_update(|words| *words = sentence.map(|new| other_than(words, new)).unwrap_or_default());
    };
    Effect::new(move |chosen: Option<Filters>| {
        let (counts, filters) = (counts.get(), filters.get());
        if chosen.as_ref().is_some_and(|chosen| *chosen != filters) {
            said.set_value(counts);
        }
        let first = chosen.is_none();
        if !first && said.get_value() != counts {
            let wait = rhythm.try_update_value(|rhythm| rhythm.happened(platform::now_ms())).flatten();
            if let Some(wait) = wait {
                set_timeout(say, Duration::from_secs_f64(wait / 1_000.0));
            }
        }
        filters
    });
    view! { <LiveRegion words=words /> }.erase()
}

/// How the counts grew, as a sentence; nothing when they did not.
fn sentence(before: BoardCounts, now: BoardCounts) -> Option<String> {
    let new = now.all.saturating_sub(before.all);
    let answered = now.answered.saturating_sub(before.answered);
    let parts: Vec<String> =
        [(new, "new question", "new questions"), (answered, "question answered", "questions answered")]
            .into_iter()
            .filter(|(n, ..)| *n > 0)
            .map(|(n, one, many)| plural(n.into(), one, many) + ".")
            .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// The same sentence twice would not be read twice, so the second ends in a space that nobody sees or hears.
fn other_than(last: &str, new: String) -> String {
    if last == new { new + "\u{a0}" } else { new }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(open: u32, answered: u32) -> BoardCounts {
        BoardCounts { open, answered, all: open + answered }
    }

    #[test]
    fn growth_is_told_in_one_sentence() {
        assert_eq!(sentence(counts(1, 0), counts(4, 0)).as_deref(), Some("3 new questions."));
        assert_eq!(sentence(counts(4, 0), counts(3, 1)).as_deref(), Some("1 question answered."));
        assert_eq!(sentence(counts(4, 0), counts(4, 2)).as_deref(), Some("2 new questions. 2 questions answered."));
    }

    #[test]
    fn what_did_not_grow_is_not_told() {
        assert_eq!(sentence(counts(4, 2), counts(4, 2)), None);
        assert_eq!(sentence(counts(4, 2), counts(1, 0)), None);
    }

    #[test]
    fn the_same_sentence_is_read_again() {
        let first = other_than("", "1 new question.".to_owned());
        let second = other_than(&first, "1 new question.".to_owned());
        let third = other_than(&second, "1 new question.".to_owned());
        assert_ne!(first, second);
        assert_eq!(first, third);
    }
}
