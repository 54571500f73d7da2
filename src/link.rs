//! How people come in: one-time links for one person, identities at a provider, and the letters that carry links.

use std::fmt;
use std::str::FromStr;

use crate::email::Email;
use crate::id::UserId;
use crate::question::UnknownWord;
use crate::tenant::Tenant;
use crate::time::Timestamp;
use crate::user::Role;

/// What a link for one person is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PersonLinkPurpose {
    /// Coming in for the first time: a name and a password are set.
    Invitation,
    /// Setting another password.
    Password,
    /// Signing in without one.
    SignIn,
}

impl PersonLinkPurpose {
    /// Every purpose.
    pub const ALL: [Self; 3] = [Self::Invitation, Self::Password, Self::SignIn];

    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Password => "password",
            Self::SignIn => "sign_in",
        }
    }

    /// How long such a link is worth something, in milliseconds: one that is asked for is used at once, an invitation
    /// is found in a mailbox after the weekend.
    #[must_use]
    pub const fn life_ms(self) -> i64 {
        const MINUTE: i64 = 60 * 1_000;
        match self {
            Self::Invitation => 7 * 24 * 60 * MINUTE,
            Self::Password => 60 * MINUTE,
            Self::SignIn => 15 * MINUTE,
        }
    }
}

impl FromStr for PersonLinkPurpose {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word).ok_or(UnknownWord)
    }
}

/// What a link that makes the person who brings it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkPurpose {
    /// A tenant, with a role.
    SignIn,
    /// The claim of a tenant that nobody owns.
    Claim,
}

impl LinkPurpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::SignIn, Self::Claim];

    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Claim => "claim",
        }
    }
}

impl FromStr for LinkPurpose {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == word).ok_or(UnknownWord)
    }
}

/// A link for signing in with a role that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleLink {
    /// The tenant that it opens.
    pub tenant: Tenant,
    /// The role that it gives.
    pub role: Role,
}

/// A link that waits to be used, as far as it may be told: never its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingLink {
    /// The role that it gives.
    pub role: Role,
    /// What it opens.
    pub purpose: LinkPurpose,
    /// When it was made.
    pub at: Timestamp,
    /// Worth nothing from then on.
    pub expires_at: Timestamp,
}

/// A link that is good, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonLink {
    /// The tenant.
    pub tenant: Tenant,
    /// The person.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// Where they get mail.
    pub email: Option<String>,
    /// What it is for.
    pub purpose: PersonLinkPurpose,
}

/// An address that counts once somebody who reads mail there says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressChange {
    /// The tenant.
    pub tenant: Tenant,
    /// Whose it is to be.
    pub user: UserId,
    /// What they are called.
    pub name: String,
    /// The address.
    pub email: String,
}

/// Who somebody is at an OpenID Connect provider: the pair that never changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// The person there.
    pub subject: String,
}

/// What a provider says of somebody, its signature checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderIdentity {
    /// Who it is.
    pub identity: Identity,
    /// Their address, when the provider has seen that it is theirs.
    pub verified_email: Option<Email>,
    /// What they are called there.
    pub name: Option<String>,
}

/// A letter: plain text, to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// To whom.
    pub to: Email,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It has a secret in it.
        f.write_str("Letter(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_reads_back_from_its_word() {
        for purpose in PersonLinkPurpose::ALL {
            assert_eq!(purpose.as_str().parse(), Ok(purpose));
        }
        for purpose in LinkPurpose::ALL {
            assert_eq!(purpose.as_str().parse(), Ok(purpose));
        }
        assert!("other".parse::<PersonLinkPurpose>().is_err());
    }
}
