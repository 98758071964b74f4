//! What the sign-up and sign-in forms share.

use std::time::Duration;

use axum::{
    Form,
    extract::{FromRequest as _, Request},
    http::{StatusCode, header::RETRY_AFTER, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use serde::de::DeserializeOwned;
use tower_sessions::Session;

use crate::{
    api::retry_after_value,
    app::AppState,
    domain::{Accounts, SignInOrigin},
    model::ReferenceId,
    web::{
        handlers::rendered_pages::Pages,
        middleware::{device_cookie, error_body, rate_limit::Limits, session},
    },
};

/// The state of the forms' routes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AuthForms {
    pub(crate) state: AppState,
    pub(crate) accounts: Accounts,
    pub(crate) limits: Limits,
    pub(crate) pages: Pages,
}

/// A form that failed: the status, the `Retry-After` if there is one, and what the page shows.
pub(crate) type FormFailure<T> = (StatusCode, Option<Duration>, T);

impl AuthForms {
    /// Reads a form, and keeps the rest of the request for the response.
    ///
    /// # Errors
    /// The response to a body that is not a form. It repeats nothing of the body.
    pub(crate) async fn read<T: DeserializeOwned>(
        request: Request,
    ) -> Result<(Parts, T), (StatusCode, String)> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        match Form::<T>::from_request(request, &()).await {
            Ok(Form(form)) => Ok((parts, form)),
            Err(rejection) => {
                let text = error_body::texts(&parts.extensions).text("error-form-unreadable");
                Err((rejection.status(), format!("{text}\n")))
            }
        }
    }

    /// The origin of a form with this e-mail: the known browser, or the address.
    pub(crate) fn origin(&self, parts: &Parts, email: &str) -> SignInOrigin {
        SignInOrigin {
            known_browser: device_cookie::known_browser(&parts.headers, &self.state.config, email),
            address: self.limits.client(parts),
        }
    }

    /// Signs the user in and redirects. The browser is remembered for this e-mail.
    pub(crate) async fn sign_in_and_redirect(
        &self,
        session: &Session,
        (user, email): (&ReferenceId, &str),
        parts: &Parts,
        to: &str,
    ) -> anyhow::Result<Response> {
        session::sign_in(session, user, &parts.headers).await?;
        let mut response = Redirect::to(to).into_response();
        if let Some(cookie) = device_cookie::remember(&parts.headers, &self.state.config, email) {
            response.extensions_mut().insert(cookie);
        }
        Ok(response)
    }

    /// Renders the form again.
    pub(crate) async fn refuse<T: Clone + Send + Sync + 'static>(
        &self,
        parts: Parts,
        (status, wait, said): FormFailure<T>,
    ) -> Response {
        let mut response = self.pages.answer(parts, status, said).await;
        if let Some(wait) = wait {
            let seconds = retry_after_value(wait);
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}
