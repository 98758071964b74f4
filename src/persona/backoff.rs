//! How long to wait before trying again, and whether trying again is still affordable.

use std::{sync::Mutex, time::Duration};

use rand::Rng as _;

/// The longest wait before the second try; it doubles from there.
const BASE: Duration = Duration::from_millis(100);
/// The longest wait before any try.
const CAP: Duration = Duration::from_secs(2);

/// A wait drawn evenly between nothing and the limit for this try, so that clients that failed
/// together do not come back together ("full jitter").
pub(crate) fn full_jitter(tries_so_far: u32) -> Duration {
    let limit = BASE
        .saturating_mul(1 << tries_so_far.saturating_sub(1).min(10))
        .min(CAP);
    limit.mul_f64(rand::rng().random::<f64>())
}

/// Retries that all calls share: an outage must not be multiplied by everyone's patience.
///
/// Each first try earns a tenth of a retry; a retry costs one. A quiet start has some in hand.
#[derive(Debug)]
pub(super) struct RetryBudget(Mutex<f64>);

impl RetryBudget {
    const EARNED_PER_CALL: f64 = 0.1;
    const MOST: f64 = 100.0;

    pub(super) fn new() -> Self {
        Self(Mutex::new(Self::MOST))
    }

    /// Notes a first try.
    pub(super) fn earn(&self) {
        if let Ok(mut saved) = self.0.lock() {
            *saved = (*saved + Self::EARNED_PER_CALL).min(Self::MOST);
        }
    }

    /// Takes a retry out of the budget, if there is one.
    pub(super) fn spend(&self) -> bool {
        self.0.lock().is_ok_and(|mut saved| {
            let is_affordable = *saved >= 1.0;
            if is_affordable {
                *saved -= 1.0;
            }
            is_affordable
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_the_cap_and_not_beyond() {
        for tries in 1..40 {
            let limit = (BASE * 2_u32.saturating_pow(tries - 1)).min(CAP);
            assert!(
                (0..50).all(|_| full_jitter(tries) <= limit),
                "after {tries} tries"
            );
        }
    }

    #[test]
    fn an_exhausted_budget_refuses_until_it_is_earned_again() {
        let budget = RetryBudget::new();
        let retries = (0..1000).filter(|_| budget.spend()).count();
        assert_eq!(retries, 100);
        assert!(!budget.spend());
        for _ in 0..11 {
            budget.earn();
        }
        assert!(budget.spend());
        assert!(!budget.spend());
    }
}
