//! The parts of a form: fields with their hints and problems, and the error summary above them.
//!
//! Plain HTML. A problem is shown beside its field and again in the summary, as a link to the field.

use jiff::SignedDuration;
use leptos::prelude::*;

use super::layout::{SupportSentence, texts};
use crate::i18n::Texts;

/// A problem of the whole form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormNotice {
    /// The e-mail or the password is incorrect.
    Wrong {
        /// How many tries are left before sign-in is locked.
        tries_left: i64,
    },
    /// This e-mail had too many wrong passwords.
    Paused {
        /// For how long.
        wait: SignedDuration,
    },
    /// This address has sent too many forms.
    TooMany,
    /// An error of this server.
    Failed,
    /// Persona does not answer.
    PersonaFailed,
    /// A verification is being checked.
    BeingChecked,
    /// The person is verified.
    Verified,
}

/// The page names the number of remaining tries from this number down.
const MAX_ANNOUNCED_TRIES: i64 = 3;

impl FormNotice {
    pub(super) fn sentence(self, t: &Texts) -> String {
        match self {
            Self::Wrong { tries_left: 0 } => t.text("notice-wrong-locked"),
            Self::Wrong { tries_left } if tries_left <= MAX_ANNOUNCED_TRIES => {
                t.text_with("notice-wrong-few-left", [("tries", tries_left.into())])
            }
            Self::Wrong { .. } => t.text("notice-wrong"),
            Self::Paused { wait } => {
                // Rounded up.
                let minutes = ((wait.as_secs() + 59) / 60).max(1);
                t.text_with("notice-paused", [("minutes", minutes.into())])
            }
            Self::TooMany => t.text("notice-too-many"),
            Self::PersonaFailed => t.text("notice-persona-failed"),
            Self::BeingChecked => t.text("notice-being-checked"),
            Self::Verified => t.text("notice-verified"),
            Self::Failed => t.text("notice-failed"),
        }
    }
}

/// A field's name and what is wrong with it.
pub(super) type Problem = (&'static str, String);

/// The error summary of a form that was not accepted.
#[component]
pub(super) fn Summary(notice: Option<FormNotice>, problems: Vec<Problem>) -> impl IntoView {
    if notice.is_none() && problems.is_empty() {
        return None;
    }
    let links = problems
        .into_iter()
        .map(|(name, problem)| {
            view! {
                <li>
                    <a href=format!("#{name}")>{problem}</a>
                </li>
            }
        })
        .collect_view();
    Some(view! {
        // Takes the focus: with script or without, it is a new page, and is read from here.
        <div class="notice summary" role="alert" tabindex="-1" autofocus>
            {match notice {
                Some(notice) => view! {
                    <p>
                        <SupportSentence sentence=notice.sentence(&texts()) />
                    </p>
                }
                .into_any(),
                None => view! { <h2>{texts().text("form-problem")}</h2> }.into_any(),
            }} <ul>{links}</ul>
        </div>
    })
}

/// The fields of a person's name and birthdate, each with its value and its problem.
#[component]
pub(super) fn PersonFields(
    first_name: (String, Option<String>),
    last_name: (String, Option<String>),
    birthdate: (String, Option<String>),
) -> impl IntoView {
    let t = texts();
    view! {
        <div class="field-pair">
            <Field
                name="first_name"
                label=t.text("first-name")
                autocomplete="given-name"
                required=false
                value=first_name.0
                problem=first_name.1
            />
            <Field
                name="last_name"
                label=t.text("last-name")
                autocomplete="family-name"
                required=false
                value=last_name.0
                problem=last_name.1
            />
        </div>
        <Field
            name="birthdate"
            label=t.text("birthdate")
            kind="date"
            autocomplete="bday"
            value=birthdate.0
            problem=birthdate.1
        />
    }
}

/// A labelled field. Its name is its ID, too.
#[component]
pub(super) fn Field(
    name: &'static str,
    label: String,
    #[prop(default = "text")] kind: &'static str,
    autocomplete: &'static str,
    #[prop(default = String::new())] value: String,
    #[prop(optional)] hint: Option<String>,
    #[prop(default = true)] required: bool,
    problem: Option<String>,
) -> impl IntoView {
    let hint_id = hint.as_ref().map(|_| format!("{name}-hint"));
    let problem_id = problem.as_ref().map(|_| format!("{name}-problem"));
    let described_by: Vec<String> = problem_id.iter().chain(&hint_id).cloned().collect();
    let described_by = (!described_by.is_empty()).then(|| described_by.join(" "));
    let is_invalid = problem.is_some().then_some("true");
    let is_password = kind == "password";
    // Addresses and passwords are written from left to right in every language, names in their own.
    let direction = match kind {
        "email" | "password" => Some("ltr"),
        "text" => Some("auto"),
        _ => None,
    };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
            {problem.map(|problem| view! { <p class="problem" id=problem_id>{problem}</p> })}
            <div class="input-row">
                <input
                    id=name
                    name=name
                    type=kind
                    dir=direction
                    value=value
                    autocomplete=autocomplete
                    autocapitalize=is_password.then_some("none")
                    required=required
                    aria-invalid=is_invalid
                    aria-describedby=described_by
                    spellcheck="false"
                />
                {is_password.then(|| view! { <ShowPassword input=name /> })}
            </div>
        </div>
    }
    // Without this the type of a page with a form is too deep for the compiler.
    .into_any()
}

/// The button that shows what was typed; `public/show-password.js` reveals it.
#[component]
fn ShowPassword(input: &'static str) -> impl IntoView {
    view! {
        <button
            class="quiet-button show-password"
            type="button"
            aria-controls=input
            data-hide=texts().text("hide-password")
        >
            {texts().text("show-password")}
        </button>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_written_in_whole_minutes() {
        for (seconds, expected) in [
            (1, "in a minute,"),
            (60, "in a minute,"),
            (61, "in 2 minutes,"),
            (900, "in 15 minutes,"),
            (3600, "in an hour,"),
        ] {
            let wait = SignedDuration::from_secs(seconds);
            let sentence = FormNotice::Paused { wait }.sentence(&Texts::default());
            assert!(sentence.contains(expected), "{sentence}");
        }
    }

    #[test]
    fn the_last_tries_are_announced() {
        for (tries_left, expected) in [
            (9, "try again."),
            (3, "3 tries left"),
            (1, "one try left"),
            (0, "now locked"),
        ] {
            let sentence = FormNotice::Wrong { tries_left }.sentence(&Texts::default());
            assert!(sentence.contains(expected), "{sentence}");
        }
    }
}
