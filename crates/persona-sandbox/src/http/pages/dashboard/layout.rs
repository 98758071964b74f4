//! The frame of every dashboard page, and the small pieces that they share.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use strum::VariantArray as _;

use crate::core::clock::Moment;
use crate::core::model::Status;
use crate::runtime::DEFAULT_ENVIRONMENT;

/// A place in the dashboard's navigation.
#[derive(Clone, Copy, PartialEq, Eq, strum::VariantArray)]
pub(super) enum Place {
    Inquiries,
    Templates,
    Webhooks,
    ApiLogs,
    Clock,
    Faults,
    Scenarios,
    Operations,
    Controls,
    Environment,
}

impl Place {
    fn label(self) -> &'static str {
        match self {
            Self::Inquiries => "Inquiries",
            Self::Templates => "Templates",
            Self::Webhooks => "Webhooks",
            Self::ApiLogs => "API logs",
            Self::Clock => "Clock",
            Self::Faults => "Faults",
            Self::Scenarios => "Scenarios",
            Self::Operations => "Operations",
            Self::Controls => "Controls",
            Self::Environment => "Environment",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Inquiries => "/dashboard",
            Self::Templates => "/dashboard/templates",
            Self::Webhooks => "/dashboard/webhooks",
            Self::ApiLogs => "/dashboard/api-logs",
            Self::Clock => "/dashboard/clock",
            Self::Faults => "/dashboard/faults",
            Self::Scenarios => "/dashboard/scenarios",
            Self::Operations => "/dashboard/operations",
            Self::Controls => "/dashboard/controls",
            Self::Environment => "/dashboard/environment",
        }
    }
}

/// A whole page at `place`.
/// About the environment with this name.
pub(super) fn page(environment: &str, place: Place, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Persona sandbox" }
                link rel="stylesheet" href="/dashboard/dashboard.css";
                link rel="icon" href="/widget/icon.svg";
                script type="module" src="/dashboard/dashboard.js" {}
            }
            body {
                a .skip href="#content" { "Skip to the content" }
                header {
                    a .name href="/dashboard" { "Persona sandbox" }
                    p .disclaimer {
                        "A local stand-in for development. Not a product of Persona, no real checks."
                    }
                    @if environment != DEFAULT_ENVIRONMENT {
                        p .environment {
                            "Environment " a href="/dashboard/environment" { code { (environment) } }
                        }
                    }
                    nav aria-label="Dashboard" {
                        ul {
                            @for &entry in Place::VARIANTS {
                                li {
                                    a href=(entry.path())
                                        aria-current=[(entry == place).then_some("page")] {
                                        (entry.label())
                                    }
                                }
                            }
                        }
                    }
                }
                main #content tabindex="-1" { (content) }
            }
        }
    }
}

/// An inquiry's status as a coloured word.
pub(super) fn status_badge(status: Status) -> Markup {
    html! { span .badge data-status=(status.as_str()) { (status_label(status)) } }
}

/// A status in words for people.
pub(super) fn status_label(status: Status) -> &'static str {
    match status {
        Status::Created => "Created",
        Status::Pending => "Pending",
        Status::Completed => "Completed",
        Status::Failed => "Failed",
        Status::Expired => "Expired",
        Status::NeedsReview => "Needs review",
        Status::Approved => "Approved",
        Status::Declined => "Declined",
    }
}

/// A point in sandbox time.
pub(super) fn time(moment: Moment) -> Markup {
    let iso = moment.to_string();
    let readable = match (iso.get(..10), iso.get(11..19)) {
        (Some(date), Some(time)) => format!("{date} {time} UTC"),
        _ => iso.clone(),
    };
    html! { time datetime=(iso) title=(iso) { (readable) } }
}

/// A value, or a dash read as "none".
pub(super) fn or_none(value: Option<Markup>) -> Markup {
    value.unwrap_or_else(|| {
        PreEscaped(
            r#"<span aria-hidden="true">–</span><span class="unseen">none</span>"#.to_owned(),
        )
    })
}

/// A button that copies a value, for pages with JavaScript; the value can be selected without.
pub(super) fn copyable(value: &str, what: &str) -> Markup {
    html! {
        span .copyable {
            code { (value) }
            button .copy .scripted type="button" data-copy=(value) aria-label={ "Copy " (what) } {
                "Copy"
            }
        }
    }
}

/// What is below a list: which page of its `total` rows it shows, and links to the pages around it.
pub(super) struct Pager<'a> {
    /// Counted from one.
    pub(super) page: usize,
    pub(super) page_size: usize,
    pub(super) total: usize,
    /// What the rows are.
    pub(super) noun: &'a str,
}

impl Pager<'_> {
    /// The last page; an empty list has one.
    pub(super) fn last_page(&self) -> usize {
        self.total.div_ceil(self.page_size).max(1)
    }

    /// The pager, with pages at these links.
    pub(super) fn render(&self, link: impl Fn(usize) -> String) -> Markup {
        let (page, last) = (self.page, self.last_page());
        html! {
            div .pages {
                span { "Page " (page) " of " (last) " · " (self.total) " " (self.noun) }
                span .live .scripted { "Updates by itself" }
                nav .moves aria-label="Pages" {
                    @if page > 1 { a .button rel="prev" href=(link(page - 1)) { "Newer" } }
                    @if page < last { a .button rel="next" href=(link(page + 1)) { "Older" } }
                }
            }
        }
    }
}
