//! Every no that PulseStage says: safe to show, stable on the wire, with its HTTP status.

mod wire;

use serde::{Deserialize, Serialize};

use crate::text::TextProblem;

/// What a refusal was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Noun {
    /// A tenant.
    Tenant,
    /// A team.
    Team,
    /// A question.
    Question,
    /// A tag.
    Tag,
    /// A person.
    Person,
    /// A session.
    Session,
    /// A join code.
    Code,
}

impl Noun {
    /// Every noun.
    pub const ALL: [Self; 7] =
        [Self::Tenant, Self::Team, Self::Question, Self::Tag, Self::Person, Self::Session, Self::Code];

    /// Its name on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Team => "team",
            Self::Question => "question",
            Self::Tag => "tag",
            Self::Person => "person",
            Self::Session => "session",
            Self::Code => "code",
        }
    }

    /// The word people read at the start of a sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Tenant => "Workspace",
            Self::Team => "Team",
            Self::Question => "Question",
            Self::Tag => "Tag",
            Self::Person => "Person",
            Self::Session => "Session",
            Self::Code => "Code",
        }
    }
}

/// One field of a form and why it was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// The field's name in the form.
    pub field: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub problem: TextProblem,
}

/// Why PulseStage said no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case", try_from = "wire::ErrorBody")]
pub enum Refusal {
    /// The request could not be read at all.
    #[error("The request could not be read: {detail}")]
    Malformed {
        /// What was wrong with it, without any of its content.
        detail: String,
    },
    /// Some fields were not taken.
    #[error("{}", sentence(.fields))]
    Invalid {
        /// Each field and its problem; never empty.
        fields: Vec<FieldProblem>,
    },
    /// The browser brought no cookie we gave it, so its votes and questions could not be told from others'.
    #[error("Allow cookies for this site, reload the page and try again.")]
    NoParticipant,
    /// This needs somebody who is signed in.
    #[error("You are not signed in. Sign in, or ask the organiser for a link.")]
    NotSignedIn,
    /// The person is known and may not do this.
    #[error("You do not have permission to do this.")]
    NotAllowed,
    /// This needs a proof of who acts, and the last one is too old.
    #[error("Confirm that it is you first.")]
    ProofNeeded,
    /// The request came from another site.
    #[error("This request came from another site and was blocked.")]
    ForeignOrigin,
    /// There is no such thing in this tenant.
    #[error("{} not found", .what.title())]
    NotFound {
        /// What was looked for.
        what: Noun,
    },
    /// The address takes another method.
    #[error("This address does not accept this method.")]
    MethodNotAllowed,
    /// The question is frozen: no votes, no answers.
    #[error("This question is frozen: voting and answering are closed.")]
    Frozen,
    /// The team takes neither questions nor votes.
    #[error("This team is closed for questions and votes.")]
    TeamClosed,
    /// New questions are not taken now.
    #[error("New questions are closed at the moment.")]
    AskingClosed,
    /// Somebody else changed it since it was read.
    #[error("Someone else changed this. Nothing was saved: reload the page to see the change.")]
    Outdated,
    /// There are as many of them as the operator allows, here or for this one person.
    #[error("The limit is reached. You cannot add another {} for now.", .what.word())]
    LimitReached {
        /// What there may be no more of.
        what: Noun,
    },
    /// The question has its answer and takes no more votes.
    #[error("This question is answered, so voting is closed.")]
    VotingClosed,
    /// Nobody votes for their own question.
    #[error("You cannot vote for your own question.")]
    OwnQuestion,
    /// Voting is closed at the moment.
    #[error("Voting is closed at the moment.")]
    VotesClosed,
    /// Somebody else has changed it since it was looked at.
    #[error("Someone else just changed this question. Check the new version, then try again.")]
    Changed,
    /// Another moderator is at it.
    #[error("Another moderator is working on this question.")]
    Claimed,
    /// It stands where this cannot be done.
    #[error("This is not possible for the question as it is now.")]
    NotNow,
    /// Another team or tag has this name already; or the asker another question with this text, which they can ask again
    /// by saying so.
    #[error("{}", name_taken(*.what))]
    NameTaken {
        /// What has the name.
        what: Noun,
    },
    /// Somebody else in the tenant has this address.
    #[error("Someone already has this email address.")]
    EmailTaken,
    /// Without this person nobody would own the tenant.
    #[error("This is the last owner. Make someone else an owner first.")]
    LastOwner,
    /// The idempotency key was used before for another write.
    #[error("This idempotency key was used for another request. Send a new one.")]
    OperationReused,
    /// A one-time link that was used, has run out or never was.
    #[error("This link was already used or has expired. Ask for a new one.")]
    LinkSpent,
    /// No person has this address and this password; which of the two is wrong is nobody's business.
    #[error("The email address or password is wrong.")]
    WrongCredentials,
    /// The provider knows the person, and here they are not to come in.
    #[error("This account has no access. Ask the organiser for an invitation.")]
    ForeignAccount,
    /// Signing in by the provider began elsewhere, took too long, or ended in something that is not to be believed.
    #[error("Signing in did not work. Try again.")]
    ProviderFailed,
    /// The body is larger than any we take.
    #[error("This is too large.")]
    TooLarge,
    /// What was sent as a picture is none that we take.
    #[error("This file cannot be used. Choose a PNG, JPEG or WebP image of at most 2,048 pixels a side.")]
    NoPicture,
    /// The body is of a type we do not take.
    #[error("Send the form as application/x-www-form-urlencoded or application/json.")]
    UnsupportedMediaType,
    /// Too many requests of this kind in a short time.
    #[error("That was too fast. Try again in {}.", seconds(*.retry_after_s))]
    TooManyRequests {
        /// When to come back, in seconds.
        retry_after_s: u32,
    },
    /// We are busy or stopping; the request was not carried out.
    #[error("The server is busy and nothing was changed. Try again in {}.", seconds(*.retry_after_s))]
    Unavailable {
        /// When to come back, in seconds.
        retry_after_s: u32,
    },
    /// Something broke on our side; the details are in our log.
    #[error("Something went wrong on our side. Try again.")]
    Internal,
}

impl Refusal {
    /// The asker has a question with this text on the board, or waiting for a moderator. On the wire it is a name that is
    /// taken, which clients of every version know.
    pub const ASKED_BEFORE: Self = Self::NameTaken { what: Noun::Question };

    /// One field that was not taken.
    #[must_use]
    pub fn field(field: &str, problem: TextProblem) -> Self {
        Self::Invalid { fields: vec![FieldProblem { field: field.to_owned(), problem }] }
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed { .. } => 400,
            Self::NoParticipant | Self::WrongCredentials | Self::ProviderFailed => 401,
            Self::NotSignedIn | Self::NotAllowed | Self::ProofNeeded | Self::ForeignOrigin | Self::ForeignAccount => {
                403
            }
            Self::NotFound { .. } => 404,
            Self::MethodNotAllowed => 405,
            Self::Frozen
            | Self::VotingClosed
            | Self::NameTaken { .. }
            | Self::EmailTaken
            | Self::LastOwner
            | Self::TeamClosed
            | Self::AskingClosed
            | Self::Outdated
            | Self::LimitReached { .. }
            | Self::OwnQuestion
            | Self::VotesClosed
            | Self::Changed
            | Self::Claimed
            | Self::NotNow
            | Self::OperationReused => 409,
            Self::LinkSpent => 410,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType | Self::NoPicture => 415,
            Self::Invalid { .. } => 422,
            Self::TooManyRequests { .. } => 429,
            Self::Internal => 500,
            Self::Unavailable { .. } => 503,
        }
    }
}

/// What is said of something that is there already. To clients of before a question has a name like everything else.
fn name_taken(what: Noun) -> String {
    match what {
        Noun::Question => "You already asked this. Ask again?".to_owned(),
        _ => format!("{} with this name already exists.", what.title()),
    }
}

/// So many seconds, in words.
fn seconds(count: u32) -> String {
    format!("{count} second{}", if count == 1 { "" } else { "s" })
}

/// All problems as one sentence for people.
fn sentence(fields: &[FieldProblem]) -> String {
    let parts: Vec<String> = fields.iter().map(|f| format!("The {} {}.", f.field, f.problem)).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_back_from_its_json() {
        let mut refusals = vec![
            Refusal::Malformed { detail: "the field `team` is missing".to_owned() },
            Refusal::NoParticipant,
            Refusal::NotSignedIn,
            Refusal::NotAllowed,
            Refusal::ProofNeeded,
            Refusal::ForeignOrigin,
            Refusal::MethodNotAllowed,
            Refusal::Frozen,
            Refusal::VotingClosed,
            Refusal::EmailTaken,
            Refusal::LastOwner,
            Refusal::TeamClosed,
            Refusal::AskingClosed,
            Refusal::Outdated,
            Refusal::OwnQuestion,
            Refusal::VotesClosed,
            Refusal::Changed,
            Refusal::Claimed,
            Refusal::NotNow,
            Refusal::OperationReused,
            Refusal::LinkSpent,
            Refusal::WrongCredentials,
            Refusal::ForeignAccount,
            Refusal::ProviderFailed,
            Refusal::TooLarge,
            Refusal::NoPicture,
            Refusal::UnsupportedMediaType,
            Refusal::TooManyRequests { retry_after_s: 9 },
            Refusal::Unavailable { retry_after_s: 2 },
            Refusal::Internal,
        ];
        for problem in [
            TextProblem::Empty,
            TextProblem::TooShort { min: 3 },
            TextProblem::TooLong { max: 500 },
            TextProblem::BadForm,
            TextProblem::Hidden,
            TextProblem::Reserved,
            TextProblem::TooEasy,
        ] {
            refusals.push(Refusal::field("body", problem));
        }
        for what in Noun::ALL {
            refusals.extend([Refusal::NotFound { what }, Refusal::NameTaken { what }, Refusal::LimitReached { what }]);
        }
        for refusal in refusals {
            let json = serde_json::to_string(&refusal).unwrap();
            assert_eq!(serde_json::from_str::<Refusal>(&json).unwrap(), refusal, "{json}");
        }
    }

    #[test]
    fn only_refusals_are_read() {
        for json in [
            "{}",
            "[]",
            r#"{"refusal":"bored"}"#,
            r#"{"refusal":"invalid"}"#,
            r#"{"refusal":"not_found","what":"unicorn"}"#,
            r#"{"refusal":"invalid","fields":[{"field":"body","problem":"ugly"}]}"#,
            r#"{"refusal":"unavailable","retry_after_s":-1}"#,
        ] {
            assert!(serde_json::from_str::<Refusal>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_refusal_is_a_sentence_for_people() {
        let refusal = Refusal::field("question", TextProblem::TooShort { min: 3 });
        assert_eq!(refusal.to_string(), "The question is too short: at least 3 characters.");
        assert_eq!(Refusal::NotFound { what: Noun::Tenant }.to_string(), "Workspace not found");
        assert_eq!(Refusal::NameTaken { what: Noun::Tag }.to_string(), "Tag with this name already exists.");
        assert_eq!(Refusal::ASKED_BEFORE.to_string(), "You already asked this. Ask again?");
        for (retry_after_s, wait) in [(1, "1 second."), (2, "2 seconds.")] {
            let refusal = Refusal::TooManyRequests { retry_after_s };
            assert_eq!(refusal.to_string(), format!("That was too fast. Try again in {wait}"));
        }
    }
}
