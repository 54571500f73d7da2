//! Why a question waits or is gone, and what its reports say.

use leptos::prelude::*;
use pulsestage::moderation::{Case, Hold, Removal};

use crate::ui::erase::Erase;

/// Why a case is where it is: sentences, and the reasons of its reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Why {
    lines: Vec<String>,
    reasons: Vec<String>,
}

/// Why it waits or is gone, and how many reported it.
pub(super) fn why(case: &Case) -> Why {
    let hold = case.hold.as_ref().map(|hold| match hold {
        Hold::PreModeration => "On hold: every question is reviewed first".to_owned(),
        Hold::Moderator => "On hold: a moderator put it here".to_owned(),
        Hold::Reports => "On hold: several people reported it".to_owned(),
        Hold::Word(word) => format!("On hold: contains “{word}”"),
        Hold::Link => "On hold: contains a link".to_owned(),
        Hold::Contact => "On hold: contains an email address or phone number".to_owned(),
        Hold::Shouting => "On hold: written in capitals".to_owned(),
        Hold::Repetition => "On hold: one character repeated".to_owned(),
    });
    let gone = case.removed.as_ref().map(|removed| {
        let why = removed.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{}{why}", removal_word(removed.removal))
    });
    let reports = (case.reports > 0).then(|| match case.reports {
        1 => "1 person reported it".to_owned(),
        many => format!("{many} people reported it"),
    });
    Why { lines: gone.or(hold).into_iter().chain(reports).collect(), reasons: case.report_reasons.clone() }
}

pub(super) fn draw_why(why: &Why) -> AnyView {
    let lines = why.lines.iter().map(|line| view! { <p class="review__why" dir="auto">{line.clone()}</p> }.erase());
    view! {
        {lines.collect_view()}
        {reasons(&why.reasons)}
    }
    .into_any()
}

/// What the reports gave as reasons, the same words once.
fn reasons(given: &[String]) -> AnyView {
    let lines = counted(given).into_iter().map(|(reason, times)| {
        let times = (times > 1).then(|| format!(" ({times} times)"));
        view! {
            <li dir="auto">
                <q>{reason.to_owned()}</q>
                {times}
            </li>
        }
        .erase()
    });
    let lines: Vec<AnyView> = lines.collect();
    if lines.is_empty() {
        return ().into_any();
    }
    view! {
        <ul class="review__reasons" aria-label="Reasons given in reports">
            {lines}
        </ul>
    }
    .erase()
}

/// Every reason with how often it was given, in the order of its first.
fn counted(given: &[String]) -> Vec<(&str, usize)> {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for reason in given {
        match counted.iter_mut().find(|(known, _)| known == reason) {
            Some((_, times)) => *times += 1,
            None => counted.push((reason, 1)),
        }
    }
    counted
}

/// What is said of a question that is off the board.
const fn removal_word(removal: Removal) -> &'static str {
    match removal {
        Removal::Declined => "Declined",
        Removal::Withdrawn => "Withdrawn by the person who asked",
        Removal::Merged => "Merged",
        Removal::Deleted => "Deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_several_gave_is_told_once() {
        let given = ["rude", "off topic", "rude"].map(str::to_owned);
        assert_eq!(counted(&given), [("rude", 2), ("off topic", 1)]);
        assert_eq!(counted(&[]), []);
    }
}
