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
    pub(super) fn new(standings: Vec<InquirySummaryView>) -> Self {
        Self(standings)
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

    /// Replaces the status of the inquiry. Its result ID is kept, since it never changes and not every
    /// update holds it.
    pub(super) fn update(&mut self, mut change: InquirySummaryView) {
        let known = self.about(Some(&change.inquiry_id));
        if change.result_id.is_none() {
            change.result_id = known.and_then(|known| known.result_id.clone());
        }
        self.0.retain(|known| known.inquiry_id != change.inquiry_id);
        self.0.push(change);
    }

    /// Takes note of the result ID alone; says whether it was missing.
    pub(super) fn learn_result_id(&mut self, change: &InquirySummaryView) -> bool {
        let known = self.0.iter_mut();
        let mut lacking =
            known.filter(|it| it.inquiry_id == change.inquiry_id && it.result_id.is_none());
        match lacking.next() {
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

    fn standing(number: i64, id: &str, status: &str) -> InquirySummaryView {
        InquirySummaryView {
            number: ChangeNumber(number),
            inquiry_id: InquiryId::parse(id).unwrap(),
            result_id: ResultId::parse(format!("res_{id}")).ok(),
            status: status.to_owned().into(),
        }
    }

    #[test]
    fn news_of_one_inquiry_leaves_what_is_known_of_another() {
        let mut known = StatusCache::new(vec![standing(5, "inq_2", "approved")]);
        let change = standing(6, "inq_1", "declined");
        assert_eq!(known.compare(&change), Change::Newest);
        known.update(change.clone());
        let of_two = InquiryId::parse("inq_2").unwrap();
        assert_eq!(
            known.about(Some(&of_two)),
            Some(&standing(5, "inq_2", "approved"))
        );
        assert_eq!(known.about(None), Some(&change));
    }

    #[test]
    fn a_result_id_is_kept_when_later_news_has_none() {
        let mut known = StatusCache::default();
        let without = |number, status: &str| InquirySummaryView {
            result_id: None,
            ..standing(number, "inq_1", status)
        };
        known.update(without(1, "created"));
        assert_eq!(known.about(None).unwrap().result_id, None);
        // What is known already may still bring it.
        let listed = standing(1, "inq_1", "created");
        assert_eq!(known.compare(&listed), Change::Old);
        assert!(known.learn_result_id(&listed));
        assert!(!known.learn_result_id(&listed));
        known.update(without(2, "pending"));
        assert_eq!(known.about(None), Some(&standing(2, "inq_1", "pending")));
    }

    #[test]
    fn each_inquiry_is_compared_with_itself() {
        let mut known = StatusCache::new(vec![standing(5, "inq_2", "pending")]);
        assert_eq!(known.compare(&standing(5, "inq_2", "pending")), Change::Old);
        assert_eq!(known.compare(&standing(4, "inq_2", "created")), Change::Old);
        assert_eq!(
            known.compare(&standing(6, "inq_2", "created")),
            Change::Newest
        );
        // Told for the first time, though it happened before.
        let earlier = standing(3, "inq_1", "declined");
        assert_eq!(known.compare(&earlier), Change::Changed);
        known.update(earlier.clone());
        assert_eq!(known.compare(&earlier), Change::Old);
        assert_eq!(known.about(None), Some(&standing(5, "inq_2", "pending")));
        assert_eq!(StatusCache::default().about(None), None);
    }
    #[test]
    fn an_inquiry_begun_after_the_approval_is_news_but_not_where_the_person_stands() {
        let mut known = StatusCache::new(vec![standing(5, "inq_1", "approved")]);
        assert!(!known.has_begun_another());
        let begun = standing(6, "inq_2", "created");
        assert_eq!(known.compare(&begun), Change::Newest);
        known.update(begun);
        assert!(known.has_begun_another());
        assert_eq!(known.about(None), Some(&standing(5, "inq_1", "approved")));
    }
}
