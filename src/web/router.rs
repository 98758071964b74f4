//! All routes, and the layers around them.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    extract::{MatchedPath, Request},
    http::{Response, StatusCode, request::Parts},
    response::Redirect,
    routing::get,
};
use leptos::prelude::{provide_context, with_context};
use leptos_axum::{LeptosRoutes, generate_route_list_with_exclusions_and_ssg_and_context};
use tower::{Layer as _, ServiceBuilder, util::MapRequestLayer};
use tower_http::{
    body::Limited,
    compression::{
        CompressionLayer, DefaultPredicate,
        predicate::{Predicate, SizeAbove},
    },
    limit::{self, RequestBodyLimitLayer},
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};
use tracing::Span;

use crate::{
    app::{AppState, CurrentUser},
    domain::Accounts,
    i18n::{Locale, Texts},
    ui::{App, shell},
    web::{
        handlers::{
            admin, assets,
            auth_forms::AuthForms,
            brand,
            health::{self, Readiness},
            language as language_choice, onboarding, profile,
            rendered_pages::Pages,
            sessions, sign_in, sign_up, sync_inquiry, webhook, words,
        },
        live, metrics,
        middleware::{
            catch_panic::CatchPanicLayer,
            click_limit,
            cross_origin::RefuseCrossOrigin,
            discard_body, error_body,
            headers::{self, SetHeaders},
            language::{self, FindLanguage},
            prepare::PrepareLayer,
            rate_limit::{self, Limits},
            reject_ambiguous_path::{self, RequirePlainPath},
            request_id::{self, REQUEST_ID},
            retry_after, session,
            shared::SharedLayer,
            step::StepLayer,
        },
    },
};

/// The largest body of a form or a server function, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// The smallest compressed response, in bytes: less fits one packet in any case.
const COMPRESSED_FROM: u64 = 1_024;
/// How long a request may take until its response begins: longer than a click's deadline, so that the
/// click itself reports what failed, and shorter than the grace of a shutdown, which cuts off what is
/// left. Webhooks have limits of their own.
const REQUEST_TIMEOUT: Duration = Duration::from_millis(14_800);

/// Builds the app.
///
/// # Errors
/// If an origin of the configuration is not a valid header value, or the system has no randomness.
pub fn router(state: AppState) -> anyhow::Result<Router> {
    // Outside the routes, which match the path: `/sign-in/` becomes `/sign-in` for all of them.
    let app =
        MapRequestLayer::new(reject_ambiguous_path::trim_trailing_slashes).layer(routes(state)?);
    Ok(Router::new().fallback_service(app))
}

/// The routes of the app as they are written, and the layers around them.
///
/// # Errors
/// As with [`router`].
pub fn routes(state: AppState) -> anyhow::Result<Router> {
    let context = {
        let state = state.clone();
        let default_texts = Texts::new(&state.catalog, Locale::default());
        move || {
            provide_context(state.clone());
            let found = with_context(|parts: &Parts| {
                let texts = parts.extensions.get::<Texts>().cloned();
                (texts, headers::nonce_of(&parts.extensions))
            });
            let (texts, nonce) = found.unwrap_or_default();
            provide_context(texts.unwrap_or_else(|| default_texts.clone()));
            // Replaces the nonce that Leptos generates by that of the response's header.
            if let Some(nonce) = nonce {
                provide_context(nonce);
            }
        }
    };
    // In the context of a request, since the views ask for its texts.
    let (routes, _) =
        generate_route_list_with_exclusions_and_ssg_and_context(App, None, context.clone());
    let render = {
        let options = state.leptos.clone();
        move || shell(options.clone())
    };

    let limits = Limits::new(&state.config);
    let readiness = Readiness::new(
        state.store.clone(),
        state.tasks.clone(),
        state.shutdown.clone(),
    );
    let forms = AuthForms {
        state: state.clone(),
        accounts: Accounts::new(
            state.store.clone(),
            state.clock.clone(),
            state.config.minimum_age,
        )?,
        limits: limits.clone(),
        pages: Pages::new(leptos_axum::render_app_async_with_context(
            context.clone(),
            render.clone(),
        )),
    };

    let not_found = forms.pages.clone();
    let operators_only = StepLayer(admin::Guard {
        state: state.clone(),
        pages: forms.pages.clone(),
    });

    let pages = Router::new()
        .leptos_routes_with_context(&state, routes, context, render)
        // The renderer accepts more spellings of a path than the guards, which compare it as written:
        // a path that matches no route must not reach the renderer.
        .fallback(move |request: Request| async move { not_found.not_found(request).await })
        .layer(
            ServiceBuilder::new()
                .layer(compression())
                .layer(PrepareLayer(discard_body::discard))
                .layer(StepLayer(sign_in::RequireLogin(state.clone())))
                .layer(SharedLayer),
        );

    // Layers that belong together are composed once: for each call of `Router::layer` a request clones
    // and boxes all layers below.
    let layers = ServiceBuilder::new()
        .layer(StepLayer(error_body::EnsureErrorBody))
        .layer(StepLayer(rate_limit::RefuseFloods(limits.clone())))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            REQUEST_TIMEOUT,
        ))
        .map_response(|response: Response<limit::ResponseBody<Body>>| response.map(Body::new))
        .layer(RequestBodyLimitLayer::new(MAX_BODY_BYTES))
        .map_request(|request: Request<Limited<Body>>| request.map(Body::new))
        .layer(StepLayer(RefuseCrossOrigin::new(&state.config)))
        .map_response(session::complete_cookies(&state.config))
        .layer(SharedLayer)
        .layer(session::layer(
            &state.config,
            state.store.clone(),
            state.clock.clone(),
        ))
        .layer(PrepareLayer({
            let store = state.store.clone();
            move |request| session::find_user(store.clone(), request)
        }))
        .layer(StepLayer(language::PreferAccount))
        .layer(operators_only)
        .layer(SharedLayer);
    let app = pages
        .route("/", get(home))
        // The former path of the results. Paths below it are 404: they held an inquiry's ID, which must
        // not be copied into another URL.
        .route("/inquiries", get(|| async { Redirect::to("/results") }))
        .merge(onboarding::routes())
        .merge(sign_in::routes(forms.clone()))
        .merge(sign_up::routes(forms.clone()))
        .merge(profile::routes(forms))
        .merge(sessions::routes())
        .merge(language_choice::routes())
        .merge(sync_inquiry::routes())
        .merge(live::routes())
        .merge(admin::routes())
        .layer(layers);

    let layers = ServiceBuilder::new()
        .map_request(request_id::discard_unfit)
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(span)
                .on_request(())
                .on_response(log_response)
                .on_failure(()),
        )
        .layer(StepLayer(metrics::Count))
        .layer(StepLayer(FindLanguage::new(&state)))
        .layer(CatchPanicLayer)
        // Near the outside: shedding a click must cost almost nothing.
        .layer(StepLayer(click_limit::Shed(state.clicks.clone())))
        .layer(StepLayer(SetHeaders::new(&state.config)?))
        .map_response(retry_after::ensure)
        .layer(StepLayer(RequirePlainPath))
        .layer(SharedLayer);
    Ok(Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz).with_state(readiness))
        .merge(webhook::routes(limits))
        .merge(assets::routes(&state.leptos))
        .merge(
            words::routes(&state)
                .merge(brand::routes(&state))
                .layer(compression()),
        )
        .merge(app)
        .layer(layers)
        .with_state(state))
}

/// Compresses pages. Small responses would cost more time than they save on the way.
fn compression() -> CompressionLayer<impl Predicate> {
    let is_worth_it = DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_FROM));
    CompressionLayer::new()
        .br(true)
        .gzip(true)
        .compress_when(is_worth_it)
}

/// `GET /`: redirects to the onboarding or the sign-in page.
async fn home(CurrentUser(user): CurrentUser) -> Redirect {
    Redirect::to(if user.is_some() {
        "/onboarding"
    } else {
        "/sign-in"
    })
}

/// The span of a request: it names the route, never the path or query, which may hold an ID.
fn span(request: &Request) -> Span {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str);
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default();
    tracing::info_span!("request", id, http.method = %request.method(), http.route = route)
}

fn log_response(response: &Response<Body>, latency: Duration, _: &Span) {
    let elapsed_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(
        http.status = response.status().as_u16(),
        elapsed_ms,
        "answered"
    );
}
