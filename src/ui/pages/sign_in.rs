//! The page that asks who you are.

use leptos::prelude::*;
use leptos_meta::Title;

use super::layout::{Page, query_value};
use crate::server::AppState;

/// Signing in.
#[component]
pub(in crate::ui) fn SignIn() -> impl IntoView {
    let has_demo = use_context::<AppState>().is_some_and(|state| state.config.demo_sign_in);
    let next = query_value("next").unwrap_or_default();
    view! {
        <Title text="Sign in - Dog Walker" />
        <Page>
            <h1>"Sign in"</h1>
            <p class="lead">"Sign in to complete your profile and start walking dogs."</p>
            {if has_demo {
                view! {
                    <form class="card" method="post" action="/api/session/demo">
                        <h2>"Try it as the demo walker"</h2>
                        <p>
                            "Alexander Sample is a made-up person, born on August 31, 1977. No \
                             account is needed."
                        </p>
                        <input type="hidden" name="next" value=next />
                        <button class="button" type="submit">"Continue as Alexander Sample"</button>
                    </form>
                }
                    .into_any()
            } else {
                view! {
                    <p class="notice">
                        "There is no way to sign in here yet. Ask the people who run this site."
                    </p>
                }
                    .into_any()
            }}
        </Page>
    }
}
