//! Taking connections.
//!
//! Our own accept loop and not `axum::serve`, because faults need to close or reset a
//! connection without an answer, and because slow headers and idle streams must not hold up the
//! end.

mod access_log;
pub(crate) mod guard;
mod page_headers;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream as StdTcpStream};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

pub(super) use access_log::log;
pub(super) use page_headers::PageHeaders;

/// How long a connection may rest before the next request's headers are complete: longer than the
/// 60 s to 90 s for which HTTP clients keep idle connections, or a request that is sent just as the
/// sandbox closes fails for no reason of Persona's.
const HEADER_TIMEOUT: Duration = Duration::from_secs(120);

/// How long requests that are under way may take to finish at the end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// Pause after a failed accept, such as for want of file descriptors.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(50);

/// Names the sandbox in every answer, so that nobody takes it for Persona.
const SANDBOX_HEADER: HeaderValue =
    HeaderValue::from_static(concat!("persona-onboarding/", env!("CARGO_PKG_VERSION")));

/// An end without an answer, carried by a response that is never sent.
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

/// Serves until `shutdown`, then lets requests that are under way finish.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let other_family = bind_other_loopback(&listener).await;
    let accept_other = async || match &other_family {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    };
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
            accepted = accept_other() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "the sandbox could not take a connection");
                tokio::time::sleep(ACCEPT_BACKOFF).await;
                continue;
            }
        };
        match connection(stream, peer, router.clone()) {
            Ok(connection) => {
                let watched = graceful.watch(connection);
                tokio::spawn(async move {
                    if let Err(error) = watched.await {
                        tracing::debug!(%error, "a connection to the sandbox ended early");
                    }
                });
            }
            Err(error) => tracing::debug!(%error, "a connection to the sandbox could not begin"),
        }
    }
    drop((listener, other_family));
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("the sandbox stops with requests under way");
    }
    Ok(())
}

/// The same port on the other family's loopback address: the sandbox calls itself `localhost`, and
/// clients resolve that to either. None if the listener is not on a loopback address, or this
/// machine has only one of them.
async fn bind_other_loopback(listener: &TcpListener) -> Option<TcpListener> {
    let addr = listener.local_addr().ok()?;
    let other: IpAddr = match addr.ip() {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => Ipv6Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Ipv4Addr::LOCALHOST.into(),
        _ => return None,
    };
    let other = SocketAddr::new(other, addr.port());
    match TcpListener::bind(other).await {
        Ok(listener) => Some(listener),
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

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> io::Result<impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send>
{
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    // A second handle to the same socket: a reset is told to the socket, which hyper holds.
    let handle = Arc::new(stream.try_clone()?);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        let handle = Arc::clone(&handle);
        async move {
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
    });
    let stream = TcpStream::from_std(stream)?;
    Ok(http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service))
}

/// Closing the socket will discard what is unsent and reset the connection.
fn reset_on_close(socket: &StdTcpStream) -> io::Result<()> {
    socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO))
}
