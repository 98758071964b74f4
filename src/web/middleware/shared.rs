//! Shares the services below a layer among the clones of those above.
//!
//! A route clones its services for each request, and each layer that waits before it calls the service
//! below clones that once more. Below this layer a service is cloned once.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use tower::{Layer, Service};

/// The layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SharedLayer;

impl<S> Layer<S> for SharedLayer {
    type Service = Shared<S>;

    fn layer(&self, inner: S) -> Shared<S> {
        Shared(Arc::new(inner))
    }
}

/// A service that is cheap to clone.
#[derive(Debug)]
pub(crate) struct Shared<S>(Arc<S>);

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S, R> Service<R> for Shared<S>
where
    S: Service<R> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    /// Services of axum are always ready (<https://docs.rs/axum/0.8/axum/middleware/index.html#backpressure>).
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> S::Future {
        S::clone(&self.0).call(request)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        future::Ready,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use tower::ServiceExt as _;

    use super::*;

    /// Counts how often it is cloned.
    struct Counted(Arc<AtomicUsize>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, Ordering::Relaxed);
            Self(Arc::clone(&self.0))
        }
    }

    impl Service<u8> for Counted {
        type Response = u8;
        type Error = Infallible;
        type Future = Ready<Result<u8, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: u8) -> Self::Future {
            std::future::ready(Ok(request + 1))
        }
    }

    #[tokio::test]
    async fn clones_above_it_clone_nothing_below_it() {
        let clones = Arc::new(AtomicUsize::new(0));
        let shared = SharedLayer.layer(Counted(Arc::clone(&clones)));
        let copies = vec![shared; 10];
        assert_eq!(clones.load(Ordering::Relaxed), 0);
        assert_eq!(copies[9].clone().oneshot(1).await.unwrap(), 2);
        assert_eq!(clones.load(Ordering::Relaxed), 1);
    }
}
