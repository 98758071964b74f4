//! What operators see and can do.

mod operator;
mod overview;
mod timeline;

pub use operator::{Found, Operator};
pub use overview::{EventBody, EventStory, Trouble, find_event, find_trouble};
pub use timeline::{Deed, Entry, Finding, Timeline, find_timeline};
