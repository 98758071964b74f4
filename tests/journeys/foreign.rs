//! Persona responds with another person's inquiry: nothing of the response leaves the server.
//!
//! Longer than 400 lines: one proxy that mixes up responses, which all cases share.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::{Request, State},
    http::Method as HttpMethod,
    response::{IntoResponse as _, Response},
};
use jiff::SignedDuration;
use persona_onboarding::{
    base::Clock,
    domain::{FOREIGN_RESPONSE, Reconciler},
    model::{InquiryId, ReferenceId},
};
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{MovedClock, Start, TestApp};

const OWN: &str = "usr_ABC123";
const OTHER: &str = "usr_SomebodyElse";

/// What the scripted Persona answers, by operation.
#[derive(Clone)]
struct Script {
    list: Value,
    create: Value,
    retrieve: Value,
    resume: Value,
    link: Value,
    /// The one template that is listed; `None` if the filter is ignored.
    template: Option<&'static str>,
}

/// An inquiry; null as a reference ID and no template leave it out.
fn inquiry(id: &str, reference_id: Value, status: &str, template: Option<&str>) -> Value {
    let mut inquiry = json!({
        "type": "inquiry",
        "id": id,
        "attributes": {"status": status, "created-at": Clock::system().now()},
        "relationships": {},
    });
    if !reference_id.is_null() {
        inquiry["attributes"]["reference-id"] = reference_id;
    }
    if let Some(template) = template {
        let data = json!({"type": "inquiry-template", "id": template});
        inquiry["relationships"]["inquiry-template"] = json!({ "data": data });
    }
    inquiry
}

fn pending(reference_id: Value) -> Value {
    inquiry("inq_Asked", reference_id, "pending", None)
}

fn with_token(inquiry: &Value) -> Value {
    json!({"data": inquiry, "meta": {"session-token": "eyJh.secret.token"}})
}

impl Script {
    /// All is as it should be: the user has one pending inquiry.
    fn sound() -> Self {
        let link = "https://withpersona.com/verify?code=us1-secret";
        Self {
            list: json!({"data": [pending(OWN.into())], "links": {"prev": null, "next": null}}),
            create: json!({"data": inquiry("inq_Asked", OWN.into(), "created", None)}),
            retrieve: json!({ "data": pending(OWN.into()) }),
            resume: with_token(&pending(OWN.into())),
            link: json!({"data": pending(OWN.into()), "meta": {"one-time-link": link}}),
            template: None,
        }
    }

    fn list_of(inquiries: &Value) -> Self {
        Self {
            list: json!({"data": inquiries, "links": {"prev": null, "next": null}}),
            ..Self::sound()
        }
    }
}

async fn respond(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let script = script.lock().unwrap().clone();
    let path = request.uri().path().trim_start_matches("/api/v1/inquiries");
    let query = request.uri().query().unwrap_or_default();
    let is_listed = script
        .template
        .is_none_or(|template| query.contains(template));
    let (status, body) = match (request.method(), path) {
        (&HttpMethod::GET, "") if !is_listed => (200, json!({"data": []})),
        (&HttpMethod::GET, "") => (200, script.list),
        (&HttpMethod::POST, "") => (201, script.create),
        (&HttpMethod::GET, _) | (&HttpMethod::PATCH, _) => (200, script.retrieve),
        (_, path) if path.ends_with("/resume") => (200, script.resume),
        _ => (200, script.link),
    };
    let status = axum::http::StatusCode::from_u16(status).unwrap();
    (status, axum::Json(body)).into_response()
}

/// An app whose Persona answers as the script says.
async fn scripted(script: Script) -> (TestApp, Arc<Mutex<Script>>, String) {
    scripted_as(script, Start::default()).await
}

async fn scripted_as(script: Script, start: Start<'_>) -> (TestApp, Arc<Mutex<Script>>, String) {
    let script = Arc::new(Mutex::new(script));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    let persona = Router::new().fallback(respond).with_state(script.clone());
    tokio::spawn(async move { axum::serve(listener, persona).await });
    let variables = [("PERSONA_API_URL", url.as_str())];
    let app = TestApp::start_as(Start {
        variables: &variables,
        ..start
    })
    .await;
    (app, script, url)
}

async fn hosted(app: &TestApp, cookie: &str) -> (StatusCode, String) {
    let request = app
        .request(Method::POST, "/onboarding/start")
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT, "text/html");
    let answer = request.send().await.unwrap();
    let location = answer.headers().get(header::LOCATION).cloned();
    let location = location.map(|it| it.to_str().unwrap().to_owned());
    let status = answer.status();
    let body = answer.text().await.unwrap();
    (status, format!("{location:?} {body}"))
}

/// The operations whose answers the timeline says were refused.
async fn refused(app: &TestApp) -> Vec<String> {
    let user = ReferenceId::parse(OWN).unwrap();
    // Rows are written a moment later.
    for _ in 0..100 {
        let rows = app.store.list_activity(&user, 100).await.unwrap();
        let refused: Vec<_> = rows
            .into_iter()
            .filter(|row| row.failure.as_deref() == Some(FOREIGN_RESPONSE))
            .map(|row| row.what)
            .collect();
        if !refused.is_empty() {
            return refused;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Vec::new()
}

#[tokio::test]
async fn a_foreign_response_returns_no_id_and_no_token() {
    let other = || pending(OTHER.into());
    let another_id = || inquiry("inq_Another", OWN.into(), "pending", None);
    let another_template = || inquiry("inq_Asked", OWN.into(), "pending", Some("itmpl_another"));
    let empty = || Script::list_of(&json!([]));
    for (name, script, operation) in [
        (
            "list: another's",
            Script::list_of(&json!([other()])),
            "list inquiries",
        ),
        (
            "list: another's beside one's own",
            Script::list_of(&json!([pending(OWN.into()), other()])),
            "list inquiries",
        ),
        (
            "list: another's that is finished",
            Script::list_of(&json!([inquiry("inq_1", OTHER.into(), "approved", None)])),
            "list inquiries",
        ),
        (
            "list: another template",
            Script::list_of(&json!([another_template()])),
            "list inquiries",
        ),
        (
            "list: nobody's, another's by a look",
            Script {
                retrieve: json!({ "data": other() }),
                ..Script::list_of(&json!([pending(Value::Null)]))
            },
            "retrieve inquiry",
        ),
        (
            "list: nobody's, nobody's by a look",
            Script {
                retrieve: json!({ "data": pending(Value::Null) }),
                ..Script::list_of(&json!([pending(Value::Null)]))
            },
            "retrieve inquiry",
        ),
        (
            "list: nobody's, another inquiry by a look",
            Script {
                retrieve: json!({ "data": another_id() }),
                ..Script::list_of(&json!([pending(Value::Null)]))
            },
            "retrieve inquiry",
        ),
        (
            "create: another's",
            Script {
                create: json!({ "data": other() }),
                ..empty()
            },
            "create inquiry",
        ),
        (
            "create: another template",
            Script {
                create: json!({ "data": another_template() }),
                ..empty()
            },
            "create inquiry",
        ),
        (
            "create: nobody's, another's by a look",
            Script {
                create: json!({ "data": pending(Value::Null) }),
                retrieve: json!({ "data": other() }),
                ..empty()
            },
            "retrieve inquiry",
        ),
        (
            "resume: another's",
            Script {
                resume: with_token(&other()),
                ..Script::sound()
            },
            "resume inquiry",
        ),
        (
            "resume: another inquiry",
            Script {
                resume: with_token(&another_id()),
                ..Script::sound()
            },
            "resume inquiry",
        ),
        (
            "resume: no inquiry, another's by a look",
            Script {
                resume: with_token(&json!({})),
                retrieve: json!({ "data": other() }),
                ..Script::sound()
            },
            "retrieve inquiry",
        ),
    ] {
        let (app, ..) = scripted(script).await;
        let cookie = app.sign_in().await;
        let (status, answer) = app.click(&cookie).await;
        assert_eq!(status, StatusCode::BAD_GATEWAY, "{name}: {answer}");
        assert_eq!(answer["error"]["code"], "persona_failed", "{name}");
        let text = answer.to_string();
        assert!(
            !text.contains("inq_") && !text.contains("secret"),
            "{name}: {text}"
        );
        assert!(
            refused(&app).await.contains(&operation.to_owned()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_response_without_a_reference_id_is_trusted_after_a_retrieval() {
    for script in [
        Script::list_of(&json!([pending(Value::Null)])),
        Script {
            resume: with_token(&pending(Value::Null)),
            ..Script::sound()
        },
        Script {
            resume: with_token(&json!({})),
            ..Script::sound()
        },
    ] {
        let (app, ..) = scripted(script).await;
        let cookie = app.sign_in().await;
        let (status, answer) = app.click(&cookie).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["inquiry_id"], "inq_Asked");
        assert_eq!(answer["session_token"], "eyJh.secret.token");
    }
}

#[tokio::test]
async fn an_inquiry_that_the_local_copy_assigns_to_another_user_is_refused() {
    let (app, script, _) = scripted(Script::sound()).await;
    let cookie = app.sign_in().await;
    let (status, _) = app.click(&cookie).await;
    assert_eq!(status, StatusCode::OK);

    // Persona now says of the same inquiry that it is Bo's.
    let bo = app.sign_up("bo@example.com").await;
    let page = app
        .request(Method::GET, "/onboarding")
        .header(header::COOKIE, &bo);
    assert_eq!(page.send().await.unwrap().status(), StatusCode::OK);
    let bo_id = app.store.find_credentials("bo@example.com").await.unwrap();
    let bo_id = bo_id.unwrap().user_id.to_string();
    *script.lock().unwrap() = Script::list_of(&json!([pending(bo_id.into())]));
    let (status, answer) = app.click(&bo).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{answer}");
    assert!(!answer.to_string().contains("inq_"), "{answer}");
}

#[tokio::test]
async fn a_link_to_another_users_inquiry_is_not_followed() {
    for data in [
        pending(OTHER.into()),
        inquiry("inq_Another", OWN.into(), "pending", None),
    ] {
        let link = json!({
            "data": data,
            "meta": {"one-time-link": "https://withpersona.com/verify?code=us1-secret"},
        });
        let (app, ..) = scripted(Script {
            link,
            ..Script::sound()
        })
        .await;
        let cookie = app.sign_in().await;
        let (_, said) = hosted(&app, &cookie).await;
        assert!(!said.contains("secret") && !said.contains("inq_"), "{said}");
        assert_eq!(refused(&app).await[0], "generate one-time link");
    }
}

#[tokio::test]
async fn a_refresh_rejects_a_foreign_response() {
    let time = MovedClock::default();
    let app = TestApp::start_as(Start {
        clock: time.clock(),
        ..Start::default()
    })
    .await;
    let cookie = app.sign_in().await;
    let (_, answer) = app.click(&cookie).await;
    let id = answer["inquiry_id"].as_str().unwrap().to_owned();
    time.advance(SignedDuration::from_mins(10));
    app.begin(&id).await;
    let status = async || {
        let id = InquiryId::parse(id.as_str()).unwrap();
        app.store.find_inquiry(&id).await.unwrap().unwrap().status
    };

    app.fault("retrieve", "foreign", 1).await;
    let request = app
        .request(Method::POST, "/api/inquiries/refresh")
        .header(header::COOKIE, &cookie)
        .form(&[("inquiry_id", id.as_str())]);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(status().await.as_str(), "created");
    assert_eq!(refused(&app).await, ["retrieve inquiry"]);

    app.fault("list", "foreign", 1).await;
    let reconciler = Reconciler::new(&app.persona, app.store.clone());
    assert_eq!(reconciler.round().await.unwrap().unknown, 1);
    assert_eq!(status().await.as_str(), "created");
}

#[tokio::test]
async fn the_reconciler_rejects_another_owner_of_an_inquiry() {
    let time = MovedClock::default();
    let start = Start {
        clock: time.clock(),
        ..Start::default()
    };
    let (app, script, _) = scripted_as(Script::sound(), start).await;
    let cookie = app.sign_in().await;
    assert_eq!(app.click(&cookie).await.0, StatusCode::OK);
    time.advance(SignedDuration::from_mins(10));
    let reconciler = Reconciler::new(&app.persona, app.store.clone());
    for (reference_id, retrieved, expected) in [
        (OTHER.into(), OWN, "pending"),
        (Value::Null, OTHER, "pending"),
        (Value::Null, OWN, "completed"),
    ] {
        let mut listed = inquiry("inq_Asked", reference_id, "approved", None);
        listed["attributes"]["updated-at"] = json!(time.clock().now());
        let mut found = inquiry("inq_Asked", retrieved.into(), "completed", None);
        found["attributes"]["updated-at"] = json!(time.clock().now());
        *script.lock().unwrap() = Script {
            retrieve: json!({ "data": found }),
            ..Script::list_of(&json!([listed]))
        };
        assert_eq!(reconciler.round().await.unwrap().checked, 1);
        let id = InquiryId::parse("inq_Asked").unwrap();
        let kept = app.store.find_inquiry(&id).await.unwrap().unwrap();
        assert_eq!(kept.status.as_str(), expected);
        time.advance(SignedDuration::from_hours(2));
    }
    assert_eq!(refused(&app).await, ["retrieve inquiry", "list inquiries"]);
}

#[tokio::test]
async fn after_foreign_answers_the_user_has_one_inquiry_of_their_own() {
    for (operation, count) in [
        ("list", 1),
        ("create", 1),
        ("create", 2),
        ("retrieve", 1),
        ("resume", 1),
    ] {
        let app = TestApp::start().await;
        let bo = app.sign_up("bo@example.com").await;
        let (_, answer) = app.click(&bo).await;
        let others = answer["inquiry_id"].as_str().unwrap().to_owned();
        app.begin(&others).await;

        let cookie = app.sign_in().await;
        if operation == "resume" {
            let (_, answer) = app.click(&cookie).await;
            app.begin(answer["inquiry_id"].as_str().unwrap()).await;
        }
        app.fault(operation, "foreign", count).await;
        for _ in 0..count {
            let (_, answer) = app.click(&cookie).await;
            assert!(
                !answer.to_string().contains(&others),
                "{operation}: {answer}"
            );
        }
        app.clear_faults().await;
        let (status, answer) = app.click(&cookie).await;
        assert_eq!(status, StatusCode::OK, "{operation}: {answer}");
        let own = app.inquiries().await;
        assert_eq!(own.len(), 1, "{operation}");
        assert_eq!(answer["inquiry_id"], own[0]["id"], "{operation}");
    }
}

#[tokio::test]
async fn another_template_in_the_configuration_hides_no_unfinished_inquiry() {
    let of_template = |id: &str| inquiry(id, OWN.into(), "created", Some("itmpl_sandboxKYC"));
    let script = Script {
        create: json!({ "data": of_template("inq_Asked") }),
        template: Some("itmpl_sandboxKYC"),
        ..Script::list_of(&json!([]))
    };
    let (first, script, url) = scripted(script).await;
    let cookie = first.sign_in().await;
    let (_, answer) = first.click(&cookie).await;
    assert_eq!(answer["inquiry_id"], "inq_Asked");

    *script.lock().unwrap() = Script {
        create: json!({ "data": of_template("inq_Second") }),
        template: Some("itmpl_sandboxKYC"),
        ..Script::list_of(&json!([of_template("inq_Asked")]))
    };
    let changed = TestApp::start_as(Start {
        variables: &[
            ("PERSONA_API_URL", &url),
            ("PERSONA_INQUIRY_TEMPLATE_ID", "itmpl_another"),
        ],
        beside: Some(&first),
        ..Start::default()
    })
    .await;
    let (status, answer) = changed.click(&cookie).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(answer["inquiry_id"], "inq_Asked");
}
