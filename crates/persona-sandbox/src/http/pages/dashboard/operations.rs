//! The operations of the API that the sandbox emulates.

use maud::{Markup, html};

use super::layout::{self, Place};
use crate::runtime::{OperationInfo, Operations};

/// The page of all operations, in the order of the registry.
pub(super) fn list(environment: &str, operations: &Operations) -> Markup {
    let content = html! {
        h1 { "Operations" }
        p .lead {
            "What this sandbox emulates of Persona's API, below " code { "/api/v1" } ". "
            "Every other operation is answered 501 with its name."
        }
        div .sheet {
            table .list {
                thead {
                    tr {
                        th scope="col" { "Operation" }
                        th scope="col" { "Request" }
                        th scope="col" { "What it does" }
                        th scope="col" { "Filters" }
                    }
                }
                tbody {
                    @for info in operations.all() {
                        tr {
                            th scope="row" .id { (info.name) }
                            td data-label="Request" { code { (info.method) " " (info.path) } }
                            td { (info.summary) }
                            td data-label="Filters" { (filters(info)) }
                        }
                    }
                }
            }
        }
    };
    layout::page(environment, Place::Operations, "Operations", &content)
}

fn filters(info: &OperationInfo) -> Markup {
    let filters = (!info.filters.is_empty()).then(|| info.filters.join(", "));
    layout::or_none(filters.map(|filters| html! { (filters) }))
}
