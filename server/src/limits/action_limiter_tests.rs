use super::*;
use pulsestage::time::Timestamp;
use std::collections::VecDeque;
use std::sync::atomic::AtomicI64;

use futures::FutureExt;

const ONE: TenantId = TenantId(Uuid::from_u128(1));
const OTHER: TenantId = TenantId(Uuid::from_u128(2));

#[derive(Clone, Default)]
struct Hand(Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

fn who(number: u128) -> Option<Uuid> {
    Some(Uuid::from_u128(number))
}

fn paces(change: impl FnOnce(&mut LimitArgs)) -> (ActionLimiter, Hand) {
    let mut args = LimitArgs::NONE;
    change(&mut args);
    let hand = Hand::default();
    (ActionLimiter::new(&args, Arc::new(hand.clone())), hand)
}

fn admitted(paces: &ActionLimiter, times: usize, tenant: TenantId, who: Option<Uuid>, action: Action) -> usize {
    (0..times).filter(|_| paces.admit(tenant, who, action).is_ok()).count()
}

#[test]
fn without_limits_everything_is_taken() {
    let (paces, _) = paces(|_| {});
    for action in Action::ALL {
        assert_eq!(admitted(&paces, 1_000, ONE, who(1), action), 1_000);
    }
    assert_eq!(paces.held_back(), HeldBack::default());
}

#[test]
fn one_who_hammers_is_held_back_and_nobody_else() {
    let (paces, hand) = paces(|args| args.asks_per_participant = "3/30s".parse().unwrap());
    assert_eq!(admitted(&paces, 100, ONE, who(1), Action::Ask), 3);
    assert_eq!(paces.admit(ONE, who(1), Action::Ask), Err(RateLimited { retry_after_s: 10 }));
    assert_eq!(admitted(&paces, 3, ONE, who(2), Action::Ask), 3, "another has a bucket of their own");
    assert_eq!(admitted(&paces, 100, ONE, who(1), Action::Vote), 100, "votes are another matter");
    hand.0.store(9_999, Ordering::Relaxed);
    assert_eq!(paces.admit(ONE, who(1), Action::Ask), Err(RateLimited { retry_after_s: 1 }));
    hand.0.store(10_000, Ordering::Relaxed);
    assert_eq!(admitted(&paces, 100, ONE, who(1), Action::Ask), 1, "as told");
    assert_eq!(paces.held_back(), HeldBack { people: 97 + 1 + 1 + 99, ..HeldBack::default() });
}

#[test]
fn a_noisy_tenant_is_held_back_and_its_neighbour_is_not() {
    let (paces, _) = paces(|args| args.writes_per_tenant = "100/10s".parse().unwrap());
    let noisy = (0..1_000).filter(|n| paces.admit(ONE, who(*n), Action::Vote).is_ok()).count();
    assert_eq!(noisy, 100);
    assert_eq!(paces.admit(ONE, who(5_000), Action::Ask), Err(RateLimited { retry_after_s: 1 }), "all writes are one");
    assert_eq!(admitted(&paces, 100, OTHER, who(9_000), Action::Vote), 100);
    assert_eq!(admitted(&paces, 10, ONE, who(1), Action::SeeBoard), 10, "reading is another matter");
    assert_eq!(paces.held_back(), HeldBack { tenants: 901, ..HeldBack::default() });
}

#[test]
fn moderators_are_not_held_back_by_their_audience() {
    let (paces, _) = paces(|args| {
        args.writes_per_tenant = "1/h".parse().unwrap();
        args.changes_per_moderator = "5/min".parse().unwrap();
    });
    assert_eq!(admitted(&paces, 10, ONE, who(1), Action::Vote), 1);
    assert_eq!(admitted(&paces, 10, ONE, who(2), Action::Freeze), 5);
}

#[test]
fn what_the_tenant_is_refused_costs_the_person_nothing_nor_the_other_way_round() {
    let (paces, hand) = paces(|args| {
        args.votes_per_participant = "2/20s".parse().unwrap();
        args.writes_per_tenant = "3/3s".parse().unwrap();
    });
    assert_eq!(admitted(&paces, 10, ONE, who(1), Action::Vote), 2);
    assert_eq!(admitted(&paces, 10, ONE, who(2), Action::Vote), 1, "what was refused took nothing from the tenant");
    assert_eq!(paces.admit(ONE, who(1), Action::Vote), Err(RateLimited { retry_after_s: 10 }), "the longer of both");
    hand.0.store(1_000, Ordering::Relaxed);
    assert_eq!(admitted(&paces, 10, ONE, who(2), Action::Vote), 1, "what was refused took nothing from the person");
}

#[test]
fn a_visitor_without_a_name_counts_for_the_tenant() {
    let (paces, _) = paces(|args| {
        args.reads_per_participant = "1/h".parse().unwrap();
        args.reads_per_tenant = "5/h".parse().unwrap();
    });
    assert_eq!(admitted(&paces, 10, ONE, None, Action::SeeBoard), 5);
}

#[test]
fn of_many_at_once_as_many_are_taken_as_there_is_room_for() {
    let (paces, _) = paces(|args| args.writes_per_tenant = "500/h".parse().unwrap());
    let taken: usize = std::thread::scope(|scope| {
        let paces = &paces;
        let voter = |n| scope.spawn(move || admitted(paces, 200, ONE, who(n), Action::Vote));
        let voters: Vec<_> = (0..8).map(voter).collect();
        voters.into_iter().map(|voter| voter.join().unwrap()).sum()
    });
    assert_eq!(taken, 500);
}

#[test]
fn a_neighbour_waits_for_one_turn_of_the_noisy_one_and_not_for_all() {
    const NEIGHBOURS: u128 = 99;
    const LIMIT: usize = 1_000;
    let (paces, _) = paces(|args| {
        args.writes_per_tenant = "1000/s".parse().unwrap();
        args.writes_at_once = 1;
    });
    let noisy = TenantId(Uuid::from_u128(1_000));
    let vote = |tenant: TenantId| Box::pin(paces.turn(tenant, Action::Vote));
    let mut inside = vote(noisy).now_or_never();
    // Ten times its limit from one, then one vote of every neighbour.
    let taken = (0..10 * LIMIT as u128).filter(|n| paces.admit(noisy, who(*n), Action::Vote).is_ok()).count();
    assert_eq!(taken, LIMIT);
    let everybody = std::iter::repeat_n(noisy, taken).chain((0..NEIGHBOURS).map(|n| TenantId(Uuid::from_u128(n))));
    let mut line: VecDeque<_> = everybody.map(|tenant| (tenant, vote(tenant))).collect();
    assert!(line.iter_mut().all(|(_, turn)| turn.as_mut().now_or_never().is_none()));
    assert_eq!(paces.waiting(), LIMIT + NEIGHBOURS as usize);
    let mut order = Vec::new();
    while !line.is_empty() {
        drop(inside.take());
        let mut rest = VecDeque::new();
        while let Some((tenant, mut turn)) = line.pop_front() {
            match turn.as_mut().now_or_never() {
                Some(turn) => {
                    order.push(tenant);
                    inside = Some(turn);
                }
                None => rest.push_back((tenant, turn)),
            }
        }
        assert!(inside.is_some(), "somebody is next");
        line = rest;
    }
    // The noisy one is first in line, for it came first; before any neighbour it writes once, not a thousand times.
    let first: Vec<_> = order.iter().take(1 + NEIGHBOURS as usize).filter(|tenant| **tenant == noisy).collect();
    assert_eq!(first.len(), 1);
    assert_eq!(order.len(), LIMIT + NEIGHBOURS as usize);
    drop(inside);
    assert!(vote(noisy).now_or_never().is_some(), "nobody is left");
}

#[test]
fn moderators_do_not_wait_behind_their_audience() {
    let (paces, _) = paces(|args| args.writes_at_once = 1);
    let turn = |action| Box::pin(paces.turn(ONE, action));
    let inside = turn(Action::Vote).now_or_never();
    let mut votes: Vec<_> = (0..100).map(|_| turn(Action::Vote)).collect();
    assert!(votes.iter_mut().all(|vote| vote.as_mut().now_or_never().is_none()));
    let mut freeze = turn(Action::Freeze);
    assert!(freeze.as_mut().now_or_never().is_none());
    drop(inside);
    // The first vote was there before; the moderator is next.
    drop(votes.remove(0).now_or_never().expect("the first vote"));
    assert!(freeze.now_or_never().is_some());
}

#[test]
fn a_tenant_holds_its_own_people_back_further_and_counts_nothing_that_is_refused() {
    let (paces, hand) = paces(|args| args.votes_per_participant = "4/min".parse().unwrap());
    let within = |number, action, most| paces.admit_within(ONE, who(number), action, most);
    assert_eq!((within(1, Action::Vote, Some(2)), within(1, Action::Vote, Some(2))), (Ok(()), Ok(())));
    assert_eq!(within(1, Action::Vote, Some(2)), Err(RateLimited { retry_after_s: 30 }));
    // What the tenant refused was not counted by the operator's limit, and the tenant may think again.
    assert_eq!((within(1, Action::Vote, None), within(1, Action::Vote, None)), (Ok(()), Ok(())));
    assert!(within(1, Action::Vote, None).is_err(), "four in all");
    assert_eq!(within(2, Action::Vote, Some(2)), Ok(()), "others are not held back");
    assert_eq!(within(1, Action::Ask, Some(1)), Ok(()), "questions are counted apart");
    assert!(within(1, Action::Ask, Some(1)).is_err());
    hand.0.store(60_000, Ordering::Relaxed);
    assert_eq!(within(1, Action::Ask, Some(1)), Ok(()));
}

#[test]
fn those_whom_nobody_knows_have_a_share_of_their_own() {
    let (paces, hand) = paces(|args| {
        args.reads_per_tenant = "10/h".parse().unwrap();
        args.reads_per_unknown_network = "3/30s".parse().unwrap();
        args.unknown_reads_per_tenant = "5/h".parse().unwrap();
    });
    let read = |tenant, network: &str| paces.admit_unknown(tenant, Some(network.parse().unwrap()), Action::SeeBoard);
    let taken = |tenant, network: &str| (0..20).filter(|_| read(tenant, network).is_ok()).count();
    assert_eq!(taken(ONE, "192.0.2.1"), 3);
    assert_eq!(read(ONE, "192.0.2.1"), Err(RateLimited { retry_after_s: 10 }));
    assert_eq!(taken(OTHER, "192.0.2.1"), 3, "another tenant is another matter");
    assert_eq!(taken(ONE, "192.0.2.2"), 2, "all networks together");
    assert!(paces.admit_unknown(ONE, None, Action::SeeBoard).is_err());
    assert_eq!(admitted(&paces, 20, ONE, who(1), Action::SeeBoard), 10, "those who are known have all of theirs");
    hand.0.store(3_600_000, Ordering::Relaxed);
    assert_eq!(admitted(&paces, 20, ONE, who(1), Action::SeeBoard), 10);
    assert_eq!(taken(ONE, "192.0.2.2"), 3, "and take nothing of the others'");
}

#[test]
fn of_questions_a_tenant_takes_fewer_than_of_votes() {
    let (paces, hand) = paces(|args| {
        args.writes_per_tenant = "100/h".parse().unwrap();
        args.asks_per_tenant = "10/min".parse().unwrap();
    });
    let asked = |from: u128| (from..from + 50).filter(|n| paces.admit(ONE, who(*n), Action::Ask).is_ok()).count();
    assert_eq!(asked(0), 10, "whoever they are");
    assert_eq!(paces.admit(ONE, who(100), Action::Ask), Err(RateLimited { retry_after_s: 6 }));
    assert_eq!(admitted(&paces, 10, OTHER, who(1), Action::Ask), 10, "another tenant");
    assert_eq!(admitted(&paces, 200, ONE, who(1), Action::Vote), 90, "a question that was refused took nothing");
    hand.0.store(60_000, Ordering::Relaxed);
    assert_eq!(asked(200), 1, "the share of all writes has one in 36 seconds");
}
