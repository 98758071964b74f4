//! The TLS port's side of certificates: an authority of the sandbox's own, and what it signs.

mod authority;

pub use authority::{AuthorityError, CertificateAuthority};
