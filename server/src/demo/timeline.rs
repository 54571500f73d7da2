//! The tables of questions as one list of actions in the order of their moments, as an audience would have done them.

use super::content::{DemoQuestion, DemoTenant};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
/// The last vote for a question that still takes votes comes before this moment.
const LAST_VOTE: i64 = -5 * SECOND;

/// One thing that somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DemoStep {
    /// When, in milliseconds relative to the moment of seeding; never in the future.
    pub(super) at: i64,
    /// Which question of the tenant, counted from 0.
    pub(super) place: usize,
    /// The same question itself.
    pub(super) question: &'static DemoQuestion,
    /// What.
    pub(super) action: DemoAction,
}

/// What was done. People of the audience are numbered from 0 to below [`DemoTenant::audience`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DemoAction {
    Ask { by: usize },
    Tag(&'static str),
    Vote { by: usize },
    Answer(&'static str),
    Pin,
    Freeze,
}

/// Everything that happened in this tenant, in order.
pub(super) fn timeline(script: &'static DemoTenant) -> Vec<DemoStep> {
    let mut steps: Vec<DemoStep> = script
        .questions()
        .enumerate()
        .flat_map(|(place, question)| {
            let actions = actions(place, question, script.audience).into_iter();
            actions.map(move |(at, action)| DemoStep { at, place, question, action })
        })
        .collect();
    // Stable, so of two actions of one moment the one that makes the other possible stays first.
    steps.sort_by_key(|step| step.at);
    steps
}

fn actions(place: usize, question: &'static DemoQuestion, audience: usize) -> Vec<(i64, DemoAction)> {
    let asked = -question.asked * MINUTE + odd_seconds(place);
    let after = |minutes: i64| asked + minutes * MINUTE;
    let answered = question.answer.as_ref().map(|answer| after(answer.after));
    let frozen = question.frozen.map(after);
    let closed = answered.into_iter().chain(frozen).min().unwrap_or(LAST_VOTE);

    let mut actions = vec![(asked, DemoAction::Ask { by: place * 7 % audience })];
    for (nth, tag) in (1..).zip(question.tags) {
        actions.push((asked + nth * 25 * SECOND, DemoAction::Tag(tag)));
    }
    for (nth, by) in (1..=question.votes).zip(voters(place, audience)) {
        // Squared, so that votes come fast while a question is new and trickle later.
        let all = question.votes + 1;
        actions.push((asked + (closed - asked) * nth * nth / (all * all), DemoAction::Vote { by }));
    }
    actions.extend(question.pinned.map(|minutes| (after(minutes), DemoAction::Pin)));
    if let Some(answer) = &question.answer {
        actions.push((after(answer.after), DemoAction::Answer(answer.text)));
    }
    actions.extend(frozen.map(|at| (at, DemoAction::Freeze)));
    actions
}

/// Nobody asks on the full minute.
fn odd_seconds(place: usize) -> i64 {
    [3, 41, 17, 29, 8, 36, 22][place % 7] * SECOND
}

/// Everybody in the audience once, in an order of this question's own: the audience is a prime number of people, so
/// every step width gets round to all of them.
fn voters(place: usize, audience: usize) -> impl Iterator<Item = usize> {
    let width = 1 + place * 13 % (audience - 1);
    (1..=audience).map(move |nth| (place * 7 + nth * width) % audience)
}

#[cfg(test)]
mod tests {
    use super::super::content::TENANTS;
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn every_deed_is_done_in_the_last_hour_and_in_order() {
        for script in TENANTS {
            let steps = timeline(script);
            assert!(steps.is_sorted_by_key(|step| step.at), "{}", script.slug);
            assert!(steps.iter().all(|step| (-60 * MINUTE..0).contains(&step.at)), "{}", script.slug);
        }
    }

    #[test]
    fn nobody_votes_twice_or_after_the_close() {
        for script in TENANTS {
            let mut voters: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
            let (mut asked, mut closed) = (BTreeSet::new(), BTreeSet::new());
            for DemoStep { place, question, action, .. } in timeline(script) {
                assert_eq!(asked.contains(&place), !matches!(action, DemoAction::Ask { .. }), "{}", question.body);
                match action {
                    DemoAction::Ask { by } => {
                        assert!(by < script.audience);
                        asked.insert(place);
                    }
                    DemoAction::Vote { by } => {
                        assert!(by < script.audience && !closed.contains(&place), "{}", question.body);
                        assert!(voters.entry(place).or_default().insert(by), "{}", question.body);
                    }
                    DemoAction::Answer(_) | DemoAction::Freeze => {
                        closed.insert(place);
                    }
                    DemoAction::Tag(_) | DemoAction::Pin => {}
                }
            }
            for (place, question) in script.questions().enumerate() {
                let counted = voters.get(&place).map_or(0, BTreeSet::len);
                assert_eq!(i64::try_from(counted).ok(), Some(question.votes), "{}", question.body);
            }
        }
    }
}
