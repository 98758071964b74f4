//! The language of each response: the account's choice, else the cookie's, else `Accept-Language`.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_TYPE, COOKIE, VARY},
    },
    response::Response,
};
use tower_sessions::cookie::{Cookie, SameSite};

use crate::{
    app::{AppState, Config, CurrentUser, Environment},
    i18n::{Catalog, Locale, Texts, negotiate},
    web::middleware::step::{Before, Step},
};

/// Browsers keep no cookie for longer than 400 days.
const MAX_AGE: time::Duration = time::Duration::days(400);
/// What the language of a page depends on.
const VARY_VALUE: HeaderValue = HeaderValue::from_static("accept-language, cookie");

/// Finds the language of a request by its headers, and names it in the response.
#[derive(Debug, Clone)]
pub(crate) struct FindLanguage {
    catalog: Arc<Catalog>,
    available: Arc<[Locale]>,
}

impl FindLanguage {
    pub(crate) fn new(state: &AppState) -> Self {
        Self {
            catalog: state.catalog.clone(),
            available: available(state).into(),
        }
    }

    fn texts(&self, request: &Request) -> Texts {
        let locale = match is_english_only(request.uri().path()) {
            true => Locale::default(),
            false => locale(request.headers(), &self.available),
        };
        Texts::new(&self.catalog, locale)
    }
}

impl Step for FindLanguage {
    type Kept = Locale;

    fn before(&self, request: &mut Request) -> Before<Locale> {
        let texts = self.texts(request);
        let locale = texts.locale();
        request.extensions_mut().insert(texts);
        Before::Continue(locale)
    }

    fn after(&self, locale: Locale, response: &mut Response) {
        let status = response.status();
        let is_error = status.is_client_error() || status.is_server_error();
        let is_page = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
        if is_page || is_error {
            let locale = response.extensions().get().copied().unwrap_or(locale);
            let tag = HeaderValue::from_static(Locale::tag(locale));
            response.headers_mut().insert(CONTENT_LANGUAGE, tag);
            response.headers_mut().append(VARY, VARY_VALUE);
        }
    }
}

/// Prefers the language of the signed-in user's account.
#[derive(Debug, Clone)]
pub(crate) struct PreferAccount;

impl Step for PreferAccount {
    /// The account's language.
    type Kept = Option<Locale>;

    fn before(&self, request: &mut Request) -> Before<Option<Locale>> {
        let texts = chosen_by_account(request);
        let locale = texts.as_ref().map(Texts::locale);
        if let Some(texts) = texts {
            request.extensions_mut().insert(texts);
        }
        Before::Continue(locale)
    }

    fn after(&self, locale: Option<Locale>, response: &mut Response) {
        if let Some(locale) = locale {
            response.extensions_mut().insert(locale);
        }
    }
}

fn chosen_by_account(request: &Request) -> Option<Texts> {
    if is_english_only(request.uri().path()) {
        return None;
    }
    let user = CurrentUser::of(request.extensions())?;
    let texts = request.extensions().get::<Texts>()?;
    Some(in_language(texts, user.locale.as_deref()?))
}

/// The operators' pages are in English.
fn is_english_only(path: &str) -> bool {
    path == "/admin" || path.starts_with("/admin/")
}

/// The texts in the language of an account; unchanged if this brand does not offer it.
fn in_language(texts: &Texts, tag: &str) -> Texts {
    Locale::from_tag(tag)
        .filter(|locale| texts.offered().contains(locale))
        .map_or_else(|| texts.clone(), |locale| texts.with_locale(locale))
}

fn locale(headers: &HeaderMap, available: &[Locale]) -> Locale {
    chosen(headers, available).unwrap_or_else(|| {
        let header = headers.get(ACCEPT_LANGUAGE);
        let header = header.and_then(|value| value.to_str().ok());
        negotiate(header.unwrap_or_default(), available)
    })
}

/// The languages that a request may ask for: in development the pseudo-locale, too.
pub(crate) fn available(state: &AppState) -> Vec<Locale> {
    let languages = Locale::languages().filter(|locale| state.catalog.has(*locale));
    let pseudo = (state.config.environment == Environment::Development).then_some(Locale::Pseudo);
    languages.chain(pseudo).collect()
}

/// The language in the request's cookie.
pub(crate) fn chosen(headers: &HeaderMap, available: &[Locale]) -> Option<Locale> {
    let lines = headers.get_all(COOKIE).iter();
    let cookie = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == NAME)?;
    Locale::from_tag(cookie.value()).filter(|locale| available.contains(locale))
}

/// The cookie's name. It holds a preference and no secret, so that a proxy may key its cache by it.
const NAME: &str = "language";

/// The cookie that keeps a choice.
pub(crate) fn cookie(locale: Locale, config: &Config) -> Option<HeaderValue> {
    let cookie = Cookie::build((NAME, locale.tag()))
        .path("/")
        .http_only(true)
        .secure(config.is_https())
        .same_site(SameSite::Lax)
        .max_age(MAX_AGE)
        .build();
    cookie.to_string().parse().ok()
}
