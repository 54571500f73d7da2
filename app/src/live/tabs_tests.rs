//! Tabs of one browser that share one stream: leaders close, freeze and hang, messages are lost, doubled and late, people
//! sign in. In the end every tab has everything, once, and at no time what its reader may not see.

use super::super::tab_leader::{Asked, Leader, Reply, Told};
use super::*;
use proptest::prelude::*;
use pulsestage::event::{Cursor, Envelope, Epoch, Event, QuestionUpvoted};
use pulsestage::id::{QuestionId, TenantId};
use pulsestage::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const TABS: usize = 4;

/// What a tab knows: facts by their number with how often each was taken in, and counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    seq: i64,
    facts: BTreeSet<i64>,
    counts: BTreeMap<u128, i64>,
}

impl Known {
    fn read(&mut self, id: &str, data: &str) {
        if let Some((question, count)) = data.split_once('=') {
            self.counts.insert(question.parse().unwrap(), count.parse().unwrap());
        } else if let Ok(cursor) = id.parse::<Cursor>() {
            // A gap may not be passed over: what is behind it would never come.
            if cursor.seq > self.seq {
                assert_eq!(cursor.seq, self.seq + 1, "a fact is missing");
                self.seq = cursor.seq;
                assert!(self.facts.insert(cursor.seq), "a fact came twice");
            }
        }
    }
}

enum Role {
    Leading(Leader),
    Following(Follower),
}

struct Tab {
    name: String,
    role: Role,
    known: Known,
    /// How many messages of the server its stream has brought; none when it has no stream.
    stream: Option<usize>,
    /// Whose stream it is.
    stream_viewer: String,
    is_open: bool,
    is_frozen: bool,
    inbox: Vec<(String, String)>,
}

struct Browser {
    now: f64,
    tabs: Vec<Tab>,
    lock: Option<usize>,
    /// What the server has told since the beginning: a fact's number or a count.
    log: Vec<Result<i64, (u128, i64)>>,
    counts: BTreeMap<u128, i64>,
    seq: i64,
    viewer: String,
    /// How many of the next messages between tabs are lost or doubled.
    lost: usize,
    doubled: usize,
    late: bool,
    server_answers: bool,
    leaders: usize,
}

fn cursor(seq: i64) -> Cursor {
    Cursor { epoch: Epoch(7), seq }
}

fn envelope(event: Event) -> Envelope {
    Envelope { tenant_id: TenantId(Uuid::nil()), event, timestamp: Timestamp(0) }
}

impl Browser {
    fn new() -> Self {
        let tabs = (0..TABS).map(|n| Tab {
            name: n.to_string(),
            role: Role::Following(Follower::new(n.to_string(), n as f64 / TABS as f64)),
            known: Known::default(),
            stream: None,
            stream_viewer: String::new(),
            is_open: true,
            is_frozen: false,
            inbox: Vec::new(),
        });
        let mut browser = Self {
            now: 1_000_000.0,
            tabs: tabs.collect(),
            lock: None,
            log: Vec::new(),
            counts: BTreeMap::new(),
            seq: 0,
            viewer: "guest".to_owned(),
            lost: 0,
            doubled: 0,
            late: false,
            server_answers: true,
            leaders: 0,
        };
        for tab in 0..TABS {
            browser.catch_up(tab);
        }
        browser
    }

    /// Says something to all other tabs that hear this channel.
    fn post(&mut self, from: usize, channel: &str, text: &str) {
        if self.lost > 0 {
            self.lost -= 1;
            return;
        }
        let times = if self.doubled > 0 { 2 } else { 1 };
        self.doubled = self.doubled.saturating_sub(1);
        for _ in 0..times {
            for tab in (0..TABS).filter(|tab| *tab != from) {
                let late = self.late;
                let inbox = &mut self.tabs[tab].inbox;
                // Of two channels either may be quicker.
                let place = if late { inbox.len().saturating_sub(1) } else { inbox.len() };
                inbox.insert(place, (channel.to_owned(), text.to_owned()));
            }
        }
    }

    fn writes(&mut self, what: Result<u128, ()>) {
        match what {
            Ok(question) => {
                let count = self.counts.entry(question).or_default();
                *count += 1;
                self.log.push(Err((question, *count)));
            }
            Err(()) => {
                self.seq += 1;
                self.log.push(Ok(self.seq));
            }
        }
    }

    /// What the server answers to a tab: facts after its cursor, then the counts.
    fn missed(&self, seq: i64) -> Vec<(String, String)> {
        let facts = (seq + 1..=self.seq).map(|seq| (cursor(seq).to_string(), format!("fact {seq}")));
        let counts = self.counts.iter().map(|(question, count)| (String::new(), format!("{question}={count}")));
        facts.chain(counts).collect()
    }

    fn catch_up(&mut self, tab: usize) {
        let now = self.now;
        let Role::Following(follower) = &mut self.tabs[tab].role else { return };
        let step = follower.catch_up(now);
        self.does(tab, step);
    }

    fn does(&mut self, tab: usize, step: Step<'_>) {
        let now = self.now;
        match step {
            Step::Nothing | Step::Show(_) => {}
            Step::CatchUp => {
                let missed = self.missed(self.tabs[tab].known.seq);
                let (answers, viewer) = (self.server_answers, self.viewer.clone());
                let it = &mut self.tabs[tab];
                let Role::Following(follower) = &mut it.role else { return };
                if answers {
                    missed.iter().for_each(|(id, data)| it.known.read(id, data));
                    let step = follower.caught_up(&viewer, now);
                    self.does(tab, step);
                } else {
                    follower.not_caught_up(1_000, now);
                }
            }
            Step::Ask => {
                let at = cursor(self.tabs[tab].known.seq).to_string();
                let Role::Following(follower) = &self.tabs[tab].role else { return };
                let ask = follower.ask(&at);
                self.post(tab, "", &ask);
            }
            Step::Ping => self.post(tab, "", &TabMessage::Ping { is_seen: true }.write()),
            Step::Lead => {
                let before = self.lock.replace(tab);
                if let Some(before) = before.filter(|before| *before != tab) {
                    self.loses_lock(before);
                }
                self.leads(tab);
            }
            Step::Read(messages, _) => messages.iter().for_each(|(id, data)| self.tabs[tab].known.read(id, data)),
        }
    }

    fn leads(&mut self, tab: usize) {
        // A frozen tab is granted the lock and does nothing with it.
        if self.tabs[tab].is_frozen {
            return;
        }
        self.leaders += 1;
        let leader = Leader::new(format!("leader {}", self.leaders));
        let here = leader.here(self.now as u64);
        self.tabs[tab].role = Role::Leading(leader);
        self.post(tab, "", &here);
        if self.server_answers {
            self.opens_stream(tab);
        }
    }

    fn opens_stream(&mut self, tab: usize) {
        let seq = self.tabs[tab].known.seq;
        self.tabs[tab].stream = Some(self.log.len());
        self.tabs[tab].stream_viewer = self.viewer.clone();
        let viewer = self.viewer.clone();
        let Role::Leading(leader) = &mut self.tabs[tab].role else { return };
        leader.opened(&cursor(seq).to_string());
        leader.is_for(&viewer);
        let missed = self.missed(seq);
        self.streams(tab, &cursor(seq).to_string(), "connected", Event::Connected);
        for (id, data) in missed {
            self.streams_message(tab, &id, &data);
        }
    }

    fn streams_message(&mut self, tab: usize, id: &str, data: &str) {
        let question_id = QuestionId(Uuid::nil());
        let event = match id {
            "" => Event::Upvoted(QuestionUpvoted { question_id, upvotes: 0 }),
            _ => Event::Cursor,
        };
        self.streams(tab, id, data, event);
    }

    fn streams(&mut self, tab: usize, id: &str, data: &str, event: Event) {
        let now = self.now as u64;
        if !matches!(event, Event::Connected) {
            self.tabs[tab].known.read(id, data);
        }
        // A browser gives a count the id of the fact before it.
        let of_stream = if id.is_empty() { cursor(self.tabs[tab].known.seq).to_string() } else { id.to_owned() };
        let Role::Leading(leader) = &mut self.tabs[tab].role else { return };
        let told = leader.took(&of_stream, data, Some(&envelope(event)), now);
        let (viewer, here) = (leader.viewer().to_owned(), leader.here(now));
        match told {
            Told::Nothing => {}
            Told::Relay(text) => self.post(tab, &viewer, &text),
            Told::Restart => self.post(tab, "", &here),
        }
    }

    fn loses_lock(&mut self, tab: usize) {
        if !self.tabs[tab].is_open || self.tabs[tab].is_frozen {
            return;
        }
        let Role::Leading(leader) = &self.tabs[tab].role else { return };
        let gone = leader.gone();
        let name = self.tabs[tab].name.clone();
        self.tabs[tab].stream = None;
        self.tabs[tab].role = Role::Following(Follower::new(name, 0.5));
        self.post(tab, "", &gone);
        self.catch_up(tab);
    }

    /// Everybody hears what was said, and what the server says.
    fn settle(&mut self) {
        for tab in 0..TABS {
            if !self.tabs[tab].is_open || self.tabs[tab].is_frozen {
                continue;
            }
            // A tab that was frozen when it lost the lock learns of it when it goes on.
            if matches!(self.tabs[tab].role, Role::Leading(_)) && self.lock != Some(tab) {
                self.loses_lock(tab);
            }
            // Or when it is granted it.
            if matches!(self.tabs[tab].role, Role::Following(_)) && self.lock == Some(tab) {
                self.leads(tab);
            }
            for (channel, text) in std::mem::take(&mut self.tabs[tab].inbox) {
                self.hears(tab, &channel, &text);
            }
            while let Some(at) = self.tabs[tab].stream.filter(|at| *at < self.log.len()) {
                // A stream ends with the rights that it was opened with.
                if self.tabs[tab].stream_viewer != self.viewer {
                    self.opens_stream(tab);
                    continue;
                }
                self.tabs[tab].stream = Some(at + 1);
                match self.log[at] {
                    Ok(seq) if seq > self.tabs[tab].known.seq => {
                        self.streams_message(tab, &cursor(seq).to_string(), &format!("fact {seq}"));
                    }
                    Ok(_) => {}
                    Err((question, count)) => self.streams_message(tab, "", &format!("{question}={count}")),
                }
            }
        }
        // The lock goes to whoever waits, awake or not.
        if self.lock.is_none_or(|holder| !self.tabs[holder].is_open) {
            self.lock = (0..TABS).find(|tab| self.tabs[*tab].is_open);
            if let Some(tab) = self.lock {
                self.leads(tab);
            }
        }
    }

    fn hears(&mut self, tab: usize, channel: &str, text: &str) {
        let now = self.now;
        let message = TabMessage::read(text).unwrap();
        match &mut self.tabs[tab].role {
            Role::Following(follower) => {
                if channel.is_empty() || channel == follower.viewer() {
                    let step = follower.heard(message, now);
                    self.does(tab, step);
                }
            }
            Role::Leading(leader) => match message {
                TabMessage::Ask { tab: from, viewer, cursor, since, leader: of_leader, number } => {
                    let of = leader.viewer().to_owned();
                    let ask = Asked { tab: from, viewer, cursor, since, leader: of_leader, number };
                    match leader.asked(ask, now as u64) {
                        Reply::ToAll(text) => self.post(tab, "", &text),
                        Reply::ToViewers(text) => self.post(tab, &of, &text),
                    }
                }
                TabMessage::Ping { is_seen } => {
                    let here = leader.pinged(is_seen, now);
                    self.post(tab, "", &here);
                }
                _ => {}
            },
        }
    }

    fn run(&mut self, ms: u32) {
        for _ in 0..ms.div_ceil(250) {
            self.now += 250.0;
            self.settle();
            for tab in 0..TABS {
                let (is_open, is_frozen) = (self.tabs[tab].is_open, self.tabs[tab].is_frozen);
                if !is_open || is_frozen {
                    continue;
                }
                let (now, has_stream) = (self.now, self.tabs[tab].stream.is_some());
                match &mut self.tabs[tab].role {
                    Role::Following(follower) => {
                        let step = follower.look_after(now, true);
                        self.does(tab, step);
                    }
                    Role::Leading(_) if !has_stream && self.server_answers => self.opens_stream(tab),
                    Role::Leading(_) => {}
                }
            }
        }
    }

    /// Every open tab has everything, and one of them leads.
    fn is_whole(&self) -> Result<(), String> {
        for tab in self.tabs.iter().filter(|tab| tab.is_open && !tab.is_frozen) {
            if tab.known.seq != self.seq || tab.known.counts != self.counts {
                return Err(format!("tab {} has {:?} of {} and {:?}", tab.name, tab.known, self.seq, self.counts));
            }
            if let Role::Following(follower) = &tab.role
                && (!follower.is_following() || follower.viewer() != self.viewer)
            {
                return Err(format!("tab {} does not follow: {follower:?}", tab.name));
            }
        }
        let leaders =
            self.tabs.iter().filter(|tab| tab.is_open && !tab.is_frozen && matches!(tab.role, Role::Leading(_)));
        match leaders.count() {
            1 => Ok(()),
            count => Err(format!("{count} lead")),
        }
    }
}

#[test]
fn one_stream_tells_all_tabs() {
    let mut browser = Browser::new();
    browser.run(2_000);
    browser.is_whole().unwrap();
    for n in 0..10 {
        browser.writes(if n % 2 == 0 { Err(()) } else { Ok(n) });
        browser.settle();
        browser.settle();
        browser.is_whole().unwrap();
    }
    assert_eq!(browser.tabs.iter().filter(|tab| tab.stream.is_some()).count(), 1);
}

#[test]
fn a_leader_that_closes_is_followed_by_another_at_once() {
    let mut browser = Browser::new();
    browser.run(2_000);
    for _ in 1..TABS {
        let leader = browser.lock.unwrap();
        browser.writes(Err(()));
        browser.tabs[leader].is_open = false;
        browser.run(1_000);
        browser.writes(Err(()));
        browser.run(250);
        browser.is_whole().unwrap();
    }
}

#[test]
fn a_leader_that_hangs_is_replaced_within_seconds_and_follows_when_it_goes_on() {
    let mut browser = Browser::new();
    browser.run(2_000);
    let leader = browser.lock.unwrap();
    browser.tabs[leader].is_frozen = true;
    browser.writes(Err(()));
    browser.writes(Ok(1));
    browser.run(7_000);
    browser.is_whole().unwrap();
    browser.tabs[leader].is_frozen = false;
    browser.run(1_000);
    browser.is_whole().unwrap();
    assert!(matches!(browser.tabs[leader].role, Role::Following(_)));
}

#[test]
fn a_tab_that_comes_later_is_told_what_it_missed() {
    let mut browser = Browser::new();
    browser.tabs[3].is_open = false;
    browser.run(2_000);
    for n in 0..5 {
        browser.writes(Err(()));
        browser.writes(Ok(n));
    }
    browser.run(1_000);
    browser.tabs[3].is_open = true;
    browser.tabs[3].inbox.clear();
    browser.catch_up(3);
    browser.writes(Err(()));
    browser.run(1_000);
    browser.is_whole().unwrap();
}

#[test]
fn whoever_signs_in_is_told_by_a_stream_of_their_own() {
    let mut browser = Browser::new();
    browser.run(2_000);
    let leader = browser.lock.unwrap();
    browser.viewer = "moderator".to_owned();
    // The page of whoever has signed in is a new one.
    let newcomer = (leader + 1) % TABS;
    browser.tabs[newcomer].role = Role::Following(Follower::new(newcomer.to_string(), 0.1));
    browser.catch_up(newcomer);
    browser.run(6_000);
    browser.is_whole().unwrap();
}

#[test]
fn a_page_that_loads_what_it_shows_is_told_nothing() {
    let mut browser = Browser::new();
    browser.run(2_000);
    let tab = (browser.lock.unwrap() + 1) % TABS;
    let Role::Following(follower) = &mut browser.tabs[tab].role else { panic!("it leads") };
    follower.rest();
    browser.writes(Err(()));
    browser.run(2_000);
    assert_eq!(browser.tabs[tab].known.seq, 0);
    browser.catch_up(tab);
    browser.run(2_000);
    browser.is_whole().unwrap();
}

#[derive(Clone, Copy, Debug)]
enum Chance {
    Fact,
    Count(u128),
    Close(usize),
    Freeze(usize, bool),
    Lose(usize),
    Double(usize),
    Late(bool),
    SignIn(bool),
    Server(bool),
    Run(u32),
}

fn chance() -> impl Strategy<Value = Chance> {
    prop_oneof![
        4 => Just(Chance::Fact),
        4 => (0..3_u128).prop_map(Chance::Count),
        1 => (1..TABS).prop_map(Chance::Close),
        2 => (0..TABS, any::<bool>()).prop_map(|(tab, on)| Chance::Freeze(tab, on)),
        2 => (1..8_usize).prop_map(Chance::Lose),
        1 => (1..8_usize).prop_map(Chance::Double),
        1 => any::<bool>().prop_map(Chance::Late),
        1 => any::<bool>().prop_map(Chance::SignIn),
        1 => any::<bool>().prop_map(Chance::Server),
        6 => (1..9_000_u32).prop_map(Chance::Run),
    ]
}

proptest! {
    #[test]
    fn nothing_is_lost_or_doubled_whatever_happens(chances in prop::collection::vec(chance(), 0..60)) {
        let mut browser = Browser::new();
        for chance in chances {
            match chance {
                Chance::Fact => browser.writes(Err(())),
                Chance::Count(question) => browser.writes(Ok(question)),
                Chance::Close(tab) => browser.tabs[tab].is_open = false,
                Chance::Freeze(tab, on) => browser.tabs[tab].is_frozen = on,
                Chance::Lose(count) => browser.lost = count,
                Chance::Double(count) => browser.doubled = count,
                Chance::Late(on) => browser.late = on,
                Chance::SignIn(on) => browser.viewer = if on { "moderator" } else { "guest" }.to_owned(),
                Chance::Server(on) => browser.server_answers = on,
                Chance::Run(ms) => browser.run(ms),
            }
            browser.settle();
        }
        (browser.lost, browser.doubled, browser.late, browser.server_answers) = (0, 0, false, true);
        for tab in &mut browser.tabs {
            tab.is_frozen = false;
        }
        browser.writes(Err(()));
        browser.run(60_000);
        if let Err(why) = browser.is_whole() {
            return Err(TestCaseError::fail(why));
        }
    }
}
