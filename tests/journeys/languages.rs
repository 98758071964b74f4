//! The pages in six languages: which one is picked, how it is chosen, and what is translated.

use reqwest::{Method, Response, StatusCode, header};

use crate::support::TestApp;

const LANGUAGES: [(&str, &str, &str, &str); 6] = [
    // Tag, direction, title of the sign-in page, title of the first visit.
    ("en", "ltr", "Sign in", "Complete Your Profile"),
    ("es", "ltr", "Iniciar sesión", "Complete su perfil"),
    ("fr", "ltr", "Se connecter", "Complétez votre profil"),
    ("de", "ltr", "Anmelden", "Vervollständigen Sie Ihr Profil"),
    ("pt-BR", "ltr", "Entrar", "Complete seu perfil"),
    ("ar", "rtl", "تسجيل الدخول", "إكمال ملفك الشخصي"),
];

async fn get(app: &TestApp, path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
    let mut request = app.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.send().await.unwrap()
}

async fn choose(app: &TestApp, cookie: Option<&str>, language: &str, next: &str) -> Response {
    let mut request = app.request(Method::POST, "/language");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    let form = request.form(&[("language", language), ("next", next)]);
    form.send().await.unwrap()
}

fn language_of(answer: &Response) -> &str {
    answer.headers()[header::CONTENT_LANGUAGE].to_str().unwrap()
}

#[tokio::test]
async fn every_page_is_in_the_language_that_the_browser_asks_for() {
    let app = TestApp::start().await;
    for (tag, direction, sign_in, first_visit) in LANGUAGES {
        let cookie = app.sign_up(&format!("{tag}@example.com")).await;
        let asked = format!("nl, {tag};q=0.9, en;q=0.1");
        for (path, title, cookie) in [
            ("/sign-in", sign_in, ""),
            ("/onboarding", first_visit, cookie.as_str()),
        ] {
            let headers = [
                (header::ACCEPT_LANGUAGE, asked.as_str()),
                (header::COOKIE, cookie),
            ];
            let answer = get(&app, path, &headers).await;
            assert_eq!(language_of(&answer), tag);
            let vary: Vec<_> = answer.headers().get_all(header::VARY).iter().collect();
            let vary = format!("{vary:?}");
            assert!(vary.contains("accept-language, cookie"), "{vary}");
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
            let page = answer.text().await.unwrap();
            let html = format!("<html lang=\"{tag}\" dir=\"{direction}\">");
            assert!(page.contains(&html), "{tag} {path}");
            let title = format!("<title>{title} - Dog Walker</title>");
            assert!(page.contains(&title), "{tag} {path}: {page}");
        }
    }
}

#[tokio::test]
async fn a_browser_that_asks_for_nothing_gets_english() {
    let app = TestApp::start().await;
    for headers in [vec![], vec![(header::ACCEPT_LANGUAGE, "nl,ja;q=0.5")]] {
        let answer = get(&app, "/sign-in", &headers).await;
        assert_eq!(language_of(&answer), "en");
    }
}

#[tokio::test]
async fn the_account_outweighs_the_cookie_and_the_cookie_the_browser() {
    let app = TestApp::start().await;
    let session = app.sign_up("maya@example.com").await;
    let language = async |cookie: &str| {
        let headers = [(header::ACCEPT_LANGUAGE, "fr"), (header::COOKIE, cookie)];
        let answer = get(&app, "/onboarding", &headers).await;
        assert_eq!(answer.status(), StatusCode::OK);
        language_of(&answer).to_owned()
    };
    let with_cookie = format!("{session}; language=de");
    assert_eq!(language(&session).await, "fr");
    assert_eq!(language(&with_cookie).await, "de");

    let answer = choose(&app, Some(&session), "ar", "/onboarding").await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()[header::LOCATION], "/onboarding");
    let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
    for part in [
        "language=ar;",
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    // On another device, where the cookie is not.
    assert_eq!(language(&session).await, "ar");
    assert_eq!(language(&with_cookie).await, "ar");
}

#[tokio::test]
async fn a_choice_before_signing_in_is_kept_and_leads_back() {
    let app = TestApp::start().await;
    for (next, location) in [
        ("/sign-in?next=/results", "/sign-in?next=/results"),
        ("/sign-up", "/sign-up"),
        ("//evil.example", "/"),
        ("/sign-in\\evil", "/"),
        ("", "/"),
    ] {
        let answer = choose(&app, None, "es", next).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()[header::LOCATION], location);
    }
    let page = get(&app, "/sign-in", &[(header::COOKIE, "language=es")]).await;
    let page = page.text().await.unwrap();
    assert!(page.contains("<html lang=\"es\""));
    // Each language by its own name, the present one marked.
    for (tag, name) in [("pt-BR", "Português (Brasil)"), ("ar", "العربية")] {
        assert!(
            page.contains(&format!("lang=\"{tag}\"")) && page.contains(name),
            "{page}"
        );
    }
    assert!(
        page.contains("lang=\"es\" dir=\"ltr\" aria-current=\"true\""),
        "{page}"
    );

    for unknown in ["nl", "", "en-XA"] {
        let is_offered = unknown == "en-XA";
        let answer = choose(&app, None, unknown, "/sign-in").await;
        assert_eq!(
            answer.status() == StatusCode::SEE_OTHER,
            is_offered,
            "{unknown}"
        );
    }
}

#[tokio::test]
async fn problems_and_errors_are_in_the_language_too() {
    let app = TestApp::start_with(&[("DEMO_SIGN_IN", "off")]).await;
    let german = [(header::ACCEPT_LANGUAGE, "de")];
    let send = async |method, path: &str, form: &[(&str, &str)]| {
        let request = app.request(method, path).header(german[0].0.clone(), "de");
        let answer = request.form(form).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let form = [
        ("email", "maya"),
        ("password", "x"),
        ("birthdate", "2020-01-01"),
    ];
    let (status, page) = send(Method::POST, "/sign-up", &form).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in [
        "<title>Fehler: Konto anlegen - Dog Walker</title>",
        "Es gibt ein Problem",
        "Geben Sie Ihren Vor- oder Nachnamen ein.",
        "Sie müssen mindestens 18 Jahre alt sein, um mit uns Hunde auszuführen.",
        "Geben Sie eine E-Mail-Adresse im richtigen Format ein",
        "Ihr Passwort muss mindestens 12 Zeichen haben.",
    ] {
        assert!(page.contains(text), "{text} is missing in {page}");
    }

    let (_, text) = send(Method::POST, "/api/session/demo", &[]).await;
    assert_eq!(text, "Die Anmeldung zur Demo ist abgeschaltet.\n");
    for (method, path) in [
        (Method::POST, "/api/inquiries/get-or-create"),
        (Method::POST, "/api/inquiries/refresh"),
        (Method::GET, "/api/inquiries"),
        (Method::GET, "/api/inquiries/live"),
    ] {
        let (_, json) = send(method, path, &[]).await;
        assert!(
            json.contains("\"signed_out\"") && json.contains("Sie wurden abgemeldet."),
            "{path}: {json}"
        );
    }
    let page = get(&app, "/nowhere", &german).await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert_eq!(language_of(&page), "de");
    assert!(page.text().await.unwrap().contains("Seite nicht gefunden"));
}

#[tokio::test]
async fn the_language_is_handed_on_to_persona() {
    let app = TestApp::start().await;
    let cookie = app.sign_in().await;
    for (tag, expected) in [
        ("en-US", "en-US"),
        ("es", "es-MX"),
        ("pt", "pt-BR"),
        ("ar", "ar-EG"),
    ] {
        let headers = [(header::ACCEPT_LANGUAGE, tag), (header::COOKIE, &cookie)];
        let page = get(&app, "/onboarding", &headers)
            .await
            .text()
            .await
            .unwrap();
        let setting = format!("&quot;language&quot;:&quot;{expected}&quot;");
        assert!(page.contains(&setting), "{expected} is not in {page}");

        let start = app.request(Method::POST, "/onboarding/start");
        let start = start.header(header::ACCEPT_LANGUAGE, tag);
        let answer = start.header(header::COOKIE, &cookie).send().await.unwrap();
        let location = answer.headers()[header::LOCATION].to_str().unwrap();
        assert!(
            location.contains(&format!("language={expected}")),
            "{location}"
        );
    }
}

/// What of the HTML a person sees or hears, tags removed.
fn visible_texts(html: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        texts.push(text.to_owned());
        let (tag, after) = after.split_once('>').unwrap();
        for attribute in [
            "aria-label=\"",
            "title=\"",
            "alt=\"",
            "data-opening=\"",
            "data-hide=\"",
        ] {
            let value = tag.split_once(attribute).map(|(_, value)| value);
            texts.extend(
                value
                    .and_then(|it| it.split('"').next())
                    .map(ToOwned::to_owned),
            );
        }
        let skipped = ["script", "style", "svg"];
        rest = match skipped.into_iter().find(|name| tag.starts_with(name)) {
            Some(name) => after.split_once(&format!("</{name}>")).unwrap().1,
            None => after,
        };
    }
    texts
}

/// What is not in the files of texts for a reason: data, and the languages' own names.
fn is_data(word: &str) -> bool {
    let known = [
        "English",
        "Español",
        "Français",
        "Deutsch",
        "Português",
        "Brasil",
        "Bo",
        "Li",
        "Dog",
        "Walker",
        "Alexander",
        "Sample",
        "maya",
        "example",
        "com",
    ];
    known.contains(&word) || word.starts_with("inq_")
}

#[tokio::test]
async fn no_text_of_a_page_is_outside_the_files() {
    let app = TestApp::start().await;
    let session = app.sign_up("maya@example.com").await;
    let cookie = format!("{session}; language=en-XA");
    let cookie = cookie.as_str();
    let mut pages = Vec::new();
    let mut read = async |method: Method, path: &str, cookie: &str, form: &[(&str, &str)]| {
        let request = app.request(method, path).header(header::COOKIE, cookie);
        let answer = request.form(form).send().await.unwrap();
        assert_eq!(language_of(&answer), "en-XA", "{path}");
        pages.push((path.to_owned(), answer.text().await.unwrap()));
        pages.last().unwrap().1.clone()
    };
    let guest = "language=en-XA";
    for path in ["/sign-in", "/sign-up", "/nowhere"] {
        read(Method::GET, path, guest, &[]).await;
    }
    for path in ["/sign-in", "/sign-up"] {
        let form = [
            ("email", "x"),
            ("first_name", "4"),
            ("birthdate", "x"),
            ("password", "x"),
        ];
        read(Method::POST, path, guest, &form).await;
    }
    let form = [("email", "maya@example.com"), ("password", "not it at all")];
    read(Method::POST, "/sign-in", guest, &form).await;
    let own = [
        "/onboarding",
        "/results",
        "/account/sessions",
        "/account/profile",
    ];
    for path in own {
        read(Method::GET, path, cookie, &[]).await;
    }
    read(Method::POST, "/account/profile", cookie, &[]).await;
    assert_eq!(app.click(&session).await.0, StatusCode::OK);
    let results = read(Method::GET, "/results", cookie, &[]).await;
    let result = results.split("href=\"/results/").nth(1).unwrap();
    let result = format!("/results/{}", result.split('"').next().unwrap());
    for path in ["/onboarding", "/onboarding?problem=persona_failed", &result] {
        read(Method::GET, path, cookie, &[]).await;
    }

    for (path, page) in pages {
        for text in visible_texts(&page) {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            let words = text.split(|c: char| !is_word(c));
            let unknown: Vec<_> = words
                .filter(|word| word.contains(|c: char| c.is_ascii_alphabetic()))
                .filter(|word| !is_data(word))
                .collect();
            assert!(unknown.is_empty(), "{path}: {unknown:?} in {text:?}");
        }
    }
}

#[tokio::test]
async fn the_browsers_words_are_a_file_that_it_keeps() {
    let app = TestApp::start().await;
    let session = app.sign_in().await;
    let cookie = format!("{session}; language=fr");
    let page = get(&app, "/onboarding", &[(header::COOKIE, &cookie)]).await;
    let page = page.text().await.unwrap();
    // What the page does not say now is not in it.
    assert!(!page.contains("Votre identité est vérifiée"), "{page}");
    let path = page.split("/pkg/words.fr.").nth(1).unwrap();
    let path = format!("/pkg/words.fr.{}", path.split('"').next().unwrap());
    let file = get(&app, &path, &[]).await;
    assert_eq!(file.status(), StatusCode::OK);
    let caching = file.headers()[header::CACHE_CONTROL].to_str().unwrap();
    assert!(caching.contains("immutable"), "{caching}");
    assert!(
        file.text()
            .await
            .unwrap()
            .contains("Votre identité est vérifiée")
    );
    let old = get(&app, "/pkg/words.fr.0000000000000000.js", &[]).await;
    assert_eq!(old.status(), StatusCode::NOT_FOUND);
}
