//! News for those who hear the page: gathered, then said in one sentence, and never more often than every few seconds.

use crate::ui::erase::Erase;
use leptos::prelude::*;

/// The least time between two sentences, in milliseconds.
pub const PAUSE_MS: f64 = 5_000.0;
/// How long news are gathered before the first sentence, in milliseconds.
pub const GATHER_MS: f64 = 1_000.0;

/// When the region may speak: the rhythm alone, no words and no clock.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rhythm {
    spoke_at: Option<f64>,
    waiting: bool,
}

impl Rhythm {
    /// Something happened at `now`. Answers in how many milliseconds to speak, or nothing when that is arranged already.
    pub fn happened(&mut self, now: f64) -> Option<f64> {
        if self.waiting {
            return None;
        }
        self.waiting = true;
        let rest = self.spoke_at.map_or(0.0, |at| at + PAUSE_MS - now);
        // A clock that was set back must not silence the region for longer than one pause.
        Some(rest.clamp(GATHER_MS, PAUSE_MS))
    }

    /// The arranged moment has come.
    pub fn spoke(&mut self, now: f64) {
        self.waiting = false;
        self.spoke_at = Some(now);
    }
}

/// The region itself. It is heard, not seen.
#[component]
pub fn LiveRegion(
    /// The last sentence.
    #[prop(into)]
    words: Signal<String>,
) -> impl IntoView {
    view! {
        <p class="vh" role="status">
            {words}
        </p>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets news come at these moments and tells when the region spoke.
    fn spoken(news: impl Iterator<Item = u32>) -> Vec<f64> {
        let (mut rhythm, mut due, mut spoken) = (Rhythm::default(), None::<f64>, Vec::new());
        for now in news.map(f64::from) {
            if let Some(at) = due.filter(|at| *at <= now) {
                rhythm.spoke(at);
                spoken.push(at);
                due = None;
            }
            if let Some(wait) = rhythm.happened(now) {
                due = Some(now + wait);
            }
        }
        spoken
    }

    #[test]
    fn a_flood_is_said_in_a_few_sentences() {
        let spoken = spoken((0..30_000).step_by(10));
        assert_eq!(spoken.len(), 6, "{spoken:?}");
        assert!(spoken.windows(2).all(|pair| pair[1] - pair[0] >= PAUSE_MS), "{spoken:?}");
    }

    #[test]
    fn the_first_news_waits_only_to_gather() {
        let mut rhythm = Rhythm::default();
        assert_eq!(rhythm.happened(0.0), Some(GATHER_MS));
        assert_eq!(rhythm.happened(10.0), None);
        rhythm.spoke(1_000.0);
        assert_eq!(rhythm.happened(60_000.0), Some(GATHER_MS));
    }

    #[test]
    fn a_clock_set_back_does_not_silence_it() {
        let mut rhythm = Rhythm::default();
        rhythm.spoke(1_000_000.0);
        assert_eq!(rhythm.happened(0.0), Some(PAUSE_MS));
    }
}
