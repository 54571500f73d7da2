//! Join codes: what people type, or a camera reads, to find a team.

use std::fmt;

/// Letters and digits that nobody takes for one another, also when they are read out: no 0 and O, no 1, I and L.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// How many of them make a code. Some 890 million codes: whoever guesses is too slow for them (docs/LIMITS.md).
pub const CODE_LENGTH: usize = 6;
/// What is longer was not typed by anybody who reads a code.
const MAX_TYPED: usize = 32;

/// The code of a team, unique in the installation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinCode(String);

impl JoinCode {
    /// Takes a code as people type it: in any case, with spaces or hyphens in it. `None` for what cannot be one.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.len() > MAX_TYPED {
            return None;
        }
        let letters = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase());
        let code: String = letters.collect();
        let sound = code.len() == CODE_LENGTH && code.bytes().all(|b| ALPHABET.contains(&b));
        sound.then_some(Self(code))
    }

    /// Makes a code of chance: every code is equally likely. `fill` gives bytes that nobody can guess.
    #[must_use]
    pub fn draw(mut fill: impl FnMut(&mut [u8])) -> Self {
        // The largest multiple of 31 that fits in a byte: greater ones are drawn again, or the first letters were
        // more likely than the last.
        const FAIR: u8 = 248;
        let mut code = String::with_capacity(CODE_LENGTH);
        let mut bytes = [0; 16];
        while code.len() < CODE_LENGTH {
            fill(&mut bytes);
            let fair = bytes.iter().filter(|byte| **byte < FAIR);
            let letters = fair.filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
            code.extend(letters.take(CODE_LENGTH - code.len()).map(|letter| char::from(*letter)));
        }
        Self(code)
    }

    /// The code itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_taken_however_it_is_typed() {
        for typed in ["ABC234", "abc234", " abc-234 ", "A B C 2 3 4"] {
            assert_eq!(JoinCode::parse(typed).unwrap().as_str(), "ABC234", "{typed}");
        }
        let long = "A".repeat(100_000);
        for typed in ["", "ABC23", "ABC2345", "ABC23O", "ABC231", "ÄBC234", "ABC23\u{0}", "../etc", &long] {
            assert_eq!(JoinCode::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn bytes_that_would_not_be_fair_are_drawn_again() {
        let mut calls = 0;
        let code = JoinCode::draw(|bytes| {
            calls += 1;
            bytes.fill(if calls == 1 { 255 } else { 30 });
        });
        assert_eq!((calls, code.as_str()), (2, "ZZZZZZ"));
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_a_code_and_no_text_panics(seed in any::<[u8; 16]>(), typed in ".*") {
            let mut turn = 0_u8;
            let code = JoinCode::draw(|bytes| {
                turn = turn.wrapping_add(1);
                bytes.iter_mut().zip(seed).for_each(|(byte, seed)| *byte = seed.wrapping_mul(7).wrapping_add(turn));
            });
            prop_assert_eq!(JoinCode::parse(code.as_str()), Some(code));
            if let Some(code) = JoinCode::parse(&typed) {
                prop_assert_eq!(JoinCode::parse(code.as_str()), Some(code));
            }
        }
    }
}
