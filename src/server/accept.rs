//! The accept loop: limits on what a connection may do, and an orderly end.
//!
//! Ours and not `axum::serve`, because that has neither a timeout for headers nor a limit on
//! connections, and waits without end for the last one.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::Request;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, Semaphore},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::config::GRACE;

/// How many connections are served at once; more wait in the system's queue.
const CONNECTIONS: usize = 10_000;
/// How long a client may take to send its headers, also the first ones.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client that is in the middle of its first request has to finish it when the server
/// stops.
const LAST_WORD: Duration = Duration::from_secs(1);
/// How long a client may leave what it was sent unread or unconfirmed: one that is gone without a
/// word would keep its live stream for a quarter of an hour.
#[cfg(target_os = "linux")]
const UNREAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long to pause when the system is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Lets the process have as many open files as the system allows: each connection is one, and the
/// usual limit is reached by a thousand live pages.
pub fn allow_many_connections() {
    let allowed = rlimit::increase_nofile_limit(u64::MAX);
    if allowed
        .as_ref()
        .is_ok_and(|limit| *limit > CONNECTIONS as u64)
    {
        return;
    }
    tracing::warn!(
        "this process may not open enough files for {CONNECTIONS} connections: raise its limit \
         (`ulimit -n`)"
    );
}

/// Serves until `shutdown`, then lets running requests end, for [`GRACE`] at most.
pub async fn serve(listener: TcpListener, app: Router, shutdown: CancellationToken) {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .keep_alive(true);
    server
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .max_concurrent_streams(200);
    let server = Arc::new(server);
    let running = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));

    loop {
        let place = tokio::select! {
            () = shutdown.cancelled() => break,
            place = places.clone().acquire_owned() => place,
        };
        let Ok(place) = place else { break };
        let (stream, peer) = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener) => accepted,
        };
        let is_stopping = shutdown.clone();
        let has_asked = Arc::new(Notify::new());
        let asks = has_asked.clone();
        let app = app
            .clone()
            .map_request(move |mut request: Request<hyper::body::Incoming>| {
                asks.notify_one();
                request.extensions_mut().insert(ConnectInfo(peer));
                request.map(axum::body::Body::new)
            });
        let connection = server
            .serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(app))
            .into_owned();
        let connection = running.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(error = %error, "a connection ended early");
                },
                () = stays_silent(&has_asked, &is_stopping) => {
                    tracing::debug!("a connection asked for nothing in time");
                }
            }
            drop(place);
        });
    }

    drop(listener);
    if tokio::time::timeout(GRACE, running.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time and were cut off");
    }
}

/// Ends when nothing was asked for in time, else never.
///
/// The server's own timeout begins when it knows which HTTP a client speaks, which one that sends
/// nothing does not tell; and when the server stops, it would wait for the end of a first request of
/// which only half has come.
async fn stays_silent(has_asked: &Notify, is_stopping: &CancellationToken) {
    let last_word = async {
        is_stopping.cancelled().await;
        tokio::time::sleep(LAST_WORD).await;
    };
    tokio::select! {
        () = has_asked.notified() => std::future::pending().await,
        () = tokio::time::sleep(HEADER_TIMEOUT) => {}
        () = last_word => {}
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and whole: waiting to fill a packet only delays them.
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
            Err(error) => {
                tracing::warn!(error = %error, "could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
