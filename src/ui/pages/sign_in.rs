//! The sign-in page.

use leptos::prelude::*;

use super::{
    form::{Field, FormNotice, Problem, Summary},
    layout::{Page, PageTitle, SupportSentence, query_value, texts},
    sign_up::email_sentence,
};
use crate::{api::extension, app::AppState, domain::EmailProblem};

/// The state of the sign-in form: after a failed sign-in the person's input, without the password.
#[derive(Clone, Default)]
pub struct SignInFormState {
    /// The e-mail as it was typed.
    pub email: String,
    /// Where to go on afterwards.
    pub next: String,
    /// What is wrong with the e-mail.
    pub email_problem: Option<EmailProblem>,
    /// Whether the password was left empty.
    pub has_no_password: bool,
    /// The problem of the whole form.
    pub notice: Option<FormNotice>,
}

/// Why a person who was signed in sees the sign-in page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedOut {
    /// The person signed out here.
    ByChoice,
    /// The session ended by itself, or was ended on another device.
    Elsewhere,
}

/// The sign-in page.
#[component]
pub(in crate::ui) fn SignIn() -> impl IntoView {
    let has_demo = use_context::<AppState>().is_some_and(|state| state.config.demo_sign_in);
    let state = extension::<SignInFormState>().unwrap_or_else(|| SignInFormState {
        next: query_value("next").unwrap_or_default(),
        ..SignInFormState::default()
    });
    let t = texts();
    let email = state
        .email_problem
        .map(|problem| email_sentence(problem, &t));
    // No page repeats a password.
    let password = state
        .has_no_password
        .then(|| t.text("sign-in-password-missing"))
        .or_else(|| email.is_some().then(|| t.text("password-again")));
    let problems: Vec<Problem> = [("email", email.clone()), ("password", password.clone())]
        .into_iter()
        .filter_map(|(name, problem)| Some((name, problem?)))
        .collect();
    let has_problem = state.notice.is_some() || !problems.is_empty();
    let signed_out = extension::<SignedOut>().map(|why| match why {
        SignedOut::ByChoice => t.text("signed-out-notice"),
        SignedOut::Elsewhere => t.text("error-signed-out"),
    });
    view! {
        <PageTitle title=t.text("sign-in") has_problem />
        <Page>
            <h1>{t.text("sign-in")}</h1>
            {match signed_out {
                // Takes the focus, so that it is read: the page that was left is gone.
                Some(sentence) => view! {
                    <p class="notice is-news" role="status" tabindex="-1" autofocus>
                        {sentence}
                    </p>
                }
                .into_any(),
                None => view! { <p class="lead">{t.text("sign-in-lead")}</p> }.into_any(),
            }}
            <form class="card form" method="post" action="/sign-in" novalidate>
                <Summary notice=state.notice problems />
                <Field
                    name="email"
                    label=t.text("email")
                    kind="email"
                    autocomplete="username"
                    value=state.email
                    problem=email
                />
                <Field
                    name="password"
                    label=t.text("password")
                    kind="password"
                    autocomplete="current-password"
                    problem=password
                />
                <input type="hidden" name="next" value=state.next.clone() />
                <button class="button" type="submit">
                    {t.text("sign-in")}
                </button>
                <p class="aside">
                    <SupportSentence sentence=t.text("forgot-password") />
                </p>
            </form>
            <section class="card new-here">
                <h2>{t.text("new-here")}</h2>
                <a class="button is-second" href="/sign-up">
                    {t.text("sign-up")}
                </a>
            </section>
            {has_demo
                .then(|| {
                    view! {
                        <form class="card" method="post" action="/api/session/demo">
                            <h2>{t.text("demo-heading")}</h2>
                            <p>{t.text("demo-text")}</p>
                            <input type="hidden" name="next" value=state.next />
                            <button class="button is-second" type="submit">
                                {t.text("demo-button")}
                            </button>
                        </form>
                    }
                })}
        </Page>
    }
}
