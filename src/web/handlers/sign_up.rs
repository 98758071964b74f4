//! Signing up: a plain form, and the same form again with what is to be corrected.

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde::Deserialize;
use tower_sessions::Session;

use crate::{
    app::AppState,
    base::error_chain,
    domain::{SignUpError, SignUpFields, SignUpProblems},
    ui::{FormNotice, SignUpAnswer},
    web::handlers::{
        auth_forms::{Door, Refusal},
        sign_in::START_PAGE,
    },
};

/// The routes.
pub(crate) fn routes(door: Door) -> Router<AppState> {
    Router::new()
        .route("/sign-up", post(sign_up))
        .with_state(door)
}

/// The form as it is sent. A field that is not there is an empty one.
#[derive(Deserialize, Default)]
#[serde(default)]
struct SignUpForm {
    first_name: String,
    last_name: String,
    birthdate: String,
    email: String,
    password: String,
}

/// `POST /sign-up`: 303 and signed in; or the page again with 422, 429 or 503.
async fn sign_up(State(door): State<Door>, session: Session, request: Request) -> Response {
    let (parts, form) = match Door::read::<SignUpForm>(request).await {
        Ok(read) => read,
        Err(unreadable) => return unreadable.into_response(),
    };
    let fields = SignUpFields {
        first_name: form.first_name,
        last_name: form.last_name,
        birthdate: form.birthdate,
        email: form.email,
        password: form.password,
    };
    let typed = SignUpFields {
        password: String::new(),
        ..fields.clone()
    };
    let refusal = |status, wait, problems, notice| -> Refusal<SignUpAnswer> {
        let answer = SignUpAnswer {
            fields: typed,
            problems,
            notice,
        };
        (status, wait, answer)
    };
    let no_problems = SignUpProblems::default();

    if let Err(wait) = door.limits.check_sign_in(&parts) {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let refusal = refusal(status, Some(wait), no_problems, Some(FormNotice::TooMany));
        return door.refuse(parts, refusal).await;
    }
    let email = fields.email.clone();
    let origin = door.origin(&parts, &email);
    let error = match door.accounts.sign_up(fields, &origin).await {
        Ok(user) => {
            let signed_in = door.let_in(&session, (&user, &email), &parts, START_PAGE);
            match signed_in.await {
                Ok(response) => return response,
                Err(error) => error,
            }
        }
        Err(SignUpError::Invalid(problems)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return door
                .refuse(parts, refusal(status, None, problems, None))
                .await;
        }
        Err(SignUpError::Failed(error)) => error.into(),
    };
    tracing::error!(error = %error_chain(error.as_ref()), "could not sign up");
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let refusal = refusal(status, None, no_problems, Some(FormNotice::Failed));
    door.refuse(parts, refusal).await
}
