//! What a page does on networks that let streams through, hold them back, or let nothing through.

use super::*;
use proptest::prelude::*;

const BEAT: f64 = 30_000.0;

/// A network: what of it lets streams and requests through, and the page on it.
struct World {
    now: f64,
    transport: Transport,
    /// Whether the first message of a stream comes through, and whether later ones do.
    opens: bool,
    beats: bool,
    answers: bool,
    /// When the stream that is open was opened.
    opened: Option<f64>,
    last_beat: f64,
    /// When each stream was opened, and each question asked.
    opens_at: Vec<f64>,
    polls_at: Vec<f64>,
    is_seen: bool,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            now: 1_000_000.0,
            transport: Transport::new(BEAT),
            opens: true,
            beats: true,
            answers: true,
            opened: None,
            last_beat: 0.0,
            opens_at: Vec::new(),
            polls_at: Vec::new(),
            is_seen: true,
        };
        world.open();
        world
    }

    fn open(&mut self) {
        self.transport.opened(self.now);
        self.opened = Some(self.now);
        self.opens_at.push(self.now);
        if self.opens {
            self.last_beat = self.now;
            self.transport.message(self.now);
        }
    }

    fn run(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now += 1_000.0;
            if self.opened.is_some() && self.opens && self.beats && self.now - self.last_beat >= BEAT {
                self.last_beat = self.now;
                self.transport.message(self.now);
            }
            let todo = self.transport.look_after(self.now, self.is_seen, 0.5);
            if todo.close {
                self.opened = None;
            }
            if todo.open {
                self.open();
            }
            if todo.poll {
                self.polls_at.push(self.now);
                let answer = self.answers.then_some(4_000);
                self.transport.polled(answer, self.now, 0.5);
            }
        }
    }
}

#[test]
fn where_streams_come_through_nothing_is_asked() {
    let mut world = World::new();
    assert_eq!(world.transport.way(), Way::Stream);
    world.run(3_600);
    assert_eq!((world.transport.way(), world.opens_at.len(), world.polls_at.len()), (Way::Stream, 1, 0));
}

#[test]
fn a_stream_that_is_held_back_is_replaced_by_asking_and_tried_later_and_later() {
    let mut world = World::new();
    world.opens = false;
    world.transport = Transport::new(BEAT);
    world.open();
    assert_eq!(world.transport.way(), Way::Opening);
    let start = world.now;
    world.run(7);
    assert_eq!(world.transport.way(), Way::Polling);
    assert!(world.polls_at[0] - start <= 6_000.0, "five seconds are enough to know");
    world.run(600);
    let tries: Vec<f64> = world.opens_at.iter().skip(2).map(|at| at - start).collect();
    assert!((4..=8).contains(&tries.len()), "{tries:?}");
    assert!(tries.windows(3).all(|at| at[2] - at[1] >= at[1] - at[0]), "{tries:?}");
    assert!(world.polls_at.windows(2).all(|at| at[1] - at[0] <= 5_000.0), "it never stops asking");
    world.opens = true;
    world.run(250);
    assert_eq!(world.transport.way(), Way::Stream);
    let polls = world.polls_at.len();
    world.run(60);
    assert_eq!(world.polls_at.len(), polls, "and does not ask any more");
}

#[test]
fn a_proxy_that_passes_the_beginning_alone_is_found_out() {
    let mut world = World::new();
    world.beats = false;
    world.run(76);
    assert_eq!((world.transport.way(), world.opens_at.len()), (Way::Stream, 2), "that may have been the network");
    assert_eq!(world.polls_at.len(), 1, "but nothing is missed meanwhile");
    world.run(76);
    assert_eq!(world.transport.way(), Way::Polling);
    world.run(40);
    assert_eq!(world.transport.way(), Way::Polling, "another beginning proves nothing");
    world.beats = true;
    world.run(400);
    assert_eq!(world.transport.way(), Way::Stream);
    let polls = world.polls_at.len();
    world.run(60);
    assert_eq!(world.polls_at.len(), polls);
}

#[test]
fn a_connection_that_died_once_is_replaced_and_proves_itself() {
    let mut world = World::new();
    world.run(600);
    // Nothing comes on the old connection any more; a new one is fine.
    world.last_beat = f64::INFINITY;
    world.run(76);
    assert_eq!((world.transport.way(), world.opens_at.len()), (Way::Stream, 2));
    world.run(31);
    let polls = world.polls_at.len();
    world.run(600);
    assert_eq!((world.transport.way(), world.polls_at.len()), (Way::Stream, polls));
}

#[test]
fn without_a_network_the_page_says_so_and_comes_back_at_once() {
    let mut world = World::new();
    (world.opens, world.beats, world.answers) = (false, false, false);
    world.run(120);
    assert_eq!(world.transport.way(), Way::None);
    (world.opens, world.beats, world.answers) = (true, true, true);
    world.run(12);
    assert_eq!(world.transport.way(), Way::Stream, "{:?}", world.transport);
}

#[test]
fn nobody_looks_so_nothing_is_asked() {
    let mut world = World::new();
    world.opens = false;
    world.transport = Transport::new(BEAT);
    world.open();
    world.is_seen = false;
    world.run(120);
    assert!(world.polls_at.is_empty());
    world.is_seen = true;
    world.run(1);
    assert_eq!((world.polls_at.len(), world.transport.way()), (1, Way::Polling));
}

#[test]
fn streams_that_are_refused_are_replaced_as_well() {
    let mut transport = Transport::new(BEAT);
    let mut now = 0.0;
    let mut polls = 0;
    let mut opens = Vec::new();
    transport.opened(now);
    transport.failed(true, now, 0.5);
    for _ in 0..600 {
        now += 1_000.0;
        let todo = transport.look_after(now, true, 0.5);
        if todo.open {
            opens.push(now);
            transport.opened(now);
            transport.failed(true, now, 0.5);
        }
        if todo.poll {
            polls += 1;
            transport.polled(Some(4_000), now, 0.5);
        }
    }
    assert_eq!(transport.way(), Way::Polling);
    assert!(polls > 100, "{polls}");
    assert!(opens.len() < 15, "{opens:?}");
}

#[test]
fn the_browser_may_open_it_again_by_itself_for_a_while() {
    let mut transport = Transport::new(BEAT);
    transport.opened(0.0);
    transport.message(10.0);
    transport.failed(false, 60_000.0, 0.5);
    assert_eq!(transport.way(), Way::None);
    assert_eq!(transport.look_after(79_000.0, true, 0.5), Todo::default());
    transport.message(79_500.0);
    assert_eq!(transport.way(), Way::Stream);
    transport.failed(false, 90_000.0, 0.5);
    transport.failed(false, 100_000.0, 0.5);
    let todo = transport.look_after(110_500.0, true, 0.5);
    assert!(todo.close && !todo.open, "{todo:?}");
    assert!(transport.look_after(121_000.0, true, 0.5).open);
}

#[test]
fn a_page_that_loads_what_it_shows_has_no_stream_and_goes_on_asking_afterwards() {
    let mut world = World::new();
    world.opens = false;
    world.transport = Transport::new(BEAT);
    world.open();
    world.run(7);
    assert!(world.transport.is_polling());
    world.transport.closed(world.now);
    let opens = world.opens_at.len();
    world.run(30);
    assert_eq!(world.opens_at.len(), opens, "it is opened when somebody says so");
    world.transport.reset();
    assert!(!world.transport.is_polling(), "the network may be another one");
    assert_eq!(world.transport.way(), Way::None);
}

#[test]
fn a_device_that_slept_knows_it() {
    let mut transport = Transport::new(BEAT);
    assert!(!transport.is_overdue(1e12));
    transport.opened(0.0);
    assert!(!transport.is_overdue(FIRST_WORD_MS) && transport.is_overdue(FIRST_WORD_MS + 1.0));
    transport.message(10.0);
    assert!(!transport.is_overdue(BEAT * 2.5) && transport.is_overdue(BEAT * 2.5 + 11.0));
    let looks = [100.0, 1_000.0, BEAT].map(|beat| Transport::new(beat).interval_ms());
    assert_eq!(looks, [250, 500, 1_000]);
}

#[test]
fn a_clock_set_back_does_not_stop_the_watch() {
    let mut transport = Transport::new(1_000.0);
    transport.opened(3_600_000.0);
    transport.message(3_600_000.0);
    assert_eq!(transport.look_after(10.0, true, 0.5), Todo::default());
    assert!(transport.look_after(2_511.0, true, 0.5).open);
}

proptest! {
    /// Whatever the network does, once it lets streams through for good the page has one, and asks no more.
    #[test]
    fn it_comes_to_rest_on_a_good_network(
        weather in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 1u32..200), 0..12)
    ) {
        let mut world = World::new();
        for (opens, beats, answers, is_seen, seconds) in weather {
            (world.opens, world.beats, world.answers, world.is_seen) = (opens, beats, answers, is_seen);
            world.run(seconds);
        }
        (world.opens, world.beats, world.answers, world.is_seen) = (true, true, true, true);
        world.run(700);
        prop_assert_eq!(world.transport.way(), Way::Stream);
        let polls = world.polls_at.len();
        world.run(120);
        prop_assert_eq!(world.polls_at.len(), polls);
    }

    /// It never opens nor asks in a tight loop.
    #[test]
    fn it_never_hurries(weather in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>(), 1u32..200), 0..12)) {
        let mut world = World::new();
        for (opens, beats, answers, seconds) in weather {
            (world.opens, world.beats, world.answers) = (opens, beats, answers);
            world.run(seconds);
        }
        prop_assert!(world.polls_at.windows(2).all(|at| at[1] - at[0] >= 1_000.0));
        let crowded = world.opens_at.windows(3).filter(|at| at[2] - at[0] < 5_000.0).count();
        prop_assert_eq!(crowded, 0, "{:?}", world.opens_at);
    }
}
