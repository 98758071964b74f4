//! Errors as the browser gets them: a code for the program, a sentence for the person.
//!
//! They hold no text of inner errors. The JSON is `{"error": {"code", "message", "inquiry_id"?}}`.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::i18n::Texts;
use crate::model::InquiryId;

/// An error response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", error.message)]
pub struct ApiError {
    error: Body,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Body {
    code: ErrorCode,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    inquiry_id: Option<InquiryId>,
}

/// What kind of failure it is.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ErrorCode {
    /// The request is not valid.
    InvalidRequest,
    /// Nobody is signed in.
    SignedOut,
    /// The request is cross-site.
    CrossOrigin,
    /// A finished inquiry waits for its decision.
    Waiting,
    /// The person is verified already.
    Approved,
    /// The decision was no.
    Declined,
    /// The person has tried too often.
    TooManyAttempts,
    /// Too many requests.
    RateLimited,
    /// Persona failed, or cannot be reached.
    PersonaFailed,
    /// A temporary failure of this server.
    TryAgain,
    /// It took too long.
    Timeout,
    /// The browser could not reach this server. Created in the browser only.
    Offline,
}

impl ErrorCode {
    /// The code with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        name.parse().ok()
    }

    /// The code's name, as the JSON has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The response's HTTP status.
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            Self::InvalidRequest => 422,
            Self::SignedOut => 401,
            Self::CrossOrigin => 403,
            Self::Waiting | Self::Approved | Self::Declined | Self::TooManyAttempts => 409,
            Self::RateLimited => 429,
            Self::PersonaFailed => 502,
            Self::TryAgain | Self::Offline => 503,
            Self::Timeout => 504,
        }
    }

    /// The key of the message for the person.
    #[cfg(feature = "ssr")]
    fn message_key(self) -> &'static str {
        match self {
            Self::InvalidRequest => "error-invalid-request",
            Self::SignedOut => "error-signed-out",
            Self::CrossOrigin => "error-cross-origin",
            Self::Waiting => "error-waiting",
            Self::Approved => "error-approved",
            Self::Declined => "error-declined",
            Self::TooManyAttempts => "error-too-many-attempts",
            Self::RateLimited => "error-rate-limited",
            Self::PersonaFailed => "error-persona-failed",
            Self::TryAgain => "error-try-again",
            Self::Timeout => "error-timeout",
            Self::Offline => "error-offline",
        }
    }
}

impl ApiError {
    /// An error with the code's own message: in English on the server, none in the browser, whose pages
    /// show texts of their own.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        #[cfg(feature = "ssr")]
        let message = Texts::default().text(code.message_key());
        #[cfg(not(feature = "ssr"))]
        let message = String::new();
        Self {
            error: Body {
                code,
                message,
                inquiry_id: None,
            },
        }
    }

    /// The same error with its message in the language of the request.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub(crate) fn translated(mut self, texts: &Texts) -> Self {
        self.error.message = texts.text(self.error.code.message_key());
        self
    }

    /// Appends a sentence.
    #[cfg(feature = "ssr")]
    pub(crate) fn add(&mut self, sentence: &str) {
        self.error.message.push(' ');
        self.error.message.push_str(sentence);
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.error.code
    }
}

impl From<ErrorCode> for ApiError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::new(match error {
            // A response that this page cannot read is a newer release's, or a proxy's: as with a request
            // that the server cannot read, the page has to be loaded again.
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_)
            | ServerFnErrorErr::Deserialization(_) => ErrorCode::InvalidRequest,
            ServerFnErrorErr::Request(_) => ErrorCode::Offline,
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::Response(_) => ErrorCode::TryAgain,
        })
    }
}

#[cfg(feature = "ssr")]
impl From<&crate::domain::PolicyDenial> for ApiError {
    fn from(denial: &crate::domain::PolicyDenial) -> Self {
        use crate::domain::PolicyDenial;
        let (code, id) = match denial {
            PolicyDenial::Waiting(id) => (ErrorCode::Waiting, id),
            PolicyDenial::Approved(id) => (ErrorCode::Approved, id),
            PolicyDenial::Declined(id) => (ErrorCode::Declined, id),
            PolicyDenial::TooManyAttempts(id) => (ErrorCode::TooManyAttempts, id),
        };
        let mut error = Self::new(code);
        error.error.inquiry_id = Some(id.clone());
        error
    }
}

#[cfg(feature = "ssr")]
impl From<&crate::domain::Error> for ApiError {
    fn from(error: &crate::domain::Error) -> Self {
        use crate::domain::Error;
        use persona_api::ErrorKind;
        Self::new(match error {
            Error::Persona(error) => match error.kind {
                ErrorKind::Timeout | ErrorKind::DeadlineExceeded => ErrorCode::Timeout,
                // Another click of the same user is in progress.
                ErrorKind::RateLimited { .. } | ErrorKind::CircuitOpen => ErrorCode::TryAgain,
                ErrorKind::Unreachable(_)
                | ErrorKind::LostResponse
                | ErrorKind::Unauthorized
                | ErrorKind::Forbidden { .. }
                | ErrorKind::NotFound
                | ErrorKind::Conflict { .. }
                | ErrorKind::Rejected { .. }
                | ErrorKind::Unavailable { .. }
                | ErrorKind::InvalidResponse { .. } => ErrorCode::PersonaFailed,
            },
            Error::Foreign(_) => ErrorCode::PersonaFailed,
            Error::Denied(denial) => return Self::from(denial),
            Error::Busy | Error::Store(_) | Error::Encoding(_) | Error::Interrupted => {
                ErrorCode::TryAgain
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_is_the_documented_one() {
        let json = serde_json::to_value(ApiError::new(ErrorCode::SignedOut)).unwrap();
        assert_eq!(json["error"]["code"], "signed_out");
        assert!(
            json["error"]["message"]
                .as_str()
                .unwrap()
                .contains("Sign in")
        );
        assert!(json["error"].get("inquiry_id").is_none());
    }

    #[test]
    fn every_code_has_its_status() {
        for (code, name, status) in [
            (ErrorCode::SignedOut, "signed_out", 401),
            (ErrorCode::CrossOrigin, "cross_origin", 403),
            (ErrorCode::Waiting, "waiting", 409),
            (ErrorCode::Approved, "approved", 409),
            (ErrorCode::Declined, "declined", 409),
            (ErrorCode::TooManyAttempts, "too_many_attempts", 409),
            (ErrorCode::InvalidRequest, "invalid_request", 422),
            (ErrorCode::RateLimited, "rate_limited", 429),
            (ErrorCode::PersonaFailed, "persona_failed", 502),
            (ErrorCode::TryAgain, "try_again", 503),
            (ErrorCode::Timeout, "timeout", 504),
        ] {
            assert_eq!(serde_json::to_value(code).unwrap(), name);
            assert_eq!(ErrorCode::from_name(name), Some(code));
            assert_eq!(code.http_status(), status);
        }
    }
}
