//! How a call to Persona fails.
//!
//! Persona's errors carry no machine code (docs.withpersona.com/docs/errors): the status decides,
//! the title is for the log. `details` are left out, since they may repeat what was sent.

use std::{fmt, time::Duration};

use super::connect_error::ConnectError;

/// A call that did not succeed. Its text is for operators; it holds no personal data.
#[derive(Debug)]
pub struct Error {
    /// What was attempted.
    pub operation: Operation,
    /// How it failed.
    pub kind: ErrorKind,
    /// Persona's ID of the request, if it answered with one. Quote it to Persona's support.
    pub request_id: Option<String>,
}

/// Which call it was.
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
    /// A name for logs and metrics.
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

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The API key holds characters that a header cannot.
    #[error("the API key holds characters that an HTTP header cannot")]
    ApiKey,
    /// The API version holds characters that a header cannot.
    #[error("the API version holds characters that an HTTP header cannot")]
    Version,
    /// TLS could not be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// A variable names root certificates, and leads to none.
    #[error(
        "{variable} leads to no certificate ({problem}): name a file, or a directory of files, with \
         certificates in PEM, or unset it to use the system's"
    )]
    NoCertificates {
        /// `SSL_CERT_FILE` or `SSL_CERT_DIR`.
        variable: &'static str,
        /// What was found instead.
        problem: String,
    },
    /// The HTTP client could not be built.
    #[error("the HTTP client cannot be built")]
    Http(#[from] reqwest::Error),
}

/// The ways to fail that a caller may treat differently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// No connection came about: Persona has not seen the request.
    #[error("no connection: {0}")]
    Unreachable(ConnectError),
    /// Persona has failed so often that it is left alone for a moment: nothing was sent.
    #[error("calls to Persona are paused")]
    CircuitOpen,
    /// The caller's time was up before the request could be sent: Persona has not seen it.
    #[error("no time was left to send it")]
    DeadlineExceeded,
    /// The time ran out. Persona may have acted.
    #[error("no answer in time")]
    Timeout,
    /// The connection broke before the whole answer was there. Persona may have acted.
    #[error("the answer was lost")]
    LostResponse,
    /// 429: too many requests, or a quota. Decided before anything was done
    /// (docs.withpersona.com/docs/errors), so the same request may be sent again.
    #[error("rate limited")]
    RateLimited {
        /// When the window ends, if the answer said so.
        reset_after: Option<Duration>,
    },
    /// 401: the key is wrong.
    #[error("the API key is not accepted (401)")]
    Unauthorized,
    /// 403: the key may not do this, or the environment is inactive.
    #[error("not permitted (403): {title}")]
    Forbidden {
        /// Persona's own words.
        title: String,
    },
    /// 404: no such object in this environment.
    #[error("not found (404)")]
    NotFound,
    /// 409: the object's state does not allow it.
    #[error("conflict (409): {title}")]
    Conflict {
        /// Persona's own words.
        title: String,
    },
    /// Another 4xx: the request itself is refused.
    #[error("refused ({status}): {title}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// Persona's own words, with the pointer to the offending value.
        title: String,
    },
    /// 5xx: Persona failed. It may have acted.
    #[error("Persona failed ({status})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// An answer of success that is not what it should be. Persona has acted.
    #[error("unreadable answer ({status}): {problem}")]
    InvalidResponse {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it, without its content.
        problem: String,
    },
}

impl ErrorKind {
    /// A word for tables and metrics.
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

    /// The HTTP status that Persona answered with, if it did.
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

    /// Whether the same request may succeed a moment later.
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

    /// Whether a request was sent at all. One that the client's own throttle held back has the
    /// kind of one that Persona refused; to the caller they are the same.
    #[must_use]
    pub(super) fn is_sent(&self) -> bool {
        !matches!(self, Self::CircuitOpen | Self::DeadlineExceeded)
    }

    /// Whether it says that Persona is not well, rather than that it said no.
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
