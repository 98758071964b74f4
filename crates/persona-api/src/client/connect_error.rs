//! Why no connection came about, so that whoever is woken by it knows where to look.

use std::{error::Error as StdError, io};

use rustls::CertificateError;

/// Why no connection came about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The host's name leads to no address.
    #[error("the host name cannot be resolved: check PERSONA_API_URL and this machine's DNS")]
    Dns,
    /// Nothing listens there.
    #[error("the connection was refused: nothing listens at this address and port")]
    Refused,
    /// The way there leads nowhere.
    #[error("the network or the host cannot be reached from here")]
    NoRoute,
    /// A firewall that drops what it does not let through looks the same as a long way.
    #[error("connecting took too long: check whether a firewall lets it through")]
    TimedOut,
    /// The certificate was made by somebody whom this machine does not believe.
    #[error(
        "the certificate's issuer is unknown: if a private authority or a company's proxy has made \
         it, add that one's certificate to this system's store, or name its file in SSL_CERT_FILE"
    )]
    UnknownIssuer,
    /// The certificate has run out.
    #[error("the certificate has expired; check this machine's clock, too")]
    CertificateExpired,
    /// The certificate is of the future.
    #[error("the certificate is not valid yet: check this machine's clock")]
    CertificateNotYetValid,
    /// The certificate is another host's.
    #[error("the certificate is for another host name: check PERSONA_API_URL")]
    WrongHost,
    /// The certificate is bad in another way.
    #[error("the certificate is not accepted: {0}")]
    BadCertificate(String),
    /// No TLS came about: the other side may not speak it.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl ConnectError {
    /// Finds the cause in the layers of an error. None of them repeats a header or a body.
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
                // A plain server closes the connection upon a greeting that it cannot read.
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                    Some(Self::Tls("the other side closed the connection".to_owned()))
                }
                _ => None,
            };
        }
        // hyper's type for this is private; its text is all there is to know it by.
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

/// The next layer. An `io::Error` shows its inner error's source as its own, and hides the inner error.
fn inner<'a>(layer: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    let wrapped = layer
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => Some(wrapped),
        None => layer.source(),
    }
}
