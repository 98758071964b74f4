//! The sandbox in the process of a Rust test, by its own methods.

use std::time::Duration;

use persona_sandbox::in_process::{Fault, Finish, NewInquiry, Outcome};
use persona_sandbox::{Config, Sandbox};
use reqwest::StatusCode;
use serde_json::json;

fn client() -> reqwest::Client {
    let tls = persona_sandbox::tls_config(None).unwrap();
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls);
    client.build().unwrap()
}

#[tokio::test]
async fn an_inquiry_ends_as_the_test_says_and_the_workflow_follows_the_clock() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    sandbox.set_clock_speed(0.0).unwrap();
    let new = NewInquiry::of("usr_1").with_field("name_first", "Ada");
    let inquiry = sandbox.create_inquiry(new).unwrap();
    assert_eq!(inquiry.status, "created");
    assert_eq!(inquiry.fields["name_first"], "Ada");

    let finish = Finish::default().with_document("name_first", "Grace");
    let finished = sandbox.finish(&inquiry.id, &finish).unwrap();
    assert_eq!(finished.status, "completed");
    assert_eq!(finished.fields["name_first"], "Grace");
    sandbox.advance(Duration::from_secs(1)).unwrap();
    let event = sandbox
        .wait_for_event("inquiry.approved", &inquiry.id, Duration::from_secs(5))
        .await
        .unwrap();
    assert_eq!(event.created_at, sandbox.now());
    assert_eq!(sandbox.inquiry(&inquiry.id).unwrap().status, "approved");

    let missing = sandbox
        .wait_for_event("inquiry.declined", &inquiry.id, Duration::ZERO)
        .await
        .unwrap_err();
    assert!(
        missing.to_string().contains("inquiry.approved"),
        "{missing}"
    );
}

#[tokio::test]
async fn environments_are_apart_and_their_keys_reach_them_by_http() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let (one, other) = (
        sandbox.environment("one").unwrap(),
        sandbox.environment("other").unwrap(),
    );
    one.create_inquiry(NewInquiry::of("usr_1")).unwrap();
    let fault = Fault::new("inquiries.list", "status:503").times(1);
    one.fault(&fault.only_for("usr_1")).unwrap();
    let list = |environment: &persona_sandbox::in_process::Environment| {
        let url = format!(
            "{}/inquiries?filter[reference-id]=usr_1",
            environment.api_url()
        );
        let request = client().get(url).bearer_auth(environment.api_key());
        async move { request.send().await.unwrap().status() }
    };
    assert_eq!(list(&other).await, StatusCode::OK);
    assert_eq!(list(&one).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(list(&one).await, StatusCode::OK);
    assert_eq!(other.inquiries(None), []);
    assert_eq!(sandbox.inquiries(Some("usr_1")), []);
    assert_eq!(one.inquiries(Some("usr_1")).len(), 1);
    assert_eq!(one.environment_id(), "env_one");

    sandbox.remove_environment("one").unwrap();
    assert_eq!(sandbox.environment("one").unwrap().inquiries(None), []);
    assert!(sandbox.remove_environment("default").is_err());
}

#[tokio::test]
async fn mistakes_say_what_to_write_and_change_nothing() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let inquiry = sandbox.create_inquiry(NewInquiry::default()).unwrap();
    let wrong = Finish::with_outcome(Outcome::Completed).abandoned_at("selfie");
    assert!(sandbox.finish(&inquiry.id, &wrong).is_err());
    let unknown = Finish::default().with_document("name_frist", "Ada");
    let error = sandbox.finish(&inquiry.id, &unknown).unwrap_err();
    assert!(error.to_string().contains("name_first"), "{error}");
    assert_eq!(sandbox.inquiry(&inquiry.id).unwrap(), inquiry);
    let error = sandbox.fault(&Fault::new("nothing", "reset")).unwrap_err();
    assert!(error.to_string().contains("inquiries.create"), "{error}");
    let error = sandbox.environment("not a name").unwrap_err();
    assert!(error.to_string().contains("hyphen"), "{error}");
    let template = NewInquiry::default().with_template("itmpl_none");
    assert!(sandbox.create_inquiry(template).is_err());
    sandbox.reset().unwrap();
    assert_eq!(sandbox.inquiries(None), []);
    assert_eq!(sandbox.events(), []);
}

#[tokio::test]
async fn a_dropped_sandbox_answers_no_more() {
    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let health = format!("{}/_sandbox/health", sandbox.url());
    let asked = || client().get(&health).send();
    assert_eq!(asked().await.unwrap().status(), StatusCode::OK);
    sandbox.stop().await.unwrap();
    assert!(asked().await.unwrap_err().is_connect());

    let sandbox = Sandbox::start(Config::default()).await.unwrap();
    let health = format!("{}/_sandbox/health", sandbox.url());
    drop(sandbox);
    // Nobody waits for it: it is gone soon.
    let gone = async {
        while client().get(&health).send().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_setup_shapes_it() {
    let setup = persona_sandbox::Setup::parse(
        &json!({ "templates": [{ "id": "itmpl_Walkers", "steps": ["selfie"] }] }).to_string(),
    );
    let sandbox = Sandbox::start_with_setup(Config::default(), setup.unwrap());
    let sandbox = sandbox.await.unwrap();
    let inquiry = NewInquiry::of("usr_1").with_template("itmpl_Walkers");
    let inquiry = sandbox.create_inquiry(inquiry).unwrap();
    let approved = Finish::with_outcome(Outcome::Approved);
    let approved = sandbox.finish(&inquiry.id, &approved).unwrap();
    assert_eq!(approved.status, "approved");
}
