//! The meters of all watched tenants, and which of them are told apart.
//!
//! Every label is a series that somebody else's database keeps. So at most [`MAX_TENANT_LABELS`] tenants have one:
//! those with the most streams when a label is free, for as long as somebody watches them. All others are one series,
//! `other`, which never goes back: what was told there once stays there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::meter::{Meter, MeterCounts, Reading};
use pulsestage::health::Health;
use pulsestage::id::TenantId;
use pulsestage::ports::StreamHealth;

/// Most tenants with a label of their own.
pub const MAX_TENANT_LABELS: usize = 50;

/// All meters. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Meters {
    book: Arc<Mutex<Book>>,
    heartbeat: Duration,
}

#[derive(Debug, Default)]
struct Book {
    watched: HashMap<TenantId, MeterEntry>,
    /// What those counted that nobody watches any more.
    gone: Reading,
    /// The part of it that was told as `other`.
    gone_other: MeterCounts,
    /// Logs that were replaced while somebody watched.
    renewed: u64,
}

#[derive(Debug)]
struct MeterEntry {
    meter: Arc<Meter>,
    has_label: bool,
    /// What was told of it as `other`.
    other: MeterCounts,
}

/// What a look at all meters has found.
#[derive(Debug, Default)]
pub(super) struct Scrape {
    /// Tenants with a label of their own.
    pub(super) tenants: Vec<Series>,
    /// All others.
    pub(super) other: Series,
    /// Everything there is, and was.
    pub(super) total: Reading,
    /// How many tenants are watched.
    pub(super) watched: usize,
    /// How many logs were replaced while somebody watched.
    pub(super) renewed: u64,
    /// The age of the oldest last heartbeat.
    pub(super) beat_age: Duration,
    /// The age of the oldest last look at the database.
    pub(super) look_age: Duration,
}

/// What is told under one label.
#[derive(Debug, Default)]
pub(super) struct Series {
    pub(super) label: String,
    pub(super) streams: usize,
    pub(super) counts: MeterCounts,
}

impl Meters {
    /// Of nobody yet, with so much time between heartbeats.
    #[must_use]
    pub fn new(heartbeat: Duration) -> Self {
        Self { book: Arc::default(), heartbeat }
    }

    /// Takes in the meter of a tenant that somebody begins to watch.
    pub fn add(&self, tenant: TenantId, meter: Arc<Meter>) {
        let mut book = self.lock();
        let before = book.watched.insert(tenant, MeterEntry { meter, has_label: false, other: MeterCounts::default() });
        before.into_iter().for_each(|entry| book.close(&entry));
    }

    /// Lets go of a tenant that nobody watches any more, and of its label.
    pub fn remove(&self, tenant: TenantId) {
        let mut book = self.lock();
        let entry = book.watched.remove(&tenant);
        entry.into_iter().for_each(|entry| book.close(&entry));
    }

    /// The log of a tenant that somebody watches was replaced by another.
    pub fn renewed(&self) {
        self.lock().renewed += 1;
    }

    /// Changes at all of them.
    pub(super) fn scrape(&self) -> Scrape {
        let mut book = self.lock();
        book.give_labels();
        let mut scrape = Scrape {
            other: Series { label: "other".to_owned(), streams: 0, counts: book.gone_other },
            total: book.gone.clone(),
            watched: book.watched.len(),
            renewed: book.renewed,
            ..Scrape::default()
        };
        for (tenant, entry) in &mut book.watched {
            let (reading, streams) = (entry.meter.read(), entry.meter.streams());
            scrape.total.add(&reading);
            scrape.beat_age = scrape.beat_age.max(entry.meter.beat_age());
            scrape.look_age = scrape.look_age.max(entry.meter.look_age());
            if entry.has_label {
                let counts = reading.counts.since(&entry.other);
                scrape.tenants.push(Series { label: tenant.to_string(), streams, counts });
            } else {
                entry.other = reading.counts;
                scrape.other.streams += streams;
            }
            scrape.other.counts.add(&entry.other);
        }
        scrape.tenants.sort_unstable_by(|one, another| one.label.cmp(&another.label));
        scrape
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn close(&mut self, entry: &MeterEntry) {
        let reading = entry.meter.read();
        self.gone_other.add(if entry.has_label { &entry.other } else { &reading.counts });
        self.gone.add(&reading);
    }

    fn give_labels(&mut self) {
        let free = MAX_TENANT_LABELS.saturating_sub(self.watched.values().filter(|entry| entry.has_label).count());
        if free == 0 {
            return;
        }
        let mut waiting: Vec<&mut MeterEntry> = self.watched.values_mut().filter(|entry| !entry.has_label).collect();
        waiting.sort_by_cached_key(|entry| std::cmp::Reverse(entry.meter.streams()));
        waiting.into_iter().take(free).for_each(|entry| entry.has_label = true);
    }
}

impl StreamHealth for Meters {
    fn health(&self, tenant: TenantId) -> Health {
        let meter = self.lock().watched.get(&tenant).map(|entry| entry.meter.clone());
        meter.map(|meter| meter.health(self.heartbeat)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::meter::MeterCount;
    use super::*;
    use uuid::Uuid;

    fn tenant(number: usize) -> TenantId {
        TenantId(Uuid::from_u128(number as u128))
    }

    fn watched(meters: &Meters, number: usize, streams: usize) -> Arc<Meter> {
        let meter = Arc::new(Meter::default());
        (0..streams).for_each(|_| meter.join());
        meters.add(tenant(number), meter.clone());
        meter
    }

    fn published(series: &Series) -> u64 {
        series.counts.of(MeterCount::Published)
    }

    #[test]
    fn those_with_the_most_streams_have_a_label_and_the_rest_is_one() {
        let meters = Meters::new(Duration::from_secs(30));
        for number in 0..MAX_TENANT_LABELS + 10 {
            watched(&meters, number, number).published(1, None);
        }
        let scrape = meters.scrape();
        assert_eq!(scrape.tenants.len(), MAX_TENANT_LABELS);
        assert!(scrape.tenants.iter().all(|series| series.streams >= 10));
        assert_eq!((scrape.other.streams, published(&scrape.other)), ((0..10).sum(), 10));
        assert_eq!(scrape.watched, MAX_TENANT_LABELS + 10);
    }

    #[test]
    fn no_series_goes_back_whoever_comes_and_goes() {
        let meters = Meters::new(Duration::from_secs(30));
        let small = watched(&meters, 1_000, 0);
        (0..MAX_TENANT_LABELS).for_each(|number| _ = watched(&meters, number, 5));
        small.published(3, None);
        assert_eq!(published(&meters.scrape().other), 3);
        meters.remove(tenant(7));
        small.published(4, None);
        // It has the free label from now on; what was told as `other` stays there.
        let scrape = meters.scrape();
        let own = scrape.tenants.iter().find(|series| series.label == tenant(1_000).to_string()).unwrap();
        assert_eq!((published(own), published(&scrape.other)), (4, 3));
        meters.remove(tenant(1_000));
        let scrape = meters.scrape();
        assert_eq!((published(&scrape.other), scrape.total.counts.of(MeterCount::Published)), (3, 7));
        assert!(scrape.tenants.iter().all(|series| series.label != tenant(1_000).to_string()), "its label is free");
    }

    #[test]
    fn nobody_watches_is_all_zeros() {
        assert_eq!(Meters::new(Duration::from_secs(30)).health(tenant(1)), Health::default());
    }
}
