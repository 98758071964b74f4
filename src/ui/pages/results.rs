//! The page with all results: each of the user's inquiries and its status.

use leptos::prelude::*;

use super::{
    layout::{Page, PageTitle, SupportSentence, current_user, texts},
    live_region::LiveRegion,
    status_label::summary_label,
    time::Day,
};
use crate::{
    app::AppState,
    base::error_chain,
    domain::{self, InquirySummary},
    i18n::Texts,
    model::{ChangeNumber, InquirySummaryView},
    ui::islands::{status_text::inquiry_text, words::word},
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
                        {texts().text("results-unavailable")}
                    </p>
                }
                .into_any()
            }
        }
    });
    let t = texts();
    view! {
        <PageTitle title=t.text("results-heading") />
        <Page>
            <h1>{t.text("results-heading")}</h1>
            <p class="lead">{t.text("results-lead")}</p>
            <Suspense>{list}</Suspense>
        </Page>
    }
}

#[component]
fn Results(summaries: Vec<InquirySummary>) -> impl IntoView {
    let newest = summaries.iter().map(|summary| summary.number).max();
    let views: Vec<_> = summaries
        .iter()
        .cloned()
        .map(InquirySummary::into_view)
        .collect();
    let overall = InquirySummaryView::overall(&views).cloned();
    let list = if summaries.is_empty() {
        view! { <Empty /> }.into_any()
    } else {
        view! {
            {overall.map(|overall| view! { <Overall overall /> })}
            <List summaries />
        }
        .into_any()
    };
    view! {
        <LiveRegion newest=ChangeNumber(newest.unwrap_or_default()) only=None parts=&[PART] />
        <div id=PART>{list}</div>
    }
}

#[component]
fn Empty() -> impl IntoView {
    let t = texts();
    view! {
        <section class="card empty">
            <h2>{t.text("results-empty-heading")}</h2>
            <p>{t.text("results-empty-text")}</p>
            <p>
                <a class="button" href="/onboarding">
                    {t.text("results-start")}
                </a>
            </p>
        </section>
    }
}

/// Where the person stands over all, and what can be done: the same as on the onboarding page.
#[component]
fn Overall(overall: InquirySummaryView) -> impl IntoView {
    let text = inquiry_text(&overall.status, overall.is_submitted);
    let action = text.action.map(|action| {
        view! {
            <a class="button" href="/onboarding">
                {word(action.label())}
            </a>
        }
    });
    view! {
        <div class=format!("overall {}", text.tone.class())>
            <p>{word(text.heading)}</p>
            {action}
        </div>
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
fn attempt_in_words(attempt: usize, t: &Texts) -> Option<String> {
    (attempt > 1).then(|| t.text_with("attempt", [("number", attempt.into())]))
}

#[component]
fn Item(
    summary: InquirySummary,
    /// Which of the day's verifications it is.
    attempt: usize,
) -> impl IntoView {
    let t = texts();
    let text = inquiry_text(&summary.status, summary.is_submitted);
    let label = summary_label(&summary.status, summary.is_submitted, &t);
    let attempt = attempt_in_words(attempt, &t);
    let attempt = attempt.map(|attempt| t.text_with("also", [("text", attempt.into())]));
    view! {
        <li>
            <div>
                <h2>
                    <a href=format!("/results/{}", summary.result_id)>
                        <Day at=summary.created_at />
                        {attempt}
                        <span class="visually-hidden">" – " {label.clone()}</span>
                    </a>
                </h2>
                <p class="hint">
                    {word(text.heading)} ". " <SupportSentence sentence=word(text.sentence) />
                </p>
                <p class="hint">{t.text("reference")} " " <code>{summary.inquiry_id.to_string()}</code></p>
            </div>
            <p class=format!("tag {}", text.tone.class()) aria-hidden="true">
                {label}
            </p>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_tries_of_a_day_are_numbered() {
        let t = Texts::default();
        assert_eq!(attempt_in_words(1, &t), None);
        assert_eq!(attempt_in_words(2, &t).unwrap(), "second try");
        assert_eq!(attempt_in_words(7, &t).unwrap(), "try 7");
    }
}
