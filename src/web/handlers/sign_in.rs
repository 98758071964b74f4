//! Signing in and out.

use axum::{
    Extension, Form, Router,
    extract::{Request, State, rejection::FormRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde::Deserialize;
use tower_sessions::Session;

use crate::{
    app::{AppState, Config, CurrentUser},
    base::error_chain,
    domain::{SignInError, User},
    i18n::Texts,
    ui::{FormNotice, SignInFormState, SignedOut},
    web::{
        handlers::{auth_forms::AuthForms, signed_out},
        middleware::{
            session,
            step::{Before, Step},
        },
    },
};

/// The routes.
pub(crate) fn routes(forms: AuthForms) -> Router<AppState> {
    Router::new()
        .route("/sign-in", post(sign_in))
        .with_state(forms)
        .route("/api/session/demo", post(demo))
        .route("/sign-out", post(sign_out))
}

/// Where a person is redirected after signing in.
pub(crate) const START_PAGE: &str = "/onboarding";
/// Pages that need a signed-in user, and those below them.
const PRIVATE_PAGES: [&str; 4] = [
    "/onboarding",
    "/results",
    "/account/profile",
    "/account/sessions",
];
/// Pages that `next` may name: those that respond to GET. `*` is any one segment.
const DESTINATIONS: [&str; 10] = [
    "/",
    "/onboarding",
    "/results",
    "/results/*",
    "/account/profile",
    "/account/sessions",
    "/admin",
    "/admin/users/*",
    "/admin/events/*",
    "/admin/audit",
];
/// Pages for visitors who are not signed in.
const GUEST_PAGES: [&str; 2] = ["/sign-in", "/sign-up"];

/// The form's fields. A missing one is empty.
#[derive(Deserialize, Default)]
#[serde(default)]
struct SignInForm {
    email: String,
    password: String,
    next: String,
}

/// `POST /sign-in`: 303 to where the person wanted to go; or the form again with 422, 429 or 503.
async fn sign_in(State(forms): State<AuthForms>, session: Session, request: Request) -> Response {
    let (parts, form) = match AuthForms::read::<SignInForm>(request).await {
        Ok(read) => read,
        Err(unreadable) => return unreadable.into_response(),
    };
    let state = SignInFormState {
        email: form.email.clone(),
        next: form.next.clone(),
        ..SignInFormState::default()
    };
    let say = |notice| SignInFormState {
        notice: Some(notice),
        ..state.clone()
    };

    if let Err(wait) = forms.limits.check_sign_in(&parts) {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let refusal = (status, Some(wait), say(FormNotice::TooMany));
        return forms.refuse(parts, refusal).await;
    }
    let origin = forms.origin(&parts, &form.email);
    let signed_in = forms
        .accounts
        .sign_in(&form.email, &form.password, &origin)
        .await;
    let refusal = match signed_in {
        Ok(user) => {
            let next = own_page(&form.next).unwrap_or(START_PAGE);
            match forms
                .sign_in_and_redirect(&session, (&user, &form.email), &parts, next)
                .await
            {
                Ok(response) => return response,
                Err(error) => Err(error),
            }
        }
        Err(SignInError::Invalid {
            email,
            has_no_password,
        }) => {
            let state = SignInFormState {
                email_problem: email,
                has_no_password,
                ..state.clone()
            };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, None, state))
        }
        Err(SignInError::Wrong { tries_left }) => {
            let state = say(FormNotice::Wrong { tries_left });
            Ok((StatusCode::UNPROCESSABLE_ENTITY, None, state))
        }
        Err(SignInError::Paused { wait }) => {
            let state = say(FormNotice::Paused { wait });
            Ok((
                StatusCode::TOO_MANY_REQUESTS,
                Some(wait.unsigned_abs()),
                state,
            ))
        }
        Err(SignInError::Failed(error)) => Err(error.into()),
    };
    let refusal = refusal.unwrap_or_else(|error: anyhow::Error| {
        tracing::error!(error = %error_chain(error.as_ref()), "could not sign in");
        (
            StatusCode::SERVICE_UNAVAILABLE,
            None,
            say(FormNotice::Failed),
        )
    });
    forms.refuse(parts, refusal).await
}

#[derive(Deserialize)]
struct Destination {
    #[serde(default)]
    next: String,
}

/// `POST /api/session/demo`: signs in the tutorial's walker. 204, or 303 for a form; 404 when off.
async fn demo(
    State(state): State<AppState>,
    Extension(texts): Extension<Texts>,
    session: Session,
    headers: HeaderMap,
    form: Result<Form<Destination>, FormRejection>,
) -> Response {
    if !state.config.demo_sign_in {
        let text = format!("{}\n", texts.text("error-demo-off"));
        return (StatusCode::NOT_FOUND, text).into_response();
    }
    match sign_in_demo(&state, &session, &headers).await {
        Ok(()) if wants_html(&headers) => {
            let next = form.map(|Form(form)| form.next).unwrap_or_default();
            Redirect::to(own_page(&next).unwrap_or(START_PAGE)).into_response()
        }
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            tracing::error!(error = %error_chain(error.as_ref()), "could not sign in");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn sign_in_demo(
    state: &AppState,
    session: &Session,
    headers: &HeaderMap,
) -> anyhow::Result<()> {
    let user = User::demo()?;
    let id = user.id.clone();
    user.ensure(&state.store).await?;
    session::sign_in(session, &id, headers).await
}

/// `POST /sign-out`: ends the session, and clears what the browser keeps of the pages.
async fn sign_out(
    State(state): State<AppState>,
    CurrentUser(user): CurrentUser,
    session: Session,
) -> Response {
    if let Err(error) = session::sign_out(&session).await {
        tracing::error!(error = %error, "could not sign out");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if let Some(user) = user {
        state.live.notify(&user.id);
    }
    let clear = HeaderValue::from_static("\"cache\"");
    let mut response = Redirect::to("/").into_response();
    response.headers_mut().insert("clear-site-data", clear);
    explain(&mut response, &state.config, SignedOut::ByChoice);
    response
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Lets the sign-in page say why the person sees it.
fn explain(response: &mut Response, config: &Config, why: SignedOut) {
    if let Some(cookie) = signed_out::cookie(config, why) {
        response.extensions_mut().insert(cookie);
    }
}

/// Redirects a signed-out visitor from a private page to the sign-in page, and a signed-in user away
/// from the guests' pages.
#[derive(Clone)]
pub(crate) struct RequireLogin(pub(crate) AppState);

impl Step for RequireLogin {
    type Kept = ();

    fn before(&self, request: &mut Request) -> Before<()> {
        let path = request.uri().path();
        let is_safe = request.method().is_safe();
        let is_signed_in = CurrentUser::of(request.extensions()).is_some();
        if is_safe && !is_signed_in && is_private(path) {
            let mut response = Redirect::to(&format!("/sign-in?next={path}")).into_response();
            if signed_out::had_session(request.headers()) {
                explain(&mut response, &self.0.config, SignedOut::Elsewhere);
            }
            return Before::Answer(response);
        }
        if is_safe && is_signed_in && GUEST_PAGES.contains(&path) {
            return Before::Answer(Redirect::to(START_PAGE).into_response());
        }
        if is_safe && let Some(why) = signed_out::reason(request.headers()) {
            request.extensions_mut().insert(why);
        }
        Before::Continue(())
    }
}

fn is_private(path: &str) -> bool {
    PRIVATE_PAGES.iter().any(|page| {
        let rest = path.strip_prefix(page);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The path with its query, if it names one of our own pages.
pub(crate) fn own_page(next: &str) -> Option<&str> {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let is_plain = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let leads_to = |page: &&str| {
        let (mut page, mut path) = (page.split('/'), path.split('/'));
        loop {
            match (page.next(), path.next()) {
                (None, None) => return true,
                (Some("*"), Some(segment)) if !segment.is_empty() && segment != ".." => {}
                (Some(expected), Some(segment)) if expected == segment => {}
                _ => return false,
            }
        }
    };
    (is_plain && DESTINATIONS.iter().any(leads_to)).then_some(next)
}

/// As [`own_page`], the guests' pages included.
pub(crate) fn page_of_ours(next: &str) -> Option<&str> {
    let is_guest_page = |page: &&str| {
        let rest = next.strip_prefix(*page);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('?'))
    };
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain && GUEST_PAGES.iter().any(is_guest_page) {
        return Some(next);
    }
    own_page(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_below_a_private_page_is_private() {
        for path in ["/onboarding", "/results", "/results/res_1"] {
            assert!(is_private(path), "{path}");
        }
        for path in [
            "/",
            "/sign-in",
            "/onboarding-help",
            "/nowhere",
            "/inquiries/inq_1",
        ] {
            assert!(!is_private(path), "{path}");
        }
    }

    #[test]
    fn every_page_is_a_destination_but_the_guests_pages() {
        for route in leptos_axum::generate_route_list(crate::ui::App) {
            let path = route.path().replace("{id}", "1");
            let is_door = GUEST_PAGES.contains(&path.as_str());
            assert_eq!(own_page(&path).is_none(), is_door, "{path}");
        }
    }

    #[test]
    fn only_own_pages_are_destinations() {
        for next in [
            "/onboarding",
            "/",
            "/results?page=2",
            "/results/res_1",
            "/admin/users/usr_1?said=changed",
        ] {
            assert_eq!(own_page(next), Some(next));
        }
        for next in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "onboarding",
            "/a\nb",
            "/\t/evil.example",
            // Routes that respond to POST only, and unknown ones.
            "/sign-out",
            "/sign-out?x=/onboarding",
            "/onboarding/start",
            "/account/sessions/revoke",
            "/admin/search",
            "/api/session/demo",
            "/webhooks/persona",
            "/results/",
            "/results/../sign-out",
            "/results/..",
            "/nowhere",
        ] {
            assert_eq!(own_page(next), None, "{next:?}");
        }
    }
}
