//! Corrections of name and birthdate: a plain form, rendered again with the problems to correct.

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde::Deserialize;

use crate::{
    app::{AppState, CurrentUser},
    base::error_chain,
    domain::{self, CorrectionError, ProfileFields, ProfileProblems},
    ui::{FormNotice, ProfileFormState},
    web::handlers::{auth_forms::AuthForms, sign_in::START_PAGE},
};

/// The routes.
pub(crate) fn routes(forms: AuthForms) -> Router<AppState> {
    Router::new()
        .route("/account/profile", post(correct))
        .with_state(forms)
}

/// The form's fields. A missing one is empty.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ProfileForm {
    first_name: String,
    last_name: String,
    birthdate: String,
}

/// `POST /account/profile`: 303 to the onboarding page; or the form again with 409, 422, 502 or 503.
async fn correct(
    State(forms): State<AuthForms>,
    CurrentUser(user): CurrentUser,
    request: Request,
) -> Response {
    let Some(user) = user else {
        return Redirect::to("/sign-in?next=/account/profile").into_response();
    };
    let (parts, form) = match AuthForms::read::<ProfileForm>(request).await {
        Ok(read) => read,
        Err(unreadable) => return unreadable.into_response(),
    };
    let fields = ProfileFields {
        first_name: form.first_name,
        last_name: form.last_name,
        birthdate: form.birthdate,
    };
    let context = forms.state.get_or_create(None);
    let minimum_age = forms.state.config.minimum_age;
    let corrected = domain::correct_profile(&context, &user, &fields, minimum_age).await;
    let no_problems = ProfileProblems::default();
    let (status, problems, notice) = match corrected {
        Ok(()) => return Redirect::to(START_PAGE).into_response(),
        Err(CorrectionError::Invalid(problems)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, problems, None)
        }
        Err(CorrectionError::BeingChecked) => {
            let notice = FormNotice::BeingChecked;
            (StatusCode::CONFLICT, no_problems, Some(notice))
        }
        Err(CorrectionError::Approved) => {
            let notice = FormNotice::Verified;
            (StatusCode::CONFLICT, no_problems, Some(notice))
        }
        Err(CorrectionError::Failed(error)) => {
            tracing::error!(
                reference_id = %user.id,
                error = error_chain(&error),
                "could not correct a name or birthdate"
            );
            match error {
                domain::Error::Persona(_) | domain::Error::Foreign(_) => {
                    let notice = FormNotice::PersonaFailed;
                    (StatusCode::BAD_GATEWAY, no_problems, Some(notice))
                }
                _ => {
                    let notice = FormNotice::Failed;
                    (StatusCode::SERVICE_UNAVAILABLE, no_problems, Some(notice))
                }
            }
        }
    };
    let state = ProfileFormState {
        fields,
        problems,
        notice,
    };
    forms.refuse(parts, (status, None, state)).await
}
