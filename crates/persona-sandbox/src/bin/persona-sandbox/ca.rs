//! `persona-sandbox ca`: the authority of the TLS port, and how to trust it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use persona_sandbox::CertificateAuthority;

use super::{ca_folder, location};

/// Print where the TLS port's certificate authority is, and how to trust it
///
/// The authority is created on first use. Name constraints limit it to withpersona.com, its
/// subdomains, localhost and loopback addresses.
#[derive(Args)]
pub(crate) struct CaArgs {
    /// Folder of the authority; the state's folder if absent
    #[arg(long, env = "SANDBOX_CA_DIR", value_name = "DIR")]
    ca_dir: Option<PathBuf>,

    /// File of the state, in whose folder the authority is
    #[arg(
        long,
        env = "SANDBOX_STATE",
        default_value = "memory",
        value_name = "FILE"
    )]
    state: PathBuf,

    /// Print the certificate itself, in PEM, and nothing else
    #[arg(long)]
    pem: bool,
}

/// Prints it.
pub(crate) fn print(args: CaArgs) -> anyhow::Result<ExitCode> {
    let Some(folder) = ca_folder(args.ca_dir, &location(args.state)) else {
        bail!(
            "the state is in memory, and so is the authority: choose its folder with --ca-dir, here and \
             when you start the sandbox, or get that of a running one from /_sandbox/ca.pem"
        );
    };
    let authority = CertificateAuthority::open(&folder)?;
    let text = if args.pem {
        authority.pem().to_owned()
    } else {
        instructions(&authority)?
    };
    let mut output = std::io::stdout().lock();
    write!(output, "{text}").context("could not print")?;
    Ok(ExitCode::SUCCESS)
}

fn instructions(authority: &CertificateAuthority) -> anyhow::Result<String> {
    let path = authority.path().context("the authority has no file")?;
    let path = std::path::absolute(path).context("could not find the authority's folder")?;
    let path = path.display();
    Ok(format!(
        "Certificate: {path}
SHA-256:     {fingerprint}
Valid for:   withpersona.com, *.withpersona.com, localhost, 127.0.0.1, ::1

For one program that talks to the sandbox:

  Node             export NODE_EXTRA_CA_CERTS={path}
  Python requests  export REQUESTS_CA_BUNDLE={path}
  Python, Ruby, Go export SSL_CERT_FILE={path}
  curl             curl --cacert {path} https://api.withpersona.com/\u{2026}

REQUESTS_CA_BUNDLE and SSL_CERT_FILE replace the system's authorities. For a program that also calls
other servers, use one file with both (cat /etc/ssl/certs/ca-certificates.crt {path}).

For the whole machine:

  Debian, Ubuntu   sudo cp {path} /usr/local/share/ca-certificates/persona-sandbox.crt
                   sudo update-ca-certificates
  Fedora           sudo trust anchor {path}
  macOS            sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {path}
  Windows          certutil -addstore Root {path}

Chromium and Chrome on Linux have their own store (package libnss3-tools):

  certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n persona-sandbox -i {path}

Chromium in tests (Playwright's launch option `args`) needs neither that nor /etc/hosts:

  --host-resolver-rules=MAP *.withpersona.com 127.0.0.1:4443, MAP withpersona.com 127.0.0.1:4443
  --ignore-certificate-errors-spki-list={pin}
",
        fingerprint = authority.fingerprint(),
        pin = authority.public_key_pin(),
    ))
}
