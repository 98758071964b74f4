//! The flow without JavaScript: a plain form redirects to Persona's hosted flow, which returns here.

use axum::{
    Extension, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use url::Url;

use crate::{
    api::{ApiError, ErrorCode},
    app::{AppState, ClickPermit, CurrentUser},
    base::error_chain,
    domain,
    i18n::{Locale, Texts},
};

/// The client hint of the preferred colour scheme (W3C User Preference Media Features Client Hints).
const PREFERS_COLOR_SCHEME: &str = "sec-ch-prefers-color-scheme";
/// Where the hosted flow returns to.
const RETURN: &str = "/onboarding/return";

/// The routes.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/onboarding/start", post(start))
        .route(RETURN, get(return_from_hosted_flow))
}

/// `POST /onboarding/start`: gets or creates the inquiry and redirects to its one-time link.
async fn start(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    permit: Option<Extension<ClickPermit>>,
    Extension(texts): Extension<Texts>,
    headers: HeaderMap,
) -> Response {
    let Some(user) = user else {
        return Redirect::to("/sign-in?next=/onboarding").into_response();
    };
    let return_uri = format!("{}{RETURN}", state.config.origin());
    let context = state.get_or_create(permit.map(|Extension(permit)| permit));
    match domain::hosted_flow_link(context, user, return_uri).await {
        Ok(link) if leads_to(link.expose(), &state.config.persona.hosted_origins) => {
            let is_dark = state.config.persona.sdk.follows_color_scheme && prefers_dark(&headers);
            without_referrer(
                Redirect::to(&dressed(link.expose(), texts.locale(), is_dark)).into_response(),
            )
        }
        Ok(_) => {
            tracing::error!(
                "the one-time link points to a host that is not Persona's: not followed; check PERSONA_API_URL"
            );
            redirect_with_problem(ErrorCode::PersonaFailed)
        }
        Err(error) => {
            let code = ApiError::from(&error).code();
            tracing::error!(
                error = error_chain(&error),
                "could not make a one-time link"
            );
            redirect_with_problem(code)
        }
    }
}

/// Whether the browser says that the person prefers dark colours. Only Chromium does, after it was asked
/// by `Accept-CH`.
fn prefers_dark(headers: &HeaderMap) -> bool {
    headers
        .get(PREFERS_COLOR_SCHEME)
        .is_some_and(|value| value.as_bytes().trim_ascii() == br#""dark""#)
}

/// The link with the language of the person's pages, and dark if the person prefers that
/// (docs.withpersona.com/docs/hosted-flow-parameters).
fn dressed(link: &str, locale: Locale, is_dark: bool) -> String {
    let Ok(mut url) = Url::parse(link) else {
        return link.to_owned();
    };
    url.query_pairs_mut()
        .append_pair("language", locale.persona_tag());
    if is_dark {
        url.query_pairs_mut().append_pair("style-variant", "dark");
    }
    url.into()
}

/// Redirects to the page, which shows the problem.
fn redirect_with_problem(problem: ErrorCode) -> Response {
    Redirect::to(&format!("/onboarding?problem={}", problem.name())).into_response()
}

/// `GET /onboarding/return`: the hosted flow has ended, so Persona is asked how.
///
/// The query holds personal data and proves nothing, since anyone can type it: it is dropped
/// before a page is rendered (docs.withpersona.com/docs/hosted-flow-redirecting-on-complete).
async fn return_from_hosted_flow(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
) -> Response {
    if let Some(user) = user
        && let Err(error) =
            domain::sync_after_hosted_flow(&state.persona, &state.store, &user.id).await
    {
        tracing::warn!(
            reference_id = %user.id,
            error = error_chain(&error),
            "could not fetch the inquiry after the hosted flow: the page says that the result is \
             awaited"
        );
    }
    without_referrer(Redirect::to("/onboarding").into_response())
}

/// Keeps the URL out of caches and out of the next page's referrer.
fn without_referrer(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}

/// Whether a link points to one of the origins, which the page's content security policy allows, too:
/// a browser blocks a redirect to any other. Links are opaque otherwise.
fn leads_to(link: &str, origins: &[String]) -> bool {
    let Ok(url) = Url::parse(link) else {
        return false;
    };
    let origin = url.origin().ascii_serialization();
    origins.iter().any(|allowed| match allowed.split_once('*') {
        Some((scheme, domain)) => origin.starts_with(scheme) && origin.ends_with(domain),
        None => origin == *allowed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_dressed_and_keeps_its_code() {
        let link = "https://withpersona.com/verify?code=us1-Dd4";
        let in_english = dressed(link, Locale::En, false);
        assert_eq!(in_english, format!("{link}&language=en-US"));
        let in_portuguese = dressed(link, Locale::PtBr, false);
        assert_eq!(in_portuguese, format!("{link}&language=pt-BR"));
        assert_eq!(
            dressed(link, Locale::En, true),
            format!("{link}&language=en-US&style-variant=dark")
        );
    }

    #[test]
    fn only_a_browser_that_says_so_prefers_dark() {
        let headers = |value: &'static str| {
            HeaderMap::from_iter([(
                header::HeaderName::from_static(PREFERS_COLOR_SCHEME),
                HeaderValue::from_static(value),
            )])
        };
        assert!(prefers_dark(&headers(r#""dark""#)));
        assert!(!prefers_dark(&headers(r#""light""#)));
        assert!(!prefers_dark(&HeaderMap::new()));
    }

    #[test]
    fn a_link_leads_to_persona_or_the_sandbox_and_nowhere_else() {
        let origins = [
            "http://localhost:3002",
            "https://withpersona.com",
            "https://*.withpersona.com",
        ]
        .map(ToOwned::to_owned);
        for link in [
            "http://localhost:3002/verify?code=1",
            "https://withpersona.com/verify?code=us1-Dd4",
            "https://walkers.withpersona.com/verify?code=us1-Dd4",
        ] {
            assert!(leads_to(link, &origins), "{link}");
        }
        for link in [
            "",
            "/verify?code=1",
            "http://withpersona.com/verify?code=1",
            "http://walkers.withpersona.com/verify?code=1",
            "https://perso.na/verify?code=Dd4",
            "https://withpersona.com.evil.example/verify",
            "https://evilwithpersona.com/verify",
            "http://localhost:3003/verify",
            "javascript:alert(1)",
        ] {
            assert!(!leads_to(link, &origins), "{link}");
        }
    }
}
