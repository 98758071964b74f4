//! The client's address.
//!
//! The connection's own, unless that is a trusted proxy's: then the last address in
//! `X-Forwarded-For` that is not a trusted proxy's. Any client can forge the entries before it.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Once,
};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, HeaderMap},
};
use ipnet::IpNet;

/// The client's address; `None` if the request came over no connection.
pub(crate) fn client_address(
    headers: &HeaderMap,
    extensions: &Extensions,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    let peer = peer.ip().to_canonical();
    let lines = headers.get_all("x-forwarded-for").iter();
    // Several headers form one list, in their order. An entry that is not text stays in it as an
    // invalid address: without it, the forged entry before it would take its place.
    let forwarded: Vec<&str> = lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(|entry| std::str::from_utf8(entry).unwrap_or_default())
        .collect();
    if !forwarded.is_empty() && !is_trusted(peer, trusted) {
        warn_of_untrusted_proxy();
    }
    Some(nearest_stranger(peer, &forwarded, trusted))
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|net| net.contains(&address))
}

/// Logs once per process: anyone can send the header, and a proxy sends it with each request.
fn warn_of_untrusted_proxy() {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "a request has X-Forwarded-For, but its connection comes from no address of \
             TRUSTED_PROXIES: if a proxy is in front, all people count as one address for rate \
             limits; add the proxy's address to TRUSTED_PROXIES"
        );
    });
}

fn nearest_stranger(peer: IpAddr, forwarded: &[&str], trusted: &[IpNet]) -> IpAddr {
    let mut nearest = peer;
    for entry in forwarded.iter().rev() {
        if !is_trusted(nearest, trusted) {
            break;
        }
        // A trusted proxy writes addresses; anything else is not its own.
        let Some(address) = parse(entry.trim()) else {
            break;
        };
        nearest = address;
    }
    nearest
}

/// An address, with or without the port that some proxies add.
fn parse(entry: &str) -> Option<IpAddr> {
    let address = entry.parse::<IpAddr>().ok();
    let address = address.or_else(|| entry.parse::<SocketAddr>().ok().map(|it| it.ip()));
    address.map(|address| address.to_canonical())
}

/// The key of rate limits: an IPv4 address, or the /64 network that one IPv6 household has.
pub(crate) fn rate_limit_key(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_forwarded_address_counts_from_a_trusted_proxy_alone() {
        let trusted = ["127.0.0.1/32", "10.0.0.0/8"].map(|net| net.parse().unwrap());
        for (peer, forwarded, expected) in [
            ("192.0.2.1", vec![], "192.0.2.1"),
            ("192.0.2.1", vec!["198.51.100.7"], "192.0.2.1"),
            ("127.0.0.1", vec![], "127.0.0.1"),
            ("127.0.0.1", vec!["198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", vec![" 198.51.100.7:4711 "], "198.51.100.7"),
            ("127.0.0.1", vec!["2001:db8::1"], "2001:db8::1"),
            ("127.0.0.1", vec!["::ffff:198.51.100.7"], "198.51.100.7"),
            // Forged by the client.
            (
                "127.0.0.1",
                vec!["203.0.113.9", "198.51.100.7"],
                "198.51.100.7",
            ),
            (
                "127.0.0.1",
                vec!["198.51.100.7", "10.1.2.3"],
                "198.51.100.7",
            ),
            ("127.0.0.1", vec!["198.51.100.7", "unknown"], "127.0.0.1"),
            ("127.0.0.1", vec!["10.9.9.9", "10.1.2.3"], "10.9.9.9"),
        ] {
            let found = nearest_stranger(address(peer), &forwarded, &trusted);
            assert_eq!(found, address(expected), "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        let one = rate_limit_key(address("2001:db8:1:2:3:4:5:6"));
        assert_eq!(one, rate_limit_key(address("2001:db8:1:2:ffff::1")));
        assert_ne!(one, rate_limit_key(address("2001:db8:1:3::1")));
        assert_ne!(
            rate_limit_key(address("192.0.2.1")),
            rate_limit_key(address("192.0.2.2"))
        );
    }

    #[test]
    fn an_entry_that_is_not_text_invalidates_itself_only() {
        let request = axum::http::Request::builder()
            .header("x-forwarded-for", &b"caf\xe9, 198.51.100.7"[..])
            .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711))));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let trusted = ["127.0.0.1/32".parse().unwrap()];
        assert_eq!(
            client_address(&parts.headers, &parts.extensions, &trusted),
            Some(address("198.51.100.7"))
        );
    }
}
