//! The data of the panel on the onboarding page.

use serde::Serialize;

use super::{InquirySummaryView, SdkSettings};

/// What the panel needs. The page contains it as JSON, in an attribute: the props of an island would
/// bring a JSON parser into the browser's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PanelData {
    /// The settings of the SDK.
    pub sdk: SdkSettings,
    /// The statuses of the person's inquiries.
    pub statuses: Vec<InquirySummaryView>,
    /// The code of the error for which the plain form's handler could not start a verification.
    pub problem: Option<String>,
    /// Whether a decision does not rule out another verification.
    pub may_repeat: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ChangeNumber, InquiryId, InquiryStatus};

    #[test]
    fn the_json_has_the_names_that_the_browser_reads() {
        let data = PanelData {
            sdk: SdkSettings {
                script_url: "/sdk.js".to_owned(),
                integrity: None,
                widget_host: Some("127.0.0.1:1".to_owned()),
                environment_id: None,
                follows_color_scheme: true,
                language: Some("es-ES".to_owned()),
            },
            statuses: vec![InquirySummaryView {
                number: ChangeNumber(i64::MAX),
                inquiry_id: InquiryId::parse("inq_1").unwrap(),
                result_id: None,
                status: InquiryStatus::Pending,
                is_submitted: true,
            }],
            problem: Some("timeout".to_owned()),
            may_repeat: false,
        };
        let expected = serde_json::json!({
            "sdk": {
                "script_url": "/sdk.js",
                "integrity": null,
                "widget_host": "127.0.0.1:1",
                "environment_id": null,
                "follows_color_scheme": true,
                "language": "es-ES",
            },
            "statuses": [{
                "number": "9223372036854775807",
                "inquiry_id": "inq_1",
                "result_id": null,
                "status": "pending",
                "is_submitted": true,
            }],
            "problem": "timeout",
            "may_repeat": false,
        });
        assert_eq!(serde_json::to_value(data).unwrap(), expected);
    }
}
