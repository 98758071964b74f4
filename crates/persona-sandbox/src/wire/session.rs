//! The inquiry session resource.

use serde_json::{Value, json};

use super::to_one;
use crate::core::model::Session;

/// Attributes of the browser that Persona records and the sandbox does not.
const NOT_MODELLED: [&str; 26] = [
    "ip-address",
    "os-name",
    "os-full-version",
    "device-type",
    "device-name",
    "browser-name",
    "browser-full-version",
    "mobile-sdk-name",
    "mobile-sdk-full-version",
    "device-handoff-method",
    "is-proxy",
    "is-tor",
    "is-datacenter",
    "is-vpn",
    "threat-level",
    "country-code",
    "country-name",
    "region-code",
    "region-name",
    "latitude",
    "longitude",
    "gps-latitude",
    "gps-longitude",
    "gps-precision",
    "ip-connection-type",
    "ip-isp",
];

/// A session as the API shows it.
pub(crate) fn session(session: &Session) -> Value {
    let mut attributes = json!({
        "status": session.status.as_str(),
        "created-at": session.created_at,
        "started-at": session.started_at,
        "expired-at": session.expired_at,
        "user-agent": session.user_agent,
        "network-organization": null,
    });
    for name in NOT_MODELLED {
        attributes[name] = Value::Null;
    }
    json!({
        "type": "inquiry-session",
        "id": session.id,
        "attributes": attributes,
        "relationships": {
            "inquiry": to_one("inquiry", Some(&session.inquiry_id)),
            "device": to_one("device", None),
            "network": to_one("network", None),
        },
    })
}
