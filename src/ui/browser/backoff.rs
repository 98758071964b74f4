//! The delays between polls, and between retries.

use std::time::Duration;

/// The first delay.
const FIRST_DELAY: Duration = Duration::from_secs(2);
/// The longest delay.
const MAX_DELAY: Duration = Duration::from_secs(30);

/// Delays that grow by half each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) struct Backoff(Duration);

impl Backoff {
    /// Starts with the first delay.
    pub(in crate::ui) const fn new() -> Self {
        Self(FIRST_DELAY)
    }

    /// The next delay; the one after it is longer.
    pub(in crate::ui) fn next(&mut self) -> Duration {
        let delay = self.0;
        self.0 = (delay * 3 / 2).min(MAX_DELAY);
        delay
    }

    /// Whether the longest delay is reached.
    #[cfg(any(feature = "hydrate", test))]
    pub(super) fn is_at_max(self) -> bool {
        self.0 == MAX_DELAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_slows_down_from_two_seconds_to_thirty() {
        let mut backoff = Backoff::new();
        let mut delays = vec![backoff.next()];
        while !backoff.is_at_max() {
            delays.push(backoff.next());
        }
        assert_eq!(delays[0], Duration::from_secs(2));
        assert_eq!(delays[1], Duration::from_secs(3));
        assert!(delays.is_sorted());
        assert!(delays.len() < 10, "{delays:?}");
        assert_eq!(backoff.next(), Duration::from_secs(30));
        assert_eq!(backoff.next(), Duration::from_secs(30));
    }
}
