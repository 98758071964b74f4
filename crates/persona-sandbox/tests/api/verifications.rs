//! Verifications, documents, and the files that they link to.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, TestSandbox};

/// A finished inquiry with its verifications: that of the government ID, and that of the selfie.
async fn verified(sandbox: &TestSandbox, request: Value) -> (String, String, String) {
    let id = sandbox.create("usr_1").await;
    let finish = format!("inquiries/{id}/finish");
    let finished = sandbox.control(Method::POST, &finish, request).await;
    let verifications = &finished["data"]["relationships"]["verifications"]["data"];
    let id_of = |index: usize| verifications[index]["id"].as_str().unwrap().to_owned();
    (id.clone(), id_of(0), id_of(1))
}

async fn file(sandbox: &TestSandbox, url: &str) -> (StatusCode, Vec<u8>) {
    let response = sandbox.client.get(url).send().await.unwrap();
    (response.status(), response.bytes().await.unwrap().to_vec())
}

fn attributes(answer: &Answer) -> &Value {
    &answer.body["data"]["attributes"]
}

#[tokio::test]
async fn a_government_id_is_retrieved_with_what_it_says_its_checks_and_its_photos() {
    let sandbox = TestSandbox::start().await;
    let document =
        json!({"name_first": "Ada", "expiration_date": "2034-01-01", "country_code": "GB"});
    let (inquiry, id, _) = verified(&sandbox, json!({"document": document})).await;
    let answer = sandbox
        .get(&format!("/verification/government-ids/{id}"))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let of_id = attributes(&answer);
    for (key, value) in [
        ("status", "passed"),
        ("name-first", "Ada"),
        ("name-last", "SAMPLE"),
        ("expiration-date", "2034-01-01"),
        ("country-code", "GB"),
        ("id-class", "dl"),
    ] {
        assert_eq!(of_id[key], value, "{key}");
    }
    assert!(of_id["checks"].as_array().unwrap().len() > 30);
    let relationships = &answer.body["data"]["relationships"];
    assert_eq!(relationships["inquiry"]["data"]["id"], inquiry);

    // Every ID that is handed out can be followed.
    let document_id = relationships["document"]["data"]["id"].as_str().unwrap();
    let account_id = relationships["accounts"]["data"][0]["id"].as_str().unwrap();
    for path in [
        format!("/documents/{document_id}?include=document-files,inquiry"),
        format!("/document/government-ids/{document_id}"),
        format!(
            "/verifications/{id}?include=document,document.document-files,verification-template"
        ),
        format!("/accounts/{account_id}"),
        format!("/inquiries/{inquiry}"),
    ] {
        let answer = sandbox.get(&path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    }
    let document = sandbox.get(&format!("/documents/{document_id}")).await;
    assert_eq!(attributes(&document)["name-first"], "Ada");
    let other = sandbox
        .get(&format!("/document/generics/{document_id}"))
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);

    let front = of_id["front-photo-url"].as_str().unwrap();
    let (status, bytes) = file(&sandbox, front).await;
    assert_eq!(status, StatusCode::OK);
    assert!(bytes.starts_with(b"\x89PNG"));
    assert_eq!(of_id["photo-urls"][0]["byte-size"], bytes.len());
    let photo = &attributes(&document)["front-photo"];
    let (status, same) = file(&sandbox, photo["url"].as_str().unwrap()).await;
    assert_eq!((status, same), (StatusCode::OK, bytes));
}

#[tokio::test]
async fn a_selfie_is_retrieved_with_its_photos_and_only_as_a_selfie() {
    let sandbox = TestSandbox::start().await;
    let (_, _, id) = verified(&sandbox, json!({"failed_checks": ["face_mismatch"]})).await;
    let answer = sandbox.get(&format!("/verification/selfies/{id}")).await;
    let selfie = attributes(&answer);
    assert_eq!(selfie["status"], "failed");
    assert!(selfie["document-similarity-score"].as_f64().unwrap() < 0.5);
    for key in ["center-photo-url", "left-photo-url", "right-photo-url"] {
        let (status, _) = file(&sandbox, selfie[key].as_str().unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{key}");
    }
    for path in ["government-ids", "documents", "databases"] {
        let other = sandbox.get(&format!("/verification/{path}/{id}")).await;
        assert_eq!(other.status, StatusCode::NOT_FOUND, "{path}");
    }
    let print = sandbox.api(Method::GET, &format!("/verifications/{id}/print"));
    let page = print.send().await.unwrap().bytes().await.unwrap();
    assert!(page.starts_with(b"%PDF-"));
}

#[tokio::test]
async fn a_photo_that_is_too_blurred_looks_so() {
    let sandbox = TestSandbox::start().await;
    let mut photos = Vec::new();
    for request in [json!({}), json!({"failed_checks": ["blurred_photo"]})] {
        let (_, id, _) = verified(&sandbox, request).await;
        let answer = sandbox.get(&format!("/verifications/{id}")).await;
        let url = attributes(&answer)["front-photo-url"]
            .as_str()
            .unwrap()
            .to_owned();
        photos.push(file(&sandbox, &url).await);
    }
    assert_eq!(photos[1].0, StatusCode::OK);
    assert_ne!(photos[0].1, photos[1].1);
}

#[tokio::test]
async fn a_link_to_a_file_expires_and_opens_nothing_else() {
    let sandbox = TestSandbox::start().await;
    let (_, id, selfie) = verified(&sandbox, json!({})).await;
    let answer = sandbox.get(&format!("/verifications/{id}")).await;
    let url = attributes(&answer)["front-photo-url"]
        .as_str()
        .unwrap()
        .to_owned();
    let (path, token) = url.split_once('?').unwrap();
    for wrong in [
        path.to_owned(),
        format!("{path}?access_token=forged"),
        format!("{}?{token}", path.replace("front", "back")),
        format!("{}/files/{selfie}/center.png?{token}", sandbox.base),
    ] {
        let (status, _) = file(&sandbox, &wrong).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{wrong}");
    }
    sandbox.advance(6 * 60 * 60 - 60).await;
    assert_eq!(file(&sandbox, &url).await.0, StatusCode::OK);
    sandbox.advance(61).await;
    let (status, body) = file(&sandbox, &url).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        String::from_utf8(body)
            .unwrap()
            .contains("retrieve the object again")
    );
    // A new link is made whenever the object is asked for.
    let answer = sandbox.get(&format!("/verifications/{id}")).await;
    let url = attributes(&answer)["front-photo-url"].as_str().unwrap();
    assert_eq!(file(&sandbox, url).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_redacted_verification_keeps_its_result_only() {
    let sandbox = TestSandbox::start().await;
    let document = json!({"birthplace": "Rome-was-here"});
    let (_, id, _) = verified(&sandbox, json!({"document": document})).await;
    let path = format!("/verifications/{id}");
    let url = attributes(&sandbox.get(&path).await)["front-photo-url"]
        .as_str()
        .unwrap()
        .to_owned();

    let locked = sandbox
        .post(&format!("{path}/investigation-lock"), json!({}))
        .await;
    assert_eq!(locked.status, StatusCode::OK);
    let refused = TestSandbox::send(sandbox.api(Method::DELETE, &path)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    sandbox
        .post(&format!("{path}/investigation-unlock"), json!({}))
        .await;

    let redacted = TestSandbox::send(sandbox.api(Method::DELETE, &path)).await;
    assert_eq!(redacted.status, StatusCode::OK, "{redacted:?}");
    let after = attributes(&redacted);
    assert!(after["redacted-at"].is_string());
    assert_eq!(
        (&after["birthplace"], &after["status"]),
        (&Value::Null, &json!("passed"))
    );
    assert_eq!(after["photo-urls"], json!([]));
    assert_eq!(file(&sandbox, &url).await.0, StatusCode::NOT_FOUND);
    for place in ["state", "requests?limit=100"] {
        let kept = sandbox.control(Method::GET, place, Value::Null).await;
        assert!(!kept.to_string().contains("Rome-was-here"), "{place}");
    }
    let again = TestSandbox::send(sandbox.api(Method::DELETE, &path)).await;
    assert_eq!(attributes(&again)["redacted-at"], after["redacted-at"]);
}

#[tokio::test]
async fn simulated_verifications_write_fields_and_can_be_retrieved() {
    let sandbox = TestSandbox::start().await;
    for (template, path, field) in [
        (
            "vtmpl_sandboxGovernmentId",
            "government-ids",
            Some("current_government_id"),
        ),
        ("vtmpl_sandboxSelfie", "selfies", Some("current_selfie")),
        ("vtmpl_sandboxDocument", "documents", None),
        ("vtmpl_sandboxDatabase", "databases", None),
        ("vtmpl_sandboxPhoneNumber", "phone-numbers", None),
        ("vtmpl_sandboxEmailAddress", "email-addresses", None),
    ] {
        let id = sandbox.create("usr_1").await;
        let data = json!({"verification-template-id": template});
        let actions = json!([
            {"type": "start_inquiry"},
            {"type": "create_failed_verification", "data": data},
        ]);
        let simulate = format!("/inquiries/{id}/perform-simulate-actions");
        let done = sandbox
            .post(&simulate, json!({"meta": {"simulate-actions": actions}}))
            .await;
        assert_eq!(done.status, StatusCode::OK, "{template}: {done:?}");
        let fields = &attributes(&done)["fields"];
        if let Some(field) = field {
            assert!(fields[field]["value"]["id"].is_string(), "{template}");
        }
        let is_demo = fields["name_first"]["value"] == "ALEXANDER J";
        assert_eq!(is_demo, template == "vtmpl_sandboxGovernmentId");
        let verification = done.text("/data/relationships/verifications/data/0/id");
        let answer = sandbox
            .get(&format!("/verification/{path}/{verification}"))
            .await;
        assert_eq!(attributes(&answer)["status"], "failed", "{template}");
        let checks = attributes(&answer)["checks"].as_array().unwrap().iter();
        let failed = checks.filter(|check| check["status"] == "failed");
        assert_eq!(failed.count(), 1, "{template}");
    }
}
