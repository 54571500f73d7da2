//! The words for what was done.

use crate::permission::Action;

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Act { $($(#[$doc])* $name,)* }

        impl Act {
            /// Every act.
            pub const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

acts! {
    /// Somebody signed in.
    SignIn,
    /// Somebody signed out.
    SignOut,
    /// A question got an answer, or another one.
    Answer,
    /// A tag was put on a question.
    Tag,
    /// A tag was taken off a question.
    Untag,
    /// A question was pinned.
    Pin,
    /// A pinned question was let go.
    Unpin,
    /// A question was closed to votes and answers.
    Freeze,
    /// A frozen question was opened again.
    Unfreeze,
    /// A question that was held back was let onto the board.
    Approve,
    /// A question was taken back from the board until it is reviewed.
    Hold,
    /// A question was declined, with a reason.
    Decline,
    /// A question's text was changed.
    Edit,
    /// A question that was gone came back.
    Restore,
    /// A question was deleted.
    Delete,
    /// A deleted question came back.
    Undelete,
    /// An answer was taken back.
    Reopen,
    /// A question was merged into another.
    Merge,
    /// A merged question was split off again.
    Split,
    /// A question was starred for the moderators.
    Star,
    /// A question's star was taken away.
    Unstar,
    /// A question's label for the moderators was changed.
    Label,
    /// A moderator wrote to a question's asker.
    Reply,
    /// A tag was added to the palette.
    CreateTag,
    /// A tag was renamed or given another colour.
    EditTag,
    /// A tag was taken out of the palette.
    DeleteTag,
    /// A team was added.
    CreateTeam,
    /// A team's name or settings were changed.
    EditTeam,
    /// A team was opened, closed, or opened for votes alone.
    SetTeamState,
    /// A team's join code was replaced.
    ReplaceJoinCode,
    /// A team was archived.
    ArchiveTeam,
    /// An archived team came back.
    RestoreTeam,
    /// The tenant's settings were changed.
    ChangeSettings,
    /// How long texts are kept was changed, or a hold was set or lifted.
    ChangeRetention,
    /// Somebody was invited.
    Invite,
    /// Somebody's role was changed.
    ChangeRole,
    /// Somebody was shut out.
    Deactivate,
    /// Somebody who was shut out may come in again.
    Reactivate,
    /// People were added from a file.
    ImportPeople,
    /// Somebody changed their name or address.
    EditProfile,
    /// Somebody asked for another address, which counts once it is confirmed.
    AskAddress,
    /// Somebody set a password.
    SetPassword,
    /// Somebody's second factor was turned on, turned off or reset, or its recovery codes were used or replaced.
    ChangeSecondFactor,
    /// A link to set a new password was made.
    ResetPassword,
    /// A session was ended from another one.
    EndSession,
    /// All sessions of a person were ended.
    EndSessions,
    /// The installation's first owner claimed it.
    Claim,
    /// A tenant was made by the operator.
    CreateTenant,
    /// What a tenant may have was changed by the operator.
    LimitTenant,
    /// A tenant was archived by the operator.
    ArchiveTenant,
    /// An archived tenant was brought back by the operator.
    RestoreTenant,
    /// A link that signs in whoever brings it was made.
    MakeLink,
    /// Links that signed in whoever brought them were withdrawn.
    WithdrawLinks,
    /// Questions were exported.
    ExportQuestions,
    /// Votes were exported, under pseudonyms.
    ExportVotes,
    /// The audit was exported.
    ExportAudit,
    /// Old entries of the audit were removed by the operator.
    PruneAudit,
    /// Counts that differed from the votes were put right.
    Recount,
}

impl Act {
    /// The word in the database and in exports.
    #[must_use]
    pub fn word(self) -> String {
        snake_case(&format!("{self:?}"))
    }
}

/// The word of a permission that somebody was refused.
#[must_use]
pub fn refused_word(action: Action) -> String {
    snake_case(&format!("{action:?}"))
}

/// Every word that an entry's action can be, without doubles, in the order of the alphabet.
#[must_use]
pub fn words() -> Vec<String> {
    let refused = Action::ALL.into_iter().map(refused_word);
    let mut words: Vec<String> = Act::ALL.iter().map(|act| act.word()).chain(refused).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// `SetTeamState` as `set_team_state`.
fn snake_case(name: &str) -> String {
    let mut word = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.extend(letter.to_lowercase());
    }
    word
}
