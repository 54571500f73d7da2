//! How much of a limit a text has used.

use super::text::thousands;

/// How close a text is to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Far enough.
    Calm,
    /// Nearly there.
    Near,
    /// Past it.
    Over,
}

impl Level {
    /// The classes of the counter at this level.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Calm => "counter",
            Self::Near => "counter counter--near",
            Self::Over => "counter counter--over",
        }
    }
}

/// Characters as they count: as people see the text trimmed, a line end being one.
#[must_use]
pub fn used(text: &str) -> u32 {
    u32::try_from(text.trim().replace("\r\n", "\n").chars().count()).unwrap_or(u32::MAX)
}

/// The level of so many characters within the limit: near means that less than a tenth is left.
#[must_use]
pub const fn level(used: u32, max: u32) -> Level {
    if used > max {
        Level::Over
    } else if max - used < max / 10 {
        Level::Near
    } else {
        Level::Calm
    }
}

/// What is said aloud when the level changes: at each level one sentence, so that typing is not talked over.
#[must_use]
pub const fn warning(level: Level) -> &'static str {
    match level {
        Level::Calm => "",
        Level::Near => "Nearly at the limit.",
        Level::Over => "Over the limit.",
    }
}

/// What the counter shows: `77 / 10,000`.
#[must_use]
pub fn words(used: u32, max: u32) -> String {
    format!("{} / {}", thousands(i64::from(used)), thousands(i64::from(max)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_what_is_kept() {
        for (text, n) in [("", 0), ("  Why? \n", 4), ("a\r\nb", 3), ("é\u{1F600}", 2)] {
            assert_eq!(used(text), n, "{text:?}");
        }
    }

    #[test]
    fn it_warns_before_the_limit_and_says_when_it_is_passed() {
        for (n, expected) in
            [(0, Level::Calm), (450, Level::Calm), (451, Level::Near), (500, Level::Near), (501, Level::Over)]
        {
            assert_eq!(level(n, 500), expected, "{n}");
        }
        assert_eq!(level(0, 0), Level::Calm);
    }

    #[test]
    fn it_reads_as_used_of_limit() {
        assert_eq!(words(77, 10_000), "77 / 10,000");
    }
}
