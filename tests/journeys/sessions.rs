//! Sessions: what their owner sees of them and ends, and how they end by themselves.

use jiff::SignedDuration;
use reqwest::{Method, StatusCode, header};
use sqlx::{AnyConnection, Connection as _};

use crate::{
    accounts::{PASSWORD, TimedApp, ana, cookie, form, is_signed_in, page, sign_in},
    support::TestApp,
};

#[tokio::test]
async fn a_user_sees_and_ends_only_their_own_sessions() {
    let app = TestApp::start().await;
    let here = ana(&app).await;
    let fields = [("email", "ana@example.com"), ("password", PASSWORD)];
    let answer = form(&app, "/sign-in", &fields)
        .header(
            header::USER_AGENT,
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        )
        .send()
        .await
        .unwrap();
    let there = cookie(&answer);

    let (_, list) = page(&app, "/account/sessions", &here).await;
    assert!(list.contains("Firefox on Linux") && list.contains("This device"));
    let public_id = public_id(&list);

    // Another user names it, and nothing happens.
    let stranger = app.sign_in().await;
    revoke(&app, &stranger, &public_id).await;
    assert!(is_signed_in(&app, &there).await);
    revoke(&app, &here, &public_id).await;
    assert!(!is_signed_in(&app, &there).await);
    assert_eq!(app.click(&there).await.0, StatusCode::UNAUTHORIZED);
    assert!(is_signed_in(&app, &here).await);

    let others = [
        cookie(&sign_in(&app, "ana@example.com", PASSWORD).await),
        cookie(&sign_in(&app, "ana@example.com", PASSWORD).await),
    ];
    let answer = form(&app, "/account/sessions/revoke-others", &[])
        .header(header::COOKIE, &here)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    for other in others {
        assert!(!is_signed_in(&app, &other).await);
    }
    assert!(is_signed_in(&app, &here).await);
    assert!(is_signed_in(&app, &stranger).await);
}

/// The first session in the list that can be ended.
fn public_id(list: &str) -> String {
    let field = list.split("name=\"session\" value=\"").nth(1).unwrap();
    field.split('"').next().unwrap().to_owned()
}

async fn revoke(app: &TestApp, cookie: &str, public_id: &str) {
    let answer = form(app, "/account/sessions/revoke", &[("session", public_id)])
        .header(header::COOKIE, cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_sessions_page_is_for_the_signed_in_alone() {
    let app = TestApp::start().await;
    let answer = app
        .request(Method::GET, "/account/sessions")
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.headers()[header::LOCATION],
        "/sign-in?next=/account/sessions"
    );
}

#[tokio::test]
async fn a_session_ends_unused_after_a_week_and_in_any_case_after_a_month() {
    let timed = TimedApp::start().await;
    let app = &timed.app;
    let unused = ana(app).await;
    timed.advance(SignedDuration::from_hours(7 * 24 + 1));
    assert!(!is_signed_in(app, &unused).await);

    let used = cookie(&sign_in(app, "ana@example.com", PASSWORD).await);
    for _ in 0..5 {
        timed.advance(SignedDuration::from_hours(5 * 24 + 20));
        assert!(is_signed_in(app, &used).await);
    }
    timed.advance(SignedDuration::from_hours(24));
    assert!(!is_signed_in(app, &used).await);
}

#[tokio::test]
async fn the_cookie_of_a_deleted_user_is_rejected() {
    let app = TestApp::start().await;
    let cookie = ana(&app).await;
    let mut database = AnyConnection::connect(&app.database_url).await.unwrap();
    // The session outlives the user, as if the database had let it.
    for statement in ["UPDATE sessions SET user_id = NULL", "DELETE FROM users"] {
        assert!(is_signed_in(&app, &cookie).await);
        sqlx::query(statement).execute(&mut database).await.unwrap();
    }
    assert!(!is_signed_in(&app, &cookie).await);
    assert_eq!(app.click(&cookie).await.0, StatusCode::UNAUTHORIZED);
}
