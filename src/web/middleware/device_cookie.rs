//! The device cookie: proof that an e-mail has signed in from this browser before.
//!
//! With it the owner can sign in while others guess the password elsewhere
//! (`domain::accounts`, `login_throttle`). It neither signs anyone in nor names anyone: an entry is a
//! random ID and a MAC over the ID and the e-mail, which only someone who knows the e-mail can check.
//! A browser keeps the entries of its last few accounts, each valid for its own e-mail alone.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::{RngExt as _, distr::Alphanumeric};
use secrecy::ExposeSecret as _;
use sha2::Sha256;
use tower_sessions::cookie::{Cookie, SameSite};

use crate::{app::Config, domain::Email};

/// How many accounts a browser is remembered for.
const MAX_ENTRIES: usize = 5;
/// How many random characters a browser's ID has.
const ID_LENGTH: usize = 22;
/// How many hexadecimal digits a MAC has.
const MAC_LENGTH: usize = 64;
/// Browsers keep no cookie for longer than 400 days.
const MAX_AGE: time::Duration = time::Duration::days(400);

/// A cookie of a response that is set last, so that the session's comes first.
#[derive(Clone)]
pub(crate) struct LaterCookie(pub(crate) HeaderValue);

/// The browser's ID, if the e-mail has signed in there before.
pub(crate) fn known_browser(headers: &HeaderMap, config: &Config, email: &str) -> Option<String> {
    let email = Email::parse(email).ok()?;
    let entry = entries(headers, config)
        .into_iter()
        .find(|entry| is_valid(entry, config, &email))?;
    entry.split_once('.').map(|(id, _)| id.to_owned())
}

/// The cookie that proves from now on that the e-mail has signed in from this browser.
pub(crate) fn remember(headers: &HeaderMap, config: &Config, email: &str) -> Option<LaterCookie> {
    let email = Email::parse(email).ok()?;
    let (known, others): (Vec<_>, Vec<_>) = entries(headers, config)
        .into_iter()
        .partition(|entry| is_valid(entry, config, &email));
    let entry = match known.into_iter().next() {
        Some(entry) => entry,
        None => new_entry(config, &email)?,
    };
    let others = others.into_iter().take(MAX_ENTRIES - 1);
    let value: Vec<_> = std::iter::once(entry).chain(others).collect();
    let cookie = Cookie::build((name(config), value.join("~")))
        .path("/")
        .http_only(true)
        .secure(config.is_https())
        .same_site(SameSite::Lax)
        .max_age(MAX_AGE)
        .build();
    cookie.to_string().parse().ok().map(LaterCookie)
}

fn name(config: &Config) -> &'static str {
    if config.is_https() {
        "__Host-device"
    } else {
        "device"
    }
}

/// The well-formed entries of the request's cookie.
fn entries(headers: &HeaderMap, config: &Config) -> Vec<String> {
    let lines = headers.get_all(COOKIE).iter();
    let value = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name(config));
    let Some(cookie) = value else {
        return Vec::new();
    };
    let entries = cookie.value().split('~').filter(|entry| {
        entry.split_once('.').is_some_and(|(id, mac)| {
            let is_id = |byte: u8| byte.is_ascii_alphanumeric();
            id.len() == ID_LENGTH && id.bytes().all(is_id) && mac.len() == MAC_LENGTH
        })
    });
    entries.take(MAX_ENTRIES).map(ToOwned::to_owned).collect()
}

fn new_entry(config: &Config, email: &Email) -> Option<String> {
    let random = rand::rng().sample_iter(Alphanumeric);
    let id: String = random.take(ID_LENGTH).map(char::from).collect();
    let mac = mac(config, &id, email)?.finalize().into_bytes();
    Some(format!("{id}.{}", const_hex::encode(mac)))
}

fn is_valid(entry: &str, config: &Config, email: &Email) -> bool {
    let parts = entry
        .split_once('.')
        .and_then(|(id, hex)| Some((mac(config, id, email)?, const_hex::decode(hex).ok()?)));
    parts.is_some_and(|(mac, bytes)| mac.verify_slice(&bytes).is_ok())
}

fn mac(config: &Config, id: &str, email: &Email) -> Option<Hmac<Sha256>> {
    let secret = config.session_secret.expose_secret().as_bytes();
    let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    // Domain separation: the same secret signs other data, too.
    Some(mac.chain_update(format!("device cookie\n{id}\n{}", email.as_str())))
}
