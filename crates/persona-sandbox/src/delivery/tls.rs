//! The trusted certificate authorities: those of this system and Mozilla's list, which is compiled
//! in, so that TLS also works in an empty container.

use std::sync::Arc;

use anyhow::Context as _;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// The TLS configuration of the HTTP clients, which also trusts these certificates (PEM).
///
/// # Errors
///
/// If the certificates cannot be read as such.
pub fn tls_config(certificates: Option<&[u8]>) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    // Certificates of this system that cannot be read are skipped.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(certificates.unwrap_or_default()) {
        let certificate = certificate.context("the certificate is not valid PEM")?;
        roots
            .add(certificate)
            .context("the certificate cannot be read")?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
