//! The hosted flow: plain forms from a link to the way back, and links that end.

use reqwest::header::{LOCATION, SET_COOKIE};
use reqwest::{Method, Response, StatusCode};

use crate::support::{APP, Screen, TEMPLATE, TestSandbox, header};

#[tokio::test]
async fn the_hosted_flow_works_by_plain_forms_and_returns() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_ABC123").await;
    let back = "http://localhost:3000/onboarding/return";
    let query = [("inquiry-id", id.as_str()), ("redirect-uri", back)];
    let start = Screen::read(sandbox.get("/verify", &query).await).await;
    assert_eq!(start.status, StatusCode::OK);
    assert_eq!(header(&start.headers, "x-frame-options"), "SAMEORIGIN");
    let policy = header(&start.headers, "content-security-policy");
    assert!(policy.contains("frame-ancestors 'self'"), "{policy}");
    assert!(
        policy.contains(&format!("form-action 'self' {APP};")),
        "{policy}"
    );

    let mut screen = start;
    for heading in ["Government ID", "Selfie", "Success"] {
        screen = send_form(&sandbox, &screen).await.expect("a page follows");
        assert!(screen.has_heading(heading), "{heading}");
        assert!(screen.headers.get(SET_COOKIE).is_none());
    }
    let location = finish(&sandbox, &screen).await;
    let query: Vec<(String, String)> = url::Url::parse(&location)
        .unwrap()
        .query_pairs()
        .into_owned()
        .collect();
    assert!(location.starts_with(back));
    for (name, value) in [
        ("inquiry-id", id.as_str()),
        ("reference-id", "usr_ABC123"),
        ("status", "completed"),
        ("fields[name_last][type]", "string"),
        ("fields[name_last][value]", "SAMPLE"),
    ] {
        assert!(
            query.contains(&(name.to_owned(), value.to_owned())),
            "{name} in {location}"
        );
    }

    let stranger = Screen::read(sandbox.get("/verify", &[("inquiry-id", &id)]).await).await;
    assert!(stranger.has_heading("Already finished"));
}

#[tokio::test]
async fn the_hosted_flow_keeps_strangers_out_of_a_pending_inquiry() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_1").await;
    sandbox.step("government_id", &token, true).await;
    let stranger = Screen::read(sandbox.get("/verify", &[("inquiry-id", &id)]).await).await;
    assert!(stranger.has_heading("Session expired"));
    let owner = [
        ("inquiry-id", id.as_str()),
        ("session-token", token.as_str()),
    ];
    let owner = Screen::read(sandbox.get("/verify", &owner).await).await;
    assert!(owner.has_heading("Selfie"));
}

#[tokio::test]
async fn a_resumed_inquiry_goes_on_by_its_token_to_the_end() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_1").await;
    sandbox.step("government_id", &token, true).await;
    let (resumed, session) = sandbox.resume(&id).await;
    let query = [
        ("inquiry-id", id.as_str()),
        ("session-token", resumed.as_str()),
    ];
    let url = format!("{}/verify", sandbox.base);
    sandbox
        .client
        .head(&url)
        .query(&query)
        .send()
        .await
        .unwrap();
    assert_eq!(sandbox.session_status(&session).await, "new");
    let mut screen = Screen::read(sandbox.get("/verify", &query).await).await;
    assert!(screen.has_heading("Selfie"));
    assert_eq!(sandbox.session_status(&session).await, "active");
    screen = send_form(&sandbox, &screen).await.expect("a page follows");
    assert!(screen.has_heading("Success"), "{}", screen.html);
}

#[tokio::test]
async fn a_form_opens_the_session_of_a_page_that_was_only_fetched() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let (token, session) = sandbox.resume(&id).await;
    let query = [
        ("inquiry-id", id.as_str()),
        ("session-token", token.as_str()),
    ];
    let fetched = sandbox
        .client
        .get(format!("{}/verify", sandbox.base))
        .header("sec-purpose", "prefetch")
        .query(&query);
    let start = Screen::read(fetched.send().await.unwrap()).await;
    assert_eq!(sandbox.session_status(&session).await, "new");
    let begun = send_form(&sandbox, &start).await.expect("a page follows");
    assert!(begun.has_heading("Government ID"), "{}", begun.html);
    assert_eq!(sandbox.session_status(&session).await, "active");
}

#[tokio::test]
async fn a_form_that_comes_too_late_is_told_so() {
    let sandbox = TestSandbox::start().await;
    for (verb, status, heading) in [
        ("expire", StatusCode::GONE, "Inquiry expired"),
        ("approve", StatusCode::OK, "Already finished"),
    ] {
        let (id, _) = sandbox.create("usr_late").await;
        let start = sandbox.get("/verify", &[("inquiry-id", &id)]).await;
        let government_id = send_form(&sandbox, &Screen::read(start).await).await;
        sandbox
            .api(Method::POST, &format!("inquiries/{id}/{verb}"))
            .await;
        let late = post_form(&sandbox, &government_id.unwrap()).await;
        let late = Screen::read(late).await;
        assert_eq!(late.status, status, "{verb}");
        assert!(late.has_heading(heading), "{verb}: {}", late.html);
    }
}

#[tokio::test]
async fn an_earlier_form_of_a_finished_flow_leads_to_its_end() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let back = "http://localhost:3000/onboarding/return";
    let query = [("inquiry-id", id.as_str()), ("redirect-uri", back)];
    let start = Screen::read(sandbox.get("/verify", &query).await).await;
    let government_id = send_form(&sandbox, &start).await.unwrap();
    let selfie = send_form(&sandbox, &government_id).await.unwrap();
    send_form(&sandbox, &selfie).await.unwrap();

    let end = send_form(&sandbox, &government_id)
        .await
        .expect("a page follows");
    assert!(end.has_heading("Success"), "{}", end.html);
    assert!(finish(&sandbox, &end).await.starts_with(back));
}

#[tokio::test]
async fn a_created_inquiry_begins_by_its_id_when_its_token_is_over() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let query = [("inquiry-id", id.as_str()), ("session-token", "over")];
    let start = Screen::read(sandbox.get("/verify", &query).await).await;
    assert!(start.has_heading("Verify your identity"));
    let begun = send_form(&sandbox, &start).await.expect("a page follows");
    assert!(begun.has_heading("Government ID"), "{}", begun.html);
}

#[tokio::test]
async fn the_hosted_flow_is_no_open_redirect() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let security = format!("/dashboard/templates/{TEMPLATE}/settings/security");
    sandbox
        .post(&security, &[("redirect-domains", "localhost:3000")])
        .await;
    for target in [
        "javascript:alert(1)",
        "https://elsewhere.example/",
        "//elsewhere.example",
    ] {
        let query = [("inquiry-id", id.as_str()), ("redirect-uri", target)];
        let screen = Screen::read(sandbox.get("/verify", &query).await).await;
        assert_eq!(screen.status, StatusCode::BAD_REQUEST, "{target}");
        assert!(!screen.html.contains(target), "{target}");
    }
}

#[tokio::test]
async fn a_new_inquiry_of_a_hosted_link_is_made_by_its_first_form_only() {
    let sandbox = TestSandbox::start().await;
    let query = [
        ("inquiry-template-id", TEMPLATE),
        ("reference-id", "usr_linked"),
    ];
    let start = Screen::read(sandbox.get("/verify", &query).await).await;
    assert!(
        !sandbox
            .dashboard("/dashboard", &[])
            .await
            .contains("usr_linked")
    );
    let begun = send_form(&sandbox, &start).await.unwrap();
    assert!(begun.has_heading("Government ID"));
    assert!(
        sandbox
            .dashboard("/dashboard", &[])
            .await
            .contains("usr_linked")
    );
}

#[tokio::test]
async fn a_one_time_link_opens_once_with_a_few_minutes_grace() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_1").await;
    sandbox.step("government_id", &token, true).await;
    let link = sandbox.one_time_link(&id).await;

    let looked = sandbox.client.head(&link).send().await.unwrap();
    assert_eq!(looked.status(), StatusCode::NO_CONTENT);
    let prefetched = sandbox
        .client
        .get(&link)
        .header("sec-purpose", "prefetch")
        .send()
        .await;
    assert_eq!(prefetched.unwrap().status(), StatusCode::NO_CONTENT);
    sandbox.advance_clock(6 * 60).await;
    let opened = Screen::read(sandbox.client.get(&link).send().await.unwrap()).await;
    assert!(
        opened.has_heading("Selfie"),
        "a request that does not open the page does not spend the link"
    );

    sandbox.advance_clock(4 * 60).await;
    let reloaded = Screen::read(sandbox.client.get(&link).send().await.unwrap()).await;
    assert!(reloaded.has_heading("Selfie"));
    sandbox.advance_clock(2 * 60).await;
    let spent = Screen::read(sandbox.client.get(&link).send().await.unwrap()).await;
    assert!(spent.has_heading("Link no longer valid"));
    assert_eq!(spent.status, StatusCode::GONE);
    // The browser that came by the link goes on by its session.
    assert!(
        send_form(&sandbox, &opened)
            .await
            .unwrap()
            .has_heading("Success")
    );
}

#[tokio::test]
async fn a_one_time_link_dies_with_its_time_and_with_its_inquiry() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let link = sandbox.one_time_link(&id).await;
    sandbox
        .post(&format!("/dashboard/inquiries/{id}/expire"), &[])
        .await;
    let dead = Screen::read(sandbox.client.get(&link).send().await.unwrap()).await;
    assert!(dead.has_heading("Inquiry expired"));

    let (id, _) = sandbox.create("usr_2").await;
    let link = sandbox.one_time_link(&id).await;
    sandbox.advance_clock(24 * 60 * 60 - 1).await;
    let alive = sandbox.client.get(&link).send().await.unwrap();
    assert_eq!(alive.status(), StatusCode::OK);
    let unknown = sandbox.get("/verify", &[("code", "us1-unknown")]).await;
    assert_eq!(unknown.status(), StatusCode::GONE);
}

/// The hidden fields of a screen's form, as a browser would send them.
fn hidden_fields(html: &str) -> Vec<(String, String)> {
    html.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            let (value, _) = rest.split_once('"').unwrap();
            (name.to_owned(), value.replace("&amp;", "&"))
        })
        .collect()
}

async fn post_form(sandbox: &TestSandbox, screen: &Screen) -> Response {
    let mut form = hidden_fields(&screen.html);
    form.push(("pass-verifications".to_owned(), "on".to_owned()));
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    sandbox.post("/verify/step", &form).await
}

async fn send_form(sandbox: &TestSandbox, screen: &Screen) -> Option<Screen> {
    let response = post_form(sandbox, screen).await;
    let location = response
        .headers()
        .get(LOCATION)?
        .to_str()
        .unwrap()
        .to_owned();
    Some(Screen::read(sandbox.get(&location, &[]).await).await)
}

async fn finish(sandbox: &TestSandbox, screen: &Screen) -> String {
    let response = post_form(sandbox, screen).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    header(response.headers(), "location").to_owned()
}

#[tokio::test]
async fn links_work_as_personas_own_pages_write_them() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_1").await;
    sandbox.step("government_id", &token, true).await;
    for names in [
        ["inquiry-id", "session-token"],
        ["inquiry_id", "session_token"],
    ] {
        let query = [(names[0], id.as_str()), (names[1], token.as_str())];
        let screen = Screen::read(sandbox.get("/inquiry", &query).await).await;
        assert!(screen.has_heading("Selfie"), "{names:?}");
    }
    // A form that was opened with the reference ID and a prefilled name in either spelling.
    for (reference, name) in [
        ("reference-id", "fields[name-first]"),
        ("reference_id", "prefill[name_first]"),
    ] {
        let query = [
            ("inquiry_template_id", TEMPLATE),
            (reference, "usr_linked"),
            (name, "Ada"),
        ];
        let screen = Screen::read(sandbox.get("/inquiry", &query).await).await;
        send_form(&sandbox, &screen).await.expect("a page follows");
    }
    let url = "/_sandbox/inquiries?reference-id=usr_linked";
    let list = sandbox.get(url, &[]).await.text().await.unwrap();
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let made = list["data"].as_array().unwrap();
    assert_eq!(made.len(), 2, "{list}");
    for inquiry in made {
        let name = &inquiry["attributes"]["fields"]["name_first"]["value"];
        assert_eq!(name, "Ada");
    }
}
