//! Rate limits per client address: for pages and server functions, for sign-in and sign-up, and for
//! webhooks.
//!
//! Each process counts in its own memory: these limits only slow floods down. An account is protected
//! by its login throttle, which is in the database.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::Request,
    http::{StatusCode, header::RETRY_AFTER, request::Parts},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    state::keyed::DashMapStateStore,
};
use ipnet::IpNet;

use crate::{
    api::ErrorCode,
    api::retry_after_value,
    app::Config,
    web::middleware::{
        client_address::{client_address, rate_limit_key},
        error_body,
        step::{Before, Step},
    },
};

/// After how many checks idle addresses are removed.
const CLEANING_INTERVAL: usize = 10_000;

/// The limits. Cheap to clone; clones count together.
#[derive(Clone)]
pub(crate) struct Limits(Arc<Inner>);

struct Inner {
    requests: Option<Limiter>,
    sign_ins: Option<Limiter>,
    webhooks: Option<Limiter>,
    trusted_proxies: Vec<IpNet>,
}

struct Limiter {
    counts: RateLimiter<IpAddr, DashMapStateStore<IpAddr>, DefaultClock>,
    checks: AtomicUsize,
}

impl Limiter {
    fn new(per_minute: NonZeroU32) -> Self {
        Self {
            counts: RateLimiter::dashmap(Quota::per_minute(per_minute)),
            checks: AtomicUsize::new(0),
        }
    }

    fn check(&self, address: IpAddr) -> Result<(), Duration> {
        let checks = self.checks.fetch_add(1, Ordering::Relaxed);
        if checks.is_multiple_of(CLEANING_INTERVAL) {
            self.counts.retain_recent();
        }
        self.counts
            .check_key(&rate_limit_key(address))
            .map_err(|refused| refused.wait_time_from(DefaultClock::default().now()))
    }
}

impl Limits {
    pub(crate) fn new(config: &Config) -> Self {
        Self(Arc::new(Inner {
            requests: config.rate_limits.per_minute.map(Limiter::new),
            sign_ins: config.rate_limits.sign_in_per_minute.map(Limiter::new),
            webhooks: config.rate_limits.webhooks_per_minute.map(Limiter::new),
            trusted_proxies: config.trusted_proxies.clone(),
        }))
    }

    /// Counts a sign-in or a sign-up.
    ///
    /// # Errors
    /// The time to wait, if the limit is exceeded.
    pub(crate) fn check_sign_in(&self, parts: &Parts) -> Result<(), Duration> {
        Self::check(self.0.sign_ins.as_ref(), self.address(parts))
    }

    /// Counts a webhook.
    ///
    /// # Errors
    /// The time to wait, if the limit is exceeded.
    pub(crate) fn check_webhook(&self, parts: &Parts) -> Result<(), Duration> {
        Self::check(self.0.webhooks.as_ref(), self.address(parts))
    }

    /// The client's key: its address, or its network's.
    pub(crate) fn client(&self, parts: &Parts) -> Option<IpAddr> {
        self.address(parts).map(rate_limit_key)
    }

    fn address(&self, parts: &Parts) -> Option<IpAddr> {
        client_address(&parts.headers, &parts.extensions, &self.0.trusted_proxies)
    }

    fn check(limiter: Option<&Limiter>, address: Option<IpAddr>) -> Result<(), Duration> {
        match (limiter, address) {
            (Some(limiter), Some(address)) => limiter.check(address),
            _ => Ok(()),
        }
    }
}

/// Rejects requests over the limit before any other work.
#[derive(Clone)]
pub(crate) struct RefuseFloods(pub(crate) Limits);

impl Step for RefuseFloods {
    type Kept = ();

    fn before(&self, request: &mut Request) -> Before<()> {
        let limits = &self.0;
        let address = client_address(
            request.headers(),
            request.extensions(),
            &limits.0.trusted_proxies,
        );
        let Err(wait) = Limits::check(limits.0.requests.as_ref(), address) else {
            return Before::Continue(());
        };
        tracing::info!("refused a request: too many from its address");
        let texts = error_body::texts(request.extensions());
        let status = StatusCode::TOO_MANY_REQUESTS;
        let path = request.uri().path();
        let mut response = error_body::refusal(&texts, path, ErrorCode::RateLimited, status);
        response
            .headers_mut()
            .insert(RETRY_AFTER, retry_after_value(wait));
        Before::Answer(response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_own_allowance() {
        let limiter = Limiter::new(NonZeroU32::new(3).unwrap());
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
        for _ in 0..3 {
            assert!(limiter.check(one).is_ok());
        }
        let wait = limiter.check(one).unwrap_err();
        assert!(
            wait > Duration::from_secs(10) && wait <= Duration::from_secs(20),
            "{wait:?}"
        );
        assert!(limiter.check(other).is_ok());
    }
}
