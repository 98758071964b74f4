//! Signing in and out, and what the pages say and carry.

use reqwest::{Method, StatusCode, header};

use crate::support::TestApp;

#[tokio::test]
async fn a_visitor_is_redirected_to_sign_in_and_back() {
    let app = TestApp::start().await;
    let answer = app.request(Method::GET, "/").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/sign-in");

    let answer = app
        .request(Method::GET, "/onboarding")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(
        answer.headers()[header::LOCATION],
        "/sign-in?next=/onboarding"
    );

    let page = app
        .request(Method::GET, "/sign-in?next=/onboarding")
        .send()
        .await
        .unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("Continue as Alexander Sample"));

    let answer = app
        .request(Method::POST, "/api/session/demo")
        .header(header::ACCEPT, "text/html")
        .form(&[("next", "/onboarding")])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/onboarding");
}

#[tokio::test]
async fn the_onboarding_page_is_complete_without_script() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let answer = app
        .request(Method::GET, "/onboarding")
        .header(header::COOKIE, cookie);
    let page = answer.send().await.unwrap().text().await.unwrap();
    for text in [
        "<title>Complete Your Profile - Dog Walker</title>",
        "Welcome, Alexander 🐕",
        "Your Information",
        "Alexander Sample",
        "August 31, 1977",
        "id=\"verify-button\"",
        "Start Verifying",
        "Debug info",
        "id=\"debug-info\"",
        "action=\"/onboarding/start\"",
    ] {
        assert!(page.contains(text), "{text} is missing");
    }
    for secret in ["usr_ABC123", "persona_sandbox_test", "wbhsec_test"] {
        assert!(!page.contains(secret), "{secret} is in the page");
    }
}

#[tokio::test]
async fn signing_out_revokes_the_session() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let answer = app
        .request(Method::POST, "/sign-out")
        .header(header::COOKIE, &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/");
    // The old cookie, kept by someone, opens nothing.
    assert_eq!(app.click(&cookie).await.0, StatusCode::UNAUTHORIZED);
}

/// The sign-in page as a browser shows it that keeps the cookies of this answer.
async fn sign_in_page_after(app: &TestApp, answer: &reqwest::Response) -> String {
    let cookies: Vec<_> = answer
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|cookie| cookie.to_str().unwrap().split(';').next())
        .collect();
    let request = app.request(Method::GET, "/sign-in");
    let answer = request.header(header::COOKIE, cookies.join("; ")).send();
    answer.await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn the_sign_in_page_says_why_one_is_there() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    let with_session = |method, path| {
        let request = app.request(method, path);
        request.header(header::COOKIE, &cookie)
    };
    let answer = with_session(Method::POST, "/sign-out")
        .send()
        .await
        .unwrap();
    let page = sign_in_page_after(&app, &answer).await;
    assert!(page.contains("You're signed out."), "{page}");

    // The same session, of a page that is still open, has ended.
    let answer = with_session(Method::GET, "/results").send().await.unwrap();
    assert_eq!(answer.headers()[header::LOCATION], "/sign-in?next=/results");
    let page = sign_in_page_after(&app, &answer).await;
    assert!(
        page.contains("You've been signed out. Sign in to continue."),
        "{page}"
    );

    // A person who had no session has not been signed out.
    let answer = app.request(Method::GET, "/results").send().await.unwrap();
    assert!(answer.headers().get(header::SET_COOKIE).is_none());
    let page = sign_in_page_after(&app, &answer).await;
    assert!(page.contains("Sign in to go on with your verification."));
    for value in ["", "x", "by-choice; signed-out=x"] {
        let request = app.request(Method::GET, "/sign-in");
        let request = request.header(header::COOKIE, format!("signed-out={value}"));
        let page = request.send().await.unwrap().text().await.unwrap();
        assert_eq!(
            page.contains("You're signed out."),
            value.starts_with("by-choice")
        );
    }
}

#[tokio::test]
async fn the_cookie_is_the_browsers_secret() {
    let app = TestApp::start().await;
    let answer = app
        .request(Method::POST, "/api/session/demo")
        .send()
        .await
        .unwrap();
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("session="), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "over http it would be lost");

    let app = TestApp::start_with(&[("APP_BASE_URL", "https://walkers.example")]).await;
    let answer = app
        .request(Method::POST, "/api/session/demo")
        .send()
        .await
        .unwrap();
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }

    // A browser removes it only on the terms on which it took it.
    let cookie = cookie.split(';').next().unwrap();
    let sign_out = app.request(Method::POST, "/sign-out");
    let answer = sign_out
        .header(header::COOKIE, cookie)
        .send()
        .await
        .unwrap();
    let removal = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    for attribute in [
        "__Host-session=;",
        "Max-Age=0",
        "Secure",
        "HttpOnly",
        "Path=/",
    ] {
        assert!(removal.contains(attribute), "{removal}");
    }
}

#[tokio::test]
async fn every_page_has_a_way_to_support() {
    for (variables, address) in [
        (&[][..], "mailto:support@localhost"),
        (
            &[("SUPPORT_URL", "https://walkers.example/help?a=1&b=2")],
            "https://walkers.example/help?a=1&amp;b=2",
        ),
    ] {
        let app = TestApp::start_with(variables).await;
        for path in ["/sign-in", "/nowhere"] {
            let page = app.request(Method::GET, path).send().await.unwrap();
            let page = page.text().await.unwrap();
            let link = format!("<a href=\"{address}\">Get help</a>");
            assert!(page.contains(&link), "{path}: {page}");
        }
    }
}

#[tokio::test]
async fn the_demo_can_be_switched_off() {
    let app = TestApp::start_with(&[("DEMO_SIGN_IN", "off")]).await;
    let answer = app
        .request(Method::POST, "/api/session/demo")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let page = app
        .request(Method::GET, "/sign-in")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!page.contains("Continue as Alexander Sample"));
}

#[tokio::test]
async fn every_answer_carries_the_protecting_headers_and_a_fresh_nonce() {
    let app = TestApp::start().await;
    let mut nonces = Vec::new();
    for path in ["/sign-in", "/sign-in", "/nowhere", "/healthz"] {
        let answer = app.request(Method::GET, path).send().await.unwrap();
        let headers = answer.headers().clone();
        let page = answer.text().await.unwrap();
        let csp = headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .to_owned();
        for directive in [
            "'strict-dynamic' 'wasm-unsafe-eval'",
            &format!("frame-src {};", app.sandbox_url),
            &format!("form-action 'self' {};", app.sandbox_url),
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(csp.contains(directive), "{path}: no {directive} in {csp}");
        }
        assert!(!csp.contains("'unsafe-eval'"));
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::REFERRER_POLICY], "same-origin");
        let permissions = headers["permissions-policy"].to_str().unwrap();
        assert!(permissions.contains(&format!("camera=(\"{}\" self)", app.sandbox_url)));

        let nonce = csp
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap()
            .to_owned();
        let scripts = page.matches("<script").count();
        assert_eq!(
            page.matches(&format!("nonce=\"{nonce}\"")).count(),
            scripts,
            "{path}"
        );
        nonces.push(nonce);
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 4);
}

#[tokio::test]
async fn an_unknown_path_is_a_404_with_a_link_back() {
    let app = TestApp::start().await;
    let answer = app.request(Method::GET, "/nowhere").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let page = answer.text().await.unwrap();
    assert!(page.contains("Page not found"));
    let (_, content) = page.split_once("<main").unwrap();
    let (content, _) = content.split_once("</main>").unwrap();
    assert!(content.contains(">go to the start page</a>"), "{content}");
    assert!(content.contains(">Get help</a>"), "{content}");
}
