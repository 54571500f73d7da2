//! Time as the whole product knows it: milliseconds since 1970-01-01T00:00:00Z.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A moment: milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The same moment as an unsigned count; moments before 1970 read as 1970.
    #[must_use]
    pub const fn millis_unsigned(self) -> u64 {
        if self.0 < 0 { 0 } else { self.0.unsigned_abs() }
    }

    /// This moment moved by so many milliseconds, held at the ends of the range.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The beginning of this moment's day, UTC.
    #[must_use]
    pub const fn day(self) -> Self {
        Self(self.0.div_euclid(DAY_MS).saturating_mul(DAY_MS))
    }

    /// The days in the calendar, UTC, from `earlier` to this moment; below zero where it is the earlier of the two. Right
    /// also where either is known to the day only.
    #[must_use]
    pub const fn days_since(self, earlier: Self) -> i64 {
        self.0.div_euclid(DAY_MS) - earlier.0.div_euclid(DAY_MS)
    }

    /// The second in which this moment lies.
    #[must_use]
    pub const fn whole_second(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1_000))
    }

    /// The moment as RFC 3339 text in UTC, such as `2025-10-08T10:30:00Z`; milliseconds only when there are any.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let days = self.0.div_euclid(86_400_000);
        let of_day = self.0.rem_euclid(86_400_000);
        let (year, month, day) = civil_from_days(days);
        let (hour, minute) = (of_day / 3_600_000, of_day / 60_000 % 60);
        let (second, milli) = (of_day / 1_000 % 60, of_day % 1_000);
        let mut text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        if milli != 0 {
            text.push_str(&format!(".{milli:03}"));
        }
        text.push('Z');
        text
    }

    /// Reads RFC 3339 text in UTC (`Z`), as [`Timestamp::to_rfc3339`] writes it; fractions past the millisecond are cut.
    /// A day that no calendar has is none.
    #[must_use]
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let rest = text.strip_suffix('Z')?;
        let (date, time) = rest.split_once('T')?;
        let [year, month, day] = numbers(date, '-', 10)?;
        let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let [hour, minute, second] = numbers(whole, ':', 8)?;
        let milli = millis_of_fraction(fraction)?;
        let days = days_from_civil(year, month, day);
        let is_real = civil_from_days(days) == (year, month, day) && hour < 24 && minute < 60 && second < 60;
        is_real.then(|| Self((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + milli))
    }
}

impl Timestamp {
    /// Reads a moment as forms and addresses have it: RFC 3339 in UTC, or `2025-10-08T10:30` (with seconds or without)
    /// or a day, both of which are taken to be UTC.
    #[must_use]
    pub fn from_form(text: &str) -> Option<Self> {
        let missing = match text.len() {
            10 => "T00:00:00Z",
            16 => ":00Z",
            19 => "Z",
            _ => "",
        };
        Self::from_rfc3339(&format!("{text}{missing}"))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

/// Serde form of a [`Timestamp`] as RFC 3339 text, for the fields of the wire that are written so.
pub mod rfc3339 {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Timestamp};
    use serde::de::Error;

    /// Writes the moment as text.
    ///
    /// # Errors
    /// Only what the serializer itself reports.
    pub fn serialize<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        at.to_rfc3339().serialize(to)
    }

    /// Writes the second of the moment, as files have it that people take away.
    ///
    /// # Errors
    /// Only what the serializer itself reports.
    pub fn seconds<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        serialize(&at.whole_second(), to)
    }

    /// The same for a moment that may be absent (`null`).
    ///
    /// # Errors
    /// Only what the serializer itself reports.
    pub fn seconds_option<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        at.map(|at| at.whole_second().to_rfc3339()).serialize(to)
    }

    /// Reads the moment from text.
    ///
    /// # Errors
    /// When the text is not RFC 3339 in UTC.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        Timestamp::from_rfc3339(&text).ok_or_else(|| D::Error::custom("not an RFC 3339 moment in UTC"))
    }

    /// The same for a moment that may be absent (`null`).
    pub mod option {
        use super::{Deserializer, Serialize, Serializer, Timestamp};
        use serde::Deserialize;
        use serde::de::Error;

        /// Writes the moment as text, or `null`.
        ///
        /// # Errors
        /// Only what the serializer itself reports.
        pub fn serialize<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
            at.map(Timestamp::to_rfc3339).serialize(to)
        }

        /// Reads the moment from text, or `null`.
        ///
        /// # Errors
        /// When there is text that is not RFC 3339 in UTC.
        pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
            Option::<String>::deserialize(from)?
                .map(|text| {
                    Timestamp::from_rfc3339(&text).ok_or_else(|| D::Error::custom("not an RFC 3339 moment in UTC"))
                })
                .transpose()
        }
    }
}

/// Exactly three whole numbers of a date or a time of day: two digits each, and as many for the first as are left of `length`.
fn numbers(text: &str, between: char, length: usize) -> Option<[i64; 3]> {
    let mut parts = text.split(between);
    let found = [parts.next()?, parts.next()?, parts.next()?];
    let is_whole = text.len() == length && found[1].len() == 2 && found[2].len() == 2;
    let [first, second, third] = found.map(digits);
    (is_whole && parts.next().is_none()).then_some([first?, second?, third?])
}

/// A number written in digits alone (`parse` would also take a sign).
fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The milliseconds that a decimal fraction such as `5`, `05` or `123456` stands for.
fn millis_of_fraction(fraction: &str) -> Option<i64> {
    digits(fraction)?;
    let mut padded: String = fraction.chars().take(3).collect();
    while padded.len() < 3 {
        padded.push('0');
    }
    padded.parse().ok()
}

/// Year, month and day of a count of days since 1970-01-01, proleptic Gregorian.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// The inverse of [`civil_from_days`], from the same source.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments_read_as_the_calendar_has_them() {
        assert_eq!(Timestamp(1_759_919_400_000).to_rfc3339(), "2025-10-08T10:30:00Z");
        assert_eq!(Timestamp(0).to_rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp(951_782_400_005).to_rfc3339(), "2000-02-29T00:00:00.005Z");
        assert_eq!(Timestamp(-1).to_rfc3339(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_form_may_leave_out_what_is_zero() {
        for text in ["2025-10-08T10:30", "2025-10-08T10:30:00", "2025-10-08T10:30:00Z"] {
            assert_eq!(Timestamp::from_form(text), Some(Timestamp(1_759_919_400_000)), "{text}");
        }
        assert_eq!(Timestamp::from_form("1970-01-02"), Some(Timestamp(86_400_000)));
        for text in ["", "é", "2025-10-8", "20251008T1030", "2025-10-08T10:30Z", "ééééé", "9999999999"] {
            assert_eq!(Timestamp::from_form(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_moment_is_refused() {
        for text in [
            "",
            "now",
            "2025-10-08",
            "2025-10-08T10:30:00",
            "2025-13-08T10:30:00Z",
            "2025-10-08T-1:30:00Z",
            "2025-10-08T10:30:00.Z",
            "2025-02-29T00:00:00Z",
            "2025-02-31T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2025-04-31T00:00:00Z",
            "2025-00-10T00:00:00Z",
            "2025-10-00T00:00:00Z",
            "2025-10-32T00:00:00Z",
            "2025-10-08T24:00:00Z",
            "2025-10-08T10:60:00Z",
            "2025-10-08T10:30:60Z",
            "31-02-2025T00:00:00Z",
            "2025-31-02T00:00:00Z",
            "2025-1-008T10:30:00Z",
            "2025-10-08-1T0:30:00Z",
            "2025-10-08T10:30:00+02:00Z",
        ] {
            assert_eq!(Timestamp::from_rfc3339(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_day_is_the_same_for_all_of_its_moments(day in -800_000i64..800_000, a in 0..DAY_MS, b in 0..DAY_MS, later in 0i64..800_000) {
            let at = |day: i64, ms| Timestamp(day * DAY_MS + ms);
            prop_assert_eq!(at(day, a).day(), at(day, 0));
            prop_assert_eq!(at(day + later, b).days_since(at(day, a)), later);
            prop_assert_eq!(at(day + later, b).days_since(at(day, a).day()), later);
        }

        #[test]
        fn text_and_back_is_the_same_moment(ms in 0i64..253_402_300_799_999) {
            prop_assert_eq!(Timestamp::from_rfc3339(&Timestamp(ms).to_rfc3339()), Some(Timestamp(ms)));
        }

        #[test]
        fn a_day_is_one_or_none(year in 0i64..10_000, month in 0i64..14, day in 0i64..33) {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            let is_real = (1..=12).contains(&month) && (1..=last[(month - 1).clamp(0, 11) as usize]).contains(&day);
            let text = format!("{year:04}-{month:02}-{day:02}");
            let read = Timestamp::from_form(&text);
            prop_assert_eq!(read.is_some(), is_real);
            prop_assert!(read.is_none_or(|at| at.to_rfc3339().starts_with(&text)));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = Timestamp::from_rfc3339(&text);
        }
    }
}
