//! The sandbox's pages over HTTP: who may open the flow, what each step changes, which headers
//! protect the pages, and what the dashboard shows and refuses.

#![cfg(feature = "sandbox")]

use persona_onboarding::sandbox::{Config, Sandbox};
use reqwest::header::{CONTENT_SECURITY_POLICY, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, Response, StatusCode, redirect};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

const TEMPLATE: &str = "itmpl_sandboxKYC";
const APP: &str = "http://localhost:3000";

/// A sandbox of its own for each test, reached over a real socket.
struct TestSandbox {
    base: String,
    client: Client,
    _shutdown: DropGuard,
}

/// A page or fragment of the flow: its HTML and what its script is told.
struct Screen {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
    data: Value,
}

impl TestSandbox {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let config = Config {
            public_url: base.clone(),
            ..Config::default()
        };
        let shutdown = CancellationToken::new();
        let sandbox = Sandbox::open(config).unwrap();
        tokio::spawn(sandbox.serve(listener, shutdown.clone()));
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            base,
            client,
            _shutdown: shutdown.drop_guard(),
        }
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Response {
        let url = format!("{}{path}", self.base);
        self.client.get(url).query(query).send().await.unwrap()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        let url = format!("{}{path}", self.base);
        self.client.post(url).form(form).send().await.unwrap()
    }

    async fn widget(&self, query: &[(&str, &str)]) -> Screen {
        let query = [query, &[("iframe-origin", APP), ("container-id", "c1")]].concat();
        Screen::read(self.get("/widget", &query).await).await
    }

    /// An inquiry for `reference_id`, made by the browser; its ID and session token.
    async fn create(&self, reference_id: &str) -> (String, String) {
        let form = [
            ("inquiry-template-id", TEMPLATE),
            ("reference-id", reference_id),
            ("fields[name-first]", "Alexander"),
        ];
        let screen = Screen::read(self.post("/widget/start", &form).await).await;
        (screen.text("inquiryId"), screen.text("sessionToken"))
    }

    async fn step(&self, step: &str, token: &str, pass: bool) -> Screen {
        let mut form = vec![("step", step), ("session-token", token)];
        if pass {
            form.push(("pass-verifications", "on"));
        }
        Screen::read(self.post("/widget/step", &form).await).await
    }

    async fn dashboard(&self, path: &str, query: &[(&str, &str)]) -> String {
        self.get(path, query).await.text().await.unwrap()
    }
}

impl Screen {
    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let html = response.text().await.unwrap();
        let data = html
            .split_once("data-flow=\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(data, _)| data.replace("&quot;", "\"").replace("&amp;", "&"))
            .expect("the page holds a screen");
        let data = serde_json::from_str(&data).unwrap();
        Self {
            status,
            headers,
            html,
            data,
        }
    }

    fn text(&self, key: &str) -> String {
        self.data[key].as_str().expect(key).to_owned()
    }

    fn has_heading(&self, heading: &str) -> bool {
        self.html.contains(&format!(
            "<h1 id=\"heading\" tabindex=\"-1\">{heading}</h1>"
        ))
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_root_leads_to_the_dashboard() {
    let sandbox = TestSandbox::start().await;
    let response = sandbox.get("/", &[]).await;
    assert!(response.status().is_redirection());
    assert_eq!(header(response.headers(), "location"), "/dashboard");
}

#[tokio::test]
async fn the_widget_is_framed_only_by_the_pages_it_was_opened_for() {
    let sandbox = TestSandbox::start().await;
    let outer = ("frame-ancestors[0]", "https://outer.example");
    let screen = sandbox
        .widget(&[("inquiry-template-id", TEMPLATE), outer])
        .await;
    assert_eq!(screen.status, StatusCode::OK);
    let policy = screen.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains(&format!("frame-ancestors {APP} https://outer.example;")),
        "{policy}"
    );
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(header(&screen.headers, "cache-control"), "no-store");
    assert_eq!(header(&screen.headers, "referrer-policy"), "no-referrer");
    assert!(header(&screen.headers, "permissions-policy").contains("camera=(self)"));
    assert!(screen.headers.get(SET_COOKIE).is_none());
}

#[tokio::test]
async fn the_widget_refuses_an_origin_that_is_none() {
    let sandbox = TestSandbox::start().await;
    for origin in ["*", "null", "http://localhost:3000/page", ""] {
        let query = [("inquiry-template-id", TEMPLATE), ("iframe-origin", origin)];
        let screen = Screen::read(sandbox.get("/widget", &query).await).await;
        assert_eq!(screen.status, StatusCode::BAD_REQUEST, "{origin}");
        assert_eq!(
            header(&screen.headers, "x-frame-options"),
            "DENY",
            "{origin}"
        );
    }
}

#[tokio::test]
async fn the_allowed_domains_of_a_template_are_honoured() {
    let sandbox = TestSandbox::start().await;
    let security = format!("/dashboard/templates/{TEMPLATE}/settings/security");
    let list = [("embedded-flow-domain-allowlist", "app.example")];
    assert_eq!(
        sandbox.post(&security, &list).await.status(),
        StatusCode::SEE_OTHER
    );
    let screen = sandbox.widget(&[("inquiry-template-id", TEMPLATE)]).await;
    assert_eq!(screen.status, StatusCode::FORBIDDEN);
    assert_eq!(header(&screen.headers, "x-frame-options"), "DENY");
}

#[tokio::test]
async fn opening_changes_nothing_and_each_step_what_is_documented() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_ABC123").await;

    let opened = sandbox.widget(&[("inquiry-id", &id)]).await;
    assert!(opened.has_heading("Verify your identity"));
    assert_eq!(opened.text("status"), "created");
    let begun = sandbox.step("start", &token, true).await;
    assert!(begun.has_heading("Government ID"));
    assert_eq!(begun.text("status"), "created");

    let pending = sandbox.step("government_id", &token, true).await;
    assert!(pending.has_heading("Selfie"));
    assert_eq!(pending.text("status"), "pending");

    let completed = sandbox.step("selfie", &token, true).await;
    assert!(completed.has_heading("Success"));
    assert_eq!(completed.text("status"), "completed");
    let first_name = &completed.data["fields"]["name_first"];
    assert_eq!(first_name["value"], "ALEXANDER J");
    assert_eq!(first_name["type"], "string");
}

#[tokio::test]
async fn a_pending_inquiry_needs_its_token() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_1").await;
    sandbox.step("government_id", &token, true).await;

    for given in ["", "null"] {
        let refused = sandbox
            .widget(&[("inquiry-id", &id), ("session-token", given)])
            .await;
        assert_eq!(refused.data["error"]["code"], "unauthenticated");
        assert_eq!(refused.data["error"]["status"], 409);
        assert!(refused.has_heading("Session expired"));
    }
    let (_, foreign) = sandbox.create("usr_2").await;
    let refused = sandbox
        .widget(&[("inquiry-id", &id), ("session-token", &foreign)])
        .await;
    assert_eq!(refused.data["error"]["code"], "unauthenticated");

    let resumed = sandbox
        .widget(&[("inquiry-id", &id), ("session-token", &token)])
        .await;
    assert!(resumed.has_heading("Selfie"));
    assert_eq!(resumed.data["error"], Value::Null);
}

#[tokio::test]
async fn the_switch_off_makes_the_inquiry_fail() {
    let sandbox = TestSandbox::start().await;
    let (_, token) = sandbox.create("usr_1").await;
    let selfie = sandbox.step("government_id", &token, false).await;
    assert!(selfie.has_heading("Selfie"));
    assert!(
        !selfie.html.contains("value=\"on\" checked"),
        "the switch stays off"
    );
    let failed = sandbox.step("selfie", &token, false).await;
    assert!(failed.has_heading("Verification failed"));
    assert_eq!(failed.text("status"), "failed");
}

#[tokio::test]
async fn another_attempt_is_offered_as_long_as_the_template_allows() {
    let sandbox = TestSandbox::start().await;
    let general = format!("/dashboard/templates/{TEMPLATE}/settings/general");
    let settings = [
        ("active", "on"),
        ("attempts", "2"),
        ("decide-after-ms", "0"),
        ("expire-after-create", "60"),
        ("expire-after-resume", "60"),
        ("one-time-link-seconds", "60"),
    ];
    assert_eq!(
        sandbox.post(&general, &settings).await.status(),
        StatusCode::SEE_OTHER
    );
    let (_, token) = sandbox.create("usr_1").await;
    sandbox.step("government_id", &token, false).await;
    let retry = sandbox.step("selfie", &token, false).await;
    assert!(retry.has_heading("Verification failed"));
    assert!(retry.html.contains("Try again"));
    assert_eq!(retry.text("status"), "pending");
    assert!(
        sandbox
            .step("retry", &token, true)
            .await
            .has_heading("Government ID")
    );
    sandbox.step("government_id", &token, true).await;
    assert!(
        sandbox
            .step("selfie", &token, true)
            .await
            .has_heading("Success")
    );
}

#[tokio::test]
async fn expired_and_finished_inquiries_are_screens_and_not_errors() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    sandbox
        .post(&format!("/dashboard/inquiries/{id}/expire"), &[])
        .await;
    let expired = sandbox.widget(&[("inquiry-id", &id)]).await;
    assert!(expired.has_heading("Inquiry expired"));
    assert_eq!(expired.data["error"], Value::Null);

    let (id, _) = sandbox.create("usr_2").await;
    sandbox
        .post(&format!("/dashboard/inquiries/{id}/approve"), &[])
        .await;
    let finished = sandbox.widget(&[("inquiry-id", &id)]).await;
    assert!(finished.has_heading("Already finished"));
    assert_eq!(finished.data["error"], Value::Null);
}

#[tokio::test]
async fn blocking_client_side_creation_refuses_templates_and_opens_inquiries() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let security = format!("/dashboard/templates/{TEMPLATE}/settings/security");
    let blocked = [("block-client-side-creation", "on")];
    assert_eq!(
        sandbox.post(&security, &blocked).await.status(),
        StatusCode::SEE_OTHER
    );

    let by_template = [("inquiry-template-id", TEMPLATE)];
    let start = Screen::read(sandbox.post("/widget/start", &by_template).await).await;
    assert_eq!(start.data["error"]["code"], "invalid_config");
    assert_eq!(start.data["inquiryId"], Value::Null);
    let hosted = Screen::read(sandbox.get("/verify", &by_template).await).await;
    assert_eq!(hosted.status, StatusCode::BAD_REQUEST);

    let opened = sandbox.widget(&[("inquiry-id", &id)]).await;
    assert!(opened.has_heading("Verify your identity"));
}

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
async fn the_flow_speaks_the_language_that_is_asked_for() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let spanish = sandbox
        .widget(&[
            ("inquiry-id", &id),
            ("language", "es-MX"),
            ("style-variant", "dark"),
        ])
        .await;
    assert!(spanish.has_heading("Verifica tu identidad"));
    assert!(
        spanish
            .html
            .contains("lang=\"es-MX\" data-variant=\"dark\"")
    );
}

#[tokio::test]
async fn what_is_preloaded_exists_and_is_asked_for_again_only_when_it_changed() {
    let sandbox = TestSandbox::start().await;
    let page = sandbox.get("/preload", &[]).await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(
        page.headers().get("x-frame-options").is_none(),
        "any page may preload"
    );
    let html = page.text().await.unwrap();
    let paths: Vec<&str> = html
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0))
        .collect();
    assert_eq!(paths.len(), 3);
    for path in paths {
        let asset = sandbox.get(path, &[]).await;
        assert_eq!(asset.status(), StatusCode::OK, "{path}");
        let tag = asset.headers()["etag"].clone();
        let url = format!("{}{path}", sandbox.base);
        let again = sandbox
            .client
            .get(url)
            .header("if-none-match", tag)
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
    }
}

#[tokio::test]
async fn the_dashboard_finds_by_reference_id_and_escapes_what_it_shows() {
    let sandbox = TestSandbox::start().await;
    let (ours, _) = sandbox.create("usr_ABC123").await;
    let (other, _) = sandbox.create("<script>alert(1)</script>").await;
    let all = sandbox.dashboard("/dashboard", &[]).await;
    assert!(all.contains(&ours) && all.contains(&other));
    assert!(!all.contains("<script>alert"), "shown as text");

    let found = sandbox
        .dashboard("/dashboard", &[("search", "abc123")])
        .await;
    assert!(found.contains(&ours) && !found.contains(&other));
    let created = sandbox
        .dashboard("/dashboard", &[("status", "created")])
        .await;
    assert!(created.contains(&ours));
    let pending = sandbox
        .dashboard("/dashboard", &[("status", "pending")])
        .await;
    assert!(!pending.contains(&ours));
}

#[tokio::test]
async fn the_dashboard_shows_one_inquiry_in_full() {
    let sandbox = TestSandbox::start().await;
    let (id, token) = sandbox.create("usr_ABC123").await;
    sandbox.step("government_id", &token, true).await;
    let page = sandbox
        .dashboard(&format!("/dashboard/inquiries/{id}"), &[])
        .await;
    for part in [
        "usr_ABC123",
        "Pending",
        "inquiry.created",
        "inquiry.started",
        "ALEXANDER J",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains(&token), "no token is shown");
    let unknown = sandbox.get("/dashboard/inquiries/inq_none", &[]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_that_is_up_to_date_is_not_sent_again() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let path = format!("/dashboard/inquiries/{id}");
    let page = sandbox.dashboard(&path, &[]).await;
    let version = page
        .split_once("data-live=\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    let version = version.expect("the page is live").0.to_owned();
    let ask = async || {
        let url = format!("{}{path}", sandbox.base);
        sandbox
            .client
            .get(url)
            .header("if-none-match", &version)
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(ask().await, StatusCode::NOT_MODIFIED);
    sandbox.post(&format!("{path}/approve"), &[]).await;
    assert_eq!(ask().await, StatusCode::OK);
}

#[tokio::test]
async fn actions_follow_the_lifecycle_and_other_sites_cannot_send_them() {
    let sandbox = TestSandbox::start().await;
    let (id, _) = sandbox.create("usr_1").await;
    let path = format!("/dashboard/inquiries/{id}");

    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let url = format!("{}{path}/decline", sandbox.base);
        let request = sandbox
            .client
            .request(Method::POST, url)
            .header(name, value);
        assert_eq!(
            request.send().await.unwrap().status(),
            StatusCode::FORBIDDEN,
            "{name}"
        );
    }
    assert!(
        !sandbox
            .dashboard(&path, &[])
            .await
            .contains("inquiry.declined")
    );

    let url = format!("{}{path}/mark-for-review", sandbox.base);
    let own = sandbox
        .client
        .post(url)
        .header(ORIGIN, &sandbox.base)
        .send()
        .await
        .unwrap();
    assert_eq!(own.status(), StatusCode::SEE_OTHER);
    assert!(sandbox.dashboard(&path, &[]).await.contains("Needs review"));

    let expire = sandbox.post(&format!("{path}/expire"), &[]).await;
    assert_eq!(
        expire.status(),
        StatusCode::CONFLICT,
        "only open inquiries expire"
    );
    let unknown = sandbox.post(&format!("{path}/dance"), &[]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);

    let redact = sandbox.post(&format!("{path}/redact"), &[]).await;
    assert_eq!(redact.status(), StatusCode::SEE_OTHER);
    assert!(!sandbox.dashboard(&path, &[]).await.contains("Alexander"));
}

#[tokio::test]
async fn dashboard_pages_are_not_framed_and_name_themselves_a_sandbox() {
    let sandbox = TestSandbox::start().await;
    for path in [
        "/dashboard",
        "/dashboard/templates",
        "/dashboard/templates/itmpl_sandboxKYC",
        "/dashboard/templates/itmpl_sandboxKYC/settings/general",
        "/dashboard/templates/itmpl_sandboxKYC/settings/security",
        "/dashboard/environment",
    ] {
        let response = sandbox.get(path, &[]).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(
            header(response.headers(), "x-frame-options"),
            "DENY",
            "{path}"
        );
        let html = response.text().await.unwrap();
        assert!(html.contains("Persona sandbox"), "{path}");
        assert!(html.contains("Not a product of Persona"), "{path}");
    }
}
