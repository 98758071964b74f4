//! Charts as SVG. `charts-rs` lays out bars, axes and labels; the colours are those of the page, so that
//! they follow its scheme, and a name says what the picture shows. The numbers are in a table beside it.

use charts_rs::{Align, ChartBase, Color, HorizontalBarChart, LineChart, Series, YAxisConfig};
use jiff::SignedDuration;
use leptos::prelude::*;

use crate::base::error_chain;

/// Little more than a phone has, so that the words are not made small there.
const WIDTH: f32 = 320.0;
const ROW_HEIGHT: f32 = 34.0;
/// Of a bar beside others of the same label.
const THIN_ROW_HEIGHT: f32 = 22.0;
const LEGEND_HEIGHT: f32 = 56.0;
/// The page's font may be wider than the one that `charts-rs` measures.
const LABEL_GAP: f32 = 14.0;
/// The room for what a wider font needs at the left of the picture.
const LEFT_MARGIN: f32 = 20.0;
/// The legend of a line chart begins beside the numbers of its axis.
const LEGEND_MARGIN: f32 = 44.0;
/// How many parts the axis of a line chart has.
const MIN_SPLITS: u8 = 3;
const MAX_SPLITS: f32 = 6.0;
const LINES_WIDTH: f32 = 780.0;
const LINES_HEIGHT: f32 = 260.0;

/// Stands for a colour of the page while the chart is drawn: `charts-rs` writes colours as numbers.
#[derive(Debug, Clone, Copy)]
struct Ink {
    /// The only colour of the chart with this number.
    stand_in: (u8, u8, u8),
    /// The custom property of `style/main.css`.
    property: &'static str,
}

/// How many series a chart can tell apart.
pub(super) const MAX_LINES: usize = 3;
const SERIES: [Ink; MAX_LINES] = [
    Ink {
        stand_in: (1, 0, 0),
        property: "--chart-1",
    },
    Ink {
        stand_in: (2, 0, 0),
        property: "--chart-2",
    },
    Ink {
        stand_in: (3, 0, 0),
        property: "--chart-3",
    },
];
/// The lines of a chart, in the order of [`SERIES`].
const DASHES: [Option<&str>; MAX_LINES] = [None, Some("6 3"), Some("2 3")];
const TEXT: Ink = Ink {
    stand_in: (4, 0, 0),
    property: "--ink",
};
const LINE: Ink = Ink {
    stand_in: (5, 0, 0),
    property: "--line",
};

/// What `charts-rs` fills the points of a line with, whatever the colours are.
const POINT: Ink = Ink {
    stand_in: (255, 255, 255),
    property: "--surface",
};

impl Ink {
    fn color(self) -> Color {
        let (red, green, blue) = self.stand_in;
        (red, green, blue).into()
    }

    fn apply_to(self, svg: &str) -> String {
        let (red, green, blue) = self.stand_in;
        let written = format!("\"#{red:02X}{green:02X}{blue:02X}\"");
        svg.replace(&written, &format!("\"var({})\"", self.property))
    }
}

/// Bars from left to right, one below the other.
pub(super) fn rows(name: &str, rows: Vec<(String, i64)>) -> AnyView {
    let (labels, values): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    grouped_rows(name, labels, vec![("", values)])
}

/// As [`rows`], with a bar of each series below each label.
pub(super) fn grouped_rows(name: &str, labels: Vec<String>, all: Vec<(&str, Vec<i64>)>) -> AnyView {
    let all = all.into_iter().map(|(name, values)| series(name, values));
    bar_chart(name, labels, all.collect())
}

/// As [`grouped_rows`], of durations. The names get the unit, the bars a decimal.
pub(super) fn grouped_durations(
    name: &str,
    labels: Vec<String>,
    all: Vec<(&str, Vec<SignedDuration>)>,
) -> AnyView {
    let largest = all.iter().flat_map(|(_, values)| values).max();
    let (unit, seconds) = unit_of(largest.copied().unwrap_or_default());
    let all = all.into_iter().map(|(name, values)| {
        let in_unit = |it: SignedDuration| (it.as_secs_f32() / seconds * 10.0).round() / 10.0;
        let values: Vec<_> = values.into_iter().map(in_unit).collect();
        Series::from((format!("{name}, {unit}").as_str(), values))
    });
    bar_chart(name, labels, all.collect())
}

fn bar_chart(name: &str, mut labels: Vec<String>, mut all: Vec<Series>) -> AnyView {
    let has_legend = all.len() > 1;
    let bars = labels.len().saturating_mul(all.len().max(1));
    let bar_height = if has_legend {
        THIN_ROW_HEIGHT
    } else {
        ROW_HEIGHT
    };
    let rest = if has_legend { LEGEND_HEIGHT } else { 16.0 };
    let bars = f32::from(u16::try_from(bars).unwrap_or(u16::MAX));
    let height = bar_height.mul_add(bars, rest);
    // The first row of the chart is at the bottom.
    labels.reverse();
    for series in &mut all {
        series.data.reverse();
        series.label_show = true;
    }
    let mut chart = HorizontalBarChart::new(all, labels);
    chart.base.height = height;
    chart.base.legend.show = Some(has_legend);
    // Each bar has its number at its end.
    chart.base.x_axis.hidden = true;
    chart.base.grid.stroke_width = 0.0;
    chart.base.margin.right = 44.0;
    dress(&mut chart.base, WIDTH);
    chart.y_axis_configs.iter_mut().for_each(dress_axis);
    picture(name, chart.svg())
}

/// A line for each series, by day: numbers of people or of failures.
pub(super) fn lines(name: &str, days: Vec<String>, all: Vec<(&str, Vec<i64>)>) -> AnyView {
    let all = all.into_iter().map(|(name, values)| series(name, values));
    line_chart(name, days, all.collect())
}

/// A line for each series, by day, with a gap where a day has no duration. The names get the unit.
pub(super) fn durations(
    name: &str,
    days: Vec<String>,
    all: Vec<(&str, Vec<Option<SignedDuration>>)>,
) -> AnyView {
    let largest = all.iter().flat_map(|(_, values)| values).flatten().max();
    let (unit, seconds) = unit_of(largest.copied().unwrap_or_default());
    let all = all.into_iter().map(|(name, values)| {
        let in_unit = |duration: SignedDuration| duration.as_secs_f32() / seconds;
        let values: Vec<_> = values.into_iter().map(|it| it.map(in_unit)).collect();
        Series::from((format!("{name}, {unit}").as_str(), values))
    });
    line_chart(name, days, all.collect())
}

/// The unit of an axis that ends with this duration, and its length in seconds.
fn unit_of(largest: SignedDuration) -> (&'static str, f32) {
    match largest.as_secs() {
        ..120 => ("seconds", 1.0),
        120..7_200 => ("minutes", 60.0),
        7_200..172_800 => ("hours", 3_600.0),
        _ => ("days", 86_400.0),
    }
}

fn line_chart(name: &str, days: Vec<String>, mut all: Vec<Series>) -> AnyView {
    let largest = all.iter().flat_map(|series| &series.data).flatten();
    let (top, splits) = axis(largest.copied().fold(0.0, f32::max));
    // Not by their colour alone.
    for (series, dashes) in all.iter_mut().zip(DASHES) {
        series.stroke_dash_array = dashes.map(ToOwned::to_owned);
    }
    let mut chart = LineChart::new(all, days);
    chart.base.height = LINES_HEIGHT;
    dress(&mut chart.base, LINES_WIDTH);
    chart.base.legend.margin = Some(charts_rs::Box {
        left: LEGEND_MARGIN,
        ..charts_rs::Box::default()
    });
    for axis in &mut chart.y_axis_configs {
        dress_axis(axis);
        (axis.min, axis.max, axis.split_number) = (Some(0.0), Some(top), splits);
    }
    picture(name, chart.svg())
}

/// The end of an axis, and how many parts it has. A part is a whole number, since people are, and a round one:
/// 1, 2 or 5, or one of them with zeros.
fn axis(largest: f32) -> (f32, usize) {
    let part = (largest / MAX_SPLITS).max(1.0);
    let power = 10_f32.powf(part.log10().floor());
    let round = [1.0, 2.0, 5.0, 10.0].map(|it| it * power);
    let part = round.into_iter().find(|round| part <= *round);
    let part = part.unwrap_or(10.0 * power);
    let splits = (MIN_SPLITS..).find(|splits| f32::from(*splits) * part >= largest);
    let splits = splits.unwrap_or(MIN_SPLITS);
    (f32::from(splits) * part, splits.into())
}

fn series(name: &str, values: Vec<i64>) -> Series {
    // A chart is as exact as its pixels are.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    (name, values).into()
}

fn dress_axis(axis: &mut YAxisConfig) {
    axis.font.color = TEXT.color();
    axis.name_gap = LABEL_GAP;
    axis.stroke_color = LINE.color();
}

fn dress(base: &mut ChartBase, width: f32) {
    base.width = width;
    base.margin.left = LEFT_MARGIN;
    base.background_color = Color::transparent();
    base.series.colors = SERIES.map(Ink::color).to_vec();
    base.series.label.font.color = TEXT.color();
    base.legend.font.color = TEXT.color();
    // In sight where a wide chart scrolls.
    base.legend.align = Align::Left;
    base.x_axis.font.color = TEXT.color();
    base.x_axis.name_gap = LABEL_GAP;
    base.x_axis.stroke_color = LINE.color();
    base.grid.stroke_color = LINE.color();
}

/// The chart as one image with a name.
fn picture(name: &str, svg: Result<String, charts_rs::Error>) -> AnyView {
    let svg = match svg {
        Ok(svg) => svg,
        Err(error) => {
            tracing::error!(error = error_chain(&error), "could not draw a chart");
            return ().into_any();
        }
    };
    let svg = SERIES
        .into_iter()
        .chain([TEXT, LINE, POINT])
        .fold(svg, |svg, ink| ink.apply_to(&svg))
        .replace("font-family=\"Roboto\"", "");
    view! {
        // It scrolls within itself where it would be too small to read.
        <div class="chart" role="group" aria-label="Chart" tabindex="0">
            <div role="img" aria-label=name.to_owned() inner_html=svg></div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_axis_are_round_numbers() {
        for (largest, expected) in [
            (0.0, (3.0, 3)),
            (0.4, (3.0, 3)),
            (5.0, (5.0, 5)),
            (6.1, (8.0, 4)),
            (13.0, (15.0, 3)),
            (30.0, (30.0, 6)),
            (98.0, (100.0, 5)),
            (114.0, (120.0, 6)),
            (1_154.0, (1_200.0, 6)),
            (3_001.0, (4_000.0, 4)),
        ] {
            let (top, splits) = axis(largest);
            assert_eq!(
                (top.to_string(), splits),
                (f32::to_string(&expected.0), expected.1),
                "{largest}"
            );
        }
    }

    #[test]
    fn an_axis_of_durations_has_a_unit_that_fits() {
        for (seconds, expected) in [
            (0, "seconds"),
            (119, "seconds"),
            (120, "minutes"),
            (7_200, "hours"),
            (172_800, "days"),
        ] {
            assert_eq!(unit_of(SignedDuration::from_secs(seconds)).0, expected);
        }
        let chart = durations(
            "Time by day",
            vec!["Nov 1".to_owned(), "Nov 2".to_owned()],
            vec![("p50", vec![None, Some(SignedDuration::from_mins(5))])],
        );
        let html = chart.to_html();
        assert!(html.contains("p50, minutes"), "{html}");
        assert!(!html.contains("NaN"), "{html}");
        let chart = grouped_durations(
            "Time by language",
            vec!["en".to_owned(), "es".to_owned()],
            [("p50", [150, 30]), ("p95", [270, 30])]
                .map(|(name, seconds)| (name, seconds.map(SignedDuration::from_secs).into()))
                .into(),
        );
        let html = chart.to_html();
        for expected in ["p95, minutes", "\n2.5\n", "\n4.5\n", "\n0.5\n"] {
            assert!(html.contains(expected), "{expected} is not in {html}");
        }
    }

    #[test]
    fn a_chart_has_the_colours_of_the_page_and_no_others() {
        let rows = rows(
            "People",
            vec![("Viewed".to_owned(), 3), ("Clicked".to_owned(), 1)],
        );
        let lines = lines(
            "People by day",
            vec!["Nov 1".to_owned(), "Nov 2".to_owned()],
            vec![("Viewed", vec![3, 0]), ("Decided", vec![1, 0])],
        );
        for html in [rows.to_html(), lines.to_html()] {
            assert!(html.contains("role=\"img\""), "{html}");
            assert!(
                html.contains("var(--chart-1)") && html.contains("var(--ink)"),
                "{html}"
            );
            for attribute in ["fill=\"#", "stroke=\"#"] {
                // Of the legend's markers, which are transparent.
                let html = html.replace("fill-opacity=\"0\" fill=\"#000000\"", "");
                assert!(!html.contains(attribute), "{html}");
            }
            assert!(!html.contains("Roboto"), "{html}");
        }
    }
}
