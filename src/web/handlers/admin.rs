//! The operators' area: who gets in, and what an operator can do.
//!
//! Whoever is no operator finds nothing here, not even that there is something. Every action is
//! written to the audit before it is done. The pages themselves are in `ui`; a term that is searched
//! for may be an e-mail, so it comes in a body and never gets into an address.

use axum::{
    Extension, Form, Router,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use serde::Deserialize;

use crate::{
    app::{AppState, CurrentUser},
    base::error_chain,
    domain::{self, Operator, SearchResult, SyncOutcome, sync::status_update::UpdateOutcome},
    model::InquiryId,
    web::handlers::rendered_pages::Pages,
};

const AREA: &str = "/admin";

/// The routes that change something or look for somebody.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/admin/search", post(search))
        .route("/admin/refresh", post(refresh))
        .route("/admin/events/{id}/replay", post(replay))
        .route("/admin/replay-parked", post(replay_parked))
}

/// Lets operators in, leads the signed-out to sign in, and shows everyone else what they see at an
/// address that leads nowhere.
pub(crate) async fn guard(
    State((state, pages)): State<(AppState, Pages)>,
    CurrentUser(user): CurrentUser,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let is_inside = path
        .strip_prefix(AREA)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if !is_inside {
        return next.run(request).await;
    }
    let Some(user) = user else {
        let next = if request.method().is_safe() {
            path
        } else {
            AREA
        };
        return Redirect::to(&format!("/sign-in?next={next}")).into_response();
    };
    if !state.is_operator(&user) {
        return pages.not_found(request).await;
    }
    let operator = Operator::new(user.id, state.store, state.persona);
    request.extensions_mut().insert(operator);
    let mut response = next.run(request).await;
    // A cache is no place for other people's stories.
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    response
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    term: String,
}

/// `POST /admin/search`: leads to who or what was found.
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

/// `POST /admin/refresh`: asks Persona, and leads back to the person. The inquiry's ID may open it:
/// it stays out of the address.
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

/// `POST /admin/events/{id}/replay`: lets the event wait again, and leads back to it.
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

/// `POST /admin/replay-parked`: lets all parked events wait again.
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
    tracing::error!(error = %error_chain(error), "an operator's action failed");
}
