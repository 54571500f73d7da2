//! The second factor: a code of an authenticator app (TOTP, RFC 6238), or one of ten recovery codes.
//!
//! The secret is nowhere kept: the server derives it from the installation's key, the person and a random salt
//! ([`SecondFactorCodes`](crate::ports::SecondFactorCodes)), so a copy of the database has none.

use std::fmt;
use std::str::FromStr;

use crate::id::{TenantId, UserId};
use crate::question::UnknownWord;
use crate::time::Timestamp;
use crate::user::{Membership, Role};

/// Seconds for which a code is shown (RFC 6238, section 5.2).
pub const STEP_S: i64 = 30;
/// Steps either way in which a code is taken: clocks differ, and typing takes a while.
pub const WINDOW: i64 = 1;
/// How many recovery codes a person gets.
pub const RECOVERY_CODES: usize = 10;
/// How long after the password the code is taken, in milliseconds: five minutes.
pub const PENDING_LIFE_MS: i64 = 5 * 60 * 1_000;
/// How long a secret that is shown may be confirmed, in milliseconds: a quarter of an hour.
pub const SETUP_LIFE_MS: i64 = 15 * 60 * 1_000;
/// Codes of any kind that may be tried after one password.
pub const TRIES_PER_SIGN_IN: i64 = 5;
/// Wrong codes of the app that are taken of one person in [`WRONG_CODES_MS`]. With three codes of a million right at a
/// time, that is one rng in 33,000 an hour for whoever has the password already.
pub const WRONG_CODES: i64 = 10;
/// The time over which wrong codes are counted, in milliseconds: an hour.
pub const WRONG_CODES_MS: i64 = 60 * 60 * 1_000;

/// The letters of recovery codes: Crockford's base 32, in which none is taken for another.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Letters of a recovery code: fifty bits.
const RECOVERY_LETTERS: usize = 10;
/// Digits of a code of the app.
const DIGITS: usize = 6;
/// The digit zero of the scripts that phones type in; the other nine follow it.
const ZEROS: [char; 6] = ['0', '\u{0660}', '\u{06F0}', '\u{0966}', '\u{09E6}', '\u{FF10}'];

/// Whose second factor it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactorOwner {
    /// The tenant.
    pub tenant: TenantId,
    /// The person.
    pub user: UserId,
}

/// What a secret is derived from, beside the key and its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

/// A second factor that is turned on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactor {
    /// What its secret is derived from.
    pub salt: Salt,
    /// Since when.
    pub enabled_at: Timestamp,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
}

/// Who must have a second factor, unless a provider vouches for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Requirement {
    /// Nobody must; everybody may.
    #[default]
    Off,
    /// Admins and owners.
    Admins,
    /// Moderators as well, those of single teams included.
    Staff,
}

impl Requirement {
    /// Whether somebody with these roles must have one.
    #[must_use]
    pub fn demands(self, role: Role, memberships: &[Membership]) -> bool {
        let least = match self {
            Self::Off => return false,
            Self::Admins => Role::Admin,
            Self::Staff => Role::Moderator,
        };
        memberships.iter().map(|membership| membership.role).chain([role]).any(|held| held >= least)
    }
}

impl FromStr for Requirement {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "off" => Ok(Self::Off),
            "admins" => Ok(Self::Admins),
            "staff" => Ok(Self::Staff),
            _ => Err(UnknownWord),
        }
    }
}

/// What has to be shown before a session opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorCheck {
    /// The second factor, if the person has one or must have one.
    Asked(Requirement),
    /// Nothing more: the second factor was shown, or a provider vouches for the person.
    Passed,
}

/// A code as somebody typed it.
#[derive(Clone, PartialEq, Eq)]
pub enum Code {
    /// Six digits of the app.
    Totp(u32),
    /// A recovery code, as [`recovery_code`] writes it, without its hyphen.
    Recovery(String),
}

impl Code {
    /// Reads a code. Blanks and hyphens do not matter, nor does the case of letters; digits of other scripts that phones
    /// type in are taken. `None` for what can be no code.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        const LONGEST: usize = 64;
        if typed.len() > LONGEST {
            return None;
        }
        let is_part = |c: &char| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}');
        let text: String = typed.chars().filter(is_part).map(plain).collect();
        if text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().map(Self::Totp);
        }
        let is_recovery = text.len() == RECOVERY_LETTERS && text.bytes().all(|b| LETTERS.contains(&b));
        is_recovery.then_some(Self::Recovery(text))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

/// A character as codes are written: ASCII digits, small letters, and none of those that look like digits.
fn plain(c: char) -> char {
    let digit = ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10)?;
        char::from_digit(value, 10)
    });
    digit.unwrap_or_else(|| match c.to_ascii_lowercase() {
        'i' | 'l' => '1',
        'o' => '0',
        other => other,
    })
}

/// A recovery code of these random bytes: two groups of five.
#[must_use]
pub fn recovery_code(random: [u8; RECOVERY_LETTERS]) -> String {
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    let (first, second) = random.split_at(RECOVERY_LETTERS / 2);
    first.iter().map(letter).chain(['-']).chain(second.iter().map(letter)).collect()
}

/// Bytes in base 32 (RFC 4648), as authenticator apps take a secret.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for group in bytes.chunks(5) {
        let mut filled = [0; 8];
        filled[3..3 + group.len()].copy_from_slice(group);
        let bits = u64::from_be_bytes(filled);
        for index in 0..(group.len() * 8).div_ceil(5) {
            let five = (bits >> (35 - 5 * index)) & 31;
            text.push(char::from(ALPHABET[usize::try_from(five).unwrap_or_default()]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TeamId;
    use uuid::Uuid;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in
            ["012345", " 012 345 ", "01 23 45", "012-345", "٠١٢٣٤٥", "۰۱۲۳۴۵", "०१२३४५", "０１２３４５", "oi2345"]
        {
            assert_eq!(Code::parse(typed), Some(Code::Totp(12_345)), "{typed}");
        }
        for typed in ["abcde-12345", "ABCDE 12345", "abcdel2345", "abcde–i2345"] {
            assert_eq!(Code::parse(typed), Some(Code::Recovery("abcde12345".to_owned())), "{typed}");
        }
        let long = "1".repeat(65);
        for typed in ["", "12345", "1234567", "12345x", "¹²³⁴⁵⁶", "abcde-1234", "abcde-12345-6", "uuuuu-uuuuu", &long]
        {
            assert_eq!(Code::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_recovery_code_is_read_back() {
        for random in [[0; 10], [255; 10], [1, 33, 65, 97, 129, 161, 193, 225, 31, 63]] {
            let code = recovery_code(random);
            assert_eq!(code.len(), 11);
            assert_eq!(Code::parse(&code), Some(Code::Recovery(code.replace('-', ""))));
        }
        assert_ne!(recovery_code([1; 10]), recovery_code([2; 10]));
    }

    #[test]
    fn base_32_is_that_of_the_standard() {
        // RFC 4648, section 10.
        let vectors =
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB")];
        for (bytes, text) in vectors {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        assert_eq!(base32(b"foobar"), "MZXW6YTBOI");
        assert_eq!(base32(&[255; 20]).len(), 32);
    }

    #[test]
    fn who_must_have_one_goes_by_the_highest_role() {
        let team = |role| [Membership { team: TeamId(Uuid::nil()), role }];
        for (requirement, role, memberships, demanded) in [
            (Requirement::Off, Role::Owner, vec![], false),
            (Requirement::Admins, Role::Admin, vec![], true),
            (Requirement::Admins, Role::Owner, vec![], true),
            (Requirement::Admins, Role::Moderator, vec![], false),
            (Requirement::Staff, Role::Moderator, vec![], true),
            (Requirement::Staff, Role::Member, team(Role::Moderator).to_vec(), true),
            (Requirement::Staff, Role::Member, team(Role::Member).to_vec(), false),
        ] {
            assert_eq!(requirement.demands(role, &memberships), demanded, "{requirement:?} {role}");
        }
        assert_eq!("staff".parse(), Ok(Requirement::Staff));
        assert!("everybody".parse::<Requirement>().is_err());
    }

    #[test]
    fn a_code_is_not_shown() {
        assert_eq!(format!("{:?}", Code::parse("123456").unwrap()), "Code(..)");
    }
}
