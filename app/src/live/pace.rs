//! How often the page is drawn: as often as the device can and people can read, and no more.

/// The shortest time between two drawings that the stream asks for, in milliseconds: counts that change ten times a second
/// are read as running numbers, and between two drawings a slow device has time for fingers.
const SHORTEST_MS: f64 = 100.0;
/// The longest.
const LONGEST_MS: f64 = 1_000.0;
/// A drawing and the frame that shows it take at most the fifth part of the time.
const SHARE: f64 = 5.0;

/// How long after the beginning of a drawing the next one may begin, in milliseconds, when it took so long from there until
/// the next frame.
#[must_use]
pub fn pause_ms(took: f64) -> f64 {
    // What is no number is as if nothing were known.
    if took.is_nan() { SHORTEST_MS } else { (took * SHARE).clamp(SHORTEST_MS, LONGEST_MS) }
}

/// When the page may be drawn again. All times are milliseconds by the page's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    /// Whether a drawing is on its way already.
    pub(super) is_due: bool,
    not_before: f64,
}

impl Pace {
    /// How long the next drawing has to wait.
    #[must_use]
    pub(super) fn wait_ms(&self, now: f64) -> u32 {
        // A clock that was set back must not stop the page.
        (self.not_before - now).clamp(0.0, LONGEST_MS) as u32
    }

    /// A drawing began then and was shown now.
    pub(super) fn shown(&mut self, began: f64, now: f64) {
        self.not_before = began + pause_ms(now - began);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_device_draws_ten_times_a_second_and_a_slow_one_keeps_time_for_fingers() {
        for (took, pause) in [(0.0, 100.0), (16.7, 100.0), (50.0, 250.0), (900.0, 1_000.0), (f64::NAN, 100.0)] {
            assert_eq!(pause_ms(took), pause, "{took}");
        }
    }

    #[test]
    fn the_first_drawing_waits_for_nothing_and_no_clock_stops_the_next() {
        let mut pace = Pace::default();
        assert_eq!(pace.wait_ms(5_000.0), 0);
        pace.shown(5_000.0, 5_040.0);
        assert_eq!(pace.wait_ms(5_040.0), 160);
        assert_eq!(pace.wait_ms(5_300.0), 0);
        assert_eq!(pace.wait_ms(-9.0e9), 1_000);
    }
}
