//! The hand-over of a flow to another device: its link and session, and who finishes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Screen, TEMPLATE, TestSandbox};

/// Hands the flow over from the widget; the screen with the link.
async fn hand_over(sandbox: &TestSandbox, token: &str) -> Screen {
    let form = [
        ("step", "government_id"),
        ("handoff", "start"),
        ("session-token", token),
        ("pass-verifications", "on"),
    ];
    let screen = Screen::read(sandbox.post("/widget/step", &form).await).await;
    assert!(
        screen.has_heading("Continue on your phone"),
        "{}",
        screen.html
    );
    screen
}

fn link(screen: &Screen) -> String {
    let (_, rest) = screen.html.split_once("<a href=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

async fn status(sandbox: &TestSandbox, screen: &Screen) -> Value {
    let form = [
        ("session-token", screen.text("sessionToken")),
        ("handoff-session", screen.text("handoffSession")),
    ];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = sandbox.post("/verify/handoff", &form).await;
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

async fn session(sandbox: &TestSandbox, id: &str) -> Value {
    let path = format!("inquiry-sessions/{id}");
    let answer = sandbox.api(Method::GET, &path).await;
    answer["data"]["attributes"].clone()
}

#[tokio::test]
async fn the_other_device_finishes_and_the_first_one_reports_it() {
    let sandbox = TestSandbox::start().await;
    let (_, token) = sandbox.create("usr_1").await;
    let desk = hand_over(&sandbox, &token).await;
    assert!(desk.html.contains("<svg class=\"qr\""));
    let session_id = desk.text("handoffSession");
    let handed = session(&sandbox, &session_id).await;
    assert_eq!(handed["device-handoff-method"], "qr");
    assert_eq!(handed["status"], "new");
    assert_eq!(
        status(&sandbox, &desk).await,
        json!({ "started": false, "over": false })
    );

    let phone = sandbox.client.get(link(&desk));
    let phone = Screen::read(phone.send().await.unwrap()).await;
    assert!(phone.has_heading("Verify your identity"));
    assert!(
        !phone.html.contains("button__handoff"),
        "it is the other device already"
    );
    assert_eq!(
        status(&sandbox, &desk).await,
        json!({ "started": true, "over": false })
    );
    assert_eq!(session(&sandbox, &session_id).await["status"], "active");
    let phone_token = phone.text("sessionToken");
    sandbox.step("government_id", &phone_token, true).await;
    let query = [
        ("inquiry-id", phone.text("inquiryId")),
        ("session-token", phone_token.clone()),
        ("redirect-uri", "http://localhost:3000/".to_owned()),
    ];
    sandbox.step("selfie", &phone_token, true).await;
    let query = query
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let end = Screen::read(sandbox.get("/verify", &query).await).await;
    assert!(end.has_heading("Success"));
    assert!(end.html.contains("go on at your other device"));
    assert!(
        !end.html.contains("button__primary"),
        "the first device leads back to the caller"
    );
    assert_eq!(
        status(&sandbox, &desk).await,
        json!({ "started": true, "over": true })
    );
    let back = sandbox.step("handoff", &token, true).await;
    assert!(back.has_heading("Success"));
    assert_eq!(back.data["fields"]["name_last"]["value"], "SAMPLE");
}

#[tokio::test]
async fn the_first_device_may_go_on_as_if_nothing_had_happened() {
    let sandbox = TestSandbox::start().await;
    let (_, token) = sandbox.create("usr_1").await;
    sandbox.step("government_id", &token, true).await;
    hand_over(&sandbox, &token).await;
    let back = sandbox.step("handoff", &token, false).await;
    assert!(back.has_heading("Selfie"));
    assert!(
        !back.html.contains("value=\"on\" checked"),
        "the switch stays"
    );
    assert!(
        sandbox
            .step("selfie", &token, true)
            .await
            .has_heading("Success")
    );
}

#[tokio::test]
async fn an_unopened_hand_over_is_used_again_and_is_no_session_for_others() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_1").await;
    let first = hand_over(&sandbox, &token).await;
    let again = hand_over(&sandbox, &token).await;
    let session_id = first.text("handoffSession");
    assert_eq!(session_id, again.text("handoffSession"));
    let (_, resumed) = sandbox.resume(&id).await;
    assert_ne!(resumed, session_id, "resuming gives a session of its own");
    for address in [link(&first), link(&again)] {
        let opened = sandbox.client.get(&address).send().await.unwrap();
        assert_eq!(opened.status(), StatusCode::OK);
    }
    // The next one is another device's.
    let third = hand_over(&sandbox, &token).await;
    assert_ne!(third.text("handoffSession"), session_id);
    // Nobody else learns what has become of it.
    let stranger = [("session-token", "none"), ("handoff-session", &session_id)];
    let refused = sandbox.post("/verify/handoff", &stranger).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_link_expires_after_an_hour_or_as_the_inquiry_says() {
    let sandbox = TestSandbox::start().await;
    let created = |meta: Value| {
        let url = format!("{}/api/v1/inquiries", sandbox.base);
        let attributes = json!({ "inquiry-template-id": TEMPLATE });
        let body = json!({ "data": { "attributes": attributes }, "meta": meta });
        let request = sandbox.client.post(url).json(&body);
        let request = request.bearer_auth("persona_sandbox_test");
        async move {
            let answer: Value = request.send().await.unwrap().json().await.unwrap();
            answer["data"]["id"].as_str().unwrap().to_owned()
        }
    };
    for (meta, seconds) in [
        (json!({}), 3600),
        (json!({ "one-time-link-expiration-seconds": 60 }), 60),
    ] {
        for (age, code) in [(seconds - 1, StatusCode::OK), (seconds, StatusCode::GONE)] {
            let id = created(meta.clone()).await;
            let start = [("inquiry-id", id.as_str())];
            let opened = Screen::read(sandbox.post("/widget/start", &start).await).await;
            let desk = hand_over(&sandbox, &opened.text("sessionToken")).await;
            sandbox.advance_clock(age).await;
            let phone = sandbox.client.get(link(&desk)).send().await.unwrap();
            assert_eq!(phone.status(), code, "after {age} s");
        }
    }
}

#[tokio::test]
async fn the_hosted_flow_hands_over_by_plain_forms() {
    let sandbox = TestSandbox::start().await;
    // From the first page, before there is an inquiry.
    let form = [
        ("inquiry-template-id", TEMPLATE),
        ("step", "start"),
        ("handoff", "start"),
        ("pass-verifications", "on"),
    ];
    let desk = sandbox.post("/verify/step", &form).await;
    assert_eq!(desk.status(), StatusCode::OK);
    let desk = Screen::read(desk).await;
    let phone = sandbox.client.get(link(&desk)).send().await.unwrap();
    let phone = Screen::read(phone).await;
    let phone_token = phone.text("sessionToken");
    for step in ["government_id", "selfie"] {
        sandbox.step(step, &phone_token, true).await;
    }
    let (id, token) = (desk.text("inquiryId"), desk.text("sessionToken"));
    let back = [
        ("step", "handoff"),
        ("inquiry-id", id.as_str()),
        ("session-token", token.as_str()),
    ];
    let back = sandbox.post("/verify/step", &back).await;
    assert_eq!(back.status(), StatusCode::SEE_OTHER);
    let location = back.headers()["location"].to_str().unwrap();
    let end = Screen::read(sandbox.get(location, &[]).await).await;
    assert!(end.has_heading("Success"));
}
