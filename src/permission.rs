//! Who may do what: one table, checked by every use case and so by every entry point.

use crate::tenant::TenantSettings;
use crate::user::Role;

/// What somebody may want to do in a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See the public board and its stream.
    SeeBoard,
    /// Search the public board, as often as a letter is typed.
    Search,
    /// Put a question.
    Ask,
    /// Vote for a question, or take the vote back.
    Vote,
    /// See the moderators' view.
    Moderate,
    /// Answer a question.
    Answer,
    /// Tag or untag a question.
    Tag,
    /// Pin or unpin a question.
    Pin,
    /// Freeze or unfreeze a question.
    Freeze,
    /// Approve, hold, decline, restore, edit, reopen, note, merge and split questions.
    Review,
    /// Delete a question, or bring it back.
    DeleteQuestion,
    /// Add a tag to the palette.
    CreateTag,
    /// Add a team.
    CreateTeam,
    /// See how the tenant's streams are doing.
    SeeHealth,
    /// See the audit and take it away.
    SeeAudit,
    /// See how much was asked and answered, how fast and by whom.
    SeeStatistics,
    /// Take questions and votes away as files.
    Export,
    /// See people, add them, change what they may do, end their sessions.
    ManagePeople,
    /// Change the tenant's settings, or see those that are not public.
    EditSettings,
    /// Change a team, put it away or bring it back.
    EditTeam,
    /// Change a tag, or delete it.
    EditTag,
    /// Run the installation: in the default tenant, and nowhere else.
    Operate,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 22] = [
        Self::SeeBoard,
        Self::Search,
        Self::Ask,
        Self::Vote,
        Self::Moderate,
        Self::Answer,
        Self::Tag,
        Self::Pin,
        Self::Freeze,
        Self::Review,
        Self::DeleteQuestion,
        Self::CreateTag,
        Self::CreateTeam,
        Self::SeeHealth,
        Self::ManagePeople,
        Self::EditSettings,
        Self::EditTeam,
        Self::EditTag,
        Self::Operate,
        Self::SeeAudit,
        Self::SeeStatistics,
        Self::Export,
    ];
}

/// Whether this role may do this in a tenant with these settings.
#[must_use]
pub fn may(role: Role, action: Action, settings: &TenantSettings) -> bool {
    match action {
        Action::SeeBoard | Action::Search | Action::Vote => role >= Role::Viewer || settings.guests_allowed,
        Action::Ask => role >= Role::Member || (role == Role::Guest && settings.guests_allowed),
        Action::Moderate
        | Action::Answer
        | Action::Tag
        | Action::Pin
        | Action::Freeze
        | Action::Review
        | Action::CreateTag
        | Action::SeeStatistics
        | Action::Export => role >= Role::Moderator,
        Action::DeleteQuestion
        | Action::CreateTeam
        | Action::SeeHealth
        | Action::SeeAudit
        | Action::ManagePeople
        | Action::EditSettings
        | Action::EditTeam
        | Action::EditTag => role >= Role::Admin,
        Action::Operate => role >= Role::Owner,
    }
}

/// Whether somebody who holds the one role in the whole tenant may give the other: nobody grants more than they hold.
#[must_use]
pub fn may_grant(manager: Role, given: Role) -> bool {
    manager >= Role::Admin && given <= manager
}

/// Whether somebody who holds the one role in the whole tenant may change, keep out or make links for those who hold the
/// other. Nobody has power over those above them, and admins have none over each other: whoever could change another
/// admin's address could come in as them. Owners are answerable for owners.
#[must_use]
pub fn may_manage(manager: Role, held: Role) -> bool {
    may_grant(manager, held) && (held < manager || manager == Role::Owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as people read it: `x` may, `g` may where guests are allowed, `.` may not.
    /// Columns are the roles from guest to owner.
    const TABLE: [(Action, &str); 22] = [
        (Action::SeeBoard, "gxxxxx"),
        (Action::Search, "gxxxxx"),
        (Action::Ask, "g.xxxx"),
        (Action::Vote, "gxxxxx"),
        (Action::Moderate, "...xxx"),
        (Action::Answer, "...xxx"),
        (Action::Tag, "...xxx"),
        (Action::Pin, "...xxx"),
        (Action::Freeze, "...xxx"),
        (Action::Review, "...xxx"),
        (Action::DeleteQuestion, "....xx"),
        (Action::CreateTag, "...xxx"),
        (Action::CreateTeam, "....xx"),
        (Action::SeeHealth, "....xx"),
        (Action::SeeAudit, "....xx"),
        (Action::SeeStatistics, "...xxx"),
        (Action::Export, "...xxx"),
        (Action::ManagePeople, "....xx"),
        (Action::EditSettings, "....xx"),
        (Action::EditTeam, "....xx"),
        (Action::EditTag, "....xx"),
        (Action::Operate, ".....x"),
    ];

    #[test]
    fn the_table_is_what_the_product_says_for_every_role_and_action() {
        assert!(Action::ALL.iter().all(|a| TABLE.iter().any(|(b, _)| a == b)));
        for guests_allowed in [true, false] {
            let settings = TenantSettings { guests_allowed, ..TenantSettings::default() };
            for (action, cells) in TABLE {
                for (role, cell) in Role::ALL.into_iter().zip(cells.chars()) {
                    let expected = cell == 'x' || (cell == 'g' && guests_allowed);
                    assert_eq!(may(role, action, &settings), expected, "{role} {action:?} guests {guests_allowed}");
                }
            }
        }
    }

    #[test]
    fn admins_manage_whom_they_are_above_and_owners_manage_all() {
        for manager in Role::ALL {
            for held in Role::ALL {
                let (manages, grants) = match manager {
                    Role::Owner => (true, true),
                    Role::Admin => (held < Role::Admin, held != Role::Owner),
                    _ => (false, false),
                };
                assert_eq!(may_manage(manager, held), manages, "{manager} {held}");
                assert_eq!(may_grant(manager, held), grants, "{manager} {held}");
            }
        }
    }

    #[test]
    fn nobody_loses_a_right_by_being_promoted() {
        let settings = TenantSettings { guests_allowed: false, ..TenantSettings::default() };
        for action in Action::ALL {
            for pair in Role::ALL.windows(2) {
                assert!(!may(pair[0], action, &settings) || may(pair[1], action, &settings), "{action:?} {pair:?}");
            }
        }
    }
}
