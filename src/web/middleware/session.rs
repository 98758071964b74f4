//! The session cookie, and the user behind it.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE},
    response::Response,
};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha512};
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::{Key, SameSite},
    service::SignedCookie,
};

use crate::{
    api::ErrorCode,
    app::CurrentUser,
    app::session_store::{BROWSER, USER_ID},
    app::{
        Config,
        session_store::{ABSOLUTE, Sessions},
    },
    base::Clock,
    base::error_chain,
    domain::User,
    model::ReferenceId,
    store::Store,
    web::middleware::{browser_name::browser_name, device_cookie::LaterCookie, error_body},
};

/// The layer that reads and writes the cookie.
pub(crate) fn layer(
    config: &Config,
    store: Store,
    clock: Clock,
) -> SessionManagerLayer<Sessions, SignedCookie> {
    // With the prefix browsers accept the cookie only with Secure, without Domain, and for path `/`.
    let name = if config.is_https() {
        "__Host-session"
    } else {
        "session"
    };
    let secret = Sha512::digest(config.session_secret.expose_secret());
    SessionManagerLayer::new(Sessions::new(store, clock))
        .with_name(name)
        .with_secure(config.is_https())
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        // The cookie lasts as long as a session can; the table holds the idle limit.
        .with_expiry(Expiry::OnInactivity(time::Duration::seconds(
            ABSOLUTE.as_secs(),
        )))
        .with_signed(Key::from(secret.as_slice()))
}

/// Sets the other cookie of a response, after the session's own.
///
/// Also adds to a removed cookie the attributes that it was set with: browsers accept the removal of a
/// `__Host-` cookie only with `Secure`.
pub(crate) fn complete_cookies(config: &Config) -> impl Fn(Response) -> Response + Clone + use<> {
    let secure = if config.is_https() { "; Secure" } else { "" };
    move |mut response| {
        if let Some(LaterCookie(value)) = response.extensions_mut().remove() {
            response.headers_mut().append(SET_COOKIE, value);
        }
        for (name, value) in response.headers_mut() {
            let is_removal = name == SET_COOKIE
                && value
                    .to_str()
                    .is_ok_and(|text| text.contains("Max-Age=0") && !text.contains("HttpOnly"));
            if is_removal {
                let mut complete = value.as_bytes().to_vec();
                complete.extend_from_slice(b"; HttpOnly; SameSite=Lax");
                complete.extend_from_slice(secure.as_bytes());
                if let Ok(complete) = HeaderValue::from_bytes(&complete) {
                    *value = complete;
                }
            }
        }
        response
    }
}

/// Looks up the user behind the session, once per request.
///
/// # Errors
/// The response, if the database fails.
pub(crate) async fn find_user(store: Store, mut request: Request) -> Result<Request, Response> {
    let user = match request.extensions().get::<Session>() {
        Some(session) => user_of(session, &store).await,
        None => Err(anyhow::anyhow!("the session layer is missing")),
    };
    match user {
        Ok(user) => {
            request.extensions_mut().insert(CurrentUser(user));
            Ok(request)
        }
        Err(error) => {
            tracing::error!(error = %error_chain(error.as_ref()), "could not look up the signed-in user");
            let texts = error_body::texts(request.extensions());
            let (path, status) = (request.uri().path(), StatusCode::SERVICE_UNAVAILABLE);
            Err(error_body::refusal(
                &texts,
                path,
                ErrorCode::TryAgain,
                status,
            ))
        }
    }
}

async fn user_of(session: &Session, store: &Store) -> anyhow::Result<Option<User>> {
    let Some(id) = session.get::<ReferenceId>(USER_ID).await? else {
        return Ok(None);
    };
    Ok(User::find(store, &id).await?)
}

/// Signs a user in under a new session ID, which prevents session fixation.
pub(crate) async fn sign_in(
    session: &Session,
    user: &ReferenceId,
    headers: &HeaderMap,
) -> anyhow::Result<()> {
    session.cycle_id().await?;
    session.insert(USER_ID, user).await?;
    session.insert(BROWSER, browser_name(headers)).await?;
    Ok(())
}

/// Ends the session in the cookie and in the table.
pub(crate) async fn sign_out(session: &Session) -> Result<(), tower_sessions::session::Error> {
    session.flush().await
}
