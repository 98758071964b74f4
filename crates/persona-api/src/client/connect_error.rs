//! Causes of connection failures, with hints for the operator.

use std::{error::Error as StdError, io};

use rustls::CertificateError;

/// Why a connection could not be established.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The host name does not resolve.
    #[error(
        "the host name cannot be resolved: check the API's base URL (PERSONA_API_URL) and this machine's DNS"
    )]
    Dns,
    /// The host refused the connection.
    #[error("the connection was refused: nothing listens at this address and port")]
    Refused,
    /// The network or the host is unreachable.
    #[error("the network or the host cannot be reached from here")]
    NoRoute,
    /// The connection timed out. A firewall that drops packets has the same effect as a slow
    /// network.
    #[error("connecting took too long: check whether a firewall lets it through")]
    TimedOut,
    /// The certificate's issuer is not trusted.
    #[error(
        "the certificate's issuer is unknown: if a private authority or a company's proxy has made \
         it, add that one's certificate to this system's store, or name its file in SSL_CERT_FILE"
    )]
    UnknownIssuer,
    /// The certificate has expired.
    #[error("the certificate has expired; check this machine's clock, too")]
    CertificateExpired,
    /// The certificate is not valid yet.
    #[error("the certificate is not valid yet: check this machine's clock")]
    CertificateNotYetValid,
    /// The certificate is for another host.
    #[error("the certificate is for another host name: check the API's base URL (PERSONA_API_URL)")]
    WrongHost,
    /// The certificate is invalid for another reason.
    #[error("the certificate is not accepted: {0}")]
    BadCertificate(String),
    /// The TLS handshake failed: the server may not support TLS.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// Another cause.
    #[error("{0}")]
    Other(String),
}

impl ConnectError {
    /// Finds the cause in the source chain of an error. No source repeats a header or a body.
    pub(super) fn find(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        let mut next: Option<&(dyn StdError + 'static)> = Some(error);
        let mut last = String::new();
        while let Some(layer) = next {
            if let Some(known) = Self::from_layer(layer) {
                return known;
            }
            last = layer.to_string();
            next = inner(layer);
        }
        Self::Other(last)
    }

    fn from_layer(layer: &(dyn StdError + 'static)) -> Option<Self> {
        if let Some(error) = layer.downcast_ref::<rustls::Error>() {
            return Some(Self::from_tls(error));
        }
        if let Some(error) = layer.downcast_ref::<io::Error>() {
            return match error.kind() {
                io::ErrorKind::ConnectionRefused => Some(Self::Refused),
                io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
                    Some(Self::NoRoute)
                }
                // A server without TLS closes the connection when it receives a handshake.
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                    Some(Self::Tls("the other side closed the connection".to_owned()))
                }
                _ => None,
            };
        }
        // hyper's type is private, so its text identifies it.
        (layer.to_string() == "dns error").then_some(Self::Dns)
    }

    fn from_tls(error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(problem) = error else {
            return Self::Tls(error.to_string());
        };
        match problem {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                Self::CertificateExpired
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::CertificateNotYetValid
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::WrongHost
            }
            other => Self::BadCertificate(other.to_string()),
        }
    }
}

/// The source of an error. An `io::Error` reports the source of the error that it wraps instead of
/// that error itself, so the wrapped error is unwrapped here.
fn inner<'a>(layer: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    let wrapped = layer
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => Some(wrapped),
        None => layer.source(),
    }
}
