//! The hosted flow in the WebView of a mobile app: the return by finishing and by the x, and screens
//! that the script shows in place (docs: `redirecting-on-complete`).

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{Screen, TEMPLATE, TestSandbox};

/// What the page's script sends with a form.
const SCRIPT: &str = "application/json, text/html";

/// A page in a WebView, as its script uses it.
struct WebView<'a> {
    sandbox: &'a TestSandbox,
    carried: Vec<(String, String)>,
}

impl<'a> WebView<'a> {
    async fn open(sandbox: &'a TestSandbox, query: &[(&str, &str)]) -> (Self, Screen) {
        let query = [query, &[("is-webview", "true")]].concat();
        let screen = Screen::read(sandbox.get("/verify", &query).await).await;
        let carried = carried(&screen.html);
        (Self { sandbox, carried }, screen)
    }

    async fn send(&self, step: &str, pass: bool) -> reqwest::Response {
        let url = format!("{}/verify/step", self.sandbox.base);
        let mut form = self.carried.clone();
        form.retain(|(name, _)| name != "step");
        form.push(("step".to_owned(), step.to_owned()));
        if pass {
            form.push(("pass-verifications".to_owned(), "on".to_owned()));
        }
        let request = self.sandbox.client.post(url).header("accept", SCRIPT);
        request.form(&form).send().await.unwrap()
    }

    /// Sends a step, and shows the next screen in place.
    async fn step(&mut self, step: &str, pass: bool) -> Screen {
        let response = self.send(step, pass).await;
        assert_eq!(response.status(), StatusCode::OK, "no redirect");
        let screen = Screen::read(response).await;
        self.carried = carried(&screen.html);
        screen
    }

    /// Leads back to the app; the parameters of the address.
    async fn leave(&self, step: &str, back: &str) -> BTreeMap<String, String> {
        let response = self.send(step, true).await;
        assert_eq!(response.status(), StatusCode::OK);
        let answer: Value = response.json().await.unwrap();
        let location = answer["location"].as_str().expect("an address");
        assert!(location.starts_with(back), "{location}");
        let url = url::Url::parse(location).unwrap();
        url.query_pairs().into_owned().collect()
    }
}

fn carried(html: &str) -> Vec<(String, String)> {
    html.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            let (value, _) = rest.split_once('"').unwrap();
            (name.to_owned(), value.replace("&amp;", "&"))
        })
        .collect()
}

#[tokio::test]
async fn a_finished_flow_returns_to_the_app_with_both_ids() {
    let sandbox = TestSandbox::start().await;
    let query = [("inquiry-template-id", TEMPLATE), ("reference-id", "usr_1")];
    let (mut view, start) = WebView::open(&sandbox, &query).await;
    assert!(start.html.contains("data-webview"));
    assert!(start.html.contains("data-test=\"button__close\""));
    assert!(view.step("start", true).await.has_heading("Government ID"));
    view.step("government_id", true).await;
    let end = view.step("selfie", true).await;
    let id = end.text("inquiryId");
    let returned = view.leave("success", "https://personacallback/?").await;
    for (name, value) in [
        ("persona-inquiry-id", id.as_str()),
        ("inquiry-id", &id),
        ("reference-id", "usr_1"),
        ("status", "completed"),
        ("fields[name_last][value]", "SAMPLE"),
    ] {
        assert_eq!(
            returned.get(name).map(String::as_str),
            Some(value),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_failed_flow_returns_without_the_deprecated_id() {
    let sandbox = TestSandbox::start().await;
    let query = [
        ("inquiry-template-id", TEMPLATE),
        ("redirect-uri", "walkers://verified"),
    ];
    let (mut view, _) = WebView::open(&sandbox, &query).await;
    for step in ["start", "government_id", "selfie"] {
        view.step(step, false).await;
    }
    let returned = view.leave("fail", "walkers://verified?").await;
    assert!(returned["persona-inquiry-id"].starts_with("inq_"));
    assert_eq!(returned["status"], "failed");
    assert!(!returned.contains_key("inquiry-id"), "{returned:?}");
}

#[tokio::test]
async fn the_x_returns_the_inquiry_alone_from_any_screen() {
    let sandbox = TestSandbox::start().await;
    // From the first screen: the inquiry is made for it, as Persona's page makes it when it opens.
    let query = [("inquiry-template-id", TEMPLATE), ("reference-id", "usr_x")];
    let (mut view, _) = WebView::open(&sandbox, &query).await;
    let left = view.leave("cancel", "https://personacallback/?").await;
    assert_eq!(left.keys().collect::<Vec<_>>(), ["persona-inquiry-id"]);
    let url = "/_sandbox/inquiries?reference-id=usr_x";
    let made = sandbox.get(url, &[]).await.text().await.unwrap();
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["data"][0]["id"], left["persona-inquiry-id"]);
    assert_eq!(made["data"][0]["attributes"]["status"], "created");

    // From the second one, with the event that the API knows.
    let screen = view.step("start", true).await;
    let id = screen.text("inquiryId");
    let left = view.leave("cancel", "https://personacallback/?").await;
    assert_eq!(left["persona-inquiry-id"], id);
    let sessions = sandbox
        .api(
            reqwest::Method::GET,
            "events?filter[name]=inquiry-session.canceled",
        )
        .await;
    assert_eq!(sessions["data"].as_array().unwrap().len(), 2, "{sessions}");

    // From a screen that shows a problem, where the ID is that of the link.
    let query = [("inquiry-id", "inq_unknown")];
    let (mut view, problem) = WebView::open(&sandbox, &query).await;
    assert_eq!(problem.status, StatusCode::NOT_FOUND);
    view.carried = vec![
        ("is-webview".to_owned(), "true".to_owned()),
        ("inquiry-id".to_owned(), "inq_unknown".to_owned()),
    ];
    let left = view.leave("cancel", "https://personacallback/?").await;
    assert_eq!(left["persona-inquiry-id"], "inq_unknown");
}

#[tokio::test]
async fn a_page_without_the_mode_has_neither_the_x_nor_the_callback() {
    let sandbox = TestSandbox::start().await;
    let query = [("inquiry-template-id", TEMPLATE), ("is-webview", "false")];
    let screen = Screen::read(sandbox.get("/verify", &query).await).await;
    assert!(!screen.html.contains("button__close"));
    let cancel = [("inquiry-template-id", TEMPLATE), ("step", "cancel")];
    let refused = sandbox.post("/verify/step", &cancel).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_webview_does_not_return_where_the_template_forbids_it() {
    let sandbox = TestSandbox::start().await;
    let security = format!("/dashboard/templates/{TEMPLATE}/settings/security");
    let domains = [("redirect-domains", "app.example")];
    sandbox.post(&security, &domains).await;
    for target in ["https://evil.example/", "javascript:alert(1)"] {
        let query = [("inquiry-template-id", TEMPLATE), ("redirect-uri", target)];
        let (mut view, screen) = WebView::open(&sandbox, &query).await;
        assert_eq!(screen.status, StatusCode::BAD_REQUEST, "{target}");
        assert!(!screen.html.contains(target), "{target}");
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
        view.carried = [("is-webview".to_owned(), "true".to_owned())].to_vec();
        view.carried.extend(query);
        let left = view.leave("cancel", "https://personacallback/").await;
        assert!(left.is_empty(), "nothing was created: {left:?}");
    }
    // The callback is no domain of a link's choice.
    let (_, screen) = WebView::open(&sandbox, &[("inquiry-template-id", TEMPLATE)]).await;
    assert_eq!(screen.status, StatusCode::OK);
}
