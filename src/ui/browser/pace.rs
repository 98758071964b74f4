//! How fast a page asks again, when it cannot be told or was not answered.

use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_secs(2);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// Waits that grow, half as long again each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) struct Pace(Duration);

impl Pace {
    /// The first wait comes next.
    pub(in crate::ui) const fn new() -> Self {
        Self(FIRST)
    }

    /// How long to wait now; the next wait is longer.
    pub(in crate::ui) fn next(&mut self) -> Duration {
        let wait = self.0;
        self.0 = (wait * 3 / 2).min(LONGEST);
        wait
    }

    /// Whether it has become as slow as it gets.
    #[cfg(any(feature = "hydrate", test))]
    pub(super) fn is_slowest(self) -> bool {
        self.0 == LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_slows_down_from_two_seconds_to_thirty() {
        let mut pace = Pace::new();
        let mut waits = vec![pace.next()];
        while !pace.is_slowest() {
            waits.push(pace.next());
        }
        assert_eq!(waits[0], Duration::from_secs(2));
        assert_eq!(waits[1], Duration::from_secs(3));
        assert!(waits.is_sorted());
        assert!(waits.len() < 10, "{waits:?}");
        assert_eq!(pace.next(), Duration::from_secs(30));
        assert_eq!(pace.next(), Duration::from_secs(30));
    }
}
