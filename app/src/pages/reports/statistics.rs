//! Statistics: how much was asked and answered, how fast, by whom and where.

use leptos::prelude::*;
use pulsestage::statistics::{Bucket, ByModerator, ByTeam, Range, Statistics, StatisticsView, Volume, Waits};

use super::{choice, moment, team_options};
use crate::address::PageQuery;
use crate::api;
use crate::components::sparkline::Sparkline;
use crate::pages::admin::Reader;
use crate::pages::frame::{Frame, Here, PageFuture};
use crate::ui::erase::Erase;
use crate::ui::field::send;

/// A figure: its name, and where it is in a volume.
type Figure = (&'static str, fn(&Volume) -> i64);

/// What is drawn over time.
const FIGURES: [Figure; 6] = [
    ("Questions asked", |volume| volume.asked),
    ("Shown", |volume| volume.shown),
    ("Declined", |volume| volume.declined),
    ("Answered", |volume| volume.answered),
    ("Votes", |volume| volume.votes),
    ("Participants", |volume| volume.participants),
];

/// The page.
pub(in crate::pages) fn page(here: Here) -> PageFuture {
    let field = |query: &PageQuery, name| query.get(name).unwrap_or_default().to_owned();
    let load = |slug, (range, team)| api::load_statistics(slug, range, team);
    here.load_by(move |query| (field(query, "range"), field(query, "team")), load, |view, _, frame| draw(view, frame))
}

fn draw(view: StatisticsView, frame: Frame) -> AnyView {
    let StatisticsView { tenant, role, teams, team, statistics } = view;
    let Statistics { range, total, buckets, waits, moderators, teams: by_team } = statistics;
    let ranges = Range::ALL.map(|range| (range.as_str().to_owned(), words(range).to_owned()));
    let team = team.map(|team| team.to_string()).unwrap_or_default();
    let charts: Vec<AnyView> = FIGURES.into_iter().map(|figure| chart(figure, &total, &buckets)).collect();
    let content = view! {
        <form class="admin__row" method="get" action=frame.address() role="search" aria-label="Filter">
            {choice("range", "Period", "", range.as_str(), ranges)}
            {choice("team", "Team", "All teams", &team, team_options(teams))}
            <div class="form__row">{send("btn btn--main", None, "Show")}</div>
        </form>
        <section class="admin__cards" aria-label="Figures">
            {charts}
            <div class="panel vital">
                <h2 class="vital__title">"Time to answer"</h2>
                <p class="vital__value">{wait(waits.half)}</p>
                <p class="vital__note">
                    "median; 90th percentile " {wait(waits.nine_of_ten)}
                </p>
            </div>
        </section>
        {over_time(&buckets)}
        {people(moderators)}
        {teams_table(by_team)}
    };
    frame.draw(
        &tenant,
        Reader::of_moderators(role),
        "Questions, votes and answers over time. All times are in UTC.",
        content.into_any(),
    )
}

const fn words(range: Range) -> &'static str {
    match range {
        Range::Hour => "Last hour",
        Range::Day => "Last 24 hours",
        Range::Week => "Last 7 days",
        Range::Month => "Last 30 days",
        Range::Year => "Last 365 days",
    }
}

fn chart((name, of): Figure, total: &Volume, buckets: &[Bucket]) -> AnyView {
    #[expect(clippy::cast_precision_loss, reason = "a drawing needs no more than 52 bits")]
    let points: Vec<(f64, f64)> = buckets.iter().map(|b| (b.at.0 as f64, of(&b.volume) as f64)).collect();
    let most = buckets.iter().map(|bucket| of(&bucket.volume)).max().unwrap_or_default();
    let words = format!("{name} over time, at most {most}. The table below has all figures.");
    view! {
        <div class="panel vital">
            <h2 class="vital__title">{name}</h2>
            <p class="vital__value">{of(total)}</p>
            <Sparkline points=Signal::stored(points) words=Signal::stored(words) />
        </div>
    }
    .erase()
}

/// A time as people say it: two units at most.
fn wait(millis: Option<i64>) -> String {
    let Some(millis) = millis else { return "–".to_owned() };
    let seconds = millis.max(0) / 1_000;
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut said: Vec<String> = Vec::new();
    for (size, unit) in units {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            said.push(format!("{count} {unit}"));
        } else if !said.is_empty() {
            break;
        }
        if said.len() == 2 {
            break;
        }
    }
    if said.is_empty() { "0 s".to_owned() } else { said.join(" ") }
}

fn volume_heads() -> Vec<AnyView> {
    FIGURES.into_iter().map(|(name, _)| view! { <th scope="col">{name}</th> }.erase()).collect()
}

fn volume_cells(volume: &Volume) -> Vec<AnyView> {
    FIGURES.into_iter().map(|(name, of)| view! { <td data-label=name>{of(volume)}</td> }.erase()).collect()
}

fn wait_cells(waits: &Waits) -> AnyView {
    view! {
        <td data-label="Median time to answer">{wait(waits.half)}</td>
        <td data-label="90th percentile">{wait(waits.nine_of_ten)}</td>
    }
    .erase()
}

fn over_time(buckets: &[Bucket]) -> AnyView {
    let row = |bucket: &Bucket| {
        view! {
            <tr>
                <th scope="row" data-label="From">
                    {moment(bucket.at)}
                </th>
                {volume_cells(&bucket.volume)}
            </tr>
        }
        .erase()
    };
    let rows: Vec<AnyView> = buckets.iter().map(row).collect();
    view! {
        <details class="more">
            <summary>"Show figures as a table"</summary>
            <table class="table table--figures">
                <caption class="vh">"Figures over time"</caption>
                <thead>
                    <tr>
                        <th scope="col">"From (UTC)"</th>
                        {volume_heads()}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
    .erase()
}

fn people(moderators: Vec<ByModerator>) -> AnyView {
    if moderators.is_empty() {
        return view! { <p class="room__lead">"No moderator was active in this period."</p> }.erase();
    }
    let row = |person: ByModerator| {
        view! {
            <tr>
                <th scope="row" data-label="Moderator" dir="auto">
                    {person.name}
                </th>
                <td data-label="Answers">{person.answers}</td>
                <td data-label="Approved">{person.approved}</td>
                <td data-label="Declined">{person.declined}</td>
                <td data-label="All actions">{person.acts}</td>
                {wait_cells(&person.waits)}
            </tr>
        }
        .erase()
    };
    let rows: Vec<AnyView> = moderators.into_iter().map(row).collect();
    view! {
        <section>
            <h2>"By moderator"</h2>
            <table class="table table--figures">
                <caption class="vh">"Actions by moderator"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Moderator"</th>
                        <th scope="col">"Answers"</th>
                        <th scope="col">"Approved"</th>
                        <th scope="col">"Declined"</th>
                        <th scope="col">"All actions"</th>
                        <th scope="col">"Median time to answer"</th>
                        <th scope="col">"90th percentile"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .erase()
}

fn teams_table(teams: Vec<ByTeam>) -> AnyView {
    let row = |team: ByTeam| {
        view! {
            <tr>
                <th scope="row" data-label="Team" dir="auto">
                    {team.name}
                </th>
                {volume_cells(&team.volume)}
                {wait_cells(&team.waits)}
            </tr>
        }
        .erase()
    };
    let rows: Vec<AnyView> = teams.into_iter().map(row).collect();
    view! {
        <section>
            <h2>"By team"</h2>
            <table class="table table--figures">
                <caption class="vh">"Figures by team"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Team"</th>
                        {volume_heads()}
                        <th scope="col">"Median time to answer"</th>
                        <th scope="col">"90th percentile"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_in_two_units_at_most() {
        for (millis, said) in [
            (None, "–"),
            (Some(-5), "0 s"),
            (Some(999), "0 s"),
            (Some(61_000), "1 min 1 s"),
            (Some(3_600_000), "1 h"),
            (Some(3_601_000), "1 h"),
            (Some(90_061_000), "1 d 1 h"),
        ] {
            assert_eq!(wait(millis), said, "{millis:?}");
        }
        assert!(wait(Some(i64::MAX)).contains(" d"));
    }
}
