//! What the forms for signing up and in share.

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
        middleware::{device_cookie, rate_limit::Limits, session},
    },
};

/// The state of the forms' routes. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) state: AppState,
    pub(crate) accounts: Accounts,
    pub(crate) limits: Limits,
    pub(crate) pages: Pages,
}

/// Why a form has no success: the status, when to come again, and what the page says about it.
pub(crate) type Refusal<T> = (StatusCode, Option<Duration>, T);

impl Door {
    /// Reads a form, and keeps the rest of the request for the answer.
    ///
    /// # Errors
    /// The answer to a body that is no form. It does not repeat anything.
    pub(crate) async fn read<T: DeserializeOwned>(
        request: Request,
    ) -> Result<(Parts, T), (StatusCode, &'static str)> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        match Form::<T>::from_request(request, &()).await {
            Ok(Form(form)) => Ok((parts, form)),
            Err(rejection) => Err((
                rejection.status(),
                "The form could not be read. Please go back, reload the page and try again.\n",
            )),
        }
    }

    /// Where a form comes from that is sent with this e-mail.
    pub(crate) fn origin(&self, parts: &Parts, email: &str) -> SignInOrigin {
        SignInOrigin {
            known_browser: device_cookie::known_browser(&parts.headers, &self.state.config, email),
            address: self.limits.client(parts),
        }
    }

    /// Signs the user in and leads on. The browser is remembered for this e-mail.
    pub(crate) async fn let_in(
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

    /// Shows the form again.
    pub(crate) async fn refuse<T: Clone + Send + Sync + 'static>(
        &self,
        parts: Parts,
        (status, wait, said): Refusal<T>,
    ) -> Response {
        let mut response = self.pages.answer(parts, status, said).await;
        if let Some(wait) = wait {
            let seconds = retry_after_value(wait);
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}
