//! The sign-up page.

use leptos::prelude::*;

use super::{
    form::{Field, FormNotice, PersonFields, Problem, Summary},
    layout::{Page, PageTitle, texts},
};
use crate::{
    api::extension,
    domain::{
        BirthdateProblem, EmailProblem, NameProblem, PASSWORD_LENGTHS, PasswordProblem,
        SignUpFields, SignUpProblems,
    },
    i18n::Texts,
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
    let returned = extension::<SignUpFormState>();
    let is_returned = returned.is_some();
    let SignUpFormState {
        fields,
        problems,
        notice,
    } = returned.unwrap_or_default();
    let t = texts();
    let first_name = problems
        .first_name
        .map(|problem| first_name_sentence(problem, &t));
    let last_name = problems
        .last_name
        .map(|problem| last_name_sentence(problem, &t));
    let birthdate = problems
        .birthdate
        .map(|problem| birthdate_sentence(problem, &t));
    let email = problems.email.map(|problem| email_sentence(problem, &t));
    let password = problems
        .password
        .map(|problem| password_sentence(problem, &t));
    // No page repeats a password.
    let password = password.or_else(|| is_returned.then(|| t.text("password-again")));
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
    let has_problem = notice.is_some() || !problems.is_empty();
    let hint = t.text_with(
        "password-hint",
        [("characters", PASSWORD_LENGTHS.start().into())],
    );
    view! {
        <PageTitle title=t.text("sign-up") has_problem />
        <Page>
            <h1>{t.text("sign-up-heading")}</h1>
            <p class="lead">{t.text("sign-up-lead")}</p>
            <form class="card form" method="post" action="/sign-up" novalidate>
                <Summary notice problems />
                <PersonFields
                    first_name=(fields.first_name, first_name)
                    last_name=(fields.last_name, last_name)
                    birthdate=(fields.birthdate, birthdate)
                />
                <Field
                    name="email"
                    label=t.text("email")
                    kind="email"
                    autocomplete="email"
                    value=fields.email
                    problem=email
                />
                <Field
                    name="password"
                    label=t.text("password")
                    kind="password"
                    autocomplete="new-password"
                    hint
                    problem=password
                />
                <button class="button" type="submit">
                    {t.text("sign-up")}
                </button>
                <p class="aside">
                    {t.text("has-account")} " " <a href="/sign-in">{t.text("sign-in")}</a>
                </p>
            </form>
        </Page>
    }
}

pub(super) fn first_name_sentence(problem: NameProblem, t: &Texts) -> String {
    t.text(match problem {
        NameProblem::Missing => "name-missing",
        NameProblem::TooLong => "first-name-too-long",
        NameProblem::NotAName => "first-name-not-a-name",
        NameProblem::HiddenMark => "first-name-hidden-mark",
    })
}

pub(super) fn last_name_sentence(problem: NameProblem, t: &Texts) -> String {
    t.text(match problem {
        NameProblem::Missing => "name-missing",
        NameProblem::TooLong => "last-name-too-long",
        NameProblem::NotAName => "last-name-not-a-name",
        NameProblem::HiddenMark => "last-name-hidden-mark",
    })
}

pub(super) fn birthdate_sentence(problem: BirthdateProblem, t: &Texts) -> String {
    match problem {
        BirthdateProblem::Missing => t.text("birthdate-missing"),
        BirthdateProblem::NotADate => t.text("birthdate-not-a-date"),
        BirthdateProblem::NotPast => t.text("birthdate-not-past"),
        BirthdateProblem::TooOld => t.text("birthdate-too-old"),
        BirthdateProblem::TooYoung { minimum_age } => {
            t.text_with("birthdate-too-young", [("age", minimum_age.into())])
        }
    }
}

pub(super) fn email_sentence(problem: EmailProblem, t: &Texts) -> String {
    t.text(match problem {
        EmailProblem::Missing => "email-missing",
        EmailProblem::NotAnAddress => "email-not-an-address",
        EmailProblem::Taken => "email-taken",
    })
}

fn password_sentence(problem: PasswordProblem, t: &Texts) -> String {
    let with_length = |key, length: &usize| t.text_with(key, [("characters", length.into())]);
    match problem {
        PasswordProblem::Missing => t.text("password-missing"),
        PasswordProblem::TooShort => with_length("password-too-short", PASSWORD_LENGTHS.start()),
        PasswordProblem::TooLong => with_length("password-too-long", PASSWORD_LENGTHS.end()),
        PasswordProblem::Guessable => t.text("password-guessable"),
    }
}
