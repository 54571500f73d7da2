//! How a tenant's streams are doing, in figures and small charts.

use leptos::prelude::*;
use pulsestage::health::{Health, Pulse, Sample, Stay};

use super::sparkline::{Point, Sparkline};
use crate::ui::erase::{Erase, part};
use crate::ui::text::{plural, thousands};

/// Rates are taken over at least so many milliseconds: over less, one message looks like a storm.
const MIN_SPAN_MS: u64 = 1_500;

/// All figures.
#[component]
pub fn Vitals(
    /// How the streams are doing.
    health: Signal<Health>,
) -> impl IntoView {
    let of = move |read: fn(&Health) -> String| Signal::derive(move || health.with(read));
    let points = move |read: fn(&[Sample]) -> Vec<Point>| Signal::derive(move || health.with(|it| read(&it.samples)));
    let streams = points(open_streams);
    let published = points(|samples| rates(samples, |sample| sample.published));
    let written = points(|samples| rates(samples, |sample| sample.deliveries));
    view! {
        <div class="admin__cards">
            <Figure
                id="v-streams"
                title="Open streams"
                value=of(|it| count(it.streams))
                note=Signal::derive(move || format!("At most {} in the last {}", whole(most(&streams.get())), span(&streams.get())))
                chart=(streams, Signal::derive(move || spoken("Open streams", &streams.get())))
            />
            <Figure
                id="v-published"
                title="Published per second"
                value=Signal::derive(move || rate(latest(&published.get())))
                note=of(|it| format!("{} since the first page was opened", plural(clamped(it.published), "message", "messages")))
                chart=(published, Signal::derive(move || spoken("Messages published per second", &published.get())))
            />
            <Figure
                id="v-written"
                title="Delivered per second"
                value=Signal::derive(move || rate(latest(&written.get())))
                note=of(|it| format!("{} in all, {}", count(it.deliveries), bytes(it.bytes)))
                chart=(written, Signal::derive(move || spoken("Messages delivered per second", &written.get())))
            />
            <Heartbeat pulse=Signal::derive(move || health.with(|it| it.heartbeat.unwrap_or_default())) />
            <Figure
                id="v-lag"
                title="Delivery delay"
                value=of(|it| it.lag_ms.map_or_else(|| "No change yet".to_owned(), lasting))
                note=Signal::stored("Until the latest change was ready for all open pages".to_owned())
            />
            <Figure
                id="v-places"
                title="Resumed without a gap"
                value=of(|it| count(it.replays))
                note=of(places)
            />
            <Stays health=health />
        </div>
    }
    .erase()
}

/// What became of those who did not go on where they were.
fn places(health: &Health) -> String {
    let Health { resyncs, slow, .. } = health;
    let slow = plural(clamped(*slow), "stream was", "streams were");
    format!(
        "Reconnects that missed nothing. {} loaded the questions again, {slow} closed for being too slow",
        count(*resyncs)
    )
}

/// A figure with its words, and its chart if it has one.
#[component]
fn Figure(
    /// The id of its title.
    id: &'static str,
    /// What it is.
    title: &'static str,
    /// How much.
    value: Signal<String>,
    /// What else there is to know.
    note: Signal<String>,
    /// How it went lately, and that in words.
    #[prop(optional)]
    chart: Option<(Signal<Vec<Point>>, Signal<String>)>,
) -> impl IntoView {
    view! {
        <section class="panel vital" aria-labelledby=id>
            <h2 class="vital__title" id=id>
                {title}
            </h2>
            <p class="vital__value">{value}</p>
            {chart.map(|(points, words)| view! { <Sparkline points=points words=words /> }.erase())}
            <p class="vital__note">{note}</p>
        </section>
    }
    .erase()
}

/// Whether the heartbeat comes when it should.
#[component]
fn Heartbeat(
    /// The heartbeat.
    pulse: Signal<Pulse>,
) -> impl IntoView {
    let class =
        Signal::derive(move || if pulse.get().is_late() { "vital__value vital__value--late" } else { "vital__value" });
    let word = Signal::derive(move || if pulse.get().is_late() { "Late" } else { "On time" });
    let note = Signal::derive(move || {
        let Pulse { every_ms, age_ms, sent, skipped } = pulse.get();
        format!(
            "Last {} ago, every {}. {} sent, {} not needed",
            lasting(age_ms),
            lasting(every_ms),
            count(sent),
            count(skipped),
        )
    });
    view! {
        <section class="panel vital" aria-labelledby="v-beat">
            <h2 class="vital__title" id="v-beat">
                "Heartbeat"
            </h2>
            <p class=class>{word}</p>
            <p class="vital__note">{note}</p>
        </section>
    }
    .erase()
}

/// How long pages stay open.
#[component]
fn Stays(
    /// How the streams are doing.
    health: Signal<Health>,
) -> impl IntoView {
    let mean = Signal::derive(move || {
        let mean = health.with(|health| health.mean_stay_ms);
        mean.map_or_else(|| "No page was closed yet".to_owned(), |mean| format!("{} on average", lasting(mean)))
    });
    view! {
        <section class="panel vital vital--wide" aria-labelledby="v-stays">
            <h2 class="vital__title" id="v-stays">
                "How long pages stay open"
            </h2>
            <p class="vital__value">{mean}</p>
            {part(move || bars(&health.with(|health| health.stays.clone())))}
        </section>
    }
    .erase()
}

fn bars(stays: &[Stay]) -> Option<AnyView> {
    let all: u64 = stays.iter().map(|stay| stay.streams).sum();
    let bar = |(before, stay): (Option<u64>, &Stay)| {
        let share = stay.streams as f64 / all as f64;
        view! {
            <div>
                <dt>{class_name(before, stay.up_to_s)}</dt>
                <dd>
                    <svg class="bars__bar" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
                        <path d=format!("M0 0h{share:.3}v1H0z")></path>
                    </svg>
                    {count(stay.streams)}
                </dd>
            </div>
        }
        .erase()
    };
    let before = [None].into_iter().chain(stays.iter().map(|stay| stay.up_to_s));
    (all > 0).then(|| view! { <dl class="bars">{before.zip(stays).map(bar).collect_view()}</dl> }.erase())
}

fn class_name(before: Option<u64>, up_to: Option<u64>) -> String {
    let words = |seconds: u64| lasting(seconds.saturating_mul(1_000));
    match (before, up_to) {
        (_, Some(up_to)) => format!("up to {}", words(up_to)),
        (Some(before), None) => format!("over {}", words(before)),
        (None, None) => "any time".to_owned(),
    }
}

fn open_streams(samples: &[Sample]) -> Vec<Point> {
    samples.iter().map(|sample| (sample.at_ms as f64, sample.streams as f64)).collect()
}

/// How fast a count grew, by the second.
fn rates(samples: &[Sample], of: fn(&Sample) -> u64) -> Vec<Point> {
    let Some(mut before) = samples.first() else { return Vec::new() };
    let mut rates = Vec::new();
    for sample in samples {
        let span = sample.at_ms.saturating_sub(before.at_ms);
        if span >= MIN_SPAN_MS {
            let grown = of(sample).saturating_sub(of(before));
            rates.push((sample.at_ms as f64, grown as f64 * 1_000.0 / span as f64));
            before = sample;
        }
    }
    rates
}

fn most(points: &[Point]) -> f64 {
    points.iter().map(|(_, value)| *value).fold(0.0, f64::max)
}

fn latest(points: &[Point]) -> f64 {
    points.last().map_or(0.0, |(_, value)| *value)
}

/// The time that a chart covers.
fn span(points: &[Point]) -> String {
    let (first, last) = (points.first().map_or(0.0, |(at, _)| *at), points.last().map_or(0.0, |(at, _)| *at));
    lasting(((last - first) as u64).max(1_000))
}

/// A chart in words.
fn spoken(what: &str, points: &[Point]) -> String {
    format!("{what} in the last {}: {} now, {} at most", span(points), rate(latest(points)), rate(most(points)))
}

/// A rate: small ones with a decimal.
fn rate(value: f64) -> String {
    if value > 0.0 && value < 10.0 && value.fract() >= 0.05 { format!("{value:.1}") } else { whole(value) }
}

fn whole(value: f64) -> String {
    thousands(value.round() as i64)
}

fn count(n: u64) -> String {
    thousands(clamped(n))
}

fn clamped(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A time in the largest unit that it fills: `4 min`.
fn lasting(millis: u64) -> String {
    match millis / 1_000 {
        0 => format!("{millis} ms"),
        secs @ ..120 => format!("{secs} s"),
        secs @ ..7_200 => format!("{} min", secs / 60),
        secs => format!("{} h", secs / 3_600),
    }
}

/// An amount of data: `1.2 MB`.
fn bytes(n: u64) -> String {
    let mut amount = n as f64;
    for unit in ["B", "KB", "MB", "GB"] {
        if amount < 1_000.0 {
            return format!("{} {unit}", rate(amount));
        }
        amount /= 1_000.0;
    }
    format!("{} TB", rate(amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at_ms: u64, published: u64) -> Sample {
        Sample { at_ms, published, ..Sample::default() }
    }

    #[test]
    fn rates_are_by_the_second_and_never_over_a_blink() {
        let samples = [sample(0, 0), sample(3_000, 6), sample(3_100, 9), sample(6_000, 9)];
        assert_eq!(rates(&samples, |sample| sample.published), [(3_000.0, 2.0), (6_000.0, 1.0)]);
        assert_eq!(rates(&[sample(0, 5)], |sample| sample.published), []);
        assert_eq!(rates(&[], |sample| sample.published), []);
        let restarted = [sample(0, 9), sample(3_000, 2)];
        assert_eq!(rates(&restarted, |sample| sample.published), [(3_000.0, 0.0)]);
    }

    #[test]
    fn figures_read_as_people_say_them() {
        for (millis, words) in [(0, "0 ms"), (7, "7 ms"), (1_000, "1 s"), (119_000, "119 s"), (900_000, "15 min")] {
            assert_eq!(lasting(millis), words);
        }
        assert_eq!((lasting(7_200_000), bytes(999), bytes(1_250_000)), ("2 h".into(), "999 B".into(), "1.2 MB".into()));
        assert_eq!(
            (rate(0.0), rate(0.26), rate(3.0), rate(1_234.5)),
            ("0".into(), "0.3".into(), "3".into(), "1,235".into())
        );
        assert_eq!(class_name(None, Some(10)), "up to 10 s");
        assert_eq!(class_name(Some(14_400), None), "over 4 h");
        assert_eq!(
            spoken("Open streams", &[(0.0, 2.0), (60_000.0, 1.0)]),
            "Open streams in the last 60 s: 1 now, 2 at most"
        );
    }
}
