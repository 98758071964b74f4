//! The ports that the sandbox listens on.

use std::io;
use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::TcpListener;

/// The bound listeners.
pub(crate) struct Ports {
    pub(crate) plain: TcpListener,
    pub(crate) addr: SocketAddr,
    pub(crate) tls: Option<(TcpListener, SocketAddr)>,
}

impl Ports {
    /// Binds the plain port, and the TLS port if one is wanted.
    pub(crate) async fn bind(
        addr: SocketAddr,
        tls_addr: Option<SocketAddr>,
    ) -> anyhow::Result<Self> {
        let (plain, addr) = bind(addr, "--addr").await?;
        let tls = match tls_addr {
            Some(tls_addr) => Some(bind(tls_addr, "--tls-addr").await?),
            None => None,
        };
        Ok(Self { plain, addr, tls })
    }
}

async fn bind(addr: SocketAddr, flag: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(addr)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => anyhow::anyhow!(
                "{addr} is in use by another program; stop that one, or choose another with {flag}"
            ),
            io::ErrorKind::PermissionDenied => anyhow::anyhow!(
                "no permission to listen on {addr}: allow it (Linux: sudo sysctl \
                 net.ipv4.ip_unprivileged_port_start={}), or choose a port from 1024 on with {flag}",
                addr.port(),
            ),
            _ => anyhow::anyhow!("could not listen on {addr} ({flag}): {error}"),
        })?;
    let addr = listener
        .local_addr()
        .context("could not read the listener's address")?;
    Ok((listener, addr))
}
