//! How long to wait before trying again, and whether trying again is still affordable.

use std::time::Duration;

use rand::RngExt as _;
use tower::retry::budget::{Budget as _, TpsBudget};

/// The longest wait before the second try; it doubles from there.
const BASE_DELAY: Duration = Duration::from_millis(100);
/// The longest wait before any try.
const MAX_DELAY: Duration = Duration::from_secs(2);

/// A wait drawn evenly between nothing and the limit for this try, so that clients that failed
/// together do not come back together ("full jitter").
#[must_use]
pub fn full_jitter(attempts: u32) -> Duration {
    let limit = BASE_DELAY
        .saturating_mul(1 << attempts.saturating_sub(1).min(10))
        .min(MAX_DELAY);
    limit.mul_f64(rand::rng().random::<f64>())
}

/// Retries that all calls share: an outage must not be multiplied by everyone's patience.
///
/// Each first try pays for a fifth of a retry, and ten retries a second are free, so that a quiet
/// client has some and an exhausted budget recovers by itself. Both are forgotten after
/// [`RetryBudget::WINDOW`]. The figures are those of Finagle, from which tower has the algorithm.
#[derive(Debug)]
pub(super) struct RetryBudget(TpsBudget);

impl RetryBudget {
    const WINDOW: Duration = Duration::from_secs(10);
    const MIN_RETRIES_PER_SECOND: u32 = 10;
    const RETRIES_PER_CALL: f32 = 0.2;

    pub(super) fn new() -> Self {
        Self(TpsBudget::new(
            Self::WINDOW,
            Self::MIN_RETRIES_PER_SECOND,
            Self::RETRIES_PER_CALL,
        ))
    }

    /// Notes a first try.
    pub(super) fn deposit(&self) {
        self.0.deposit();
    }

    /// Takes a retry out of the budget, if there is one.
    pub(super) fn withdraw(&self) -> bool {
        self.0.withdraw()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_not_beyond() {
        for tries in 1..40 {
            let limit = (BASE_DELAY * 2_u32.saturating_pow(tries - 1)).min(MAX_DELAY);
            assert!(
                (0..50).all(|_| full_jitter(tries) <= limit),
                "after {tries} tries"
            );
        }
    }

    fn exhausted() -> RetryBudget {
        let budget = RetryBudget::new();
        let retries = (0..1000).filter(|_| budget.withdraw()).count();
        assert_eq!(retries, 100);
        budget
    }

    #[tokio::test(start_paused = true)]
    async fn every_five_first_tries_pay_for_a_retry() {
        let budget = exhausted();
        for _ in 0..20 {
            for _ in 0..4 {
                budget.deposit();
                assert!(!budget.withdraw());
            }
            budget.deposit();
            assert!(budget.withdraw());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_exhausted_budget_recovers_by_itself() {
        let budget = exhausted();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!budget.withdraw());
        tokio::time::advance(RetryBudget::WINDOW + Duration::from_secs(1)).await;
        let retries = (0..1000).filter(|_| budget.withdraw()).count();
        assert_eq!(retries, 100);
    }
}
