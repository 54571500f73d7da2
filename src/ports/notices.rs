//! Letters about what was done to how somebody comes in.

use async_trait::async_trait;

use crate::email::Email;
use crate::tenant::Tenant;
use crate::user::Role;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// They have another password.
    Password,
    /// They have another address; none, or the new one.
    Address(Option<Email>),
    /// Somebody asked that this be their address, and it is not confirmed yet.
    AddressAsked(Email),
    /// This address is to be theirs once they open the link.
    ConfirmAddress {
        /// The whole address of the link.
        link: String,
    },
    /// Somebody made another link for them.
    NewLink,
    /// They have another role in the whole tenant, and are or were one who runs it.
    Role(Role),
    /// Somebody else ended their sessions.
    SessionsEnded,
    /// A second factor was put on their account, or taken off it.
    SecondFactor {
        /// Whether there is one now.
        on: bool,
    },
}

/// A letter that somebody is to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// To whom.
    pub to: Email,
    /// What they are called.
    pub name: String,
    /// Where it was done.
    pub tenant: Tenant,
    /// What was done.
    pub news: NoticeKind,
}

/// Tells people of what was done. Never fails: what was done stays done when a letter is lost.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Whether there is a way to.
    fn reach(&self) -> bool;
    /// Has a letter sent: when this is over, it is queued.
    async fn tell(&self, notice: Notice);
}

/// Tells nobody: for commands, and where no mail is set up.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNotices;

#[async_trait]
impl Notices for NoNotices {
    fn reach(&self) -> bool {
        false
    }

    async fn tell(&self, _: Notice) {}
}
