//! Reads refusals back from their JSON.
//!
//! The derived reader of a tagged enum takes its keys in any order, and for that keeps every value aside first. In the
//! browser that is a second copy of the whole reader. This one reads all that any refusal may say, then picks.

use serde::Deserialize;

use super::{FieldProblem, Noun, Refusal};
use crate::text::TextProblem;

/// All that any refusal may say.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ErrorBody {
    refusal: String,
    detail: String,
    fields: Vec<ErrorField>,
    what: String,
    retry_after_s: u32,
}

/// All that may be said of a field.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorField {
    field: String,
    problem: String,
    min: u32,
    max: u32,
}

impl TryFrom<ErrorBody> for Refusal {
    type Error = &'static str;

    fn try_from(said: ErrorBody) -> Result<Self, Self::Error> {
        Ok(match said.refusal.as_str() {
            "malformed" => Self::Malformed { detail: said.detail },
            "invalid" => Self::Invalid { fields: fields(said.fields)? },
            "no_participant" => Self::NoParticipant,
            "not_signed_in" => Self::NotSignedIn,
            "not_allowed" => Self::NotAllowed,
            "proof_needed" => Self::ProofNeeded,
            "foreign_origin" => Self::ForeignOrigin,
            "not_found" => Self::NotFound { what: noun(&said.what)? },
            "method_not_allowed" => Self::MethodNotAllowed,
            "frozen" => Self::Frozen,
            "voting_closed" => Self::VotingClosed,
            "team_closed" => Self::TeamClosed,
            "asking_closed" => Self::AskingClosed,
            "outdated" => Self::Outdated,
            "limit_reached" => Self::LimitReached { what: noun(&said.what)? },
            "own_question" => Self::OwnQuestion,
            "votes_closed" => Self::VotesClosed,
            "changed" => Self::Changed,
            "claimed" => Self::Claimed,
            "not_now" => Self::NotNow,
            "name_taken" => Self::NameTaken { what: noun(&said.what)? },
            "email_taken" => Self::EmailTaken,
            "last_owner" => Self::LastOwner,
            "operation_reused" => Self::OperationReused,
            "link_spent" => Self::LinkSpent,
            "wrong_credentials" => Self::WrongCredentials,
            "foreign_account" => Self::ForeignAccount,
            "provider_failed" => Self::ProviderFailed,
            "too_large" => Self::TooLarge,
            "no_picture" => Self::NoPicture,
            "unsupported_media_type" => Self::UnsupportedMediaType,
            "too_many_requests" => Self::TooManyRequests { retry_after_s: said.retry_after_s },
            "unavailable" => Self::Unavailable { retry_after_s: said.retry_after_s },
            "internal" => Self::Internal,
            _ => return Err("no refusal that this version knows"),
        })
    }
}

fn fields(said: Vec<ErrorField>) -> Result<Vec<FieldProblem>, &'static str> {
    let mut fields = Vec::with_capacity(said.len());
    for ErrorField { field, problem, min, max } in said {
        let problem = match problem.as_str() {
            "empty" => TextProblem::Empty,
            "too_short" => TextProblem::TooShort { min },
            "too_long" => TextProblem::TooLong { max },
            "bad_form" => TextProblem::BadForm,
            "hidden" => TextProblem::Hidden,
            "reserved" => TextProblem::Reserved,
            "too_easy" => TextProblem::TooEasy,
            // The words are in the message, and in no browser.
            "bad_table" => TextProblem::BadTable { what: "cannot be read" },
            _ => return Err("no problem of a field that this version knows"),
        };
        fields.push(FieldProblem { field, problem });
    }
    if fields.is_empty() { Err("a form refused for no field") } else { Ok(fields) }
}

fn noun(said: &str) -> Result<Noun, &'static str> {
    Noun::ALL.into_iter().find(|noun| noun.word() == said).ok_or("nothing that this version knows")
}
