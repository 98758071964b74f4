//! A second brand: nothing of the first is left on any page.

use reqwest::{Method, StatusCode, header};

use crate::support::TestApp;

const SECOND: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/brand");

/// What belongs to the first brand alone: its name, its animals, its colours, its mark.
fn marks_of_the_first() -> Vec<String> {
    let file = include_str!("../../brand/brand.toml");
    let second = std::fs::read_to_string(format!("{SECOND}/brand.toml")).unwrap();
    let colours = file
        .match_indices('#')
        .filter_map(|(at, _)| file.get(at..at + 7));
    let colours = colours.filter(|colour| {
        let is_hex = |byte: u8| byte.is_ascii_hexdigit();
        colour.bytes().skip(1).all(is_hex) && !second.contains(colour)
    });
    let words = ["dog", "🐕", "walk", "hund", "spazier", "<ellipse"];
    let marks = colours.chain(words).map(ToOwned::to_owned);
    marks.collect()
}

#[tokio::test]
async fn a_second_brand_leaves_nothing_of_the_first() {
    let marks = marks_of_the_first();
    assert!(marks.len() > 15, "{marks:?}");
    let app = TestApp::start_with(&[("BRAND_DIR", SECOND)]).await;
    let session = app.sign_up("bo@example.com").await;
    assert_eq!(app.click(&session).await.0, StatusCode::OK);
    for language in ["en", "de"] {
        let cookie = format!("{session}; language={language}");
        let read = async |method: Method, path: &str, cookie: &str, form: &[(&str, &str)]| {
            let request = app.request(method, path);
            let request = request.header(header::COOKIE, cookie).form(form);
            let text = request.send().await.unwrap().text().await.unwrap();
            let lower = text.to_lowercase();
            for mark in &marks {
                assert!(!lower.contains(mark), "{mark} is in {path}: {text}");
            }
            text
        };
        let guest = format!("language={language}");
        for path in [
            "/sign-in",
            "/sign-up",
            "/nowhere",
            "/favicon.svg",
            "/drawings.svg",
        ] {
            read(Method::GET, path, &guest, &[]).await;
        }
        let young = [("birthdate", "2020-01-01")];
        read(Method::POST, "/sign-up", &guest, &young).await;
        for path in ["/account/profile", "/account/sessions"] {
            read(Method::GET, path, &cookie, &[]).await;
        }
        let page = read(Method::GET, "/onboarding", &cookie, &[]).await;
        assert!(page.contains("Cat Sitter</title>"), "{page}");
        assert!(
            page.contains("--brand:light-dark(#2f4fb5,#9db2ff)"),
            "{page}"
        );
        for link in ["help", "privacy", "terms"] {
            assert!(
                page.contains(&format!("https://cats.example/{link}")),
                "{link}"
            );
        }
        let words = page.split("/pkg/words.").nth(1).unwrap();
        let words = format!("/pkg/words.{}", words.split('"').next().unwrap());
        assert!(
            read(Method::GET, &words, &cookie, &[])
                .await
                .contains("Cat Sitter")
        );
        let list = read(Method::GET, "/results", &cookie, &[]).await;
        let path = list.split("href=\"/results/").nth(1).unwrap();
        let result = format!("/results/{}", path.split('"').next().unwrap());
        read(Method::GET, &result, &cookie, &[]).await;
    }
    // Languages that the brand has no sentences in are not offered.
    let page = app
        .request(Method::GET, "/sign-in")
        .header(header::ACCEPT_LANGUAGE, "fr");
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains("<html lang=\"en\"") && !page.contains("Français"),
        "{page}"
    );
    // A common text that this brand replaces.
    assert!(page.contains(">Ask us</a>"), "{page}");

    let sheet = include_str!("../../style/main.css").to_lowercase();
    // Of meanings and shadows, which every brand has.
    let shared = ["#1f6a52", "#6fd0ac", "#ffffff", "#1c2321", "#1e2225"];
    for mark in marks.iter().filter(|mark| !shared.contains(&mark.as_str())) {
        assert!(!sheet.contains(mark), "{mark} is in the style sheet");
    }
}

#[tokio::test]
async fn the_brands_pictures_are_asked_for_by_their_tag() {
    let app = TestApp::start().await;
    for path in ["/favicon.svg", "/drawings.svg"] {
        let answer = app.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "image/svg+xml");
        let tag = answer.headers()[header::ETAG].clone();
        let again = app
            .request(Method::GET, path)
            .header(header::IF_NONE_MATCH, tag);
        let again = again.send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(again.headers()[header::CACHE_CONTROL], "no-cache");
    }
}
