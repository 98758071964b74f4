//! Deliveries: the sending of one event to one webhook.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::VariantArray as _;

use crate::core::clock::Moment;

/// Seconds from a failed attempt to the next (docs: `webhooks`).
const RETRY_AFTER_SECONDS: [i64; 7] = [3, 64, 729, 4096, 15_625, 46_656, 117_649];

/// The first attempt and its retries.
const MAX_ATTEMPTS: u32 = 8;

/// The status of a delivery.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::EnumCount,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub(crate) enum DeliveryStatus {
    /// To be attempted, for the first time or again.
    Pending,
    /// The receiver accepted it.
    Delivered,
    /// Every attempt failed.
    Failed,
    /// Its webhook was disabled before it was accepted.
    Canceled,
    /// A fault dropped it.
    Lost,
    /// The payload filter of its webhook left it out.
    Skipped,
}

impl DeliveryStatus {
    /// Every status.
    pub(crate) const ALL: &'static [Self] = Self::VARIANTS;

    /// The status in lists.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The result of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AttemptResult {
    /// The receiver responded with this status.
    Status(u16),
    /// No response within the time limit.
    TimedOut,
    /// No connection.
    Unreachable,
    /// The connection ended without a response.
    NoAnswer,
}

impl AttemptResult {
    /// Exactly these four statuses count as accepted (docs: `webhooks`).
    pub(crate) fn is_accepted(self) -> bool {
        matches!(self, Self::Status(200 | 201 | 202 | 204))
    }
}

/// The sending of one event to one webhook. Small, because there is one for each event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Delivery {
    /// Its place in the order of events.
    pub(crate) number: u64,
    pub(crate) webhook_id: String,
    pub(crate) event_id: String,
    pub(crate) status: DeliveryStatus,
    /// How many attempts were made.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_attempted_at: Option<Moment>,
    /// The same in wall time, which signatures use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first_sent_at: Option<Moment>,
    /// When the next attempt is due, while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_at: Option<Moment>,
    /// The result of the latest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) result: Option<AttemptResult>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Delivery {
    /// A delivery that is due at once.
    pub(crate) fn new(number: u64, webhook_id: &str, event_id: &str, at: Moment) -> Self {
        Self {
            number,
            webhook_id: webhook_id.to_owned(),
            event_id: event_id.to_owned(),
            status: DeliveryStatus::Pending,
            attempts: 0,
            first_attempted_at: None,
            first_sent_at: None,
            next_at: Some(at),
            result: None,
        }
    }

    /// How many attempts are left after `made`.
    pub(crate) fn left_after(made: u32) -> u32 {
        MAX_ATTEMPTS.saturating_sub(made)
    }

    /// The same delivery, pending with an attempt at `at`.
    pub(crate) fn with_next_attempt_at(&self, at: Moment) -> Self {
        Self {
            status: DeliveryStatus::Pending,
            next_at: Some(at),
            ..self.clone()
        }
    }

    /// The same delivery with a final status.
    pub(crate) fn with_final_status(&self, status: DeliveryStatus) -> Self {
        Self {
            status,
            next_at: None,
            ..self.clone()
        }
    }

    /// The same delivery, first sent at this wall time unless it was sent before.
    pub(crate) fn with_first_sent_at(self, wall: Moment) -> Self {
        Self {
            first_sent_at: self.first_sent_at.or(Some(wall)),
            ..self
        }
    }

    /// The delivery after an attempt that began at `began` and ended at `now`.
    pub(crate) fn after_attempt(&self, result: AttemptResult, began: Moment, now: Moment) -> Self {
        let attempts = self.attempts.saturating_add(1);
        let retry_after = usize::try_from(attempts - 1)
            .ok()
            .and_then(|retry| RETRY_AFTER_SECONDS.get(retry));
        let (status, next_at) = match retry_after {
            _ if result.is_accepted() => (DeliveryStatus::Delivered, None),
            // The delivery ended during the attempt, as when its webhook is disabled.
            _ if self.status != DeliveryStatus::Pending => (self.status, None),
            Some(&seconds) => (DeliveryStatus::Pending, Some(now.plus_seconds(seconds))),
            None => (DeliveryStatus::Failed, None),
        };
        Self {
            status,
            attempts,
            first_attempted_at: self.first_attempted_at.or(Some(began)),
            next_at,
            result: Some(result),
            ..self.clone()
        }
    }
}

/// How long a receiver may take (docs: `webhooks`).
pub(crate) const RECEIVER_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_retries_follow_the_documented_schedule() {
        let start = Moment::from_millis(1_000_000);
        let mut now = start;
        let mut delivery = Delivery::new(0, "wbh_1", "evt_1", start);
        let mut waits = Vec::new();
        while delivery.status == DeliveryStatus::Pending {
            delivery = delivery.after_attempt(AttemptResult::Status(500), now, now);
            if let Some(next) = delivery.next_at {
                waits.push((next.as_millis() - now.as_millis()) / 1000);
                now = next;
            }
        }
        assert_eq!(waits, RETRY_AFTER_SECONDS);
        assert_eq!(delivery.attempts, MAX_ATTEMPTS);
        assert_eq!(delivery.status, DeliveryStatus::Failed);
        assert_eq!(delivery.first_attempted_at, Some(start));
    }

    #[test]
    fn exactly_four_statuses_are_accepted() {
        let accepted: Vec<u16> = (100..600)
            .filter(|&status| AttemptResult::Status(status).is_accepted())
            .collect();
        assert_eq!(accepted, [200, 201, 202, 204]);
    }

    #[test]
    fn an_answer_that_comes_after_the_end_counts_only_if_it_accepts() {
        let now = Moment::from_millis(0);
        let canceled =
            Delivery::new(0, "wbh_1", "evt_1", now).with_final_status(DeliveryStatus::Canceled);
        let failed = canceled.after_attempt(AttemptResult::TimedOut, now, now);
        assert_eq!(
            (failed.status, failed.next_at),
            (DeliveryStatus::Canceled, None)
        );
        let accepted = canceled.after_attempt(AttemptResult::Status(204), now, now);
        assert_eq!(accepted.status, DeliveryStatus::Delivered);
    }
}
