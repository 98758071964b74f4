//! What each of Persona's host names serves, if it resolves to the sandbox.
//!
//! Any other name, such as `localhost`, serves everything.

mod sdk;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};

use crate::core::persona_host::PersonaHost;
pub use sdk::{SdkFolder, SdkFolderError};

/// The router with Persona's CDN added, and without the API under the flow's host name.
pub(crate) fn by_name(router: Router, sdk: Option<SdkFolder>) -> Router {
    router.layer(middleware::from_fn_with_state(Arc::new(sdk), dispatch))
}

async fn dispatch(
    State(sdk): State<Arc<Option<SdkFolder>>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    match persona_host(request.headers()) {
        Some(PersonaHost::Cdn) => sdk::serve(sdk.as_ref().as_ref(), path).await,
        Some(PersonaHost::Flow) if path.starts_with("/api/") => (
            StatusCode::NOT_FOUND,
            "Persona serves the API at api.withpersona.com, and only the flow at this name.\n",
        )
            .into_response(),
        _ => next.run(request).await,
    }
}

fn persona_host(headers: &HeaderMap) -> Option<PersonaHost> {
    PersonaHost::from_header(headers.get(header::HOST)?.to_str().ok()?)
}
