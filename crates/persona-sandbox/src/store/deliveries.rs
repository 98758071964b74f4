//! All pending deliveries, and the latest finished ones.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use strum::EnumCount as _;

use crate::core::clock::Moment;
use crate::core::model::{Delivery, DeliveryStatus};

/// How many finished deliveries are kept. Pending ones are all kept.
const MAX_FINISHED: usize = 10_000;

/// The deliveries. Part of the state, which changes them by its records only.
#[derive(Debug, Default)]
pub(crate) struct Deliveries {
    rows: BTreeMap<u64, Arc<Delivery>>,
    /// By webhook, so that a slow webhook does not hide due deliveries of another.
    due: BTreeMap<String, BTreeSet<(Moment, u64)>>,
    finished: BTreeSet<u64>,
    counts: [u64; DeliveryStatus::COUNT],
    /// The counts of deliveries that were pruned.
    pruned: [u64; DeliveryStatus::COUNT],
    next: u64,
    revision: u64,
}

impl Deliveries {
    /// Adds a delivery or replaces the one with its number, which is returned.
    pub(crate) fn put(&mut self, delivery: Arc<Delivery>) -> Option<Arc<Delivery>> {
        let number = delivery.number;
        if let Some(before) = self.rows.get(&number).map(Arc::clone) {
            self.unindex(&before);
        }
        self.next = self.next.max(number + 1);
        self.counts[delivery.status as usize] += 1;
        match delivery.next_at {
            Some(at) => {
                match self.due.get_mut(&delivery.webhook_id) {
                    Some(due) => {
                        due.insert((at, number));
                    }
                    None => {
                        let due = BTreeSet::from([(at, number)]);
                        self.due.insert(delivery.webhook_id.clone(), due);
                    }
                }
                self.revision += 1;
            }
            None => {
                self.finished.insert(number);
            }
        }
        self.rows.insert(number, delivery)
    }

    /// Removes a delivery.
    pub(crate) fn remove(&mut self, number: u64) -> Option<Arc<Delivery>> {
        let delivery = self.rows.remove(&number)?;
        self.unindex(&delivery);
        Some(delivery)
    }

    /// Drops the oldest finished delivery if there are more than [`MAX_FINISHED`].
    pub(crate) fn prune(&mut self) -> Option<Arc<Delivery>> {
        if self.finished.len() <= MAX_FINISHED {
            return None;
        }
        let oldest = self.rows.remove(&self.finished.pop_first()?)?;
        self.counts[oldest.status as usize] -= 1;
        self.pruned[oldest.status as usize] += 1;
        Some(oldest)
    }

    /// Reverts a [`Deliveries::prune`].
    pub(crate) fn restore(&mut self, delivery: Arc<Delivery>) {
        let pruned = &mut self.pruned[delivery.status as usize];
        *pruned = pruned.saturating_sub(1);
        self.put(delivery);
    }

    fn unindex(&mut self, delivery: &Delivery) {
        self.counts[delivery.status as usize] -= 1;
        match delivery.next_at {
            Some(at) => {
                if let Some(due) = self.due.get_mut(&delivery.webhook_id) {
                    due.remove(&(at, delivery.number));
                }
            }
            None => {
                self.finished.remove(&delivery.number);
            }
        }
    }

    /// The pending deliveries of a webhook.
    pub(crate) fn pending_for(&self, webhook_id: &str) -> Vec<Arc<Delivery>> {
        let due = self.due.get(webhook_id).into_iter().flatten();
        due.filter_map(|(_, number)| self.rows.get(number))
            .cloned()
            .collect()
    }

    /// The delivery with this number.
    pub(crate) fn find(&self, number: u64) -> Option<&Arc<Delivery>> {
        self.rows.get(&number)
    }

    /// The webhooks with deliveries that are due at `now`, the longest due first.
    pub(crate) fn webhooks_due_by(&self, now: Moment) -> Vec<String> {
        let first = |(id, due): (&String, &BTreeSet<(Moment, u64)>)| {
            let first = *due.first()?;
            (first.0 <= now).then(|| (first, id.clone()))
        };
        let mut webhooks: Vec<_> = self.due.iter().filter_map(first).collect();
        webhooks.sort_unstable();
        webhooks.into_iter().map(|(_, id)| id).collect()
    }

    /// The deliveries of a webhook that are due at `now`, in the order in which they became due.
    pub(crate) fn due_by(
        &self,
        webhook_id: &str,
        now: Moment,
    ) -> impl Iterator<Item = &Arc<Delivery>> {
        let due = self.due.get(webhook_id);
        due.into_iter()
            .flat_map(move |due| due.range(..=(now, u64::MAX)))
            .filter_map(|(_, number)| self.rows.get(number))
    }

    /// When the next delivery after `now` is due.
    pub(crate) fn next_after(&self, now: Moment) -> Option<Moment> {
        let later = (Bound::Excluded((now, u64::MAX)), Bound::Unbounded);
        let next = |due: &BTreeSet<(Moment, u64)>| due.range(later).next().map(|&(at, _)| at);
        self.due.values().filter_map(next).min()
    }

    /// The kept deliveries, newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Arc<Delivery>> {
        self.rows.values().rev()
    }

    /// The kept deliveries, oldest first.
    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = &Arc<Delivery>> {
        self.rows.values()
    }

    /// The number of the next delivery.
    pub(crate) fn next_number(&self) -> u64 {
        self.next
    }

    /// The number of deliveries with this status, including those pruned since the state was
    /// opened.
    pub(crate) fn count(&self, status: DeliveryStatus) -> u64 {
        self.counts[status as usize] + self.pruned[status as usize]
    }

    /// Grows whenever a delivery gets a due time.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::model::AttemptResult;

    fn delivery(number: u64, webhook_id: &str) -> Delivery {
        Delivery::new(number, webhook_id, "evt_1", Moment::from_millis(1000))
    }

    #[test]
    fn due_deliveries_come_in_order_and_others_wait() {
        let mut deliveries = Deliveries::default();
        let later = Moment::from_millis(5000);
        deliveries.put(Arc::new(delivery(1, "wbh_1")));
        deliveries.put(Arc::new(delivery(0, "wbh_1").with_next_attempt_at(later)));
        deliveries.put(Arc::new(delivery(2, "wbh_1")));
        let due = |now| -> Vec<u64> {
            deliveries
                .due_by("wbh_1", Moment::from_millis(now))
                .map(|delivery| delivery.number)
                .collect()
        };
        assert_eq!(due(999), [0; 0]);
        assert_eq!(due(1000), [1, 2]);
        assert_eq!(due(5000), [1, 2, 0]);
        assert_eq!(
            deliveries.next_after(Moment::from_millis(1000)),
            Some(later)
        );
        assert_eq!(deliveries.next_after(later), None);
        assert_eq!(deliveries.next_number(), 3);
    }

    #[test]
    fn what_is_pending_is_known_by_webhook() {
        let mut deliveries = Deliveries::default();
        deliveries.put(Arc::new(delivery(0, "wbh_1")));
        deliveries.put(Arc::new(delivery(1, "wbh_2")));
        let pending = deliveries.pending_for("wbh_1");
        assert_eq!(pending.len(), 1);
        assert_eq!(pending[0].number, 0);
        let now = Moment::from_millis(1000);
        assert_eq!(deliveries.webhooks_due_by(now), ["wbh_1", "wbh_2"]);
        assert_eq!(deliveries.due_by("wbh_2", now).count(), 1);
    }

    #[test]
    fn the_oldest_that_are_over_are_forgotten_and_pending_ones_never() {
        let mut deliveries = Deliveries::default();
        let now = Moment::from_millis(1000);
        deliveries.put(Arc::new(delivery(0, "wbh_1")));
        for number in 1..=MAX_FINISHED as u64 + 5 {
            let done =
                delivery(number, "wbh_1").after_attempt(AttemptResult::Status(200), now, now);
            deliveries.put(Arc::new(done));
            while deliveries.prune().is_some() {}
        }
        assert!(deliveries.find(0).is_some() && deliveries.find(5).is_none());
        assert!(deliveries.find(6).is_some());
        assert_eq!(deliveries.oldest_first().count(), MAX_FINISHED + 1);
        assert_eq!(
            deliveries.count(DeliveryStatus::Delivered),
            MAX_FINISHED as u64 + 5
        );
    }
}
