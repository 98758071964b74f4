//! Backoff and the retry budget.

use std::time::Duration;

use rand::RngExt as _;
use tower::retry::budget::{Budget as _, TpsBudget};

/// The maximum delay before the first retry; it doubles with each attempt.
const BASE_DELAY: Duration = Duration::from_millis(100);
/// The maximum delay before any retry.
const MAX_DELAY: Duration = Duration::from_secs(2);

/// A random delay between zero and the limit for this attempt ("full jitter"), so that clients that
/// failed together do not retry together. `attempts` counts the attempts made so far.
#[must_use]
pub fn full_jitter(attempts: u32) -> Duration {
    let limit = BASE_DELAY
        .saturating_mul(1 << attempts.saturating_sub(1).min(10))
        .min(MAX_DELAY);
    limit.mul_f64(rand::rng().random::<f64>())
}

/// The retry budget shared by all calls of a client. It keeps retries from multiplying the load
/// during an outage.
///
/// Each call deposits a fifth of a retry, and ten retries per second are always available, so that
/// a client with little traffic can retry and an exhausted budget recovers. Deposits expire after
/// [`RetryBudget::WINDOW`]. The values are those of Finagle, whose algorithm tower implements.
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

    /// Deposits the share of one call.
    pub(super) fn deposit(&self) {
        self.0.deposit();
    }

    /// Withdraws one retry; `false` if the budget is exhausted.
    pub(super) fn withdraw(&self) -> bool {
        self.0.withdraw()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_up_to_the_maximum() {
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
    async fn five_calls_deposit_one_retry() {
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
    async fn an_exhausted_budget_recovers_over_time() {
        let budget = exhausted();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!budget.withdraw());
        tokio::time::advance(RetryBudget::WINDOW + Duration::from_secs(1)).await;
        let retries = (0..1000).filter(|_| budget.withdraw()).count();
        assert_eq!(retries, 100);
    }
}
