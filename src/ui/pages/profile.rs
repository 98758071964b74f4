//! The page on which a person corrects name and birthdate.

use leptos::prelude::*;

use super::{
    form::{FormNotice, PersonFields, Problem, Summary},
    layout::{Page, PageTitle, SupportSentence, current_user, texts},
    sign_up::{birthdate_sentence, first_name_sentence, last_name_sentence},
};
use crate::{
    api::extension,
    app::AppState,
    base::error_chain,
    domain::{self, CorrectionError, ProfileFields, ProfileProblems, User},
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
    let request = use_context::<AppState>().zip(current_user());
    let page = Suspend::new(async move {
        if let Some(returned) = returned {
            return view! { <CorrectionForm state=returned /> }.into_any();
        }
        match known_refusal(request).await {
            Some(notice) => view! { <Refused notice /> }.into_any(),
            None => {
                let state = present_data().unwrap_or_default();
                view! { <CorrectionForm state /> }.into_any()
            }
        }
    });
    view! { <Suspense>{page}</Suspense> }
}

/// Why nothing can be corrected now. Persona may know more: then saving is refused.
async fn known_refusal(request: Option<(AppState, User)>) -> Option<FormNotice> {
    let (state, user) = request?;
    match domain::find_correction_refusal(&state.store, &user.id).await {
        Ok(Some(CorrectionError::Approved)) => Some(FormNotice::Verified),
        Ok(Some(CorrectionError::BeingChecked)) => Some(FormNotice::BeingChecked),
        Ok(_) => None,
        Err(error) => {
            tracing::error!(
                reference_id = %user.id,
                error = error_chain(&error),
                "could not find out whether the user's data may be corrected"
            );
            None
        }
    }
}

/// Says that nothing can be corrected now, before anything is typed.
#[component]
fn Refused(notice: FormNotice) -> impl IntoView {
    let t = texts();
    view! {
        <PageTitle title=t.text("profile-title") />
        <Page>
            <p class="way-back">
                <a href="/onboarding">{t.text("profile-back")}</a>
            </p>
            <h1>{t.text("profile-title")}</h1>
            <p class="lead">
                <SupportSentence sentence=notice.sentence(&t) />
            </p>
        </Page>
    }
}

#[component]
fn CorrectionForm(state: ProfileFormState) -> impl IntoView {
    let ProfileFormState {
        fields,
        problems,
        notice,
    } = state;
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
