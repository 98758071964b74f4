//! Timeouts of one connection: between requests, and within a request's head.
//!
//! hyper has one timeout for both. Between requests a connection must be kept longer than common load
//! balancers keep theirs (60 s); otherwise a request that is sent just as we close is reset. But a head
//! that has begun must arrive within seconds, or clients could hold all connections with half a request
//! each.
//!
//! Nothing here wakes a task but one timer: the future of [`ConnectionWatch::expired`] belongs to the
//! connection's own task and is polled after it, so it sees each change of the phase by itself.

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::Version,
};
use hyper::body::{Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How long a client may take from its connection to the end of its first head, and from the first
/// byte to the last of each further one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be idle between requests: longer than the 60 s of common balancers.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
/// How long a client that is in the middle of a head has to finish it when the server stops.
const LAST_HEAD_TIMEOUT: Duration = Duration::from_secs(1);

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Idle: the next request has not begun.
    Idle,
    /// A part of a request's head has arrived.
    Head,
    /// At least one request is being handled.
    Busy,
}

/// Watches one connection. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionWatch(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    opened_at: Instant,
    /// The requests that are being handled.
    requests: AtomicUsize,
    /// The phase while there is no request: whether a head has begun, in the lowest bit; above it when
    /// the phase began, in milliseconds since `opened_at`.
    phase: AtomicU64,
    /// Whether a request has arrived. It may end before the watch begins.
    has_asked: AtomicBool,
    /// In HTTP/2 other frames arrive at any time: a byte does not begin a head there.
    is_http2: AtomicBool,
}

impl ConnectionWatch {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Inner {
            opened_at: Instant::now(),
            requests: AtomicUsize::new(0),
            phase: AtomicU64::new(0),
            has_asked: AtomicBool::new(false),
            is_http2: AtomicBool::new(false),
        }))
    }

    /// Wraps the connection's bytes, to see when a head begins.
    pub(crate) fn io<T>(&self, io: T) -> WatchedIo<T> {
        WatchedIo {
            io,
            watch: self.clone(),
        }
    }

    /// A request's head is complete. The request is in progress until the guard is dropped.
    pub(crate) fn begin_request(&self, version: Version) -> RequestGuard {
        if version == Version::HTTP_2 {
            self.0.is_http2.store(true, Ordering::Relaxed);
        }
        self.0.has_asked.store(true, Ordering::Release);
        self.0.requests.fetch_add(1, Ordering::AcqRel);
        RequestGuard(self.clone())
    }

    fn end_request(&self) {
        self.set_head(false);
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
    }

    fn received(&self) {
        if self.phase().0 == Phase::Idle && !self.0.is_http2.load(Ordering::Relaxed) {
            self.set_head(true);
        }
    }

    fn set_head(&self, has_begun: bool) {
        let elapsed_ms = u64::try_from(self.0.opened_at.elapsed().as_millis()).unwrap_or(0);
        let phase = (elapsed_ms << 1) | u64::from(has_begun);
        self.0.phase.store(phase, Ordering::Release);
    }

    /// The phase, and when it began; of a busy connection, when the last request ended.
    fn phase(&self) -> (Phase, Instant) {
        let is_busy = self.0.requests.load(Ordering::Acquire) > 0;
        let packed = self.0.phase.load(Ordering::Acquire);
        let phase = match packed & 1 {
            _ if is_busy => Phase::Busy,
            0 => Phase::Idle,
            _ => Phase::Head,
        };
        (phase, self.0.opened_at + Duration::from_millis(packed >> 1))
    }

    /// Completes when a timeout has passed. When the server stops, a client that has begun a head has a
    /// moment to finish it.
    ///
    /// Poll it in the connection's own task, each time after the connection.
    pub(crate) async fn expired(&self, closing: &CancellationToken) {
        tokio::select! {
            () = self.silent_for_too_long() => {}
            () = async {
                closing.cancelled().await;
                loop {
                    sleep(LAST_HEAD_TIMEOUT).await;
                    let (phase, since) = self.phase();
                    // The last bytes of a response need a moment more.
                    if phase != Phase::Busy && since.elapsed() >= LAST_HEAD_TIMEOUT {
                        break;
                    }
                }
            } => {}
        }
    }

    async fn silent_for_too_long(&self) {
        let mut timer = pin!(sleep_until(self.deadline()));
        poll_fn(|context| {
            loop {
                // A later deadline waits for the timer: most requests end long before any.
                let deadline = self.deadline();
                if deadline < timer.deadline() {
                    timer.as_mut().reset(deadline);
                }
                ready!(timer.as_mut().poll(context));
                if self.deadline() <= Instant::now() {
                    return Poll::Ready(());
                }
                timer.as_mut().reset(self.deadline());
            }
        })
        .await;
    }

    /// When the connection expires if nothing happens.
    fn deadline(&self) -> Instant {
        match self.phase() {
            // It cannot be idle for that long before then.
            (Phase::Busy, _) => Instant::now() + IDLE_TIMEOUT,
            // The first head has its time from the connection's beginning.
            _ if !self.0.has_asked.load(Ordering::Acquire) => self.0.opened_at + HEAD_TIMEOUT,
            (Phase::Head, since) => since + HEAD_TIMEOUT,
            (Phase::Idle, since) => since + IDLE_TIMEOUT,
        }
    }
}

/// A request in progress.
#[derive(Debug)]
pub(crate) struct RequestGuard(ConnectionWatch);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.end_request();
    }
}

/// A response's body. Its request ends when it is dropped.
pub(crate) struct GuardedBody {
    body: Body,
    _guard: RequestGuard,
}

impl GuardedBody {
    pub(crate) fn new(body: Body, guard: RequestGuard) -> Self {
        Self {
            body,
            _guard: guard,
        }
    }
}

impl HttpBody for GuardedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection's bytes: reads are reported to the watch.
pub(crate) struct WatchedIo<T> {
    io: T,
    watch: ConnectionWatch,
}

impl<T: AsyncRead + Unpin> AsyncRead for WatchedIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.io).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.watch.received();
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for WatchedIo<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Event = fn(&ConnectionWatch, &mut Vec<RequestGuard>);

    /// In which second the connection is ended, if this happens in these seconds.
    async fn ended_after(events: &[(u64, Event)]) -> u64 {
        ended(&CancellationToken::new(), events).await
    }

    async fn ended(closing: &CancellationToken, events: &[(u64, Event)]) -> u64 {
        let watch = ConnectionWatch::new();
        let begun = Instant::now();
        let mut guards = Vec::new();
        let happen = async {
            for (at, event) in events {
                tokio::time::sleep_until(begun + Duration::from_secs(*at)).await;
                event(&watch, &mut guards);
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = watch.expired(closing) => {}
            () = happen => {}
        }
        begun.elapsed().as_secs()
    }

    fn byte(watch: &ConnectionWatch, _: &mut Vec<RequestGuard>) {
        watch.received();
    }

    fn request(watch: &ConnectionWatch, guards: &mut Vec<RequestGuard>) {
        guards.push(watch.begin_request(Version::HTTP_11));
    }

    fn request_http2(watch: &ConnectionWatch, guards: &mut Vec<RequestGuard>) {
        guards.push(watch.begin_request(Version::HTTP_2));
    }

    fn answered(_: &ConnectionWatch, guards: &mut Vec<RequestGuard>) {
        guards.pop();
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_request_has_its_time_from_the_connection_on() {
        assert_eq!(ended_after(&[]).await, 10);
        assert_eq!(ended_after(&[(1, byte), (5, byte), (9, byte)]).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_may_rest_between_requests_but_not_within_a_head() {
        let resting = ended_after(&[(0, byte), (1, request), (2, answered)]).await;
        assert_eq!(resting, 92);
        let half_a_head = ended_after(&[
            (0, byte),
            (1, request),
            (2, answered),
            (70, byte),
            (75, byte),
        ])
        .await;
        assert_eq!(half_a_head, 80);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_answer_is_no_silence() {
        let events: &[(u64, Event)] = &[(0, byte), (1, request), (5_000, answered)];
        assert_eq!(ended_after(events).await, 5_090);
    }

    #[tokio::test(start_paused = true)]
    async fn frames_of_http2_begin_no_head_and_all_its_requests_count() {
        let events: &[(u64, Event)] = &[
            (0, byte),
            (1, request_http2),
            (2, request_http2),
            (3, answered),
            (200, answered),
            (205, byte),
        ];
        assert_eq!(ended_after(events).await, 290);
    }

    #[tokio::test(start_paused = true)]
    async fn when_the_server_stops_half_a_head_has_a_moment_and_an_answer_its_time() {
        let closing = CancellationToken::new();
        closing.cancel();
        assert_eq!(ended(&closing, &[(0, byte)]).await, 1);
        let answered_late: &[(u64, Event)] = &[(0, byte), (0, request), (7, answered)];
        assert_eq!(ended(&closing, answered_late).await, 8);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_was_answered_before_the_watch_began_counts() {
        let watch = ConnectionWatch::new();
        watch.received();
        drop(watch.begin_request(Version::HTTP_11));
        let begun = Instant::now();
        watch.expired(&CancellationToken::new()).await;
        assert_eq!(begun.elapsed(), IDLE_TIMEOUT);
    }
}
