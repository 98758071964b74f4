//! What the page knows of the person's inquiries, by our server.

use crate::model::{InquiryId, InquiryStatus, InquirySummaryView};

/// Where each inquiry stands that the page has been told of. News of one says nothing of another.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Vec<InquirySummaryView>);

/// What a piece of news is, compared with what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It is known, or older.
    Old,
    /// The inquiry has changed, and another one after it.
    Changed,
    /// It is the newest of all.
    Newest,
}

impl Known {
    pub(super) fn new(standings: Vec<InquirySummaryView>) -> Self {
        Self(standings)
    }

    /// Where the inquiry stands, or, without one, where the person stands.
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

    /// What the news would be.
    pub(super) fn compare(&self, news: &InquirySummaryView) -> News {
        let is_newer = |known: &InquirySummaryView| {
            news.number > known.number
                || (news.number == known.number && news.status != known.status)
        };
        if !self.about(Some(&news.inquiry_id)).is_none_or(is_newer) {
            News::Old
        } else if self.newest().is_none_or(is_newer) {
            News::Newest
        } else {
            News::Changed
        }
    }

    /// Takes note, in place of what was known of the inquiry. Its result ID never changes, and not
    /// all news has it.
    pub(super) fn learn(&mut self, mut news: InquirySummaryView) {
        let known = self.about(Some(&news.inquiry_id));
        if news.result_id.is_none() {
            news.result_id = known.and_then(|known| known.result_id.clone());
        }
        self.0.retain(|known| known.inquiry_id != news.inquiry_id);
        self.0.push(news);
    }

    /// Takes note of the result ID alone; says whether it was missing.
    pub(super) fn learn_result_id(&mut self, news: &InquirySummaryView) -> bool {
        let known = self.0.iter_mut();
        let mut lacking =
            known.filter(|it| it.inquiry_id == news.inquiry_id && it.result_id.is_none());
        match lacking.next() {
            Some(known) => {
                known.result_id.clone_from(&news.result_id);
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
        let mut known = Known::new(vec![standing(5, "inq_2", "approved")]);
        let news = standing(6, "inq_1", "declined");
        assert_eq!(known.compare(&news), News::Newest);
        known.learn(news.clone());
        let of_two = InquiryId::parse("inq_2").unwrap();
        assert_eq!(
            known.about(Some(&of_two)),
            Some(&standing(5, "inq_2", "approved"))
        );
        assert_eq!(known.about(None), Some(&news));
    }

    #[test]
    fn a_result_id_is_kept_when_later_news_has_none() {
        let mut known = Known::default();
        let without = |number, status: &str| InquirySummaryView {
            result_id: None,
            ..standing(number, "inq_1", status)
        };
        known.learn(without(1, "created"));
        assert_eq!(known.about(None).unwrap().result_id, None);
        // What is known already may still bring it.
        let listed = standing(1, "inq_1", "created");
        assert_eq!(known.compare(&listed), News::Old);
        assert!(known.learn_result_id(&listed));
        assert!(!known.learn_result_id(&listed));
        known.learn(without(2, "pending"));
        assert_eq!(known.about(None), Some(&standing(2, "inq_1", "pending")));
    }

    #[test]
    fn each_inquiry_is_compared_with_itself() {
        let mut known = Known::new(vec![standing(5, "inq_2", "pending")]);
        assert_eq!(known.compare(&standing(5, "inq_2", "pending")), News::Old);
        assert_eq!(known.compare(&standing(4, "inq_2", "created")), News::Old);
        assert_eq!(
            known.compare(&standing(6, "inq_2", "created")),
            News::Newest
        );
        // Told for the first time, though it happened before.
        let earlier = standing(3, "inq_1", "declined");
        assert_eq!(known.compare(&earlier), News::Changed);
        known.learn(earlier.clone());
        assert_eq!(known.compare(&earlier), News::Old);
        assert_eq!(known.about(None), Some(&standing(5, "inq_2", "pending")));
        assert_eq!(Known::default().about(None), None);
    }
    #[test]
    fn an_inquiry_begun_after_the_approval_is_news_but_not_where_the_person_stands() {
        let mut known = Known::new(vec![standing(5, "inq_1", "approved")]);
        assert!(!known.has_begun_another());
        let begun = standing(6, "inq_2", "created");
        assert_eq!(known.compare(&begun), News::Newest);
        known.learn(begun);
        assert!(known.has_begun_another());
        assert_eq!(known.about(None), Some(&standing(5, "inq_1", "approved")));
    }
}
