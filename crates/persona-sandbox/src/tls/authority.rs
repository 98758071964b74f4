//! The authority that signs the TLS port's certificate.
//!
//! Developers add it to the trusted authorities of their machines. Name constraints limit the damage
//! of a leaked key: the authority is valid for Persona's domain and loopback addresses only. The
//! port's own certificate is created at each start and never written to disk.
//!
//! Longer than 400 lines: a quarter of it is its tests.

use std::fmt::{self, Write as _};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, PublicKeyData as _, SanType, date_time_ymd,
};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{CertificateError, RootCertStore, ServerConfig};
use sha2::{Digest as _, Sha256};

use crate::core::clock::Moment;
use crate::core::persona_host::DOMAIN;

/// The authority's certificate, in its folder.
const CERTIFICATE_FILE: &str = "persona-sandbox-ca.pem";

/// The authority's key, in its folder; readable by its owner only.
const KEY_FILE: &str = "persona-sandbox-ca-key.pem";

/// The subdomains in the port's certificate. The wildcard covers an organisation's own subdomain.
const SUBDOMAINS: [&str; 4] = ["api", "inquiry", "cdn", "*"];

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The lifetime of the authority. Its expiry is not detected here.
const AUTHORITY_DAYS: u32 = 3650;

/// The lifetime of the port's certificate: some systems refuse more than 398 days.
const CERTIFICATE_DAYS: u32 = 397;

/// Why the authority cannot be opened, or cannot issue a certificate.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file cannot be read or written.
    #[error("could not {action} {}: {source}; choose a folder for the authority with --ca-dir", path.display())]
    File {
        /// The operation that failed.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate exists, but its key does not.
    #[error(
        "{} exists without {KEY_FILE}: restore the key, or delete the certificate to create a new \
         authority, which clients must then trust again", certificate.display()
    )]
    KeyMissing {
        /// The certificate's file.
        certificate: PathBuf,
    },
    /// A file has other content, or the certificate and the key do not match.
    #[error(
        "{} cannot be used ({reason}): restore it, or delete {CERTIFICATE_FILE} and {KEY_FILE} to \
         create a new authority, which clients must then trust again",
        path.display()
    )]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate cannot be created.
    #[error("could not create a certificate: {0}")]
    Signing(String),
}

impl From<rcgen::Error> for AuthorityError {
    fn from(error: rcgen::Error) -> Self {
        Self::Signing(error.to_string())
    }
}

impl From<rustls::Error> for AuthorityError {
    fn from(error: rustls::Error) -> Self {
        Self::Signing(error.to_string())
    }
}

/// An authority that signs certificates for Persona's names.
pub struct CertificateAuthority {
    pem: String,
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    /// The certificate's file; `None` if the authority is in memory.
    path: Option<PathBuf>,
}

/// Without the key.
impl fmt::Debug for CertificateAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateAuthority")
            .field("path", &self.path)
            .field("fingerprint", &self.fingerprint())
            .finish_non_exhaustive()
    }
}

impl CertificateAuthority {
    /// The authority in this folder, created on first use.
    ///
    /// # Errors
    ///
    /// If its files cannot be read, written or used. They are not changed then.
    pub fn open(folder: &Path) -> Result<Self, AuthorityError> {
        Self::open_at(folder, Moment::wall())
    }

    /// An authority in memory, which is lost when the process ends.
    ///
    /// # Errors
    ///
    /// If the system has no random numbers.
    pub fn in_memory() -> Result<Self, AuthorityError> {
        Self::new(KeyPair::generate()?, Moment::wall())
    }

    fn open_at(folder: &Path, now: Moment) -> Result<Self, AuthorityError> {
        let certificate_path = folder.join(CERTIFICATE_FILE);
        let key_path = folder.join(KEY_FILE);
        let pem = read(&certificate_path)?;
        let key = match (read(&key_path)?, &pem) {
            (Some(key), _) => key,
            (None, Some(_)) => {
                return Err(AuthorityError::KeyMissing {
                    certificate: certificate_path,
                });
            }
            (None, None) => create_key(folder, &key_path)?,
        };
        let unusable = |path: &Path, reason: String| AuthorityError::Unusable {
            path: path.to_owned(),
            reason,
        };
        let key = KeyPair::from_pem(&key)
            .map_err(|_| unusable(&key_path, "it contains no private key in PEM".to_owned()))?;
        let mut authority = match pem {
            Some(pem) => Self::from_pem(pem, key, now)?
                .map_err(|reason| unusable(&certificate_path, reason))?,
            // Clients identify an authority by its name and key, so those that trust an earlier
            // certificate of this key accept what this one signs.
            None => {
                let authority = Self::new(key, now)?;
                write_whole(&certificate_path, &authority.pem)?;
                authority
            }
        };
        authority.path = Some(certificate_path);
        Ok(authority)
    }

    fn new(key: KeyPair, now: Moment) -> Result<Self, AuthorityError> {
        let params = authority_params(now);
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
            path: None,
        })
    }

    /// The authority with this certificate and key, or what is wrong with the certificate.
    fn from_pem(
        pem: String,
        key: KeyPair,
        now: Moment,
    ) -> Result<Result<Self, String>, AuthorityError> {
        let Ok(der) = CertificateDer::from_pem_slice(pem.as_bytes()) else {
            return Ok(Err("it contains no certificate in PEM".to_owned()));
        };
        let authority = Self {
            pem,
            der,
            issuer: Issuer::new(authority_params(now), key),
            path: None,
        };
        let (certificate, _) = authority.issue(now)?;
        Ok(match authority.verify(&certificate, now) {
            Ok(()) => Ok(authority),
            Err(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            )) => Err(format!("it does not match the key in {KEY_FILE}")),
            Err(error) => Err(error.to_string()),
        })
    }

    /// The certificate in PEM, for the clients' trust stores.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The certificate's file; `None` if the authority is in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The certificate's SHA-256 fingerprint, as browsers and `openssl` show it.
    pub fn fingerprint(&self) -> String {
        let mut text = String::new();
        for byte in Sha256::digest(&self.der) {
            let colon = if text.is_empty() { "" } else { ":" };
            let _ = write!(text, "{colon}{byte:02X}");
        }
        text
    }

    /// The hash of the authority's public key, for Chromium's `--ignore-certificate-errors-spki-list`.
    pub fn public_key_pin(&self) -> String {
        let key = self.issuer.key().subject_public_key_info();
        BASE64_STANDARD.encode(Sha256::digest(key))
    }

    /// The server's TLS configuration, with a new certificate.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, AuthorityError> {
        let (certificate, key) = self.issue(Moment::wall())?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            // Chromium compares its list of accepted keys with the chain that the server sends.
            .with_single_cert(vec![certificate, self.der.clone()], key.into())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Issues a certificate for Persona's host names and loopback addresses.
    fn issue(
        &self,
        now: Moment,
    ) -> Result<(CertificateDer<'static>, PrivatePkcs8KeyDer<'static>), AuthorityError> {
        let mut names = vec![DOMAIN.to_owned()];
        names.extend(SUBDOMAINS.map(|subdomain| format!("{subdomain}.{DOMAIN}")));
        names.push("localhost".to_owned());
        let mut params = CertificateParams::new(names)?;
        for address in [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ] {
            params.subject_alt_names.push(SanType::IpAddress(address));
        }
        params.distinguished_name = common_name(DOMAIN);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        set_validity(&mut params, now, CERTIFICATE_DAYS);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?.der().clone();
        Ok((certificate, key.serialize_der().into()))
    }

    /// Verifies a certificate as a client that trusts the authority does.
    fn verify(&self, certificate: &CertificateDer<'_>, now: Moment) -> Result<(), rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone())?;
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        let name = ServerName::try_from("localhost")
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        let seconds = u64::try_from(now.as_seconds()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        verifier.verify_server_cert(certificate, &[], &name, &[], now)?;
        Ok(())
    }
}

/// The content of the authority's certificate. The name must never change: clients identify an
/// authority by its name and key.
fn authority_params(now: Moment) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name("Persona Sandbox CA (development only)");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![
            GeneralSubtree::DnsName(DOMAIN.to_owned()),
            GeneralSubtree::DnsName("localhost".to_owned()),
            GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
            GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(
                Ipv6Addr::LOCALHOST.octets(),
                128,
            )),
        ],
        excluded_subtrees: Vec::new(),
    });
    set_validity(&mut params, now, AUTHORITY_DAYS);
    params
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// Valid from the day before, for clients whose clocks are slow.
fn set_validity(params: &mut CertificateParams, now: Moment, days: u32) {
    params.not_before = midnight(now.plus_seconds(-86_400));
    params.not_after = midnight(now.plus(DAY * days));
}

/// The start of the day in UTC.
fn midnight(moment: Moment) -> time::OffsetDateTime {
    let timestamp = jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or_default();
    let date = jiff::tz::Offset::UTC.to_datetime(timestamp).date();
    let [month, day] = [date.month(), date.day()].map(i8::unsigned_abs);
    date_time_ymd(date.year().into(), month, day)
}

fn read(path: &Path) -> Result<Option<String>, AuthorityError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("read", path)(source)),
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> AuthorityError + use<> {
    let path = path.to_owned();
    move |source| AuthorityError::File {
        action,
        path,
        source,
    }
}

/// Creates a key, unless another process has just created one; returns the key in the file.
fn create_key(folder: &Path, path: &Path) -> Result<String, AuthorityError> {
    fs::create_dir_all(folder).map_err(failed("create the folder", folder))?;
    let draft = draft_of(path);
    let key = KeyPair::generate()?.serialize_pem();
    write_private(&draft, &key).map_err(failed("write", &draft))?;
    // Unlike a rename, a link never replaces an existing file.
    let published = fs::hard_link(&draft, path);
    let removed = fs::remove_file(&draft);
    match published {
        Ok(()) => removed.map_err(failed("remove", &draft))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed("write", path)(error)),
    }
    Ok(read(path)?.unwrap_or(key))
}

/// Writes a file atomically.
fn write_whole(path: &Path, text: &str) -> Result<(), AuthorityError> {
    let draft = draft_of(path);
    fs::write(&draft, text)
        .and_then(|()| fs::rename(&draft, path))
        .map_err(failed("write", path))
}

fn draft_of(path: &Path) -> PathBuf {
    path.with_extension(format!("{:016x}.draft", rand::random::<u64>()))
}

/// Writes a file that only its owner may read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Moment {
        Moment::parse("2026-03-01T12:00:00Z").unwrap()
    }

    fn error(folder: &Path, now: Moment) -> String {
        CertificateAuthority::open_at(folder, now)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn it_is_made_once_with_a_key_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new").join("folder");
        let first = CertificateAuthority::open_at(&folder, now()).unwrap();
        let second = CertificateAuthority::open_at(&folder, now()).unwrap();
        assert_eq!(first.pem(), second.pem());
        assert_eq!(first.path(), Some(&*folder.join(CERTIFICATE_FILE)));
        let mut files: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        assert_eq!(files, [KEY_FILE, CERTIFICATE_FILE], "no drafts are left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let metadata = fs::metadata(folder.join(KEY_FILE)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn processes_that_start_together_share_one() {
        let folder = tempfile::tempdir().unwrap();
        let pems: Vec<_> = std::thread::scope(|scope| {
            let open = || {
                CertificateAuthority::open_at(folder.path(), now())
                    .unwrap()
                    .public_key_pin()
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(pems.iter().all(|pem| *pem == pems[0]), "{pems:?}");
    }

    #[test]
    fn a_lost_certificate_is_made_again_for_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let before = CertificateAuthority::open_at(folder.path(), now()).unwrap();
        fs::remove_file(folder.path().join(CERTIFICATE_FILE)).unwrap();
        let later = now().plus(DAY);
        let after = CertificateAuthority::open_at(folder.path(), later).unwrap();
        assert_ne!(before.pem(), after.pem());
        let (certificate, _) = after.issue(later).unwrap();
        before.verify(&certificate, later).unwrap();
    }

    #[test]
    fn what_cannot_be_used_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |file| folder.path().join(file);
        let authority = CertificateAuthority::open_at(folder.path(), now()).unwrap();
        let key = fs::read(path(KEY_FILE)).unwrap();

        let other = KeyPair::generate().unwrap().serialize_pem();
        fs::write(path(KEY_FILE), &other).unwrap();
        let text = error(folder.path(), now());
        assert!(text.contains("it does not match the key"), "{text}");
        assert!(text.contains("trust again"), "{text}");

        fs::write(path(KEY_FILE), "nonsense").unwrap();
        assert!(error(folder.path(), now()).contains("it contains no private key"));

        fs::remove_file(path(KEY_FILE)).unwrap();
        assert!(error(folder.path(), now()).contains("restore the key"));

        fs::write(path(KEY_FILE), key).unwrap();
        fs::write(path(CERTIFICATE_FILE), "nonsense").unwrap();
        assert!(error(folder.path(), now()).contains("it contains no certificate"));
        assert_eq!(
            fs::read_to_string(path(CERTIFICATE_FILE)).unwrap(),
            "nonsense"
        );

        fs::write(path(CERTIFICATE_FILE), authority.pem()).unwrap();
        CertificateAuthority::open_at(folder.path(), now()).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_with_a_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let text = error(&file.join("ca"), now());
        assert!(text.contains("could not read"), "{text}");
        assert!(text.contains("--ca-dir"), "{text}");
    }

    #[test]
    fn it_is_good_for_no_other_name() {
        let authority = CertificateAuthority::new(KeyPair::generate().unwrap(), now()).unwrap();
        let mut params =
            CertificateParams::new(vec!["localhost".to_owned(), "bank.example".to_owned()])
                .unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        set_validity(&mut params, now(), 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority.issuer).unwrap();
        let refused = authority.verify(certificate.der(), now()).unwrap_err();
        assert!(refused.to_string().contains("NameConstraint"), "{refused}");
    }

    #[test]
    fn the_key_is_not_in_debug_output() {
        let authority = CertificateAuthority::new(KeyPair::generate().unwrap(), now()).unwrap();
        let text = format!("{authority:?}");
        assert!(
            text.starts_with("CertificateAuthority { path: None, fingerprint: \""),
            "{text}"
        );
        assert!(!text.contains("PRIVATE"), "{text}");
    }
}
