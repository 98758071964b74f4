//! The budget of the pages: a phone on a slow network reads the text before anything else arrives.

use reqwest::{Method, header};

use crate::support::TestApp;

/// Of one page, as a browser receives it.
const BUDGET_BYTES: usize = 8 * 1024;

/// The size of a page's body with this encoding, or without any.
async fn size(app: &TestApp, path: &str, cookie: &str, language: &str, encoding: &str) -> usize {
    let answer = app
        .request(Method::GET, path)
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT_LANGUAGE, language)
        .header(header::ACCEPT_ENCODING, encoding)
        .send()
        .await
        .unwrap();
    let encoded = answer.headers().contains_key(header::CONTENT_ENCODING);
    assert_eq!(encoded, encoding != "identity", "{path}");
    answer.bytes().await.unwrap().len()
}

#[tokio::test]
async fn no_page_is_larger_than_its_budget() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let first_visit = size(&app, "/onboarding", &cookie, "en", "br").await;
    let mut sizes = vec![("first visit".to_owned(), "en", first_visit, 0)];
    for _ in 0..10 {
        let (_, answer) = app.click(&cookie).await;
        let inquiry = answer["inquiry_id"].as_str().unwrap();
        app.simulate(inquiry, &["start_inquiry", "fail_inquiry"])
            .await;
    }
    let listed: serde_json::Value = app
        .request(Method::GET, "/api/inquiries")
        .header(header::COOKIE, &cookie)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let inquiries = listed["inquiries"].as_array().unwrap();
    assert!(inquiries.len() > 1, "{listed}");
    let result = format!("/results/{}", inquiries[0]["result_id"].as_str().unwrap());
    for language in ["en", "de", "ar"] {
        for (path, cookie) in [
            ("/sign-in", ""),
            ("/sign-up", ""),
            ("/nowhere", ""),
            ("/onboarding", cookie.as_str()),
            ("/results", &cookie),
            (&result, &cookie),
            ("/account/profile", &cookie),
            ("/account/sessions", &cookie),
        ] {
            let compressed = size(&app, path, cookie, language, "br").await;
            let plain = size(&app, path, cookie, language, "identity").await;
            sizes.push((path.to_owned(), language, compressed, plain));
        }
    }
    for (path, language, compressed, plain) in &sizes {
        println!("{path} {language}: {compressed} bytes with brotli, {plain} without");
    }
    for (path, language, compressed, _) in sizes {
        assert!(
            compressed <= BUDGET_BYTES,
            "{path} {language}: {compressed}"
        );
    }
}
