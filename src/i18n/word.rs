//! The texts that the islands show.

/// A text that the browser may show, although the page does not yet.
///
/// The WASM holds none of them: a file for each language does, as one list in this order (`WordsFile`).
/// The key of the message is the name in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "ssr", derive(strum::EnumIter, strum::IntoStaticStr))]
#[cfg_attr(feature = "ssr", strum(serialize_all = "kebab-case"))]
#[expect(missing_docs, reason = "the English text of each is in locales/en.ftl")]
pub enum Word {
    TitleSuffix,
    FirstVisitTitle,
    FirstVisitHeading,

    CreatedHeading,
    CreatedSentence,
    PendingHeading,
    PendingSentence,
    SubmittedHeading,
    SubmittedSentence,
    CompletedHeading,
    CompletedSentence,
    NeedsReviewHeading,
    NeedsReviewSentence,
    ApprovedHeading,
    ApprovedSentence,
    DeclinedHeading,
    DeclinedSentence,
    FailedHeading,
    FailedSentence,
    ExpiredHeading,
    ExpiredSentence,
    UnknownHeading,
    UnknownSentence,

    OpeningHeading,
    OpeningSentence,
    SlowHeading,
    SlowSentence,
    OpenHeading,
    OpenSentence,
    CancelledSentence,
    UnsuccessfulHeading,
    UnsuccessfulSentence,
    BlockedHeading,
    BlockedSentence,
    NotContinuedHeading,
    NotContinuedSentence,
    MisconfiguredHeading,
    MisconfiguredSentence,
    WindowClosedHeading,
    WindowClosedSentence,
    StartAgainSentence,

    InvalidRequestHeading,
    InvalidRequestSentence,
    SignedOutHeading,
    SignedOutSentence,
    CrossOriginHeading,
    CrossOriginSentence,
    TooManyAttemptsHeading,
    TooManyAttemptsSentence,
    RateLimitedHeading,
    RateLimitedSentence,
    PersonaFailedHeading,
    PersonaFailedSentence,
    TryAgainHeading,
    TryAgainSentence,
    TimeoutHeading,
    TimeoutSentence,
    OfflineHeading,
    OfflineSentence,

    StartAction,
    ContinueAction,
    ContinueAddition,
    TryAgainAction,
    TryAgainAddition,
    StartAgainAction,
    StartAgainAddition,
    VerifyAgainAction,
    VerifyAgainAddition,
    SignInAction,
    SignInAddition,

    InquiryCompleted,
    InquiryCompletedHint,
    Copy,
    Copied,
    NotCopied,
}

#[cfg(feature = "ssr")]
impl Word {
    /// The key of the message.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.into()
    }
}
