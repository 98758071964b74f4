//! `GET /_sandbox/ca.pem`: the certificate that clients of the TLS port must trust.

use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get};

use crate::runtime::Environments;

/// The route that returns this certificate (PEM).
pub(super) fn show(certificate: Option<&str>) -> MethodRouter<Environments> {
    let certificate = certificate.map(str::to_owned);
    get(async move || match certificate {
        Some(pem) => ([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response(),
        None => {
            let text = "The sandbox has no TLS port: start it with --tls-addr.\n";
            (StatusCode::NOT_FOUND, text).into_response()
        }
    })
}
