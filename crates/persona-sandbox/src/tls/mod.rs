//! The certificates of the TLS port: the sandbox's own authority, and what it signs.

mod authority;

pub use authority::{AuthorityError, CertificateAuthority};
