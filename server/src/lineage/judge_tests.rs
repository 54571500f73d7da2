use super::*;
use crate::store::{DatabaseLineage, InstanceMark};
use proptest::prelude::*;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn cluster(system_identifier: &str, timeline: &str) -> ServerIdentity {
    ServerIdentity { system_identifier: system_identifier.to_owned(), timeline: timeline.to_owned() }
}

fn lineage(number: i64, name: u128, identity: Option<ServerIdentity>) -> DatabaseLineage {
    DatabaseLineage { number, id: id(name), identity }
}

fn mark(instance: u128, session: u128, previous: Option<u128>, number: i64) -> InstanceMark {
    InstanceMark { instance: id(instance), session: id(session), previous_session: previous.map(id), number, at: 1_000 }
}

fn own(instance: u128, session: u128, number: i64) -> Option<(KnownMark, Uuid)> {
    Some((KnownMark { instance: id(instance), number, at: 1_000 }, id(session)))
}

fn known() -> KnownDatabase {
    KnownDatabase {
        lineage: id(1),
        own: own(10, 11, 50),
        others: vec![KnownMark { instance: id(20), number: 7, at: 1_000 }],
    }
}

fn found() -> DatabaseHistory {
    DatabaseHistory {
        lineages: vec![lineage(1, 1, None)],
        marks: vec![mark(10, 11, None, 50), mark(20, 21, None, 7)],
        identity: None,
    }
}

#[test]
fn what_is_as_far_on_is_the_same() {
    assert_eq!(judge(None, false, &DatabaseHistory::default()), LineageFinding::First);
    assert_eq!(judge(None, false, &found()), LineageFinding::Same, "a folder that was lost");
    assert_eq!(judge(Some(&known()), false, &found()), LineageFinding::Same);
    // A crash between a commit and the file, of this run and of the first mark of the next one.
    for ahead in [mark(10, 11, None, 51), mark(10, 12, Some(11), 51), mark(10, 13, Some(11), 90)] {
        let found = DatabaseHistory { marks: vec![ahead, mark(20, 22, Some(21), 8)], ..found() };
        assert_eq!(judge(Some(&known()), false, &found), LineageFinding::Same, "{ahead:?}");
    }
}

#[test]
fn what_is_not_as_far_on_was_put_back() {
    let put_back = |found: DatabaseHistory| match judge(Some(&known()), false, &found) {
        LineageFinding::Replaced(replaced) => replaced,
        other => panic!("{other:?}"),
    };
    assert_eq!(put_back(DatabaseHistory::default()), Replaced::WithoutLineage);
    let foreign = DatabaseHistory { lineages: vec![lineage(1, 9, None)], ..found() };
    assert_eq!(put_back(foreign), Replaced::Foreign);
    for (marks, replaced) in [
        (vec![mark(10, 11, None, 49), mark(20, 21, None, 7)], Replaced::Behind { known: 50, found: Some(49) }),
        (vec![mark(20, 21, None, 7)], Replaced::Behind { known: 50, found: None }),
        (vec![mark(10, 11, None, 50), mark(20, 21, None, 6)], Replaced::Behind { known: 7, found: Some(6) }),
        (vec![mark(10, 11, None, 50)], Replaced::Behind { known: 7, found: None }),
        (vec![mark(10, 12, None, 70), mark(20, 21, None, 7)], Replaced::Forked),
        (vec![mark(10, 13, Some(12), 70), mark(20, 21, None, 7)], Replaced::Forked),
    ] {
        assert_eq!(put_back(DatabaseHistory { marks: marks.clone(), ..found() }), replaced, "{marks:?}");
    }
    assert_eq!(judge(Some(&known()), true, &found()), LineageFinding::Replaced(Replaced::CopiedFolder));
}

#[test]
fn what_another_instance_has_found_is_not_found_again() {
    let found = DatabaseHistory { lineages: vec![lineage(1, 1, None), lineage(2, 2, None)], marks: vec![], ..found() };
    assert_eq!(judge(Some(&known()), false, &found), LineageFinding::Renewed);
    // A copy from before that does not know the present lineage.
    let later = KnownDatabase { lineage: id(2), ..known() };
    assert_eq!(judge(Some(&later), false, &self::found()), LineageFinding::Replaced(Replaced::Foreign));
}

#[test]
fn postgres_tells_where_it_is() {
    let at = |was, is| DatabaseHistory { lineages: vec![lineage(1, 1, was)], identity: is, ..found() };
    let (here, promoted, elsewhere) = (cluster("7", "00000001"), cluster("7", "00000002"), cluster("8", "00000001"));
    for known in [None, Some(&known())] {
        assert_eq!(judge(known, false, &at(Some(here.clone()), Some(here.clone()))), LineageFinding::Same);
        assert_eq!(judge(known, false, &at(Some(here.clone()), None)), LineageFinding::Same);
        assert_eq!(judge(known, false, &at(None, Some(here.clone()))), LineageFinding::Same);
        let replaced = judge(known, false, &at(Some(here.clone()), Some(promoted.clone())));
        assert!(matches!(replaced, LineageFinding::Replaced(Replaced::OtherTimeline { .. })), "{replaced:?}");
        let replaced = judge(known, false, &at(Some(here.clone()), Some(elsewhere.clone())));
        assert_eq!(replaced, LineageFinding::Replaced(Replaced::OtherCluster));
    }
}

#[test]
fn a_mark_that_was_removed_for_its_age_is_not_missed() {
    let many: Vec<_> = (100..228).map(|instance| InstanceMark { at: 5_000, ..mark(instance, 1, None, 1) }).collect();
    let found = DatabaseHistory { marks: many, ..found() };
    assert_eq!(judge(Some(&known()), false, &found), LineageFinding::Same);
    let mut recent = known();
    recent.others[0].at = 6_000;
    assert!(matches!(judge(Some(&recent), false, &found), LineageFinding::Replaced(_)));
}

proptest! {
    /// A copy of any earlier moment is found, and no later moment is.
    #[test]
    fn exactly_earlier_states_are_found(writes in proptest::collection::vec(0_u8..3, 1..40), copy in 0_usize..40) {
        let (mut marks, mut states) = ([1_i64, 1, 1], Vec::new());
        for instance in writes {
            marks[usize::from(instance)] += 1;
            states.push(marks);
        }
        let copy = copy % states.len();
        let state = |numbers: [i64; 3]| DatabaseHistory {
            lineages: vec![lineage(1, 1, None)],
            marks: (0_u8..).zip(numbers).map(|(at, number)| mark(u128::from(at), 9, None, number)).collect(),
            identity: None,
        };
        for (at, numbers) in states.iter().enumerate() {
            let others = (1..3).map(|other| KnownMark { instance: id(other), number: numbers[other as usize], at: 0 });
            let known = KnownDatabase { lineage: id(1), own: own(0, 9, numbers[0]), others: others.collect() };
            let finding = judge(Some(&known), false, &state(states[copy]));
            prop_assert_eq!(matches!(finding, LineageFinding::Same), copy >= at, "{} {}: {:?}", copy, at, finding);
        }
    }
}
