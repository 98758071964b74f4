//! Operators' views and actions.

mod operator;
mod overview;
mod statistics;
mod timeline;

pub use operator::{Operator, SearchResult};
pub use overview::{EventBody, EventDetails, Overview, find_event, operator_overview};
pub use statistics::{DayStatistics, DecisionTimes, Statistics, statistics};
pub use timeline::{Finding, Timeline, TimelineEntry, TimelineItem, find_timeline};
