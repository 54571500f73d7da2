//! Everything that is counted, as Prometheus reads it.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};
use std::fmt;

use super::Metrics;
use super::listener::Exposed;
use super::meter::MeterCount;
use super::meters::{Scrape, Series};
use crate::histogram::Distribution;
use crate::limits::Limits;

/// What the text says of itself.
pub(super) const CONTENT_TYPE: &str = prometheus_text::CONTENT_TYPE;

/// The text.
///
/// # Errors
/// When the encoder does not take what it is given, which would be our mistake.
pub(super) fn encode(exposed: &Exposed) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("pulsestage");
    registry.register_collector(Box::new(Everything(exposed.clone())));
    let mut text = String::new();
    prometheus_text::encode(&mut text, &registry)?;
    Ok(text)
}

/// Reads it all when it is asked.
struct Everything(Exposed);

impl fmt::Debug for Everything {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Everything").finish_non_exhaustive()
    }
}

impl Collector for Everything {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut page = ExpositionText(encoder);
        let scrape = self.0.0.meters.scrape();
        streams(&mut page, &scrape)?;
        heartbeats(&mut page, &scrape)?;
        tailers(&mut page, &scrape)?;
        database(&mut page, &self.0.0)?;
        sizes(&mut page, &self.0.0)?;
        jobs(&mut page, &self.0.0)?;
        boards(&mut page, &self.0.0)?;
        refusals(&mut page, &self.0.1)
    }
}

fn streams(page: &mut ExpositionText<'_>, scrape: &Scrape) -> fmt::Result {
    let all = || scrape.tenants.iter().chain([&scrape.other]);
    page.gauges(
        "streams",
        "Open streams.",
        "tenant",
        all().map(|series| (series.label.as_str(), series.streams as u64)),
    )?;
    page.gauge("watched_tenants", "Tenants whose log is followed.", None, scrape.watched as f64)?;
    page.histogram("stream_duration", "How long streams lasted that have ended.", &scrape.total.stays)?;
    let by_tenant =
        |count: MeterCount| all().map(move |series: &Series| (series.label.as_str(), series.counts.of(count)));
    page.counters("events_published", "Messages that were published.", "tenant", by_tenant(MeterCount::Published))?;
    page.counters(
        "deliveries",
        "Messages written, counted for each stream.",
        "tenant",
        by_tenant(MeterCount::Deliveries),
    )?;
    page.counters("delivered_bytes", "Bytes of these messages.", "tenant", by_tenant(MeterCount::Bytes))?;
    let total = |count: MeterCount| scrape.total.counts.of(count);
    let replays = [("ring", total(MeterCount::RingReplays)), ("database", total(MeterCount::DatabaseReplays))];
    page.counters("replays", "Streams opened at a cursor and sent exactly what was missing.", "source", replays)?;
    page.counter(
        "resyncs",
        "Streams whose clients had to load the board: their cursor was of no use, or their log was replaced.",
        total(MeterCount::Resyncs),
    )?;
    page.counter("slow_streams_ended", "Streams ended because their client read too slowly.", total(MeterCount::Slow))
}

fn heartbeats(page: &mut ExpositionText<'_>, scrape: &Scrape) -> fmt::Result {
    let total = |count: MeterCount| scrape.total.counts.of(count);
    let outcomes = [("sent", total(MeterCount::BeatsSent)), ("skipped", total(MeterCount::BeatsSkipped))];
    page.counters("heartbeats", "Heartbeats; skipped where a stream had just been written to.", "outcome", outcomes)?;
    let help = "Age of the last heartbeat of the watched tenant that waits longest for its next.";
    page.gauge("heartbeat_age", help, Some(Unit::Seconds), scrape.beat_age.as_secs_f64())
}

fn tailers(page: &mut ExpositionText<'_>, scrape: &Scrape) -> fmt::Result {
    let help = "From a change to its being ready for every stream, for the oldest change of each batch.";
    page.histogram("tailer_lag", help, &scrape.total.lags)?;
    let help = "Logs of watched tenants that were found to be others than before: the database was replaced.";
    page.counter("logs_renewed", help, scrape.renewed)?;
    let help = "How long ago the log of a watched tenant was last read to its end, at the longest.";
    page.gauge("tailer_look_age", help, Some(Unit::Seconds), scrape.look_age.as_secs_f64())
}

fn database(page: &mut ExpositionText<'_>, metrics: &Metrics) -> fmt::Result {
    let read: Vec<_> = metrics.store.read().collect();
    let mut family =
        page.family("store_latency", "How long the database took.", Some(&Unit::Seconds), MetricType::Histogram)?;
    for (kind, times, _) in &read {
        histogram(&mut family.encode_family(&[("kind", *kind)])?, times)?;
    }
    let failures = read.iter().map(|(kind, _, failures)| (*kind, *failures));
    page.counters("store_failures", "Times that the database was busy, away or broken.", "kind", failures)?;
    let help = "Times that this instance found the database replaced or put back, and gave every log a new epoch.";
    page.counter("database_replaced", help, metrics.replaced.get())
}

fn jobs(page: &mut ExpositionText<'_>, metrics: &Metrics) -> fmt::Result {
    let help = "Attempts to send mail: done, to be tried again, or given up.";
    page.counters("mail_attempts", help, "outcome", metrics.mail.read())
}

fn boards(page: &mut ExpositionText<'_>, metrics: &Metrics) -> fmt::Result {
    let reads = metrics.boards.reads();
    page.counter("board_reads", "Boards that pages and programs asked for.", reads.asked)?;
    let help = "What they cost the database: looks at the end of a log, of which one answers all who wait for it; boards \
        brought up to date by what had changed; boards read as a whole.";
    let work = [("look", reads.looks), ("follow", reads.followed), ("load", reads.loaded)];
    page.counters("board_updates", help, "by", work)?;
    page.counter("boards_dropped", "Boards that made room in memory for others.", reads.dropped)?;
    page.gauge("boards_kept", "Boards that are kept in memory.", None, reads.kept as f64)?;
    page.gauge("boards_kept_bytes", "About how much memory they take.", None, reads.bytes as f64)
}

fn sizes(page: &mut ExpositionText<'_>, metrics: &Metrics) -> fmt::Result {
    let Some(sizes) = metrics.sizes.get() else { return Ok(()) };
    let rows = sizes.tables.iter().map(|table| (table.name.as_str(), table.rows));
    page.gauges("table_rows", "Rows of the large tables, estimated.", "table", rows)?;
    let bytes = sizes.tables.iter().filter_map(|table| Some((table.name.as_str(), table.bytes?)));
    page.gauges(
        "table_bytes",
        "Bytes of the large tables with their indexes, where the engine knows them.",
        "table",
        bytes,
    )?;
    page.gauge("database_bytes", "Bytes of the whole database.", None, sizes.bytes as f64)?;
    if let Some(free) = sizes.free_bytes {
        page.gauge("database_free_bytes", "Bytes in the database that are free to be used again.", None, free as f64)?;
    }
    if let Some(log) = sizes.log_bytes {
        page.gauge("database_log_bytes", "Bytes of the log of writes beside the database.", None, log as f64)?;
    }
    Ok(())
}

fn refusals(page: &mut ExpositionText<'_>, limits: &Limits) -> fmt::Result {
    let refused = limits.streams.refused();
    let by_limit = [
        ("streams", refused.streams),
        ("tenant", refused.tenant),
        ("participant", refused.participant),
        ("unknown", refused.unknown),
    ];
    page.counters("streams_refused", "Streams sent away to come back later.", "limit", by_limit)?;
    let connections = &limits.connections;
    page.gauge("connections", "Open connections, streams among them.", None, connections.count() as f64)?;
    let by_limit = [("connections", connections.shed().total), ("network", connections.shed().network)];
    let help = "Connections that waited for their clients and gave way to others, or found no room.";
    page.counters("connections_shed", help, "limit", by_limit)?;
    let held_back = limits.paces.held_back();
    let by_limit = [("participant", held_back.people), ("tenant", held_back.tenants), ("unknown", held_back.unknown)];
    page.counters("requests_refused", "Requests refused because they came too fast.", "limit", by_limit)
}

/// The text that is being written.
struct ExpositionText<'a>(DescriptorEncoder<'a>);

impl ExpositionText<'_> {
    fn family<'s>(
        &'s mut self,
        name: &'s str,
        help: &str,
        unit: Option<&'s Unit>,
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, unit, kind)
    }

    fn gauge(&mut self, name: &str, help: &str, unit: Option<Unit>, value: f64) -> fmt::Result {
        self.family(name, help, unit.as_ref(), MetricType::Gauge)?.encode_gauge(&value)
    }

    fn gauges<'l>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl Iterator<Item = (&'l str, u64)>,
    ) -> fmt::Result {
        let mut family = self.family(name, help, None, MetricType::Gauge)?;
        for (name, value) in values {
            family.encode_family(&[(label, name)])?.encode_gauge(&value)?;
        }
        Ok(())
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        counter(&mut self.family(name, help, None, MetricType::Counter)?, value)
    }

    fn counters<'l>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: impl IntoIterator<Item = (&'l str, u64)>,
    ) -> fmt::Result {
        let mut family = self.family(name, help, None, MetricType::Counter)?;
        for (name, value) in values {
            counter(&mut family.encode_family(&[(label, name)])?, value)?;
        }
        Ok(())
    }

    fn histogram(&mut self, name: &str, help: &str, values: &Distribution) -> fmt::Result {
        let unit = Unit::Seconds;
        histogram(&mut self.family(name, help, Some(&unit), MetricType::Histogram)?, values)
    }
}

fn counter(encoder: &mut MetricEncoder<'_>, value: u64) -> fmt::Result {
    encoder.encode_counter::<NoLabelSet, u64, u64>(&value, None)
}

fn histogram(encoder: &mut MetricEncoder<'_>, values: &Distribution) -> fmt::Result {
    let seconds = |bound: Option<u64>| bound.map_or(f64::INFINITY, |micros| micros as f64 / 1e6);
    let buckets: Vec<_> = values.classes().map(|(bound, count)| (seconds(bound), count)).collect();
    encoder.encode_histogram::<NoLabelSet>(values.seconds(), values.count(), &buckets, None)
}
