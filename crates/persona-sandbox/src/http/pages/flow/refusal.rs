//! What a refusal of the lifecycle means: a screen for the person and, where Persona documents
//! one, an error for the SDK (docs.withpersona.com, "Embedded Flow: Client Callbacks").

use super::screens::Screen;
use crate::domain::FlowRefusal;

/// An error as the SDK's `onError` gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SdkError {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: String,
}

/// The screen for the person.
pub(super) fn screen(refusal: &FlowRefusal) -> Screen {
    match refusal {
        FlowRefusal::Unauthenticated => Screen::SessionExpired,
        FlowRefusal::Expired => Screen::InquiryExpired,
        FlowRefusal::Finished(_) => Screen::Finished,
        FlowRefusal::LinkUsed => Screen::LinkUsed,
        FlowRefusal::LinkExpired | FlowRefusal::NotFound("link") => Screen::LinkExpired,
        FlowRefusal::NotFound(_)
        | FlowRefusal::InactiveTemplate
        | FlowRefusal::ClientSideCreationBlocked
        | FlowRefusal::InvalidConfig(_)
        | FlowRefusal::SessionLimit => Screen::Refused(refusal.to_string()),
        FlowRefusal::Write(_) => {
            Screen::Refused("the sandbox could not write its state file".to_owned())
        }
    }
}

/// What the SDK is told. Expired and finished inquiries are screens for the person, not errors.
pub(super) fn sdk_error(refusal: &FlowRefusal) -> Option<SdkError> {
    let (status, code) = match refusal {
        FlowRefusal::Expired | FlowRefusal::Finished(_) => return None,
        FlowRefusal::Unauthenticated => (409, "unauthenticated"),
        FlowRefusal::InactiveTemplate => (422, "inactive_template"),
        // Which code a blocked creation has is not documented; it is a wrong use of the SDK.
        FlowRefusal::InvalidConfig(_) | FlowRefusal::ClientSideCreationBlocked => {
            (400, "invalid_config")
        }
        FlowRefusal::NotFound(_) => (404, "unknown"),
        FlowRefusal::LinkUsed | FlowRefusal::LinkExpired | FlowRefusal::SessionLimit => {
            (422, "unknown")
        }
        FlowRefusal::Write(_) => (0, "application_error"),
    };
    let message = match screen(refusal) {
        Screen::Refused(reason) => reason,
        _ => refusal.to_string(),
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
        let code = |refusal| sdk_error(&refusal).map(|error| (error.status, error.code));
        assert_eq!(
            code(FlowRefusal::Unauthenticated),
            Some((409, "unauthenticated"))
        );
        assert_eq!(
            code(FlowRefusal::InactiveTemplate),
            Some((422, "inactive_template"))
        );
        assert_eq!(
            code(FlowRefusal::InvalidConfig(String::new())),
            Some((400, "invalid_config"))
        );
        assert_eq!(code(FlowRefusal::Expired), None);
        assert_eq!(code(FlowRefusal::Finished(Status::Approved)), None);
    }
}
