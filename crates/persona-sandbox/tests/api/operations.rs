//! The registry of operations, as the controls show it: its names work in faults and counts, and
//! its documentation is true.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::TestSandbox;

async fn operations(sandbox: &TestSandbox) -> Vec<Value> {
    let list = sandbox
        .control(Method::GET, "operations", Value::Null)
        .await;
    list["data"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn an_operation_is_known_by_its_name_and_by_its_short_name() {
    let sandbox = TestSandbox::start().await;
    for name in ["inquiries.retrieve", "retrieve"] {
        let fault = json!({"operation": name, "kind": "status:503", "count": 1});
        sandbox.fault(fault).await;
        let answer = sandbox.get("/inquiries/inq_x").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{name}");
        let requests = sandbox
            .control(
                Method::GET,
                &format!("requests?operation={name}"),
                Value::Null,
            )
            .await;
        assert_eq!(requests["data"][0]["operation"], "retrieve");
        assert_eq!(requests["data"][0]["operation_name"], "inquiries.retrieve");
    }
    let calls = sandbox.control(Method::GET, "calls", Value::Null).await;
    assert_eq!(
        (&calls["inquiries.retrieve"], &calls["retrieve"]),
        (&json!(2), &json!(2))
    );
    let faults = sandbox.control(Method::GET, "faults", Value::Null).await;
    let shown = |index: usize| {
        (
            &faults["data"][index]["operation"],
            &faults["data"][index]["hits"],
        )
    };
    assert_eq!(shown(0), (&json!("inquiries.retrieve"), &json!(1)));
    assert_eq!(shown(1), (&json!("retrieve"), &json!(1)));
}

#[tokio::test]
async fn an_operation_takes_the_filters_of_its_documentation_and_no_other() {
    let sandbox = TestSandbox::start().await;
    let settings = json!({"templates_readable": true});
    sandbox.control(Method::POST, "settings", settings).await;
    let mut lists = 0;
    for operation in operations(&sandbox).await {
        if operation["is_paged"] != true || operation["method"] != "GET" {
            continue;
        }
        lists += 1;
        let path = operation["path"].as_str().unwrap();
        let unknown = sandbox.get(&format!("{path}?filter[colour]=blue")).await;
        assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{path}");
        for filter in operation["filters"].as_array().unwrap() {
            let filter = filter.as_str().unwrap();
            let answer = sandbox.get(&format!("{path}?filter[{filter}]=x")).await;
            let text = answer.body.to_string();
            assert!(
                !text.contains("not a known filter"),
                "{path} {filter}: {text}"
            );
        }
    }
    assert!(lists >= 5, "{lists} lists");
}

#[tokio::test]
async fn a_path_may_end_in_a_slash_and_head_is_answered_like_get() {
    let sandbox = TestSandbox::start().await;
    assert_eq!(sandbox.get("/inquiries/").await.status, StatusCode::OK);
    let cases = sandbox.get("/lists/").await;
    assert_eq!(cases.status, StatusCode::NOT_IMPLEMENTED);
    let head = sandbox
        .api(Method::HEAD, "/inquiries")
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert!(head.headers().contains_key("request-id"));
}
