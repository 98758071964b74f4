//! The last known statuses of the person's inquiries, from our server.

use crate::model::{InquiryId, InquiryStatus, InquirySummaryView};

/// The newest known status of each inquiry. Changes of different inquiries are independent.
#[derive(Debug, Clone, Default)]
pub(super) struct StatusCache(Vec<InquirySummaryView>);

/// How a status compares with the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The cache has it, or a newer one.
    Old,
    /// It is new for its inquiry, but another inquiry changed after it.
    Changed,
    /// It is the newest change of all inquiries.
    Newest,
}

impl StatusCache {
    pub(super) fn new(summaries: Vec<InquirySummaryView>) -> Self {
        Self(summaries)
    }

    /// The status of the inquiry; without one, the person's overall status.
    pub(super) fn about(&self, inquiry: Option<&InquiryId>) -> Option<&InquirySummaryView> {
        match inquiry {
            Some(id) => self.0.iter().find(|known| known.inquiry_id == *id),
            None => InquirySummaryView::overall(&self.0),
        }
    }

    /// The inquiry that was changed last.
    fn newest(&self) -> Option<&InquirySummaryView> {
        self.0.iter().max_by_key(|known| known.number)
    }

    /// Whether the person is verified, and has begun another verification since.
    pub(super) fn has_begun_another(&self) -> bool {
        let is_verified = self
            .about(None)
            .is_some_and(|overall| overall.status == InquiryStatus::Approved);
        is_verified
            && self
                .newest()
                .is_some_and(|newest| newest.status.is_unfinished())
    }

    /// Compares a status with the cache.
    pub(super) fn compare(&self, change: &InquirySummaryView) -> Change {
        let is_newer = |known: &InquirySummaryView| {
            change.number > known.number
                || (change.number == known.number && change.status != known.status)
        };
        if !self.about(Some(&change.inquiry_id)).is_none_or(is_newer) {
            Change::Old
        } else if self.newest().is_none_or(is_newer) {
            Change::Newest
        } else {
            Change::Changed
        }
    }

    /// The inquiry that the person has submitted, if that counts and Persona has not confirmed it.
    pub(super) fn submitted(&self) -> Option<&InquiryId> {
        let overall = self.about(None)?;
        (overall.is_submitted && overall.status.is_unfinished()).then_some(&overall.inquiry_id)
    }

    /// Takes note that the person has submitted the inquiry, or has to continue it after all.
    pub(super) fn set_submitted(&mut self, id: &InquiryId, is_submitted: bool) {
        for known in self.0.iter_mut().filter(|known| known.inquiry_id == *id) {
            known.is_submitted = is_submitted;
        }
    }

    /// Replaces the status of the inquiry. Its result ID and its submission are kept, since not every
    /// update holds them.
    pub(super) fn update(&mut self, mut change: InquirySummaryView) {
        let known = self.about(Some(&change.inquiry_id));
        change.is_submitted |= known.is_some_and(|known| known.is_submitted);
        if change.result_id.is_none() {
            change.result_id = known.and_then(|known| known.result_id.clone());
        }
        self.0.retain(|known| known.inquiry_id != change.inquiry_id);
        self.0.push(change);
    }

    /// Takes over the result ID alone. Returns whether it was missing.
    pub(super) fn fill_result_id(&mut self, change: &InquirySummaryView) -> bool {
        let mut incomplete = self
            .0
            .iter_mut()
            .filter(|it| it.inquiry_id == change.inquiry_id && it.result_id.is_none());
        match incomplete.next() {
            Some(known) => {
                known.result_id.clone_from(&change.result_id);
                known.result_id.is_some()
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChangeNumber, ResultId};

    fn summary(number: i64, id: &str, status: &str) -> InquirySummaryView {
        InquirySummaryView {
            number: ChangeNumber(number),
            inquiry_id: InquiryId::parse(id).unwrap(),
            result_id: ResultId::parse(format!("res_{id}")).ok(),
            status: status.to_owned().into(),
            is_submitted: false,
        }
    }

    #[test]
    fn an_update_of_one_inquiry_leaves_the_status_of_another() {
        let mut cache = StatusCache::new(vec![summary(5, "inq_2", "approved")]);
        let change = summary(6, "inq_1", "declined");
        assert_eq!(cache.compare(&change), Change::Newest);
        cache.update(change.clone());
        let other = InquiryId::parse("inq_2").unwrap();
        assert_eq!(
            cache.about(Some(&other)),
            Some(&summary(5, "inq_2", "approved"))
        );
        assert_eq!(cache.about(None), Some(&change));
    }

    #[test]
    fn a_submission_is_awaited_until_the_status_contains_its_outcome() {
        let id = InquiryId::parse("inq_1").unwrap();
        let mut cache = StatusCache::new(vec![summary(1, "inq_1", "created")]);
        assert_eq!(cache.submitted(), None);
        cache.set_submitted(&id, true);
        // A late event from before the submission.
        cache.update(summary(2, "inq_1", "pending"));
        assert_eq!(cache.submitted(), Some(&id));
        cache.update(summary(3, "inq_1", "completed"));
        assert_eq!(cache.submitted(), None);

        cache.update(summary(4, "inq_1", "pending"));
        cache.set_submitted(&id, false);
        assert_eq!(cache.submitted(), None);
    }

    #[test]
    fn a_result_id_is_kept_when_a_later_update_has_none() {
        let mut cache = StatusCache::default();
        let without = |number, status: &str| InquirySummaryView {
            result_id: None,
            ..summary(number, "inq_1", status)
        };
        cache.update(without(1, "created"));
        assert_eq!(cache.about(None).unwrap().result_id, None);
        // An update that changes nothing else may still contain it.
        let listed = summary(1, "inq_1", "created");
        assert_eq!(cache.compare(&listed), Change::Old);
        assert!(cache.fill_result_id(&listed));
        assert!(!cache.fill_result_id(&listed));
        cache.update(without(2, "pending"));
        assert_eq!(cache.about(None), Some(&summary(2, "inq_1", "pending")));
    }

    #[test]
    fn each_inquiry_is_compared_with_itself() {
        let mut cache = StatusCache::new(vec![summary(5, "inq_2", "pending")]);
        assert_eq!(cache.compare(&summary(5, "inq_2", "pending")), Change::Old);
        assert_eq!(cache.compare(&summary(4, "inq_2", "created")), Change::Old);
        assert_eq!(
            cache.compare(&summary(6, "inq_2", "created")),
            Change::Newest
        );
        // Received for the first time, though it happened earlier.
        let earlier = summary(3, "inq_1", "declined");
        assert_eq!(cache.compare(&earlier), Change::Changed);
        cache.update(earlier.clone());
        assert_eq!(cache.compare(&earlier), Change::Old);
        assert_eq!(cache.about(None), Some(&summary(5, "inq_2", "pending")));
        assert_eq!(StatusCache::default().about(None), None);
    }
    #[test]
    fn an_inquiry_begun_after_the_approval_does_not_replace_the_overall_status() {
        let mut cache = StatusCache::new(vec![summary(5, "inq_1", "approved")]);
        assert!(!cache.has_begun_another());
        let another = summary(6, "inq_2", "created");
        assert_eq!(cache.compare(&another), Change::Newest);
        cache.update(another);
        assert!(cache.has_begun_another());
        assert_eq!(cache.about(None), Some(&summary(5, "inq_1", "approved")));
    }
}
