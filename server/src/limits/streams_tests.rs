use super::*;
use axum::http::{Extensions, HeaderMap};
use std::sync::atomic::AtomicUsize;
use uuid::Uuid;

use crate::system::SystemRng;

const ONE: TenantId = TenantId(Uuid::from_u128(1));
const OTHER: TenantId = TenantId(Uuid::from_u128(2));

fn who(number: u128) -> StreamHolder {
    StreamHolder::Known(Some(ParticipantId(Uuid::from_u128(number))))
}

fn unknown(address: &str) -> StreamHolder {
    let headers = [("x-forwarded-for".parse().unwrap(), address.parse().unwrap())];
    StreamHolder::Unknown(Network::of(&HeaderMap::from_iter(headers), &Extensions::new(), 1))
}

/// Somebody who is signed in, in a browser that takes no cookie of a participant's.
const SIGNED_IN: StreamHolder = StreamHolder::Known(None);

fn limits(total: usize, per_tenant: usize, per_participant: usize) -> StreamAdmission {
    StreamAdmission::new(StreamLimits { total, per_tenant, per_participant, per_unknown_network: 0 })
}

fn full(admission: &StreamAdmission, tenant: TenantId, who: StreamHolder) -> Option<FullOf> {
    admission.admit(tenant, who).err().map(|turned_away| turned_away.full)
}

fn is_empty(admission: &StreamAdmission) -> bool {
    let seats = admission.seats();
    seats.instance.taken == 0 && seats.tenants.is_empty() && seats.people.is_empty()
}

#[test]
fn each_limit_is_its_own() {
    let admission = limits(5, 3, 2);
    let mut held = vec![admission.admit(ONE, who(1)).unwrap(), admission.admit(ONE, who(1)).unwrap()];
    assert_eq!(full(&admission, ONE, who(1)), Some(FullOf::Participant));
    held.push(admission.admit(ONE, SIGNED_IN).unwrap());
    assert_eq!(full(&admission, ONE, who(2)), Some(FullOf::Tenant));
    held.push(admission.admit(OTHER, SIGNED_IN).unwrap());
    held.push(admission.admit(OTHER, SIGNED_IN).unwrap());
    assert_eq!(full(&admission, OTHER, who(3)), Some(FullOf::Streams));
    assert_eq!(admission.refused(), RefusedStreams { streams: 1, tenant: 1, participant: 1, unknown: 0 });
    drop(held.swap_remove(0));
    held.push(admission.admit(OTHER, who(3)).unwrap());
    assert_eq!(admission.taken(), 5);
    drop(held);
    assert!(is_empty(&admission), "nothing is kept of those who left");
}

#[test]
fn zero_is_no_limit() {
    let admission = limits(0, 0, 0);
    let held: Vec<_> = (0..1_000).map(|_| admission.admit(ONE, who(1)).unwrap()).collect();
    assert_eq!(admission.taken(), held.len());
}

#[test]
fn the_more_are_outside_the_later_they_come_back() {
    let admission = limits(100, 0, 0);
    let held: Vec<_> = (0..100).map(|_| admission.admit(ONE, SIGNED_IN).unwrap()).collect();
    let mut spreads = Vec::new();
    for _ in 0..200 {
        let turned_away = admission.admit(ONE, SIGNED_IN).unwrap_err();
        spreads.push(turned_away.spread_ms);
        let retry = turned_away.retry_millis(&SystemRng);
        assert!((EARLIEST_MS..EARLIEST_MS + turned_away.spread_ms).contains(&retry), "{retry}");
    }
    assert!(spreads.is_sorted());
    assert_eq!((spreads[0], spreads[199]), (1_090, 10_000));
    // A hundred who were outside are let in: there is no crowd any more.
    drop(held);
    drop((0..100).map(|_| admission.admit(ONE, SIGNED_IN).unwrap()).collect::<Vec<_>>());
    let _held: Vec<_> = (0..100).map(|_| admission.admit(ONE, SIGNED_IN).unwrap()).collect();
    assert_eq!(admission.admit(ONE, SIGNED_IN).unwrap_err().spread_ms, 1_090);
}

#[test]
fn two_who_are_turned_away_do_not_come_back_together() {
    let admission = limits(1, 0, 0);
    let _held = admission.admit(ONE, SIGNED_IN).unwrap();
    let turned_away = admission.admit(ONE, SIGNED_IN).unwrap_err();
    let retries: std::collections::HashSet<u64> = (0..100).map(|_| turned_away.retry_millis(&SystemRng)).collect();
    assert!(retries.len() > 50, "{}", retries.len());
}

#[test]
fn no_race_lets_one_too_many_in() {
    let admission = limits(60, 25, 10);
    let held: Vec<Permit> = std::thread::scope(|scope| {
        let admission = &admission;
        let comers: Vec<_> = (0..8_u128)
            .map(|n| {
                let tenant = [ONE, OTHER][usize::from(n % 2 == 0)];
                scope.spawn(move || (0..500).filter_map(|_| admission.admit(tenant, who(n)).ok()).collect::<Vec<_>>())
            })
            .collect();
        comers.into_iter().flat_map(|comer| comer.join().unwrap()).collect()
    });
    // Four people of ten each would be forty in a tenant, two tenants of twenty-five each fifty.
    assert_eq!((held.len(), admission.taken()), (50, 50));
    drop(held);
    assert!(is_empty(&admission));
}

#[test]
fn coming_and_going_on_many_threads_leaves_nothing_behind() {
    const LIMIT: usize = 7;
    let admission = limits(LIMIT, 0, 0);
    let inside = AtomicUsize::new(0);
    let (sender, receiver) = std::sync::mpsc::channel::<Permit>();
    std::thread::scope(|scope| {
        let (admission, inside) = (&admission, &inside);
        // Places are given back by a thread that took none.
        scope.spawn(move || {
            for permit in receiver {
                inside.fetch_sub(1, Ordering::SeqCst);
                drop(permit);
            }
        });
        for n in 0..8_u128 {
            let sender = sender.clone();
            scope.spawn(move || {
                for _ in 0..2_000 {
                    if let Ok(permit) = admission.admit(ONE, who(n)) {
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < LIMIT);
                        sender.send(permit).unwrap();
                    }
                }
            });
        }
        drop(sender);
    });
    assert!(is_empty(&admission));
}

#[test]
fn a_tenant_is_allowed_fewer_than_others() {
    for per_tenant in [0, 3] {
        let admission =
            StreamAdmission::new(StreamLimits { total: 10, per_tenant, per_participant: 0, per_unknown_network: 0 });
        let held = [(); 2].map(|()| admission.admit_within(ONE, SIGNED_IN, Some(2)).unwrap());
        assert_eq!(admission.admit_within(ONE, SIGNED_IN, Some(2)).unwrap_err().full, FullOf::Tenant);
        assert!(admission.admit_within(OTHER, SIGNED_IN, None).is_ok(), "others are not concerned");
        assert!(admission.admit_within(ONE, SIGNED_IN, Some(100)).is_ok(), "the operator thought again");
        drop(held);
        assert!(admission.admit_within(ONE, SIGNED_IN, Some(2)).is_ok());
        assert_eq!(admission.admit_within(OTHER, SIGNED_IN, Some(0)).unwrap_err().full, FullOf::Tenant, "none at all");
    }
    let admission =
        StreamAdmission::new(StreamLimits { total: 10, per_tenant: 3, per_participant: 0, per_unknown_network: 0 });
    let _held = [(); 3].map(|()| admission.admit_within(ONE, SIGNED_IN, Some(9)).unwrap());
    assert!(admission.admit_within(ONE, SIGNED_IN, Some(9)).is_err(), "no more than the server allows everybody");
}

#[test]
fn those_whom_nobody_knows_leave_half_of_all_to_who_is_known() {
    let admission =
        StreamAdmission::new(StreamLimits { total: 20, per_tenant: 12, per_participant: 0, per_unknown_network: 4 });
    let enter = |tenant, holder: StreamHolder| admission.admit(tenant, holder).ok();
    let mut held: Vec<_> = (0..10).filter_map(|_| enter(ONE, unknown("192.0.2.1"))).collect();
    assert_eq!(held.len(), 4, "one network");
    held.extend((0..10).filter_map(|n| enter(ONE, unknown(&format!("192.0.2.{}", 10 + n)))));
    assert_eq!(held.len(), 6, "half of the tenant's");
    held.extend((0..10).filter_map(|n| enter(OTHER, unknown(&format!("192.0.2.{}", 10 + n)))));
    assert_eq!(held.len(), 10, "half of all");
    assert_eq!(admission.refused(), RefusedStreams { unknown: 20, ..RefusedStreams::default() });
    let known = [(ONE, 6), (OTHER, 4)].map(|(tenant, most)| {
        let came: Vec<_> = (0..20).filter_map(|n| enter(tenant, who(n))).collect();
        assert_eq!(came.len(), most);
        came
    });
    drop(known);
    drop(held.remove(0));
    held.push(enter(ONE, unknown("192.0.2.1")).expect("there is room again"));
    drop(held);
    assert!(admission.seats().networks.is_empty(), "nothing is kept of those who left");
}
