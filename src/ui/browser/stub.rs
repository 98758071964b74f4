//! Stubs for the server, where islands are rendered but never act.

use crate::model::PanelData;

pub(in crate::ui) fn panel_data(_: &str, _: &str) -> Option<PanelData> {
    None
}

/// The page.
pub(in crate::ui) mod page {
    use std::time::Duration;

    pub(in crate::ui) use crate::ui::browser::reload::ReloadOutcome;

    pub(in crate::ui) fn when_idle(_: impl FnOnce() + 'static) {}
    pub(in crate::ui) fn on_hide(_: impl Fn() + 'static) {}
    pub(in crate::ui) fn on_restore(_: impl Fn() + 'static) {}
    pub(in crate::ui) fn is_hidden() -> bool {
        false
    }
    pub(in crate::ui) fn after(_: Duration, _: impl FnOnce() + 'static) {}
    pub(in crate::ui) fn mark_hydrated(_: &str) -> bool {
        false
    }
    pub(in crate::ui) fn focus_after_render(_: [&'static str; 2]) {}
    pub(in crate::ui) fn rescue_focus(_: &str, _: [&'static str; 2]) {}
    pub(in crate::ui) fn on_event(_: &str, _: &str, _: impl Fn() + 'static) {}
    pub(in crate::ui) fn on_submit(_: &str, _: impl Fn() + 'static) {}
    pub(in crate::ui) fn set_text(_: &str, _: &str) {}
    pub(in crate::ui) fn set_attribute(_: &str, _: &str, _: Option<&str>) {}
    pub(in crate::ui) fn attribute(_: &str, _: &str) -> Option<String> {
        None
    }
    pub(in crate::ui) fn set_title(_: &str) {}
    pub(in crate::ui) fn set_inert(_: bool) {}
    pub(in crate::ui) fn navigate(_: &str) {}
    pub(in crate::ui) fn can_copy() -> bool {
        false
    }
    #[expect(clippy::unused_async, reason = "the same shape as in the browser")]
    pub(in crate::ui) async fn copy(_: &str) -> bool {
        false
    }
    #[expect(clippy::unused_async, reason = "the same shape as in the browser")]
    pub(in crate::ui) async fn reload_parts(_: &[String]) -> ReloadOutcome {
        ReloadOutcome::Failed
    }
}

/// Status updates of inquiries.
pub(in crate::ui) mod live {
    use crate::model::{InquiryId, InquirySummaryView};

    pub(in crate::ui) fn request_sync(_: &InquiryId) {}

    pub(in crate::ui) fn report_opening(_: &InquiryId) {}

    pub(in crate::ui) fn report_submission(_: &InquiryId) {}

    /// Follows nothing.
    #[derive(Clone)]
    pub(in crate::ui) struct Follower;

    impl Follower {
        pub(in crate::ui) fn start(
            _: impl Fn(InquirySummaryView) + 'static,
            _: impl Fn() + 'static,
        ) -> Self {
            Self
        }

        pub(in crate::ui) fn poll_soon(&self) {}

        pub(in crate::ui) fn fetch_list(&self) {}
    }
}

/// Persona's SDK.
pub(in crate::ui) mod persona_sdk {
    use crate::model::{OpenableInquiry, SdkSettings};
    pub(in crate::ui) use crate::ui::browser::event::{Blocked, Event};

    #[expect(clippy::unused_async, reason = "the same shape as in the browser")]
    pub(in crate::ui) async fn load(_: &SdkSettings) -> Result<(), Blocked> {
        Err(Blocked)
    }

    pub(in crate::ui) fn reset_failure() {}

    /// Persona's window.
    pub(in crate::ui) struct Window;

    impl Window {
        pub(in crate::ui) fn new(
            _: &SdkSettings,
            _: &OpenableInquiry,
            _: impl Fn(Event) + 'static,
        ) -> Result<Self, Blocked> {
            Err(Blocked)
        }

        pub(in crate::ui) fn show(&self) {}

        pub(in crate::ui) fn end(self) {}
    }
}
