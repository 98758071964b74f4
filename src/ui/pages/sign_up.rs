//! The sign-up page.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    form::{Field, FormNotice, PASSWORD_AGAIN, PersonFields, Problem, Summary},
    layout::Page,
};
use crate::domain::{
    BirthdateProblem, EmailProblem, NameProblem, PASSWORD_LENGTHS, PasswordProblem, SignUpFields,
    SignUpProblems,
};

/// The state of the sign-up form: after a failed sign-up the person's input, without the password.
#[derive(Clone, Default)]
pub struct SignUpFormState {
    /// What was typed.
    pub fields: SignUpFields,
    /// What is wrong with it.
    pub problems: SignUpProblems,
    /// The problem of the whole form.
    pub notice: Option<FormNotice>,
}

/// The sign-up page.
#[component]
pub(in crate::ui) fn SignUp() -> impl IntoView {
    let returned =
        use_context::<Parts>().and_then(|parts| parts.extensions.get::<SignUpFormState>().cloned());
    let is_returned = returned.is_some();
    let SignUpFormState {
        fields,
        problems,
        notice,
    } = returned.unwrap_or_default();
    let first_name = problems
        .first_name
        .map(|problem| name_sentence(problem, "first"));
    let last_name = problems
        .last_name
        .map(|problem| name_sentence(problem, "last"));
    let birthdate = problems.birthdate.map(birthdate_sentence);
    let email = problems.email.map(email_sentence);
    let password = problems.password.map(password_sentence);
    let password = password.or_else(|| is_returned.then(|| PASSWORD_AGAIN.to_owned()));
    let problems: Vec<Problem> = [
        ("first_name", first_name.clone()),
        ("last_name", last_name.clone()),
        ("birthdate", birthdate.clone()),
        ("email", email.clone()),
        ("password", password.clone()),
    ]
    .into_iter()
    .filter_map(|(name, problem)| Some((name, problem?)))
    .collect();
    let title = if notice.is_some() || !problems.is_empty() {
        "Problem: Create account - Dog Walker"
    } else {
        "Create account - Dog Walker"
    };
    view! {
        <Title text=title />
        <Page>
            <h1>"Create your account"</h1>
            <p class="lead">
                "Enter your name and birthdate exactly as they are on your ID. We'll check that they \
                 match. If you have one name only, leave the other field empty."
            </p>
            <form class="card form" method="post" action="/sign-up" novalidate>
                <Summary notice problems />
                <PersonFields
                    first_name=(fields.first_name, first_name)
                    last_name=(fields.last_name, last_name)
                    birthdate=(fields.birthdate, birthdate)
                />
                <Field
                    name="email"
                    label="E-mail"
                    kind="email"
                    autocomplete="email"
                    value=fields.email
                    problem=email
                />
                <Field
                    name="password"
                    label="Password"
                    kind="password"
                    autocomplete="new-password"
                    hint=format!(
                        "At least {} characters. Three or four words that don't belong together work \
                         well.",
                        PASSWORD_LENGTHS.start(),
                    )
                    problem=password
                />
                <button class="button" type="submit">"Create account"</button>
                <p class="aside">"Already have an account? " <a href="/sign-in">"Sign in"</a></p>
            </form>
        </Page>
    }
}

pub(super) fn name_sentence(problem: NameProblem, which: &str) -> String {
    match problem {
        NameProblem::Missing => "Enter your name: one of the two is enough.".to_owned(),
        NameProblem::TooLong => format!("Your {which} name must be 100 characters or fewer."),
        NameProblem::NotAName => {
            format!("Enter your {which} name using letters, as on your ID.")
        }
        NameProblem::HiddenMark => format!(
            "Type your {which} name instead of pasting it: it has a mark that cannot be seen and \
             changes how the rest is shown."
        ),
    }
}

pub(super) fn birthdate_sentence(problem: BirthdateProblem) -> String {
    match problem {
        BirthdateProblem::Missing => "Enter your birthdate.".to_owned(),
        BirthdateProblem::NotADate => {
            "Enter a real date, like May 17, 1990 (1990-05-17).".to_owned()
        }
        BirthdateProblem::NotPast => "Your birthdate must be in the past.".to_owned(),
        BirthdateProblem::TooOld => "Check the year. It looks too long ago.".to_owned(),
        BirthdateProblem::TooYoung { minimum_age } => {
            format!("You must be {minimum_age} or older to walk dogs with us.")
        }
    }
}

pub(super) fn email_sentence(problem: EmailProblem) -> String {
    match problem {
        EmailProblem::Missing => "Enter your e-mail address.",
        EmailProblem::NotAnAddress => {
            "Enter an e-mail address in the right format, like name@example.com."
        }
        EmailProblem::Taken => {
            "There's already an account with this e-mail. Sign in, or use a different one."
        }
    }
    .to_owned()
}

fn password_sentence(problem: PasswordProblem) -> String {
    match problem {
        PasswordProblem::Missing => "Enter a password.".to_owned(),
        PasswordProblem::TooShort => {
            format!("Use at least {} characters.", PASSWORD_LENGTHS.start())
        }
        PasswordProblem::TooLong => format!("Use {} characters or fewer.", PASSWORD_LENGTHS.end()),
        PasswordProblem::Guessable => {
            "This password is easy to guess. Choose a different one.".to_owned()
        }
    }
}
