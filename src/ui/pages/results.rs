//! The page with all results: each of the user's inquiries and its status.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    layout::{Page, SupportSentence, current_user},
    time::Day,
};
use crate::{
    app::AppState,
    base::error_chain,
    domain::{self, InquirySummary},
    model::ChangeNumber,
    ui::{islands::LiveParts, islands::status_text::inquiry_text},
};

/// The parts that are kept current.
const PART: &str = "results";

/// The signed-in user's inquiries. The router redirects signed-out visitors.
#[component]
pub(in crate::ui) fn ResultsPage() -> impl IntoView {
    let request = use_context::<AppState>().zip(current_user());
    let list = Suspend::new(async move {
        let summaries = match request {
            Some((state, user)) => domain::list_inquiry_summaries(&state.store, &user.id).await,
            None => Ok(Vec::new()),
        };
        match summaries {
            Ok(summaries) => view! { <Results summaries /> }.into_any(),
            Err(error) => {
                tracing::error!(
                    error = error_chain(&error),
                    "could not list a user's results"
                );
                view! {
                    <p class="notice" role="alert">
                        "We can't show your verifications right now. Nothing is lost. Try again in a \
                         moment."
                    </p>
                }
                .into_any()
            }
        }
    });
    view! {
        <Title text="Your verifications - Dog Walker" />
        <Page>
            <h1>"Your verifications"</h1>
            <p class="lead">"Your verifications, newest first."</p>
            <Suspense>{list}</Suspense>
        </Page>
    }
}

#[component]
fn Results(summaries: Vec<InquirySummary>) -> impl IntoView {
    let newest = summaries.iter().map(|summary| summary.number).max();
    let list = if summaries.is_empty() {
        view! { <Empty /> }.into_any()
    } else {
        view! { <List summaries /> }.into_any()
    };
    view! {
        <LiveParts newest=ChangeNumber(newest.unwrap_or_default()) only=None parts=vec![PART.to_owned()] />
        <div id=PART>{list}</div>
    }
}

#[component]
fn Empty() -> impl IntoView {
    view! {
        <section class="card empty">
            <h2>"You haven't started"</h2>
            <p>"Once you start, you can follow it here."</p>
            <p>
                <a class="button" href="/onboarding">
                    "Start"
                </a>
            </p>
        </section>
    }
}

#[component]
fn List(summaries: Vec<InquirySummary>) -> impl IntoView {
    let day = |summary: &InquirySummary| summary.created_at.strftime("%Y-%m-%d").to_string();
    let days: Vec<String> = summaries.iter().map(day).collect();
    let items = summaries
        .into_iter()
        .enumerate()
        .map(|(index, summary)| {
            // The newest is first, so the earlier tries of a day follow.
            let earlier = days[index + 1..].iter().filter(|day| **day == days[index]);
            let attempt = 1 + earlier.count();
            view! { <Item summary attempt /> }
        })
        .collect_view();
    view! { <ul class="card results">{items}</ul> }
}

/// Names a later try of the same day.
fn attempt_in_words(attempt: usize) -> Option<String> {
    Some(match attempt {
        ..=1 => return None,
        2 => "second try".to_owned(),
        3 => "third try".to_owned(),
        _ => format!("try {attempt}"),
    })
}

#[component]
fn Item(
    summary: InquirySummary,
    /// Which of the day's verifications it is.
    attempt: usize,
) -> impl IntoView {
    let text = inquiry_text(&summary.status, summary.is_submitted);
    let attempt = attempt_in_words(attempt).map(|words| format!(", {words}"));
    view! {
        <li>
            <div>
                <h2>
                    <a href=format!("/results/{}", summary.result_id)>
                        <Day at=summary.created_at />
                        {attempt}
                        <span class="visually-hidden">": " {text.label}</span>
                    </a>
                </h2>
                <p class="hint">
                    {text.heading} ". " <SupportSentence sentence=text.sentence />
                </p>
                <p class="hint">"Reference " <code>{summary.inquiry_id.to_string()}</code></p>
            </div>
            <p class=format!("tag {}", text.tone.class()) aria-hidden="true">
                {text.label}
            </p>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_tries_of_a_day_are_numbered() {
        assert_eq!(attempt_in_words(1), None);
        assert_eq!(attempt_in_words(2).unwrap(), "second try");
        assert_eq!(attempt_in_words(7).unwrap(), "try 7");
    }
}
