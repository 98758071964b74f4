//! The operators' area: the guard, and the actions of operators.
//!
//! Users who are not operators get the same 404 as for an unknown path, so that the area's existence
//! is not revealed. Every action is written to the audit log before it is performed. The pages are in
//! `ui`. A search term may be an e-mail, so it travels in a body and never in a URL.

use axum::{
    Extension, Form, Router,
    extract::{Path, Request},
    http::{StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde::Deserialize;

use crate::{
    app::{AppState, CurrentUser},
    base::error_chain,
    domain::{self, Operator, SearchResult, SyncOutcome, sync::status_update::UpdateOutcome},
    model::InquiryId,
    web::{
        handlers::rendered_pages::Pages,
        middleware::{
            headers::NO_STORE,
            step::{Before, Step},
        },
    },
};

const AREA: &str = "/admin";

/// The routes of actions and of the search.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin/search", post(search))
        .route("/admin/refresh", post(refresh))
        .route("/admin/events/{id}/replay", post(replay))
        .route("/admin/replay-parked", post(replay_parked))
}

/// Lets operators pass, redirects signed-out visitors to the sign-in page, and answers 404 to
/// everyone else.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) state: AppState,
    pub(crate) pages: Pages,
}

impl Step for Guard {
    /// Whether the page is about other people.
    type Kept = bool;

    fn before(&self, request: &mut Request) -> Before<bool> {
        let path = request.uri().path();
        let is_inside = path
            .strip_prefix(AREA)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !is_inside {
            return Before::Continue(false);
        }
        let Some(user) = CurrentUser::of(request.extensions()) else {
            let next = if request.method().is_safe() {
                path
            } else {
                AREA
            };
            let to = format!("/sign-in?next={next}");
            return Before::Answer(Redirect::to(&to).into_response());
        };
        if !self.state.is_operator(user) {
            let (pages, request) = (self.pages.clone(), std::mem::take(request));
            let answer = async move { pages.not_found(request).await };
            return Before::AnswerLater(Box::pin(answer));
        }
        let (store, persona) = (self.state.store.clone(), self.state.persona.clone());
        let operator = Operator::new(user.id.clone(), store, persona);
        request.extensions_mut().insert(operator);
        Before::Continue(true)
    }

    fn after(&self, is_about_others: bool, response: &mut Response) {
        if is_about_others {
            // Nothing may cache it.
            response.headers_mut().insert(CACHE_CONTROL, NO_STORE);
        }
    }
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    term: String,
}

/// `POST /admin/search`: redirects to the user or event that was found.
async fn search(
    Extension(operator): Extension<Operator>,
    Form(Search { term }): Form<Search>,
) -> Response {
    let to = match operator.search(&term).await {
        Ok(SearchResult::User(id)) => format!("/admin/users/{id}"),
        Ok(SearchResult::Event(id)) => format!("/admin/events/{id}"),
        Ok(SearchResult::NotFound) => "/admin?said=nothing-found".to_owned(),
        Err(error) => return failed(&error),
    };
    Redirect::to(&to).into_response()
}

#[derive(Deserialize)]
struct Refresh {
    #[serde(default)]
    inquiry: String,
}

/// `POST /admin/refresh`: fetches the inquiry from Persona and redirects to the user's page. The
/// inquiry's ID may open the inquiry, so it travels in the body and not in the URL.
async fn refresh(
    Extension(operator): Extension<Operator>,
    Form(Refresh { inquiry }): Form<Refresh>,
) -> Response {
    let Ok(id) = InquiryId::parse(inquiry) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (user_id, refreshed) = match operator.sync_inquiry(&id).await {
        Ok(Some(done)) => done,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(error) => return failed(&error),
    };
    let said = match refreshed {
        Ok(SyncOutcome::Applied(UpdateOutcome::Changed { .. })) => "changed",
        Ok(SyncOutcome::Applied(_) | SyncOutcome::Recent) => "unchanged",
        Ok(SyncOutcome::NotFound) => "unknown-to-persona",
        Err(error) => {
            log(&error);
            "persona-failed"
        }
    };
    Redirect::to(&format!("/admin/users/{user_id}?said={said}")).into_response()
}

/// `POST /admin/events/{id}/replay`: queues the event again and redirects to its page.
async fn replay(Extension(operator): Extension<Operator>, Path(id): Path<String>) -> Response {
    match operator.replay(&id).await {
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Ok(Some(is_replayed)) => {
            let said = if is_replayed {
                "replayed"
            } else {
                "not-replayed"
            };
            Redirect::to(&format!("/admin/events/{id}?said={said}")).into_response()
        }
        Err(error) => failed(&error),
    }
}

/// `POST /admin/replay-parked`: queues parked events again, at most 1,000 of the newest.
async fn replay_parked(Extension(operator): Extension<Operator>) -> Response {
    match operator.replay_parked().await {
        Ok(_) => Redirect::to("/admin?said=replayed").into_response(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &domain::Error) -> Response {
    log(error);
    let text =
        "This could not be done. Nothing is lost; please go back and try again in a moment.\n";
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

fn log(error: &domain::Error) {
    tracing::error!(
        error = error_chain(error),
        "an operator's action failed; the audit log names the action"
    );
}
