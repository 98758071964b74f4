//! Statistics of the last days: the funnel, failures by cause, and the time to a decision.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use jiff::{
    SignedDuration, ToSpan as _,
    civil::{Date, date},
};

use crate::{
    domain::error::Error,
    store::{Day, DecisionRow, FailureDayRow, FunnelDayRow, FunnelStage, Store, day_of},
};

/// The maximum number of decisions that the percentiles are computed from, newest first.
const MAX_DECISIONS: u16 = 5_000;

/// The statistics of a period that ends today (UTC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistics {
    /// The languages of the pages that people saw, the most frequent first; empty: no page was seen.
    pub languages: Vec<String>,
    /// How many people reached each stage, counted once a day: in all languages, then in each.
    pub stages: Vec<(FunnelStage, Vec<i64>)>,
    /// How often each cause failed something, the most frequent first: in all languages, then in each.
    pub failures: Vec<(String, Vec<i64>)>,
    /// The days, oldest first.
    pub days: Vec<DayStatistics>,
    /// The time from an inquiry's completion to its decision.
    pub decisions: Option<DecisionTimes>,
    /// The same by language, that with the most decisions first.
    pub decisions_by_language: Vec<(String, DecisionTimes)>,
}

/// The statistics of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayStatistics {
    /// The day.
    pub date: Date,
    /// How many people reached each stage.
    pub people: [i64; FunnelStage::ALL.len()],
    /// How often something failed.
    pub failures: i64,
    /// How often each cause failed something, in the order of the period's causes.
    pub failures_by_cause: Vec<i64>,
    /// How long the day's decisions took.
    pub decisions: Option<DecisionTimes>,
}

/// How long decisions took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionTimes {
    /// How many decisions there were.
    pub count: usize,
    /// Half of them took at most this long.
    pub median: SignedDuration,
    /// 95 of 100 took at most this long.
    pub p95: SignedDuration,
}

/// Loads the statistics of the last `days` days, today included.
///
/// # Errors
/// If the database fails.
pub async fn statistics(store: &Store, days: u16) -> Result<Statistics, Error> {
    let today = day_of(store.now_ms());
    let first = today - i64::from(days.max(1)) + 1;
    Ok(Statistics::new(
        first..=today,
        &store.list_funnel_days(first).await?,
        &store.list_failure_days(first).await?,
        &store.list_decisions(first, MAX_DECISIONS).await?,
    ))
}

impl Statistics {
    fn new(
        days: std::ops::RangeInclusive<Day>,
        people: &[FunnelDayRow],
        failures: &[FailureDayRow],
        decisions: &[DecisionRow],
    ) -> Self {
        let languages = by_frequency(people, failures);
        let in_each = |counts: &[(&str, i64)]| {
            let all = counts.iter().map(|(_, count)| count).sum();
            let each = languages.iter().map(|language| {
                let of_it = counts.iter().filter(|(it, _)| it == language);
                of_it.map(|(_, count)| count).sum()
            });
            std::iter::once(all).chain(each).collect::<Vec<i64>>()
        };
        let stages = FunnelStage::ALL.map(|stage| {
            let rows = people.iter().filter(|row| row.stage == stage.name());
            let counts: Vec<_> = rows
                .map(|row| (row.language.as_str(), row.people))
                .collect();
            (stage, in_each(&counts))
        });
        let mut causes: Vec<_> = failures
            .iter()
            .map(|row| row.cause.as_str())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .map(|cause| {
                let rows = failures.iter().filter(|row| row.cause == cause);
                let counts: Vec<_> = rows
                    .map(|row| (row.language.as_str(), row.failures))
                    .collect();
                (cause.to_owned(), in_each(&counts))
            })
            .collect();
        causes.sort_by_key(|(_, counts)| Reverse(counts.first().copied()));
        let failures_of = |day: Day, cause: Option<&str>| {
            let is_it = |row: &&FailureDayRow| {
                row.day == day && cause.is_none_or(|cause| row.cause == cause)
            };
            failures.iter().filter(is_it).map(|row| row.failures).sum()
        };
        let days = days
            .map(|day| DayStatistics {
                date: date_of(day),
                people: FunnelStage::ALL.map(|stage| {
                    let is_it = |row: &&FunnelDayRow| row.day == day && row.stage == stage.name();
                    people.iter().filter(is_it).map(|row| row.people).sum()
                }),
                failures: failures_of(day, None),
                failures_by_cause: causes
                    .iter()
                    .map(|(cause, _)| failures_of(day, Some(cause)))
                    .collect(),
                decisions: DecisionTimes::new(
                    decisions.iter().filter(|row| day_of(row.decided_at) == day),
                ),
            })
            .collect();
        Self {
            languages,
            stages: stages.into(),
            failures: causes,
            days,
            decisions: DecisionTimes::new(decisions.iter()),
            decisions_by_language: DecisionTimes::by_language(decisions),
        }
    }
}

impl DecisionTimes {
    fn new<'a>(rows: impl Iterator<Item = &'a DecisionRow>) -> Option<Self> {
        let mut times: Vec<i64> = rows
            .map(|row| (row.decided_at - row.completed_at).max(0))
            .collect();
        times.sort_unstable();
        // The nearest rank: the smallest time that so many of 100 do not exceed.
        let percentile = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            times
                .get(rank - 1)
                .copied()
                .map(SignedDuration::from_millis)
        };
        Some(Self {
            count: times.len(),
            median: percentile(50)?,
            p95: percentile(95)?,
        })
    }

    fn by_language(rows: &[DecisionRow]) -> Vec<(String, Self)> {
        let languages: BTreeSet<_> = rows.iter().map(|row| &row.language).collect();
        let mut times: Vec<_> = languages
            .into_iter()
            .filter_map(|language| {
                let of_it = rows.iter().filter(|row| row.language == *language);
                Some((language.clone(), Self::new(of_it)?))
            })
            .collect();
        times.sort_by_key(|(_, times)| Reverse(times.count));
        times
    }
}

/// The languages of these rows, the most frequent first.
fn by_frequency(people: &[FunnelDayRow], failures: &[FailureDayRow]) -> Vec<String> {
    let mut counts = BTreeMap::<&str, i64>::new();
    for row in people {
        *counts.entry(&row.language).or_default() += row.people;
    }
    for row in failures {
        counts.entry(&row.language).or_default();
    }
    let mut languages: Vec<_> = counts.into_iter().collect();
    languages.sort_by_key(|(_, count)| Reverse(*count));
    languages.into_iter().map(|(it, _)| it.to_owned()).collect()
}

fn date_of(day: Day) -> Date {
    date(1970, 1, 1).saturating_add(day.days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(day: Day, stage: &str, language: &str, people: i64) -> FunnelDayRow {
        FunnelDayRow {
            day,
            stage: stage.to_owned(),
            language: language.to_owned(),
            people,
        }
    }

    fn failure(day: Day, cause: &str, language: &str, failures: i64) -> FailureDayRow {
        FailureDayRow {
            day,
            cause: cause.to_owned(),
            language: language.to_owned(),
            failures,
        }
    }

    #[test]
    fn counts_are_added_up_by_stage_cause_day_and_language() {
        let statistics = Statistics::new(
            20_000..=20_001,
            &[
                people(20_000, "viewed", "es", 5),
                people(20_001, "viewed", "es", 2),
                people(20_001, "viewed", "en", 9),
                people(20_001, "decided", "en", 1),
            ],
            &[
                failure(20_000, "timeout", "en", 1),
                failure(20_001, "inquiry failed", "es", 3),
            ],
            &[],
        );
        assert_eq!(statistics.languages, ["en", "es"]);
        assert_eq!(
            statistics.stages.first(),
            Some(&(FunnelStage::Viewed, vec![16, 9, 7]))
        );
        assert_eq!(
            statistics.stages.last(),
            Some(&(FunnelStage::Decided, vec![1, 1, 0]))
        );
        let causes = [
            ("inquiry failed".to_owned(), vec![3, 0, 3]),
            ("timeout".to_owned(), vec![1, 1, 0]),
        ];
        assert_eq!(statistics.failures, causes);
        let days: Vec<_> = statistics
            .days
            .iter()
            .map(|day| (day.date.to_string(), day.people[0], day.failures))
            .collect();
        assert_eq!(
            days,
            [
                ("2024-10-04".to_owned(), 5, 1),
                ("2024-10-05".to_owned(), 11, 3)
            ]
        );
        let causes: Vec<_> = statistics
            .days
            .iter()
            .map(|day| day.failures_by_cause.clone())
            .collect();
        assert_eq!(causes, [[0, 1], [3, 0]]);
        assert_eq!(statistics.decisions, None);
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        for (count, median, p95) in [(1, 1, 1), (2, 1, 2), (20, 10, 19), (100, 50, 95)] {
            let rows: Vec<_> = (1..=count)
                .map(|second| DecisionRow {
                    completed_at: 0,
                    decided_at: second * 1_000,
                    language: String::new(),
                })
                .collect();
            let times = DecisionTimes::new(rows.iter()).unwrap();
            assert_eq!(
                (times.median.as_secs(), times.p95.as_secs()),
                (median, p95),
                "{count}"
            );
        }
    }

    #[test]
    fn decisions_have_percentiles_by_language() {
        let rows = [
            ("es", 5),
            ("en", 1),
            ("es", 9),
            ("en", 3),
            ("en", 2),
            ("", 4),
        ];
        let rows = rows.map(|(language, seconds)| DecisionRow {
            completed_at: 0,
            decided_at: seconds * 1_000,
            language: language.to_owned(),
        });
        let statistics = Statistics::new(0..=0, &[], &[], &rows);
        let times: Vec<_> = statistics
            .decisions_by_language
            .iter()
            .map(|(language, times)| {
                let (median, p95) = (times.median.as_secs(), times.p95.as_secs());
                (language.as_str(), times.count, median, p95)
            })
            .collect();
        assert_eq!(times, [("en", 3, 2, 3), ("es", 2, 5, 9), ("", 1, 4, 4)]);
    }
}
