//! The inquiry session resource, and those of its device and its network.
//!
//! A session that a browser uses has the data of that browser, from its `User-Agent`, and of one
//! network: nothing about the real network of the caller is looked up. The address is one of those
//! that are reserved for documentation (RFC 5737), the place is the demo person's city.

use serde_json::{Value, json};

use super::{Version, to_one};
use crate::core::model::{HandoffMethod, Session};
use crate::core::user_agent::Browser;

/// The network of every browser.
const IP_ADDRESS: &str = "203.0.113.10";
const SERVICE_PROVIDER: &str = "Example Broadband";
const COUNTRY: (&str, &str) = ("US", "United States");
const REGION: (&str, &str) = ("CA", "California");
const PLACE: (f64, f64) = (37.7749, -122.4194);

/// What the IDs of devices and networks begin with: each session has its own, with the rest of its
/// ID.
const DEVICE_PREFIX: &str = "dev_";
const NETWORK_PREFIX: &str = "net_";
const SESSION_PREFIX: &str = "iqse_";

/// What the fingerprints of browsers begin with: each session has its own.
const FINGERPRINT_PREFIX: &str = "fingerprint";

/// A session as the API of this version shows it.
pub(crate) fn session(session: &Session, version: Version) -> Value {
    let mut resource = resource(session);
    // The device has it since (docs: `api-changelog`, v2021-08-18).
    if version.as_str() < "2021-08-18" {
        resource["attributes"]["browser-fingerprint"] =
            json!(related_id(session, FINGERPRINT_PREFIX));
    }
    resource
}

fn resource(session: &Session) -> Value {
    let user_agent = session.user_agent.as_deref();
    let browser = user_agent.map(Browser::parse).unwrap_or_default();
    // Redaction takes the browser, and with it everything that it was known by.
    let is_known = user_agent.is_some();
    let known = |value: Value| if is_known { value } else { Value::Null };
    json!({
        "type": "inquiry-session",
        "id": session.id,
        "attributes": {
            "status": session.status.as_str(),
            "created-at": session.created_at,
            "started-at": session.started_at,
            "expired-at": session.expired_at,
            "user-agent": user_agent,
            "os-name": browser.os_name,
            "os-full-version": null,
            "device-type": browser.device_type,
            "device-name": null,
            "browser-name": browser.name,
            "browser-full-version": browser.version,
            "mobile-sdk-name": null,
            "mobile-sdk-full-version": null,
            "device-handoff-method": session.handoff.map(HandoffMethod::as_str),
            "ip-address": known(json!(IP_ADDRESS)),
            "ip-connection-type": known(json!("residential")),
            "ip-isp": known(json!(SERVICE_PROVIDER)),
            "network-organization": known(json!(SERVICE_PROVIDER)),
            "is-proxy": known(json!(false)),
            "is-tor": known(json!(false)),
            "is-datacenter": known(json!(false)),
            "is-vpn": known(json!(false)),
            "threat-level": known(json!("low")),
            "country-code": known(json!(COUNTRY.0)),
            "country-name": known(json!(COUNTRY.1)),
            "region-code": known(json!(REGION.0)),
            "region-name": known(json!(REGION.1)),
            "latitude": known(json!(PLACE.0)),
            "longitude": known(json!(PLACE.1)),
            "gps-latitude": null,
            "gps-longitude": null,
            "gps-precision": null,
        },
        "relationships": {
            "inquiry": to_one("inquiry", Some(&session.inquiry_id)),
            "device": to_one("device", related_id(session, DEVICE_PREFIX).as_deref()),
            "network": to_one("network", related_id(session, NETWORK_PREFIX).as_deref()),
        },
    })
}

fn related_id(session: &Session, prefix: &str) -> Option<String> {
    session.user_agent.as_ref()?;
    let own = session.id.strip_prefix(SESSION_PREFIX)?;
    Some(format!("{prefix}{own}"))
}

/// The ID of the session that this device belongs to.
pub(crate) fn session_id_of_device(device_id: &str) -> Option<String> {
    let own = device_id.strip_prefix(DEVICE_PREFIX)?;
    Some(format!("{SESSION_PREFIX}{own}"))
}

/// The device of a session, if a browser used it.
pub(crate) fn device(session: &Session) -> Option<Value> {
    let id = related_id(session, DEVICE_PREFIX)?;
    let fingerprint = id.strip_prefix(DEVICE_PREFIX)?.to_lowercase();
    Some(json!({
        "type": "device",
        "id": id,
        "attributes": {
            "device-vendor-id": null,
            "device-fingerprint": fingerprint,
            "browser-fingerprint": fingerprint,
        },
    }))
}

/// The network of a session, if a browser used it.
pub(crate) fn network(session: &Session) -> Option<Value> {
    let id = related_id(session, NETWORK_PREFIX)?;
    Some(json!({
        "type": "network",
        "id": id,
        "attributes": {
            "created-at": session.started_at.unwrap_or(session.created_at),
            "ip-address": IP_ADDRESS,
            "service-provider": SERVICE_PROVIDER,
            "service-type": "residential",
            "proxy-type": null,
            "threat-level": "low",
            "country-code": COUNTRY.0,
            "country-name": COUNTRY.1,
            "region-code": REGION.0,
            "region-name": REGION.1,
            "latitude": PLACE.0,
            "longitude": PLACE.1,
        },
    }))
}
