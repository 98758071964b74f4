//! What the program prints once it answers: a banner for people or a log record, and one line of
//! JSON for the program that started it.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use persona_sandbox::{CertificateAuthority, Config, SdkFolder, StateLocation};
use serde::Serialize;

use crate::ports::Ports;

/// The ready line. Its keys are a contract: keys may be added, none may be removed.
#[derive(Serialize)]
pub(crate) struct Ready {
    event: &'static str,
    version: &'static str,
    pid: u32,
    /// The address it listens on.
    addr: SocketAddr,
    /// The URL for browsers.
    url: String,
    /// `PERSONA_API_URL` for a server.
    api_url: String,
    dashboard_url: String,
    template_id: String,
    environment_id: String,
    /// The address it listens on with TLS.
    tls_addr: Option<SocketAddr>,
    /// The certificate to trust; `null` if the authority is in memory: see `/_sandbox/ca.pem`.
    ca_file: Option<PathBuf>,
    /// For Chromium's `--ignore-certificate-errors-spki-list`.
    ca_public_key_pin: Option<String>,
    /// The versions of Persona's SDK that are served at the CDN's host name.
    sdk_versions: Vec<String>,
    #[serde(skip)]
    state: String,
}

impl Ready {
    pub(crate) fn new(
        config: &Config,
        ports: &Ports,
        authority: Option<&CertificateAuthority>,
        sdk: Option<&SdkFolder>,
    ) -> Self {
        let url = &config.public_url;
        let server_url = config.internal_url.as_ref().unwrap_or(url);
        Self {
            event: "ready",
            version: env!("CARGO_PKG_VERSION"),
            pid: std::process::id(),
            addr: ports.addr,
            url: url.clone(),
            api_url: format!("{server_url}/api/v1"),
            dashboard_url: format!("{url}/dashboard"),
            template_id: config.template_id.clone(),
            environment_id: config.environment_id.clone(),
            tls_addr: ports.tls.as_ref().map(|(_, addr)| *addr),
            ca_file: authority.and_then(|authority| authority.path().map(ToOwned::to_owned)),
            ca_public_key_pin: authority.map(CertificateAuthority::public_key_pin),
            sdk_versions: sdk
                .map(|sdk| sdk.versions().map(ToOwned::to_owned).collect())
                .unwrap_or_default(),
            state: match &config.state {
                StateLocation::Memory => "memory".to_owned(),
                StateLocation::File(path) => path.display().to_string(),
            },
        }
    }

    /// The line, without its end.
    fn line(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers always serialise")
    }

    /// Prints the line on standard output. A closed output is not an error.
    pub(crate) fn print(&self) {
        let mut output = io::stdout().lock();
        if let Err(error) = writeln!(output, "{}", self.line()).and_then(|()| output.flush()) {
            tracing::debug!(%error, "cannot print the ready line");
        }
    }

    fn is_exposed(&self) -> bool {
        let mut addresses = [Some(self.addr), self.tls_addr].into_iter().flatten();
        addresses.any(|addr| !addr.ip().is_loopback())
    }

    /// Logs it.
    pub(crate) fn log(&self) {
        tracing::info!(
            addr = %self.addr,
            tls_addr = self.tls_addr.map(tracing::field::display),
            url = self.url,
            state = self.state,
            "ready"
        );
        if self.is_exposed() {
            tracing::warn!("other machines can reach the sandbox, which has no authentication");
        }
    }

    /// The banner for people, with the settings for their application.
    pub(crate) fn banner(&self) -> String {
        let Self {
            version,
            addr,
            url,
            api_url,
            dashboard_url,
            template_id,
            environment_id,
            state,
            ..
        } = self;
        let exposed = if self.is_exposed() {
            "\nWarning: other machines can reach this address, and the sandbox asks nobody who they are.\n"
        } else {
            ""
        };
        let widget_host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
        let mut banner = format!(
            "Persona sandbox {version} on {addr} (state: {state})
{exposed}
  PERSONA_API_KEY=persona_sandbox_x
  PERSONA_API_URL={api_url}
  PERSONA_INQUIRY_TEMPLATE_ID={template_id}
  PERSONA_ENVIRONMENT_ID={environment_id}
  PERSONA_WIDGET_HOST={widget_host}

  Dashboard: {dashboard_url}
"
        );
        if let Some(tls_addr) = self.tls_addr {
            let ca = match &self.ca_file {
                Some(file) => format!(
                    "{}; how to trust it: persona-sandbox ca --ca-dir {}",
                    file.display(),
                    file.parent().unwrap_or(file).display()
                ),
                None => format!("{url}/_sandbox/ca.pem, for this run alone"),
            };
            let _ = writeln!(banner, "  TLS for Persona's names: {tls_addr} (CA: {ca})");
        }
        if !self.sdk_versions.is_empty() {
            let versions = self.sdk_versions.join(", ");
            let _ = writeln!(banner, "  Persona's SDK by the CDN's name: {versions}");
        }
        banner
    }
}

/// The file that contains the ready line while the sandbox runs.
pub(crate) struct ReadyFile(PathBuf);

impl ReadyFile {
    /// Removes the file of an earlier process: it must not exist before this one answers.
    pub(crate) fn new(path: PathBuf) -> anyhow::Result<Self> {
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(Self(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self(path)),
            Err(error) => {
                let path = path.display();
                Err(error).with_context(|| format!("could not remove the old --ready-file {path}"))
            }
        }
    }

    /// Writes the line atomically.
    pub(crate) fn write(&self, ready: &Ready) -> anyhow::Result<()> {
        let draft = self.0.with_extension(format!("{}.draft", ready.pid));
        std::fs::write(&draft, format!("{}\n", ready.line()))
            .and_then(|()| std::fs::rename(&draft, &self.0))
            .with_context(|| format!("could not write --ready-file {}", self.0.display()))
    }
}

impl Drop for ReadyFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "could not remove {}", self.0.display());
        }
    }
}
