//! TLS with certificates of a private authority: to Persona and to Postgres, as `doctor` sees it.
//!
//! The authority is named by `SSL_CERT_FILE`, which is of the whole process: so it is a process of
//! its own that is asked.

use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    process::Command,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
    },
};

use crate::postgres;

/// An authority that no system knows, and the file that names it.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), certificate.pem()).unwrap();
        Self {
            issuer: Issuer::new(params, key),
            folder,
        }
    }

    fn file(&self) -> String {
        self.folder
            .path()
            .join("authority.pem")
            .display()
            .to_string()
    }

    /// A server's side of TLS, with a certificate for this name from one year to another.
    fn acceptor(&self, name: &str, (from, to): (i32, i32)) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from(certificate)],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

const VALID: (i32, i32) = (2020, 2099);

/// A Persona behind TLS that lists no inquiry and lets nobody read templates.
async fn persona(acceptor: TlsAcceptor) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                let mut request = vec![0; 64 * 1024];
                let length = stream.read(&mut request).await.unwrap_or(0);
                let is_list = request[..length].starts_with(b"GET /api/v1/inquiries?");
                let (status, body) = match is_list {
                    true => (200, r#"{"data":[],"links":{}}"#),
                    false => (403, r#"{"errors":[{"title":"Forbidden"}]}"#),
                };
                let answer = format!(
                    "HTTP/1.1 {status} Scripted\r\ncontent-length: {}\r\n\
                     connection: close\r\n\r\n{body}",
                    body.len()
                );
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    addr
}

/// Runs `persona-onboarding doctor` with these variables; returns whether it is content, and what it
/// says.
async fn doctor(variables: &[(&str, &str)]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let command = Command::new(env!("CARGO_BIN_EXE_persona-onboarding"))
        .arg("doctor")
        .current_dir(&folder)
        .env_remove("SSL_CERT_FILE")
        .env_remove("SSL_CERT_DIR")
        .env("DATABASE_URL", "sqlite://app.db")
        .env("PERSONA_API_KEY", "persona_sandbox_test")
        .env("PERSONA_INQUIRY_TEMPLATE_ID", "itmpl_1")
        .env("PERSONA_WEBHOOK_SECRET", "wbhsec_a_secret_for_tests")
        .env("DATA_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(Duration::from_secs(60), command).await;
    let output = output.unwrap().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// What `doctor` says of a Persona at this address.
async fn doctor_on(url: &str, variables: &[(&str, &str)]) -> (bool, String) {
    doctor(&[&[("PERSONA_API_URL", url)], variables].concat()).await
}

fn url(addr: SocketAddr) -> String {
    format!("https://localhost:{}/api/v1", addr.port())
}

#[tokio::test]
async fn an_authority_named_by_the_environment_is_trusted() {
    let authority = Authority::new();
    let url = url(persona(authority.acceptor("localhost", VALID)).await);
    let folder = authority.folder.path().display().to_string();
    for variable in [
        ("SSL_CERT_FILE", authority.file()),
        ("SSL_CERT_DIR", folder),
    ] {
        let (_, text) = doctor_on(&url, &[(variable.0, &variable.1)]).await;
        assert!(text.contains("Persona accepts the key"), "{text}");
    }
    let (is_content, text) = doctor_on(&url, &[]).await;
    assert!(!is_content);
    assert!(
        text.contains("the certificate's issuer is unknown"),
        "{text}"
    );
    assert!(text.contains("SSL_CERT_FILE"), "{text}");
}

#[tokio::test]
async fn a_connection_failure_names_its_cause() {
    let authority = Authority::new();
    let file = authority.file();
    let trusted: &[(&str, &str)] = &[("SSL_CERT_FILE", &file)];

    let expired = persona(authority.acceptor("localhost", (2020, 2021))).await;
    let early = persona(authority.acceptor("localhost", (2098, 2099))).await;
    let other = persona(authority.acceptor("persona.example", VALID)).await;
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain_url = url(plain.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let unused_url = url(unused.local_addr().unwrap());
    drop(unused);

    for (url, cause) in [
        (url(expired), "the certificate has expired"),
        (url(early), "the certificate is not valid yet"),
        (url(other), "the certificate is for another host name"),
        (plain_url, "TLS failed"),
        (unused_url, "the connection was refused"),
        (
            "https://persona.invalid/api/v1".to_owned(),
            "the host name cannot be resolved",
        ),
    ] {
        let (is_content, text) = doctor_on(&url, trusted).await;
        assert!(!is_content, "{url}: {text}");
        assert!(text.contains(cause), "{url}: {text}");
    }
}

#[tokio::test]
async fn a_variable_without_a_certificate_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate\n").unwrap();
    let missing = folder.path().join("missing.pem");
    for (variable, path) in [
        ("SSL_CERT_FILE", empty.as_path()),
        ("SSL_CERT_FILE", &missing),
        ("SSL_CERT_DIR", &missing),
        ("SSL_CERT_FILE", Path::new("")),
    ] {
        let path = path.display().to_string();
        let (is_content, text) =
            doctor_on("https://localhost:9/api/v1", &[(variable, &path)]).await;
        assert!(!is_content);
        let expected = format!("{variable} leads to no certificate");
        assert!(text.contains(&expected), "{variable}={path}: {text}");
    }
}

/// A Postgres behind TLS: it takes off the TLS and passes on the rest. Counts the handshakes that
/// came to an end.
async fn postgres_behind(acceptor: TlsAcceptor, port: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own_port = listener.local_addr().unwrap().port();
    let handshakes = Arc::new(AtomicUsize::new(0));
    let count = handshakes.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (acceptor, count) = (acceptor.clone(), count.clone());
            tokio::spawn(async move {
                // The SSLRequest of eight bytes, and yes.
                stream.read_exact(&mut [0; 8]).await.unwrap();
                stream.write_all(b"S").await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    return;
                };
                count.fetch_add(1, Ordering::SeqCst);
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    (own_port, handshakes)
}

#[tokio::test]
async fn postgres_is_verified_by_the_same_authorities() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", VALID);
    let direct: reqwest::Url = postgres::fresh_database().await.parse().unwrap();
    let (port, handshakes) = postgres_behind(acceptor, direct.port().unwrap()).await;
    let database = direct.path().trim_start_matches('/');
    let url = format!("postgres://postgres@localhost:{port}/{database}?sslmode=verify-full");

    let (is_content, text) = doctor(&[("DATABASE_URL", &url)]).await;
    assert!(!is_content);
    assert!(text.contains("UnknownIssuer"), "{text}");
    assert_eq!(handshakes.load(Ordering::SeqCst), 0);

    let file = authority.file();
    let (_, text) = doctor(&[("DATABASE_URL", &url), ("SSL_CERT_FILE", &file)]).await;
    assert!(!text.contains("UnknownIssuer"), "{text}");
    assert!(handshakes.load(Ordering::SeqCst) > 0, "{text}");
}
