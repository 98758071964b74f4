//! The accept loop: connection limits, timeouts, and graceful shutdown.
//!
//! `axum::serve` has neither a timeout for headers nor a limit on connections, and its shutdown waits
//! without limit for the last one.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Version, header::CONNECTION},
};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Semaphore,
};
use tower::ServiceExt as _;

use crate::{
    app::config::SHUTDOWN_GRACE,
    base::Shutdown,
    web::connection::{ConnectionWatch, GuardedBody},
};

/// How many connections are served at once; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 16_000;
/// How many connections may wait to be accepted: as many as Linux allows by default.
const LISTEN_BACKLOG: u32 = 4_096;
/// How long sent data may stay unacknowledged (`TCP_USER_TIMEOUT`): otherwise a client that vanished
/// would keep its live stream for a quarter of an hour.
#[cfg(target_os = "linux")]
const UNREAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long to pause when the system is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Raises the limit on open files to the system's maximum: each connection is one, and a thousand live
/// pages reach the usual limit.
pub fn allow_many_connections() {
    let allowed = rlimit::increase_nofile_limit(u64::MAX);
    if allowed
        .as_ref()
        .is_ok_and(|limit| *limit > MAX_CONNECTIONS as u64)
    {
        return;
    }
    tracing::warn!(
        "this process may not open enough files for {MAX_CONNECTIONS} connections: raise its limit \
         (`ulimit -n`)"
    );
}

/// Listens on an address.
///
/// # Errors
/// If the address is taken, or is not this machine's.
pub fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // Old connections in TIME_WAIT must not block a restart.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(LISTEN_BACKLOG)
}

/// Serves until `shutdown` closes, then waits up to [`SHUTDOWN_GRACE`] for running requests.
pub async fn serve(listener: TcpListener, app: Router, shutdown: Shutdown) {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        // `ConnectionWatch` has the timeouts.
        .header_read_timeout(None)
        .keep_alive(true);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .max_concurrent_streams(200);
    let server = Arc::new(server);
    let running = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));

    loop {
        let place = tokio::select! {
            () = shutdown.closing().cancelled() => break,
            place = places.clone().acquire_owned() => place,
        };
        let Ok(place) = place else { break };
        let (stream, peer) = tokio::select! {
            () = shutdown.closing().cancelled() => break,
            accepted = accept(&listener) => accepted,
        };
        let watch = ConnectionWatch::new();
        let io = TokioIo::new(watch.io(stream));
        let service = {
            let (app, watch, shutdown) = (app.clone(), watch.clone(), shutdown.clone());
            service_fn(move |mut request: Request<Incoming>| {
                let guard = watch.begin_request(request.version());
                let is_http1 = request.version() <= Version::HTTP_11;
                request.extensions_mut().insert(ConnectInfo(peer));
                let (app, shutdown) = (app.clone(), shutdown.clone());
                async move {
                    let mut response = app.oneshot(request.map(Body::new)).await?;
                    if is_http1 && shutdown.is_draining() {
                        // So that the client opens its next connection to another process.
                        let headers = response.headers_mut();
                        headers.insert(CONNECTION, HeaderValue::from_static("close"));
                    }
                    Ok::<_, Infallible>(response.map(|body| GuardedBody::new(body, guard)))
                }
            })
        };
        let connection = server
            .serve_connection_with_upgrades(io, service)
            .into_owned();
        let connection = running.watch(connection);
        let closing = shutdown.closing().clone();
        tokio::spawn(async move {
            tokio::select! {
                biased; // The watch looks at what the connection has just done.
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(error = %error, "a connection ended early");
                },
                () = watch.expired(&closing) => {
                    tracing::debug!("a connection was silent for too long");
                }
            }
            drop(place);
        });
    }

    drop(listener);
    if tokio::time::timeout(SHUTDOWN_GRACE, running.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Nagle's algorithm would delay small writes, such as the events of a live stream.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(error = %error, "could not set TCP_NODELAY");
                }
                #[cfg(target_os = "linux")]
                if let Err(error) =
                    socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(UNREAD_TIMEOUT))
                {
                    tracing::debug!(error = %error, "could not set TCP_USER_TIMEOUT");
                }
                return (stream, peer);
            }
            // The client has closed it: continue at once, because others wait.
            Err(error) if concerns_one_connection(&error) => {
                tracing::debug!(error = %error, "a connection was gone before it was accepted");
            }
            Err(error) => {
                tracing::warn!(
                    error = %error,
                    "could not accept a connection; if it is a limit on open files, raise it \
                     (`ulimit -n`)"
                );
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether the error concerns only the connection that was about to be accepted.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::NetworkDown
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_one_connection_delays_no_other() {
        for kind in [
            io::ErrorKind::ConnectionAborted,
            io::ErrorKind::ConnectionReset,
        ] {
            assert!(concerns_one_connection(&kind.into()), "{kind}");
        }
        // Too many open files.
        assert!(!concerns_one_connection(&io::Error::from_raw_os_error(24)));
    }
}
