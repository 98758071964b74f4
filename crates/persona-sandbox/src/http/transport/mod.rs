//! The accept loop and its connections.
//!
//! Our own accept loop and not `axum::serve`, because faults need to close or reset a connection
//! without a response, and because slow headers and idle streams must not delay the shutdown.

mod access_log;
pub(crate) mod environment;
pub(crate) mod guard;
mod page_headers;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream as StdTcpStream};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::AlertDescription;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub(super) use access_log::log;
pub(super) use page_headers::PageHeaders;

/// How long a connection may rest before the next request's headers are complete: longer than the
/// 60 s to 90 s for which HTTP clients keep idle connections, or a request that is sent just as the
/// sandbox closes the connection fails without reason.
const HEADER_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long running requests may take to finish at shutdown.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause after a failed accept, such as when file descriptors run out.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// The value of a header on every response, so that nobody takes the sandbox for Persona.
const SANDBOX_HEADER: HeaderValue =
    HeaderValue::from_static(concat!("persona-onboarding/", env!("CARGO_PKG_VERSION")));

/// An end of the connection without a response; an extension of a response that is never sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abort {
    /// The connection is closed.
    Close,
    /// The connection is reset.
    Reset,
}

impl IntoResponse for Abort {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(self);
        response
    }
}

/// A port that accepts connections.
pub(crate) struct Port {
    pub(crate) listener: TcpListener,
    /// `None` for plain HTTP.
    pub(crate) tls: Option<TlsAcceptor>,
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port")
            .field("listener", &self.listener)
            .field("tls", &self.tls.is_some())
            .finish()
    }
}

/// Serves until `shutdown`, then lets running requests finish.
pub(crate) async fn serve(
    mut ports: Vec<Port>,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let mut others = Vec::new();
    for port in &ports {
        others.extend(bind_other_loopback(port).await);
    }
    ports.append(&mut others);
    loop {
        let (accepted, tls) = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&ports) => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the sandbox could not take a connection");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            }
        };
        let connection = Connection {
            router: router.clone(),
            peer,
            watcher: graceful.watcher(),
        };
        let (tls, stopping) = (tls.cloned(), shutdown.clone());
        tokio::spawn(async move {
            if let Err(error) = connection.run(stream, tls, stopping).await {
                tracing::debug!(%error, "a connection to the sandbox ended early");
            }
        });
    }
    drop(ports);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("the sandbox stops with requests under way");
    }
    Ok(())
}

/// Accepts the next connection on any of the ports.
async fn accept(ports: &[Port]) -> (io::Result<(TcpStream, SocketAddr)>, Option<&TlsAcceptor>) {
    std::future::poll_fn(|context| {
        for port in ports {
            if let Poll::Ready(accepted) = port.listener.poll_accept(context) {
                return Poll::Ready((accepted, port.tls.as_ref()));
            }
        }
        Poll::Pending
    })
    .await
}

/// The same port on the other family's loopback address: the sandbox calls itself `localhost`, and
/// clients resolve that to either. None if the listener is not on a loopback address, or this
/// machine has only one of them.
async fn bind_other_loopback(port: &Port) -> Option<Port> {
    let addr = port.listener.local_addr().ok()?;
    let other: IpAddr = match addr.ip() {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Ipv4Addr::LOCALHOST.into(),
        _ => return None,
    };
    let other = SocketAddr::new(other, addr.port());
    match TcpListener::bind(other).await {
        Ok(listener) => Some(Port {
            listener,
            tls: port.tls.clone(),
        }),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            tracing::warn!(
                "another program listens on {other}: clients that resolve localhost to it do not \
                 reach the sandbox"
            );
            None
        }
        Err(error) => {
            tracing::debug!(%error, "cannot listen on {other}");
            None
        }
    }
}

/// How to serve one accepted connection.
struct Connection {
    router: Router,
    peer: SocketAddr,
    watcher: Watcher,
}

impl Connection {
    async fn run(
        self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        stopping: CancellationToken,
    ) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let stream = stream.into_std()?;
        // A second handle to the socket, which hyper owns, to reset it.
        let handle = Arc::new(stream.try_clone()?);
        let stream = TcpStream::from_std(stream)?;
        match tls {
            None => self.serve(stream, handle).await,
            Some(tls) => {
                let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream));
                tokio::select! {
                    () = stopping.cancelled() => Ok(()),
                    agreed = handshake => match agreed? {
                        Ok(stream) => self.serve(stream, handle).await,
                        Err(error) => {
                            if is_distrust(&error) {
                                tracing::warn!(
                                    "a client rejected the certificate of the TLS port: \
                                     `persona-sandbox ca` prints how to trust it"
                                );
                            }
                            Err(error)
                        }
                    },
                }
            }
        }
    }

    async fn serve<S>(self, stream: S, handle: Arc<StdTcpStream>) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let Self {
            router,
            peer,
            watcher,
        } = self;
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            respond(router.clone(), peer, Arc::clone(&handle), request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .serve_connection(TokioIo::new(stream), service);
        watcher.watch(connection).await.map_err(io::Error::other)
    }
}

async fn respond(
    router: Router,
    peer: SocketAddr,
    handle: Arc<StdTcpStream>,
    request: Request<Incoming>,
) -> io::Result<Response> {
    let mut request = request.map(Body::new);
    request
        .extensions_mut()
        .insert(axum::extract::ConnectInfo(peer));
    let response = router.oneshot(request).await;
    let mut response = match response {
        Ok(response) => response,
        Err(never) => match never {},
    };
    match response.extensions().get::<Abort>() {
        Some(Abort::Close) => return Err(io::Error::other("closed on demand")),
        Some(Abort::Reset) => {
            reset_on_close(&handle)?;
            return Err(io::Error::other("reset on demand"));
        }
        None => {}
    }
    response
        .headers_mut()
        .insert("persona-sandbox", SANDBOX_HEADER);
    Ok(response)
}

/// Whether the handshake failed because the client rejected the certificate.
fn is_distrust(error: &io::Error) -> bool {
    let error = error.get_ref().and_then(|error| error.downcast_ref());
    matches!(
        error,
        Some(rustls::Error::AlertReceived(
            AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateUnknown
        ))
    )
}

/// Makes closing the socket discard unsent data and reset the connection.
fn reset_on_close(socket: &StdTcpStream) -> io::Result<()> {
    socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO))
}
