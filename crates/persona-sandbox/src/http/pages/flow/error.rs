//! The mapping of domain errors to a screen for the person and, where Persona documents one, an
//! error for the SDK (docs.withpersona.com, "Embedded Flow: Client Callbacks").

use super::screens::Screen;
use crate::domain::FlowError;

/// An error as the SDK's `onError` gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SdkError {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// The screen for the person.
pub(super) fn screen(error: &FlowError) -> Screen {
    match error {
        FlowError::Unauthenticated => Screen::SessionExpired,
        FlowError::Expired => Screen::InquiryExpired,
        FlowError::AlreadyFinished(_) => Screen::AlreadyFinished,
        FlowError::LinkUsed => Screen::LinkUsed,
        FlowError::LinkExpired | FlowError::NotFound("link") => Screen::LinkExpired,
        FlowError::NotFound(_)
        | FlowError::InactiveTemplate
        | FlowError::ClientSideCreationBlocked
        | FlowError::InvalidConfig(_)
        | FlowError::Entered { .. }
        | FlowError::SessionLimit => Screen::Refused(error.to_string()),
        FlowError::Write(_) => {
            Screen::Refused("the sandbox could not write its state file".to_owned())
        }
    }
}

/// The error for the SDK. Expired and finished inquiries are screens for the person, not errors.
pub(super) fn sdk_error(error: &FlowError) -> Option<SdkError> {
    let (status, code) = match error {
        FlowError::Expired | FlowError::AlreadyFinished(_) => return None,
        FlowError::Unauthenticated => (409, "unauthenticated"),
        FlowError::InactiveTemplate => (422, "inactive_template"),
        // Which code a blocked creation has is not documented; it is a wrong use of the SDK.
        FlowError::InvalidConfig(_)
        | FlowError::Entered { .. }
        | FlowError::ClientSideCreationBlocked => (400, "invalid_config"),
        FlowError::NotFound(_) => (404, "unknown"),
        FlowError::LinkUsed | FlowError::LinkExpired | FlowError::SessionLimit => (422, "unknown"),
        FlowError::Write(_) => (0, "application_error"),
    };
    let message = match screen(error) {
        Screen::Refused(reason) => reason,
        _ => error.to_string(),
    };
    Some(SdkError {
        status,
        code,
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::model::Status;

    #[test]
    fn the_sdk_gets_the_documented_codes() {
        let code = |error| sdk_error(&error).map(|error| (error.status, error.code));
        assert_eq!(
            code(FlowError::Unauthenticated),
            Some((409, "unauthenticated"))
        );
        assert_eq!(
            code(FlowError::InactiveTemplate),
            Some((422, "inactive_template"))
        );
        assert_eq!(
            code(FlowError::InvalidConfig(String::new())),
            Some((400, "invalid_config"))
        );
        assert_eq!(code(FlowError::Expired), None);
        assert_eq!(code(FlowError::AlreadyFinished(Status::Approved)), None);
    }
}
