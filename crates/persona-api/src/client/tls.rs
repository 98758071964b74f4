//! Root certificates: those that this machine trusts.
//!
//! These are the certificates of the system's store, which contains a company's own authorities, or
//! of `SSL_CERT_FILE` and `SSL_CERT_DIR`. A machine without any, such as a bare container, uses
//! Mozilla's list, which is compiled in.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};

use super::error::SetupError;

/// The environment variables that replace the system's store.
const VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The TLS configuration of the client. reqwest requires one for plain http, too, which has no root
/// certificates, because they are not needed.
///
/// # Errors
/// If the variables name no loadable certificate.
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
    // Every system's store contains certificates that rustls cannot parse.
    let (_, unreadable) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(
        usable = roots.len(),
        unreadable = unreadable + found.errors.len(),
        "loaded root certificates"
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
        "this system has no root certificates (on Debian, the package ca-certificates): \
         using Mozilla's list, as it was when this program was built"
    );
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok(roots)
}
