//! The list of inquiries: filter, search, page by page, fresh while it is open.

use std::sync::Arc;

use maud::{Markup, html};
use url::form_urlencoded;

use super::layout::{self, Place};
use crate::core::model::{Inquiry, Status};
use crate::store::State;

const PAGE_SIZE: usize = 25;

/// The query of the list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    status: Option<Status>,
    /// A part of a reference ID, or a whole inquiry ID.
    search: String,
    /// Counted from one.
    page: usize,
}

impl Query {
    /// Parses a query string; invalid values count as absent.
    pub(super) fn parse(query: &str) -> Self {
        let mut parsed = Self {
            page: 1,
            ..Self::default()
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "status" => parsed.status = Status::parse(&value),
                "search" => parsed.search = value.trim().to_owned(),
                "page" => parsed.page = value.parse().unwrap_or(1).max(1),
                _ => {}
            }
        }
        parsed
    }

    fn link(&self, status: Option<Status>, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(status) = status {
            query.append_pair("status", status.as_str());
        }
        if !self.search.is_empty() {
            query.append_pair("search", &self.search);
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        let query = query.finish();
        if query.is_empty() {
            "/dashboard".to_owned()
        } else {
            format!("/dashboard?{query}")
        }
    }
}

/// One page of the list, with the counts by status.
struct InquiryPage {
    rows: Vec<Arc<Inquiry>>,
    by_status: [usize; Status::ALL.len()],
    matching: usize,
}

impl InquiryPage {
    /// Scans all inquiries once, newest first.
    fn collect(state: &State, query: &Query) -> Self {
        let mut listed = Self {
            rows: Vec::new(),
            by_status: [0; Status::ALL.len()],
            matching: 0,
        };
        let skipped = (query.page - 1).saturating_mul(PAGE_SIZE);
        for (_, inquiry) in state.inquiries.newest_first() {
            if !query.search.is_empty() && !is_named(inquiry, &query.search) {
                continue;
            }
            if let Some(position) = Status::ALL.iter().position(|&s| s == inquiry.status) {
                listed.by_status[position] += 1;
            }
            if query.status.is_some_and(|status| status != inquiry.status) {
                continue;
            }
            if (skipped..skipped.saturating_add(PAGE_SIZE)).contains(&listed.matching) {
                listed.rows.push(Arc::clone(inquiry));
            }
            listed.matching += 1;
        }
        listed
    }

    fn total(&self) -> usize {
        self.by_status.iter().sum()
    }

    fn count(&self, status: Status) -> usize {
        Status::ALL
            .iter()
            .position(|&s| s == status)
            .map_or(0, |position| self.by_status[position])
    }
}

/// Compares without copying, because it runs for every inquiry under the lock of the state.
fn is_named(inquiry: &Inquiry, search: &str) -> bool {
    let contains = |text: &str| {
        text.as_bytes()
            .windows(search.len())
            .any(|part| part.eq_ignore_ascii_case(search.as_bytes()))
    };
    inquiry.id == search || inquiry.reference_id.as_deref().is_some_and(contains)
}

/// The page that answers `query`.
pub(super) fn render(environment: &str, state: &State, query: &Query, version: &str) -> Markup {
    let listed = InquiryPage::collect(state, query);
    let content = html! {
        h1 { "Inquiries" }
        p .lead { "Every inquiry of this sandbox, newest first." }
        form .search method="get" action="/dashboard" role="search" {
            label .wide {
                "Reference ID or inquiry ID"
                input type="search" name="search" value=(query.search) autocomplete="off"
                    spellcheck="false";
            }
            label {
                "Status"
                select name="status" {
                    option value="" { "Any" }
                    @for &status in Status::ALL {
                        option value=(status.as_str()) selected[query.status == Some(status)] {
                            (layout::status_label(status))
                        }
                    }
                }
            }
            button .primary type="submit" { "Search" }
        }
        div data-live=(version) {
            (counts(query, &listed))
            div .sheet {
                @if listed.rows.is_empty() { (nothing(state, query)) } @else { (table(&listed.rows)) }
            }
            (pages(query, &listed))
        }
    };
    layout::page(environment, Place::Inquiries, "Inquiries", &content)
}

fn counts(query: &Query, listed: &InquiryPage) -> Markup {
    html! {
        ul .counts aria-label="By status" {
            li {
                a href=(query.link(None, 1)) aria-current=[query.status.is_none().then_some("true")] {
                    "All " (listed.total())
                }
            }
            @for &status in Status::ALL {
                @let count = listed.count(status);
                @if count > 0 || query.status == Some(status) {
                    li {
                        a href=(query.link(Some(status), 1))
                            aria-current=[(query.status == Some(status)).then_some("true")] {
                            (layout::status_label(status)) " " (count)
                        }
                    }
                }
            }
        }
    }
}

fn nothing(state: &State, query: &Query) -> Markup {
    html! {
        p .empty {
            @if state.inquiries.len() == 0 {
                "No inquiry yet. Create one through the API, or start a verification in your app; "
                a href="/dashboard/environment" { "the values it needs" } "."
            } @else if query.page > 1 {
                "This page is past the end. " a href=(query.link(query.status, 1)) { "First page" }
            } @else {
                "No inquiry matches. " a href="/dashboard" { "Show all" }
            }
        }
    }
}

fn table(rows: &[Arc<Inquiry>]) -> Markup {
    html! {
        table .list {
            thead {
                tr {
                    th scope="col" { "Inquiry" }
                    th scope="col" { "Status" }
                    th scope="col" { "Reference ID" }
                    th scope="col" { "Name" }
                    th scope="col" { "Created" }
                }
            }
            tbody {
                @for inquiry in rows {
                    tr {
                        th scope="row" {
                            a .id href={ "/dashboard/inquiries/" (inquiry.id) } { (inquiry.id) }
                        }
                        td { (layout::status_badge(inquiry.status)) }
                        td data-label="Reference ID" {
                            (layout::or_none(inquiry.reference_id.as_ref().map(|id| html! { (id) })))
                        }
                        td data-label="Name" {
                            (layout::or_none(name(inquiry).map(|name| html! { (name) })))
                        }
                        td data-label="Created" { (layout::time(inquiry.created_at)) }
                    }
                }
            }
        }
    }
}

/// First and last name, if the inquiry has them.
fn name(inquiry: &Inquiry) -> Option<String> {
    let parts: Vec<&str> = ["name_first", "name_last"]
        .iter()
        .filter_map(|key| inquiry.field(key)?.as_str())
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn pages(query: &Query, listed: &InquiryPage) -> Markup {
    let pager = layout::Pager {
        page: query.page,
        page_size: PAGE_SIZE,
        total: listed.matching,
        noun: "inquiries",
    };
    pager.render(|page| query.link(query.status, page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_what_was_searched() {
        let query = Query::parse("search=usr+1%26&status=pending&page=3");
        assert_eq!(query.status, Some(Status::Pending));
        assert_eq!(query.page, 3);
        assert_eq!(
            query.link(Some(Status::Failed), 2),
            "/dashboard?status=failed&search=usr+1%26&page=2"
        );
    }

    #[test]
    fn nonsense_in_the_query_shows_the_whole_list() {
        assert_eq!(Query::parse("status=odd&page=-1"), Query::parse(""));
    }
}
