//! Refusals as sentences.

use pulsestage::error::Refusal;

use crate::api::FormError;

/// The fields that our forms have.
const FIELDS: [&str; 8] = ["question", "answer", "name", "color", "email", "role", "team_role", "table"];

/// What to say of a form that was sent without a script and refused.
///
/// The refusal comes out of an address that anybody may have written, so no word of it is repeated that is not ours.
#[must_use]
pub fn of_form(error: &FormError) -> String {
    let what = match error.endpoint.as_str() {
        "ask" => "Your question was not sent.",
        "set_vote" => "Your vote was not counted.",
        _ => "That was not done.",
    };
    let why = match &error.refusal {
        Refusal::Malformed { .. } => "The form could not be read.".to_owned(),
        Refusal::Invalid { fields } if !fields.iter().all(|f| FIELDS.contains(&f.field.as_str())) => {
            "A field is not valid.".to_owned()
        }
        refusal => refusal.to_string(),
    };
    format!("{what} {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulsestage::text::TextProblem;

    fn said(refusal: Refusal) -> String {
        of_form(&FormError { endpoint: "ask".to_owned(), refusal })
    }

    #[test]
    fn a_refusal_is_told_in_our_words() {
        let refusal = Refusal::field("question", TextProblem::TooShort { min: 3 });
        assert_eq!(said(refusal), "Your question was not sent. The question is too short: at least 3 characters.");
    }

    #[test]
    fn words_of_a_stranger_are_not_repeated() {
        let bait = "prize: call 555";
        for refusal in [Refusal::Malformed { detail: bait.to_owned() }, Refusal::field(bait, TextProblem::Empty)] {
            assert!(!said(refusal).contains("prize"));
        }
    }
}
