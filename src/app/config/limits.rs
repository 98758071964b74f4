//! The limits: requests per client address, clicks at once, database connections, and the drain time
//! of a shutdown.

use std::{
    net::{IpAddr, SocketAddr},
    num::{NonZeroU32, ParseIntError},
    str::FromStr,
    time::Duration,
};

use ipnet::IpNet;

use crate::{
    app::config::{ConfigError, Environment, errors::ErrorCollector, values::Values},
    store::{DEFAULT_POOL_SIZE, MIN_POOL_SIZE},
};

/// The largest minimum age. Hardly anybody is older, so a larger value is a mistake.
const OLDEST: u8 = 120;
/// The largest pool. Postgres slows down with more connections; its own default is 100 for all clients.
const MAX_POOL_SIZE: u32 = 500;

/// How many clicks are under way at once if nothing is stated: at 100 ms each, 2,500 a second.
const DEFAULT_CLICK_LIMIT: usize = 256;
/// How long requests are taken after SIGTERM if nothing is stated: two health checks of a common
/// balancer. Where `cargo leptos watch` restarts the program there is none, and nothing to wait for.
const DEFAULT_DRAIN_SECONDS: u64 = 5;
/// The longest drain time: supervisors kill a process sooner.
const MAX_DRAIN_SECONDS: u64 = 600;

/// The limits per client address; `None` is no limit.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    /// Requests to pages and server functions in a minute.
    pub per_minute: Option<NonZeroU32>,
    /// Sign-ins and sign-ups in a minute, together.
    pub sign_in_per_minute: Option<NonZeroU32>,
    /// Webhooks in a minute. Persona sends them from few addresses, and repeats rejected ones.
    pub webhooks_per_minute: Option<NonZeroU32>,
}

/// A number, or `off`.
struct Limit(Option<NonZeroU32>);

impl FromStr for Limit {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" => Ok(Self(None)),
            _ => text.parse().map(|limit| Self(Some(limit))),
        }
    }
}

impl RateLimits {
    /// Reads the limits; `None` after an error.
    pub(crate) fn read(
        values: &Values,
        environment: Environment,
        errors: &mut ErrorCollector,
    ) -> Option<Self> {
        let mut limit = |name, production, development| {
            let default = if environment.is_production() {
                production
            } else {
                development
            };
            let fix = "use a number of requests, like 600, or `off`";
            let limit = values.parsed_or(name, fix, Limit(NonZeroU32::new(default)));
            errors.check(limit).map(|Limit(limit)| limit)
        };
        // In development all clients are one address, load generators included.
        let (pages, sign_in, webhooks) = (
            limit("RATE_LIMIT_PER_MINUTE", 1_200, 1_000_000),
            limit("RATE_LIMIT_SIGN_IN_PER_MINUTE", 30, 100_000),
            limit("RATE_LIMIT_WEBHOOKS_PER_MINUTE", 60_000, 1_000_000),
        );
        Some(Self {
            per_minute: pages?,
            sign_in_per_minute: sign_in?,
            webhooks_per_minute: webhooks?,
        })
    }
}

/// The maximum number of this process's connections to the database.
pub(crate) fn database_pool_size(values: &Values) -> Result<u32, ConfigError> {
    let name = "DATABASE_POOL_SIZE";
    let fix = format!("use a number of connections from {MIN_POOL_SIZE} to {MAX_POOL_SIZE}");
    let size = values.parsed_or(name, &fix, DEFAULT_POOL_SIZE)?;
    if (MIN_POOL_SIZE..=MAX_POOL_SIZE).contains(&size) {
        Ok(size)
    } else {
        Err(ConfigError::new(name, fix))
    }
}

pub(crate) fn minimum_age(values: &Values) -> Result<u8, ConfigError> {
    let name = "MINIMUM_AGE";
    let fix = "use a number of years, like 18";
    let age = values.parsed_or(name, fix, 18)?;
    if age > OLDEST {
        return Err(ConfigError::new(name, fix));
    }
    Ok(age)
}

pub(crate) fn click_limit(values: &Values) -> Result<usize, ConfigError> {
    let name = "CLICK_LIMIT";
    let fix = "use a number of clicks from 1 to 100000, like 256";
    let limit = values.parsed_or(name, fix, DEFAULT_CLICK_LIMIT)?;
    if (1..=100_000).contains(&limit) {
        Ok(limit)
    } else {
        Err(ConfigError::new(name, fix))
    }
}

pub(crate) fn drain(values: &Values) -> Result<Duration, ConfigError> {
    let name = "DRAIN_SECONDS";
    let fix = "use a number of seconds from 0 to 600, like 5";
    let is_watched = values.text("LEPTOS_WATCH").is_some();
    let default = if is_watched { 0 } else { DEFAULT_DRAIN_SECONDS };
    let seconds = values.parsed_or(name, fix, default)?;
    if seconds > MAX_DRAIN_SECONDS {
        return Err(ConfigError::new(name, fix));
    }
    Ok(Duration::from_secs(seconds))
}

/// The address of the metrics, which must not be public.
pub(crate) fn metrics_addr(
    values: &Values,
    public: Option<SocketAddr>,
    environment: Environment,
) -> Result<Option<SocketAddr>, ConfigError> {
    let name = "METRICS_ADDR";
    let fix = "use an address with a port of its own, like 127.0.0.1:9464";
    let addr: SocketAddr = match values.text(name) {
        None => return Ok(None),
        Some(text) => text.parse().map_err(|_| ConfigError::new(name, fix))?,
    };
    if public == Some(addr) {
        return Err(ConfigError::new(name, fix));
    }
    if environment.is_production() && !is_private(addr.ip()) {
        return Err(ConfigError::new(
            name,
            "is reachable by everybody: use an address of this machine, like 127.0.0.1:9464, or of a \
             private network, like 10.0.0.7:9464",
        ));
    }
    Ok(Some(addr))
}

/// Whether only this machine or its private network reaches the address.
fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            // 100.64.0.0/10 is shared address space (RFC 6598), as pods and VPNs have.
            let [first, second, ..] = ip.octets();
            ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// Addresses and networks, comma separated, or `none`.
///
/// Production is reached by https, usually through a proxy. It must be stated whether there is one:
/// otherwise all clients would count as the proxy's one address.
pub(crate) fn trusted_proxies(
    values: &Values,
    environment: Environment,
) -> Result<Vec<IpNet>, ConfigError> {
    let name = "TRUSTED_PROXIES";
    let text = match values.text(name) {
        Some("none") => return Ok(Vec::new()),
        Some(text) => text,
        None if environment.is_production() => {
            return Err(ConfigError::new(
                name,
                "is needed in production: the addresses or networks of the proxies in front, like \
                 `10.0.0.0/8`, or `none` if clients connect directly",
            ));
        }
        None => "",
    };
    let entries = text.split(',');
    let networks = entries
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let address = entry.parse::<IpAddr>().map(IpNet::from);
            address.or_else(|_| entry.parse()).map_err(|_| {
                ConfigError::new(
                    name,
                    "use addresses or networks, comma separated, like `10.0.0.0/8, ::1`, or `none`",
                )
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    if environment.is_production() && networks.iter().any(is_too_wide) {
        return Err(ConfigError::new(
            name,
            "trusts a good part of the internet, so that anybody can make up an address: name \
             your proxies' own addresses or networks",
        ));
    }
    Ok(networks)
}

/// Whether a network is larger than the largest private one of its kind.
fn is_too_wide(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.prefix_len() < 8,
        IpNet::V6(network) => {
            network.prefix_len() < 16 && !network.addr().is_unique_local()
                || network.prefix_len() < 7
        }
    }
}
