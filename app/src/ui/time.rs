//! Moments: a date in UTC at first, then how long ago it was by the server's clock.
//!
//! Devices' clocks are wrong by minutes or days, so theirs only counts the time that passes. What time it is the server
//! says, in the page and in each message of the stream: until then a moment keeps the date that the server drew.

use leptos::prelude::*;
use pulsestage::time::Timestamp;
use std::time::Duration;

use crate::platform;
use crate::ui::erase::Erase;

/// The clock of a page, in context where there is one. All times are milliseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    device: RwSignal<Option<f64>>,
    ahead: RwSignal<Option<f64>>,
}

/// How often the clock of a page ticks.
const TICK: Duration = Duration::from_secs(1);

impl Now {
    /// Starts the clock of a page once it is alive, and puts it into context.
    pub fn provide() -> Self {
        let device = RwSignal::new(cfg!(feature = "browser").then(platform::now_ms));
        Effect::new(move || {
            device.set(Some(platform::now_ms()));
            let ticking = set_interval_with_handle(move || device.set(Some(platform::now_ms())), TICK);
            on_cleanup(move || {
                if let Ok(ticking) = ticking {
                    ticking.clear();
                }
            });
        });
        let now = Self { device, ahead: RwSignal::new(None) };
        provide_context(now);
        now
    }

    /// The reader's clock, or nothing before the page is alive. For times that it measured itself.
    #[must_use]
    pub fn device(self) -> Option<f64> {
        self.device.try_get().flatten()
    }

    /// The server's clock, as far as it is known.
    fn server(self) -> Option<f64> {
        self.device().zip(self.ahead.get()).map(|(device, ahead)| device + ahead)
    }

    /// The server's clock showed this a moment ago.
    pub fn told(self, server: Timestamp) {
        self.ahead.try_set(Some(server.0 as f64 - platform::now_ms()));
    }
}

/// A moment, as `<time>`.
#[component]
pub fn Ago(
    /// When it was.
    at: Timestamp,
) -> impl IntoView {
    let now = use_context::<Now>();
    let words = Memo::new(move |_| match now.and_then(Now::server) {
        Some(now) => relative(at, now),
        None => in_utc(at),
    });
    view! {
        <time datetime=at.to_rfc3339() title=in_utc(at)>
            {words}
        </time>
    }
    .erase()
}

/// A day, as `<time>`: its date until the page is alive, then a word where there is one.
#[must_use]
pub fn on_day(at: Timestamp) -> AnyView {
    let now = use_context::<Now>();
    let words = Memo::new(move |_| match now.and_then(Now::server) {
        Some(now) => relative_day(at, now),
        None => day(at),
    });
    view! { <time datetime=at.to_rfc3339()>{words}</time> }.erase()
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The day alone: `18 Nov 2025`.
fn day(at: Timestamp) -> String {
    let text = at.to_rfc3339();
    let mut parts = text.split('T').next().unwrap_or_default().rsplitn(3, '-');
    let day = parts.next().unwrap_or_default().trim_start_matches('0');
    let month = parts.next().and_then(|m| m.parse::<usize>().ok()).and_then(|m| MONTHS.get(m.wrapping_sub(1)));
    let year = parts.next().unwrap_or_default();
    format!("{day} {} {year}", month.copied().unwrap_or_default())
}

/// The moment as everybody reads it alike: `18 Nov 2025, 10:12 UTC`.
#[must_use]
pub fn in_utc(at: Timestamp) -> String {
    let text = at.to_rfc3339();
    let time = text.split_once('T').and_then(|(_, time)| time.get(..5)).unwrap_or_default();
    format!("{}, {time} UTC", day(at))
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How long before `now` it was. A moment ahead of `now` is now: the clocks of instances differ a little.
#[must_use]
pub fn relative(at: Timestamp, now: f64) -> String {
    match seconds(now - at.0 as f64) {
        ..45 => "just now".to_owned(),
        secs @ ..HOUR => format!("{} min ago", (secs / MINUTE).max(1)),
        secs @ ..DAY => format!("{} h ago", secs / HOUR),
        secs if secs < 2 * DAY => "yesterday".to_owned(),
        secs if secs < 7 * DAY => format!("{} days ago", secs / DAY),
        _ => day(at),
    }
}

/// A day by its distance from the day of `now`, both in UTC. A day ahead of `now` is today.
#[must_use]
pub fn relative_day(at: Timestamp, now: f64) -> String {
    // `as` holds the value at the ends of the range.
    match Timestamp(now as i64).days_since(at) {
        ..=0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        _ => day(at),
    }
}

/// How old something is that should be fresh: `8 s old`.
#[must_use]
pub fn age(millis: f64) -> String {
    match seconds(millis) {
        secs @ ..MINUTE => format!("{secs} s old"),
        secs @ ..HOUR => format!("{} min old", secs / MINUTE),
        secs @ ..DAY => format!("{} h old", secs / HOUR),
        secs => format!("{} d old", secs / DAY),
    }
}

/// Whole seconds, none below zero; what is no number is none too.
fn seconds(millis: f64) -> i64 {
    // `as` holds the value at the ends of the range and makes NaN zero.
    (millis / 1_000.0) as i64 * i64::from(millis > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp(1_763_460_720_000); // 2025-11-18T10:12:00Z

    #[test]
    fn a_moment_reads_alike_everywhere_before_the_page_is_alive() {
        assert_eq!(in_utc(AT), "18 Nov 2025, 10:12 UTC");
        assert_eq!(in_utc(Timestamp(0)), "1 Jan 1970, 00:00 UTC");
    }

    #[test]
    fn a_moment_is_told_by_its_distance() {
        for (secs, words) in [
            (-300, "just now"),
            (0, "just now"),
            (44, "just now"),
            (45, "1 min ago"),
            (119, "1 min ago"),
            (3_599, "59 min ago"),
            (3_600, "1 h ago"),
            (86_399, "23 h ago"),
            (86_400, "yesterday"),
            (172_800, "2 days ago"),
            (604_799, "6 days ago"),
            (604_800, "18 Nov 2025"),
        ] {
            assert_eq!(relative(AT, AT.0 as f64 + f64::from(secs) * 1_000.0), words, "{secs} s");
        }
    }

    #[test]
    fn a_day_is_told_by_its_word_or_its_date() {
        for (hours, words) in
            [(-40, "today"), (0, "today"), (13, "today"), (14, "yesterday"), (37, "yesterday"), (38, "18 Nov 2025")]
        {
            assert_eq!(relative_day(AT, AT.0 as f64 + f64::from(hours) * 3_600_000.0), words, "{hours} h");
        }
    }

    #[test]
    fn an_age_grows_in_its_units() {
        for (millis, words) in [
            (-5.0, "0 s old"),
            (8_900.0, "8 s old"),
            (60_000.0, "1 min old"),
            (7_200_000.0, "2 h old"),
            (200_000_000.0, "2 d old"),
            (f64::NAN, "0 s old"),
        ] {
            assert_eq!(age(millis), words, "{millis}");
        }
    }
}
