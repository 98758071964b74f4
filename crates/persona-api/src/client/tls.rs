//! Whose certificates are believed on the way to Persona: those that this machine believes.
//!
//! That is the system's store, in which a company's own authorities are, or what `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` name instead. A machine without any, such as a bare container, gets Mozilla's list,
//! which is part of the program.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::error::SetupError;

/// The variables that name other authorities than the system's, as everywhere else.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The TLS of a client. reqwest wants one for plain http, too; that one trusts nobody, and does not
/// need the system's certificates.
///
/// # Errors
/// If the variables lead to no certificate.
pub(super) fn client_config(is_https: bool) -> Result<ClientConfig, SetupError> {
    let roots = if is_https {
        roots()?
    } else {
        RootCertStore::empty()
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[expect(
    clippy::disallowed_methods,
    reason = "rustls-native-certs and sqlx read them from the environment themselves"
)]
fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some()
}

fn roots() -> Result<RootCertStore, SetupError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // Every system's store has some that no library can read.
    let (_, unreadable) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(
        usable = roots.len(),
        unreadable = unreadable + found.errors.len(),
        "loaded the certificates of authorities"
    );
    if !roots.is_empty() {
        return Ok(roots);
    }
    if let Some(variable) = VARIABLES.into_iter().find(|it| is_set(it)) {
        let problem = found.errors.first().map(ToString::to_string);
        return Err(SetupError::NoCertificates {
            variable,
            problem: problem.unwrap_or_else(|| "nothing readable there".to_owned()),
        });
    }
    tracing::warn!(
        "this system has no certificates of authorities (on Debian, the package ca-certificates): \
         using Mozilla's list, as it was when this program was built"
    );
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok(roots)
}
