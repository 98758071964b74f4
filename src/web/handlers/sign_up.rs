//! Sign-up: a plain form, rendered again with the problems to correct.

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
    ui::{FormNotice, SignUpFormState},
    web::handlers::{
        auth_forms::{AuthForms, FormFailure},
        sign_in::START_PAGE,
    },
};

/// The routes.
pub(crate) fn routes(forms: AuthForms) -> Router<AppState> {
    Router::new()
        .route("/sign-up", post(sign_up))
        .with_state(forms)
}

/// The form's fields. A missing one is empty.
#[derive(Deserialize, Default)]
#[serde(default)]
struct SignUpForm {
    first_name: String,
    last_name: String,
    birthdate: String,
    email: String,
    password: String,
}

/// `POST /sign-up`: 303 and signed in; or the form again with 422, 429 or 503.
async fn sign_up(State(forms): State<AuthForms>, session: Session, request: Request) -> Response {
    let (parts, form) = match AuthForms::read::<SignUpForm>(request).await {
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
    let refusal = |status, wait, problems, notice| -> FormFailure<SignUpFormState> {
        let state = SignUpFormState {
            fields: typed,
            problems,
            notice,
        };
        (status, wait, state)
    };
    let no_problems = SignUpProblems::default();

    if let Err(wait) = forms.limits.check_sign_in(&parts) {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let refusal = refusal(status, Some(wait), no_problems, Some(FormNotice::TooMany));
        return forms.refuse(parts, refusal).await;
    }
    let email = fields.email.clone();
    let origin = forms.origin(&parts, &email);
    let error = match forms.accounts.sign_up(fields, &origin).await {
        Ok(user) => {
            let signed_in =
                forms.sign_in_and_redirect(&session, (&user, &email), &parts, START_PAGE);
            match signed_in.await {
                Ok(response) => return response,
                Err(error) => error,
            }
        }
        Err(SignUpError::Invalid(problems)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return forms
                .refuse(parts, refusal(status, None, problems, None))
                .await;
        }
        Err(SignUpError::Failed(error)) => error.into(),
    };
    tracing::error!(error = %error_chain(error.as_ref()), "could not sign up");
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let refusal = refusal(status, None, no_problems, Some(FormNotice::Failed));
    forms.refuse(parts, refusal).await
}
