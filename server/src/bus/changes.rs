//! What a tailer is asked to look at.

use pulsestage::ports::Change;

/// What to look at. Facts always are: a count must never be ahead of the fact that makes its question known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changes(u8);

impl Changes {
    /// Nothing beyond the facts.
    pub const FACTS: Self = Self(1);
    /// The counts that changed just now.
    pub const COUNTS: Self = Self(1 | 2);
    /// The counts that may have changed since the last look that went well, whenever that was.
    pub const MISSED_COUNTS: Self = Self(1 | 2 | 4);
    /// All counts; those that the buffer says already are not sent again.
    pub const ALL_COUNTS: Self = Self(1 | 2 | 4 | 8);
    /// All counts, all of which are sent again: streams may show some that no look has seen.
    pub const RETELL_COUNTS: Self = Self(1 | 2 | 4 | 8 | 16);

    /// What the notifier reported.
    pub(super) const fn of(look: Change) -> Self {
        match look {
            Change::Facts | Change::TakenBack => Self::FACTS,
            Change::Tallies => Self::COUNTS,
            // Nothing of a channel's: the bus hears of it.
            Change::Access => Self(0),
        }
    }

    /// As it is kept.
    pub(super) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// To be kept.
    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    /// These and others.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether the counts are to be looked at.
    #[must_use]
    pub const fn tallies(self) -> bool {
        self.0 & 2 != 0
    }

    /// Whether counts of long ago are to be looked at.
    pub(super) const fn missed(self) -> bool {
        self.0 & 4 != 0
    }

    /// Whether all counts are to be looked at.
    pub(super) const fn all(self) -> bool {
        self.0 & 8 != 0
    }

    /// Whether all of them are to be sent again.
    pub(super) const fn retell(self) -> bool {
        self.0 & 16 != 0
    }
}
