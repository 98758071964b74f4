//! The sign-in page.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    form::{Field, FormNotice, PASSWORD_AGAIN, Problem, Summary},
    layout::{Page, SupportSentence, query_value},
    sign_up::email_sentence,
};
use crate::{app::AppState, domain::EmailProblem};

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

/// The sign-in page.
#[component]
pub(in crate::ui) fn SignIn() -> impl IntoView {
    let has_demo = use_context::<AppState>().is_some_and(|state| state.config.demo_sign_in);
    let state = use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<SignInFormState>().cloned())
        .unwrap_or_else(|| SignInFormState {
            next: query_value("next").unwrap_or_default(),
            ..SignInFormState::default()
        });
    let email = state.email_problem.map(email_sentence);
    let password = state
        .has_no_password
        .then(|| "Enter your password.".to_owned())
        .or_else(|| email.is_some().then(|| PASSWORD_AGAIN.to_owned()));
    let problems: Vec<Problem> = [("email", email.clone()), ("password", password.clone())]
        .into_iter()
        .filter_map(|(name, problem)| Some((name, problem?)))
        .collect();
    let has_problem = state.notice.is_some() || !problems.is_empty();
    view! {
        <Title text=if has_problem { "Problem: Sign in - Dog Walker" } else { "Sign in - Dog Walker" } />
        <Page>
            <h1>"Sign in"</h1>
            <p class="lead">"Sign in to go on with your verification."</p>
            <form class="card form" method="post" action="/sign-in" novalidate>
                <Summary notice=state.notice problems />
                <Field
                    name="email"
                    label="E-mail"
                    kind="email"
                    autocomplete="username"
                    value=state.email
                    problem=email
                />
                <Field
                    name="password"
                    label="Password"
                    kind="password"
                    autocomplete="current-password"
                    problem=password
                />
                <input type="hidden" name="next" value=state.next.clone() />
                <button class="button" type="submit">"Sign in"</button>
                <p class="aside">
                    <SupportSentence sentence="Forgot your password? [Get help]" />
                </p>
                <p class="aside">"New to Dog Walker? " <a href="/sign-up">"Create account"</a></p>
            </form>
            {has_demo
                .then(|| {
                    view! {
                        <form class="card" method="post" action="/api/session/demo">
                            <h2>"Try the demo"</h2>
                            <p>
                                "Look around as Alexander Sample, a made-up walker. You don't need \
                                 an account."
                            </p>
                            <input type="hidden" name="next" value=state.next />
                            <button class="button is-second" type="submit">
                                "Continue as Alexander Sample"
                            </button>
                        </form>
                    }
                })}
        </Page>
    }
}
