//! Errors of calls to Persona.
//!
//! Persona's errors have no machine-readable code (docs.withpersona.com/docs/errors): the HTTP
//! status classifies an error, and the title is for logs. `details` are dropped, because they may
//! repeat what was sent.

use std::{fmt, time::Duration};

use super::connect_error::ConnectError;

/// A failed call. The message is for operators and contains no personal data.
#[derive(Debug)]
pub struct Error {
    /// The operation that failed.
    pub operation: Operation,
    /// The kind of failure.
    pub kind: ErrorKind,
    /// Persona's request ID, if the response contains one. Quote it to Persona's support.
    pub request_id: Option<String>,
}

/// An operation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `POST /inquiries`
    CreateInquiry,
    /// `GET /inquiries`
    ListInquiries,
    /// `GET /inquiries/{id}`
    RetrieveInquiry,
    /// `PATCH /inquiries/{id}`
    UpdateInquiry,
    /// `POST /inquiries/{id}/resume`
    ResumeInquiry,
    /// `POST /inquiries/{id}/expire`
    ExpireInquiry,
    /// `POST /inquiries/{id}/generate-one-time-link`
    GenerateOneTimeLink,
    /// `GET /inquiry-templates/{id}`
    RetrieveTemplate,
}

impl Operation {
    /// The name for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateInquiry => "create inquiry",
            Self::ListInquiries => "list inquiries",
            Self::RetrieveInquiry => "retrieve inquiry",
            Self::UpdateInquiry => "update inquiry",
            Self::ResumeInquiry => "resume inquiry",
            Self::ExpireInquiry => "expire inquiry",
            Self::GenerateOneTimeLink => "generate one-time link",
            Self::RetrieveTemplate => "retrieve inquiry template",
        }
    }
}

/// Why a client could not be created.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The API key contains characters that are invalid in a header.
    #[error("the API key holds characters that an HTTP header cannot")]
    ApiKey,
    /// The API version contains characters that are invalid in a header.
    #[error("the API version holds characters that an HTTP header cannot")]
    Version,
    /// TLS could not be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// An environment variable names root certificates, and none can be loaded.
    #[error(
        "{variable} leads to no certificate ({problem}): name a file, or a directory of files, with \
         certificates in PEM, or unset it to use the system's"
    )]
    NoCertificates {
        /// `SSL_CERT_FILE` or `SSL_CERT_DIR`.
        variable: &'static str,
        /// Why no certificate was loaded.
        problem: String,
    },
    /// The HTTP client could not be built.
    #[error("the HTTP client cannot be built")]
    Http(#[from] reqwest::Error),
}

/// The kinds of failure that a caller may treat differently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// No connection was established: Persona has not received the request.
    #[error("no connection: {0}")]
    Unreachable(ConnectError),
    /// The circuit breaker is open after repeated failures: nothing was sent.
    #[error("calls to Persona are paused")]
    CircuitOpen,
    /// The caller's deadline passed before the request was sent: Persona has not received it.
    #[error("no time was left to send it")]
    DeadlineExceeded,
    /// The request timed out. Persona may have processed it.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke before the response was complete. Persona may have processed the
    /// request.
    #[error("the answer was lost")]
    LostResponse,
    /// 429: the rate limit or a quota is exceeded. Persona rejects the request before processing it
    /// (docs.withpersona.com/docs/errors), so it may be sent again.
    #[error("rate limited")]
    RateLimited {
        /// The time until the window ends, if the response contains it.
        reset_after: Option<Duration>,
    },
    /// 401: the API key is not valid.
    #[error("the API key is not accepted (401)")]
    Unauthorized,
    /// 403: the API key lacks a permission, or the environment is inactive.
    #[error("not permitted (403): {title}")]
    Forbidden {
        /// The title of Persona's error.
        title: String,
    },
    /// 404: the object does not exist in this environment.
    #[error("not found (404)")]
    NotFound,
    /// 409: the object's state does not permit the operation.
    #[error("conflict (409): {title}")]
    Conflict {
        /// The title of Persona's error.
        title: String,
    },
    /// Another 4xx: Persona rejects the request itself.
    #[error("refused ({status}): {title}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The title of Persona's error, with the pointer to the invalid value.
        title: String,
    },
    /// 5xx: Persona failed. It may have processed the request.
    #[error("Persona failed ({status})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// A response that cannot be decoded, is too large, or has an unexpected status, such as a
    /// redirect's. Persona may have processed the request.
    #[error("unreadable answer ({status}): {problem}")]
    InvalidResponse {
        /// The HTTP status.
        status: u16,
        /// What is wrong with the response, without its content.
        problem: String,
    },
}

impl ErrorKind {
    /// The name for tables and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::CircuitOpen => "paused",
            Self::DeadlineExceeded => "no_time_left",
            Self::Timeout => "timeout",
            Self::LostResponse => "lost_answer",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict { .. } => "conflict",
            Self::Rejected { .. } => "rejected",
            Self::Unavailable { .. } => "unavailable",
            Self::InvalidResponse { .. } => "unreadable",
        }
    }

    /// The HTTP status of the response, if there was one.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Unreachable(_)
            | Self::CircuitOpen
            | Self::DeadlineExceeded
            | Self::Timeout
            | Self::LostResponse => None,
            Self::RateLimited { .. } => Some(429),
            Self::Unauthorized => Some(401),
            Self::Forbidden { .. } => Some(403),
            Self::NotFound => Some(404),
            Self::Conflict { .. } => Some(409),
            Self::Rejected { status, .. }
            | Self::Unavailable { status }
            | Self::InvalidResponse { status, .. } => Some(*status),
        }
    }

    /// Whether the same request may succeed when it is repeated.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Timeout
            | Self::LostResponse
            | Self::RateLimited { .. }
            | Self::Unavailable { .. }
            | Self::InvalidResponse { .. } => true,
            Self::CircuitOpen
            | Self::DeadlineExceeded
            | Self::Unauthorized
            | Self::Forbidden { .. }
            | Self::NotFound
            | Self::Conflict { .. }
            | Self::Rejected { .. } => false,
        }
    }

    /// Whether the request was sent. A request that the client's throttle rejects has the kind
    /// `RateLimited`, as if Persona had rejected it; callers treat both alike.
    #[must_use]
    pub(super) fn is_sent(&self) -> bool {
        !matches!(self, Self::CircuitOpen | Self::DeadlineExceeded)
    }

    /// Whether the error indicates an outage of Persona rather than a rejected request.
    #[must_use]
    pub(super) fn is_outage(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Timeout | Self::LostResponse | Self::Unavailable { .. }
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}", self.operation.name())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.kind)
    }
}
