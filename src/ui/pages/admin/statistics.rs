//! The picture of the last days: funnel, days, time to a decision, failures. Each chart has its numbers in a
//! table beside it.
//!
//! Longer than 400 lines: seven figures, each with its chart, its table and their words.

use jiff::SignedDuration;
use leptos::prelude::*;

use super::chart;
use crate::{
    domain::{self, DecisionTimes},
    store::FunnelStage,
    ui::pages::layout::query_value,
};

/// The periods to choose from, in days.
const PERIODS: [u16; 3] = [7, 30, 90];
const DEFAULT_PERIOD: u16 = 30;
/// The stages of a picture with a line or a bar for each.
const LINE_STAGES: [FunnelStage; chart::MAX_LINES] = [
    FunnelStage::Viewed,
    FunnelStage::Submitted,
    FunnelStage::Decided,
];
const DECISIONS_HEADING: &str = "Time to a decision";
const DECISION_COLUMNS: [&str; 3] = ["Decisions", "p50", "p95"];
const DECISIONS_HINT: &str = "From the completed inquiry to Persona's decision.";

/// The period that the query's `days` names, in days.
pub(super) fn period() -> u16 {
    query_value("days")
        .and_then(|days| days.parse().ok())
        .filter(|days| PERIODS.contains(days))
        .unwrap_or(DEFAULT_PERIOD)
}

/// The statistics of a period.
pub(super) fn figures(statistics: &domain::Statistics, period: u16) -> AnyView {
    let periods = PERIODS
        .map(|days| {
            view! {
                <a
                    href=format!("/admin?days={days}")
                    aria-current=(days == period).then_some("true")
                >
                    {format!("{days} days")}
                </a>
            }
        })
        .collect_view();
    let languages: Vec<_> = statistics
        .languages
        .iter()
        .map(|it| language_name(it))
        .collect();
    view! {
        <nav class="periods" aria-label="Period">
            {periods}
        </nav>
        {funnel(statistics)}
        {funnel_by_language(statistics, &languages)}
        {funnel_by_day(statistics)}
        {decisions(statistics)}
        {decisions_by_language(statistics)}
        {failures(statistics, &languages)}
        {failures_by_day(statistics)}
    }
    .into_any()
}

/// How many people reached each stage, and which part of those of the stage before.
fn funnel(statistics: &domain::Statistics) -> AnyView {
    let bars = statistics
        .stages
        .iter()
        .map(|(stage, counts)| (stage_name(*stage).to_owned(), all(counts)))
        .collect();
    let people: Vec<_> = statistics
        .stages
        .iter()
        .map(|(_, counts)| all(counts))
        .collect();
    let viewed = people.first().copied().unwrap_or_default();
    // Nothing is before the first stage.
    let before = std::iter::once(0).chain(people.iter().copied());
    let rows = statistics
        .stages
        .iter()
        .zip(people.iter().zip(before))
        .map(|((stage, _), (&people, before))| {
            let cells = vec![
                people.to_string(),
                percent(people, viewed),
                percent(people, before),
            ];
            (stage_name(*stage).to_owned(), cells)
        })
        .collect();
    let columns = ["People", "Of viewed", "Kept"].map(ToOwned::to_owned);
    figure(
        "funnel",
        "Funnel",
        "People by the stage that they reached. Everyone counts once a day in each stage. \
         Kept: their part of the stage before.",
        "figure",
        chart::rows("Bar chart: how many people reached each stage", bars),
        table("Funnel", "Stage", columns.into(), rows),
    )
}

/// How many people reached each stage, in each language.
fn funnel_by_language(statistics: &domain::Statistics, languages: &[String]) -> AnyView {
    if languages.is_empty() {
        return ().into_any();
    }
    // The first count of a stage is that of all languages.
    let people = |language: usize, counts: &[i64]| counts.get(language + 1).copied();
    let bars = LINE_STAGES.map(|stage| {
        let counts = statistics.stages.iter().find(|(it, _)| *it == stage);
        let counts = counts.map(|(_, counts)| counts.as_slice());
        let bars = (0..languages.len())
            .map(|language| people(language, counts.unwrap_or_default()).unwrap_or_default());
        (stage_name(stage), bars.collect())
    });
    let rows = languages.iter().enumerate().map(|(language, name)| {
        let all: Vec<_> = statistics
            .stages
            .iter()
            .map(|(_, counts)| people(language, counts).unwrap_or_default())
            .collect();
        let decided = all.last().copied().unwrap_or_default();
        let share = percent(decided, all.first().copied().unwrap_or_default());
        let cells = all.iter().map(ToString::to_string).chain([share]);
        (name.clone(), cells.collect())
    });
    let columns = FunnelStage::ALL
        .map(stage_name)
        .into_iter()
        .chain(["Of viewed"])
        .map(ToOwned::to_owned);
    figure(
        "languages",
        "Funnel by language",
        "The language of the page that people saw. Those without a page used the API alone.",
        "figure",
        chart::grouped_rows(
            "Bar chart: how many people viewed, submitted and were decided, by language",
            languages.to_vec(),
            bars.into(),
        ),
        table("Languages", "Language", columns.collect(), rows.collect()),
    )
}

/// What failed.
fn failures(statistics: &domain::Statistics, languages: &[String]) -> AnyView {
    if statistics.failures.is_empty() {
        return view! {
            <section class="card" aria-labelledby="failures-heading">
                <h2 id="failures-heading">"Failures by cause"</h2>
                <p class="aside">"Nothing failed."</p>
            </section>
        }
        .into_any();
    }
    let bars = statistics
        .failures
        .iter()
        .map(|(cause, counts)| (cause_name(cause), all(counts)))
        .collect();
    let rows = statistics
        .failures
        .iter()
        .map(|(cause, counts)| {
            let cells = counts.iter().map(ToString::to_string).collect();
            (cause_name(cause), cells)
        })
        .collect();
    let columns = std::iter::once("Failures".to_owned()).chain(languages.iter().cloned());
    figure(
        "failures",
        "Failures by cause",
        "Clicks that failed on our side or at Persona, and inquiries that ended without approval.",
        "figure",
        chart::rows("Bar chart: how often each cause failed something", bars),
        table("Failures", "Cause", columns.collect(), rows),
    )
}

/// What failed, by day. The picture shows the most frequent causes, the table all of them.
fn failures_by_day(statistics: &domain::Statistics) -> AnyView {
    if statistics.failures.is_empty() {
        return ().into_any();
    }
    let causes: Vec<_> = statistics
        .failures
        .iter()
        .map(|(cause, _)| cause_name(cause))
        .collect();
    let lines = causes
        .iter()
        .take(chart::MAX_LINES)
        .enumerate()
        .map(|(index, cause)| {
            let failures = statistics.days.iter().map(|day| {
                let failures = day.failures_by_cause.get(index);
                failures.copied().unwrap_or_default()
            });
            (cause.as_str(), failures.collect())
        });
    let rows = statistics
        .days
        .iter()
        .rev()
        .filter(|day| day.failures > 0)
        .map(|day| {
            let cells = std::iter::once(&day.failures).chain(&day.failures_by_cause);
            (short_date(day), cells.map(ToString::to_string).collect())
        });
    let columns = std::iter::once("Failures".to_owned()).chain(causes.iter().cloned());
    figure(
        "failure-days",
        "Failures by day",
        "Days without a failure are not in the table.",
        "figure is-stacked",
        chart::lines(
            "Line chart: how often the most frequent causes failed something on each day",
            short_dates(statistics),
            lines.collect(),
        ),
        table("Failures by day", "Day", columns.collect(), rows.collect()),
    )
}

/// How long decisions took, in the period and by day.
fn decisions(statistics: &domain::Statistics) -> AnyView {
    let Some(times) = statistics.decisions else {
        return view! {
            <section class="card" aria-labelledby="decisions-heading">
                <h2 id="decisions-heading">{DECISIONS_HEADING}</h2>
                <p class="hint">{DECISIONS_HINT}</p>
                <p class="aside">"No decisions yet."</p>
            </section>
        }
        .into_any();
    };
    let by_day = |part: fn(DecisionTimes) -> SignedDuration| {
        let times = statistics.days.iter().map(|day| day.decisions.map(part));
        times.collect::<Vec<_>>()
    };
    let rows = statistics
        .days
        .iter()
        .rev()
        .filter_map(|day| Some((short_date(day), decision_cells(day.decisions?))));
    let picture = chart::durations(
        "Line chart: within which time half of each day's decisions came, and 95 of 100",
        short_dates(statistics),
        vec![
            ("p50", by_day(|times| times.median)),
            ("p95", by_day(|times| times.p95)),
        ],
    );
    let columns = DECISION_COLUMNS.map(ToOwned::to_owned);
    let table = table("Decisions", "Day", columns.into(), rows.collect());
    view! {
        <section class="card" aria-labelledby="decisions-heading">
            <h2 id="decisions-heading">{DECISIONS_HEADING}</h2>
            <p class="hint">{DECISIONS_HINT}</p>
            <dl class="figures">
                <div>
                    <dt>"Half within (p50)"</dt>
                    <dd>{duration(times.median)}</dd>
                </div>
                <div>
                    <dt>"95 of 100 within (p95)"</dt>
                    <dd>{duration(times.p95)}</dd>
                </div>
                <div>
                    <dt>"Decisions"</dt>
                    <dd>{times.count}</dd>
                </div>
            </dl>
            <div class="figure is-stacked">{picture} {table}</div>
        </section>
    }
    .into_any()
}

/// How long decisions took, in each language.
fn decisions_by_language(statistics: &domain::Statistics) -> AnyView {
    if statistics.decisions_by_language.is_empty() {
        return ().into_any();
    }
    let by_language = |part: fn(&DecisionTimes) -> SignedDuration| {
        let times = statistics.decisions_by_language.iter();
        times.map(|(_, times)| part(times)).collect::<Vec<_>>()
    };
    let languages = statistics.decisions_by_language.iter();
    let languages: Vec<_> = languages.map(|(it, _)| language_name(it)).collect();
    let rows = statistics.decisions_by_language.iter();
    let rows = rows.map(|(language, times)| (language_name(language), decision_cells(*times)));
    figure(
        "decision-languages",
        "Time to a decision by language",
        "The language of the page that people saw last.",
        "figure",
        chart::grouped_durations(
            "Bar chart: within which time half of each language's decisions came, and 95 of 100",
            languages,
            vec![
                ("p50", by_language(|times| times.median)),
                ("p95", by_language(|times| times.p95)),
            ],
        ),
        table(
            "Decisions by language",
            "Language",
            DECISION_COLUMNS.map(ToOwned::to_owned).into(),
            rows.collect(),
        ),
    )
}

fn decision_cells(times: DecisionTimes) -> Vec<String> {
    vec![
        times.count.to_string(),
        duration(times.median),
        duration(times.p95),
    ]
}

/// How many people reached each stage, by day; newest first in the table.
fn funnel_by_day(statistics: &domain::Statistics) -> AnyView {
    let of_stage = |stage: FunnelStage| {
        let index = FunnelStage::ALL.iter().position(|it| *it == stage);
        let people = statistics.days.iter().map(|day| {
            let people = index.and_then(|index| day.people.get(index));
            people.copied().unwrap_or_default()
        });
        (stage_name(stage), people.collect())
    };
    let rows = statistics.days.iter().rev().map(|day| {
        let cells = day.people.iter().chain([&day.failures]);
        (short_date(day), cells.map(ToString::to_string).collect())
    });
    let columns = FunnelStage::ALL
        .map(stage_name)
        .into_iter()
        .chain(["Failures"])
        .map(ToOwned::to_owned);
    figure(
        "days",
        "Funnel by day",
        "Days are those of UTC.",
        "figure is-stacked",
        chart::lines(
            "Line chart: people who viewed, submitted and were decided, by day",
            short_dates(statistics),
            LINE_STAGES.map(of_stage).into(),
        ),
        table("Days", "Day", columns.collect(), rows.collect()),
    )
}

/// The days of the period, as an axis names them.
fn short_dates(statistics: &domain::Statistics) -> Vec<String> {
    statistics.days.iter().map(short_date).collect()
}

/// Without the year: no period is that long.
fn short_date(day: &domain::DayStatistics) -> String {
    day.date.strftime("%b %-d").to_string()
}

/// A chart with its table.
fn figure(
    id: &'static str,
    heading: &'static str,
    hint: &'static str,
    class: &'static str,
    chart: AnyView,
    table: AnyView,
) -> AnyView {
    let heading_id = format!("{id}-heading");
    view! {
        <section class="card" aria-labelledby=heading_id>
            <h2 id=format!("{id}-heading")>{heading}</h2>
            <p class="hint">{hint}</p>
            <div class=class>{chart} {table}</div>
        </section>
    }
    .into_any()
}

/// A table that scrolls within itself where it is wider than the page.
fn table(
    name: &'static str,
    first: &'static str,
    columns: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
) -> AnyView {
    let columns = columns
        .into_iter()
        .map(|column| view! { <th scope="col">{column}</th> })
        .collect_view();
    let rows = rows
        .into_iter()
        .map(|(name, cells)| {
            let cells = cells
                .into_iter()
                .map(|cell| view! { <td>{cell}</td> })
                .collect_view();
            view! {
                <tr>
                    <th scope="row">{name}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="table" role="region" aria-label=format!("{name}, as a table") tabindex="0">
            <table>
                <thead>
                    <tr>
                        <th scope="col">{first}</th>
                        {columns}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn all(counts: &[i64]) -> i64 {
    counts.first().copied().unwrap_or_default()
}

fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{} %", part.saturating_mul(100) / whole)
}

fn stage_name(stage: FunnelStage) -> &'static str {
    match stage {
        FunnelStage::Viewed => "Viewed",
        FunnelStage::Clicked => "Clicked",
        FunnelStage::Opened => "Opened",
        FunnelStage::Submitted => "Submitted",
        FunnelStage::Completed => "Completed",
        FunnelStage::Decided => "Decided",
    }
}

fn language_name(language: &str) -> String {
    match language {
        "" => "No page".to_owned(),
        // With a hyphen at which no line ends.
        language => language.replace('-', "\u{2011}"),
    }
}

/// A cause as people read it: `lost_answer` is *Lost answer*.
fn cause_name(cause: &str) -> String {
    let words = cause.replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// `850 ms`, `12 s`, `4 min`, `3 h`, `2 days`.
fn duration(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    match seconds {
        ..1 => format!("{} ms", time.as_millis()),
        1..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_that_fits() {
        for (ms, expected) in [
            (850, "850 ms"),
            (1_000, "1 s"),
            (119_999, "119 s"),
            (120_000, "2 min"),
            (7_200_000, "2 h"),
            (172_800_000, "2 days"),
        ] {
            assert_eq!(duration(SignedDuration::from_millis(ms)), expected);
        }
    }

    #[test]
    fn a_share_of_nobody_is_none() {
        assert_eq!(percent(0, 0), "–");
        assert_eq!(percent(1, 3), "33 %");
    }

    #[test]
    fn a_cause_reads_as_words() {
        assert_eq!(cause_name("lost_answer"), "Lost answer");
        assert_eq!(cause_name("inquiry failed"), "Inquiry failed");
    }
}
