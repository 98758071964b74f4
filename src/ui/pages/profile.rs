//! The page on which a person corrects name and birthdate.

use leptos::prelude::*;

use super::{
    form::{FormNotice, PersonFields, Problem, Summary},
    layout::{Page, PageTitle, current_user, texts},
    sign_up::{birthdate_sentence, first_name_sentence, last_name_sentence},
};
use crate::{
    api::extension,
    domain::{ProfileFields, ProfileProblems},
};

/// The state of the form after a failed correction: the person's input.
#[derive(Clone, Default)]
pub struct ProfileFormState {
    /// The input.
    pub fields: ProfileFields,
    /// The problem of each field.
    pub problems: ProfileProblems,
    /// The problem of the whole form.
    pub notice: Option<FormNotice>,
}

/// Corrections of name and birthdate. The router redirects signed-out visitors to the sign-in page.
#[component]
pub(in crate::ui) fn Profile() -> impl IntoView {
    let returned = extension::<ProfileFormState>();
    let ProfileFormState {
        fields,
        problems,
        notice,
    } = returned.or_else(present_data).unwrap_or_default();
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
    let problems: Vec<Problem> = [
        ("first_name", first_name.clone()),
        ("last_name", last_name.clone()),
        ("birthdate", birthdate.clone()),
    ]
    .into_iter()
    .filter_map(|(name, problem)| Some((name, problem?)))
    .collect();
    let has_problem = notice.is_some() || !problems.is_empty();
    view! {
        <PageTitle title=t.text("profile-title") has_problem />
        <Page>
            <p class="way-back">
                <a href="/onboarding">{t.text("profile-back")}</a>
            </p>
            <h1>{t.text("profile-heading")}</h1>
            <p class="lead">
                {t.text("profile-lead")}
            </p>
            <form class="card form" method="post" action="/account/profile" novalidate>
                <Summary notice problems />
                <PersonFields
                    first_name=(fields.first_name, first_name)
                    last_name=(fields.last_name, last_name)
                    birthdate=(fields.birthdate, birthdate)
                />
                <button class="button" type="submit">
                    {t.text("profile-save")}
                </button>
            </form>
        </Page>
    }
}

/// The form with the user's present data.
fn present_data() -> Option<ProfileFormState> {
    let user = current_user()?;
    Some(ProfileFormState {
        fields: ProfileFields {
            first_name: user.first_name,
            last_name: user.last_name,
            birthdate: user.birthdate.to_string(),
        },
        ..ProfileFormState::default()
    })
}
