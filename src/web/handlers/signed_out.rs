//! Why a person sees the sign-in page: a cookie says it for a minute, since the addresses of the redirects
//! that lead there are fixed. It signs nobody in or out.

use axum::http::{HeaderMap, header};
use tower_sessions::cookie::{Cookie, SameSite};

use crate::{app::Config, ui::SignedOut, web::middleware::device_cookie::LaterCookie};

const NAME: &str = "signed-out";
const MAX_AGE: time::Duration = time::Duration::MINUTE;

/// The cookie that says why. It is for the sign-in page alone.
pub(crate) fn cookie(config: &Config, why: SignedOut) -> Option<LaterCookie> {
    let cookie = Cookie::build((NAME, name(why)))
        .path("/sign-in")
        .http_only(true)
        .secure(config.is_https())
        .same_site(SameSite::Lax)
        .max_age(MAX_AGE)
        .build();
    cookie.to_string().parse().ok().map(LaterCookie)
}

/// Why the person sees the sign-in page, if the request's cookie says so.
pub(crate) fn reason(headers: &HeaderMap) -> Option<SignedOut> {
    let value = value(headers, NAME)?;
    [SignedOut::ByChoice, SignedOut::Elsewhere]
        .into_iter()
        .find(|why| name(*why) == value)
}

/// Whether the browser sent a session, which may have ended.
pub(crate) fn had_session(headers: &HeaderMap) -> bool {
    ["session", "__Host-session"]
        .into_iter()
        .any(|name| value(headers, name).is_some())
}

fn name(why: SignedOut) -> &'static str {
    match why {
        SignedOut::ByChoice => "by-choice",
        SignedOut::Elsewhere => "elsewhere",
    }
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(it, _)| *it == name)
        .map(|(_, value)| value)
}
