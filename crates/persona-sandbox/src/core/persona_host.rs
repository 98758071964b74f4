//! The host names of Persona's servers, for applications in which they are hard-coded.
//!
//! If they resolve to the sandbox (`/etc/hosts`, a container's `extra_hosts`, a browser's resolver
//! rules), the sandbox serves under each name what Persona serves there.

use url::{Host, Url};

/// The domain that all of Persona's servers belong to.
pub(crate) const DOMAIN: &str = "withpersona.com";

/// What Persona serves under a host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PersonaHost {
    /// `api.withpersona.com` and `withpersona.com`: the API, the widget and the hosted flow.
    Api,
    /// `inquiry.withpersona.com` and an organisation's own subdomain: the widget and the hosted
    /// flow.
    Flow,
    /// `cdn.withpersona.com`: the SDK.
    Cdn,
}

impl PersonaHost {
    /// What Persona serves under the name in a `Host` header; `None` for any other name.
    pub(crate) fn from_header(host: &str) -> Option<Self> {
        let name = name_in(host)?;
        match name.strip_suffix(DOMAIN)? {
            "" | "api." => Some(Self::Api),
            "cdn." => Some(Self::Cdn),
            subdomain if subdomain.ends_with('.') => Some(Self::Flow),
            _ => None,
        }
    }
}

/// The host name in a `Host` header, without the port.
fn name_in(host: &str) -> Option<String> {
    let url = Url::parse(&format!("https://{host}")).ok()?;
    match url.host()? {
        Host::Domain(name) => Some(name.to_owned()),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// The start of one-time links, as Persona makes them, for a request to one of Persona's host
/// names. The links keep the port of the request.
pub(crate) fn link_base(host: &str) -> Option<String> {
    PersonaHost::from_header(host)?;
    let url = Url::parse(&format!("https://{host}")).ok()?;
    Some(match url.port() {
        Some(port) => format!("https://{DOMAIN}:{port}"),
        None => format!("https://{DOMAIN}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_what_persona_serves_there() {
        for (host, served) in [
            ("api.withpersona.com", Some(PersonaHost::Api)),
            ("withpersona.com:4443", Some(PersonaHost::Api)),
            ("Inquiry.WithPersona.com", Some(PersonaHost::Flow)),
            ("walkers.withpersona.com", Some(PersonaHost::Flow)),
            ("cdn.withpersona.com:443", Some(PersonaHost::Cdn)),
            ("localhost:3002", None),
            ("127.0.0.1:4443", None),
            ("notwithpersona.com", None),
            ("withpersona.com.evil.example", None),
            ("", None),
        ] {
            assert_eq!(PersonaHost::from_header(host), served, "{host}");
        }
    }

    #[test]
    fn links_keep_the_port_of_the_request() {
        assert_eq!(
            link_base("api.withpersona.com").as_deref(),
            Some("https://withpersona.com")
        );
        assert_eq!(
            link_base("api.withpersona.com:4443").as_deref(),
            Some("https://withpersona.com:4443")
        );
        assert_eq!(link_base("localhost:3002"), None);
    }
}
