//! Which environment the dashboard shows: the one that was chosen on its page of environments, which a
//! cookie remembers, or one that the address names (`?environment=`).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::http::transport::environment::named_in;
use crate::runtime::{Emulator, Environments};

/// The name of the cookie. Cookies ignore ports, so it must differ from those of any app.
const COOKIE: &str = "persona_sandbox_environment";

/// The environment that a page is about; the default one if that of the cookie is no more.
pub(super) struct Shown(pub(super) Emulator);

impl FromRequestParts<Environments> for Shown {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        environments: &Environments,
    ) -> Result<Self, Infallible> {
        let named = named_in(parts.uri.query().unwrap_or_default());
        let name = named.or_else(|| chosen(&parts.headers));
        let emulator = name.and_then(|name| environments.find_by_text(&name));
        let default = || environments.default_environment().clone();
        Ok(Self(emulator.unwrap_or_else(default)))
    }
}

fn chosen(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter();
    let pairs = cookies.filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|pairs| pairs.split("; "))
        .find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='))
        .map(str::to_owned)
}

/// The header that remembers a choice. The name of an environment is letters, digits and hyphens.
pub(super) fn remember(emulator: &Emulator) -> HeaderValue {
    let cookie = format!(
        "{COOKIE}={}; Path=/dashboard; HttpOnly; SameSite=Strict",
        emulator.name()
    );
    HeaderValue::try_from(cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        assert_eq!(chosen(&headers), None);
        let cookies = "session=x; persona_sandbox_environment=test-1; other=y";
        headers.insert(header::COOKIE, HeaderValue::from_static(cookies));
        assert_eq!(chosen(&headers).as_deref(), Some("test-1"));
    }
}
