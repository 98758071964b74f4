//! Scenarios: a file to run here, and the report of the last run.

use maud::{Markup, html};

use super::layout::{self, Place};
use crate::scenario::{Outcome, Report};

/// What the editor holds at first.
const EXAMPLE: &str = "\
name: Left at the selfie, approved a day later
steps:
  - create: {as: walker, reference_id: usr_ABC123, fields: {name_first: Alexander}}
  - open: walker
  - submit_government_id: {inquiry: walker, result: pass}
  - advance: 1d
  - expect: {inquiry: walker, status: expired}
  - resume: walker
  - open: walker
  - submit_selfie: {inquiry: walker, result: pass}
  - advance: 10s
  - expect: {inquiry: walker, status: approved}
";

/// The page with the editor.
pub(super) fn editor(environment: &str) -> Markup {
    page(environment, EXAMPLE, &Markup::default())
}

/// The page after a run.
pub(super) fn report(environment: &str, file: &str, report: &Report) -> Markup {
    let result = if report.passed { "passed" } else { "failed" };
    let shown = html! {
        section aria-labelledby="report" {
            h2 #report { (report.name) " " span .badge data-status=(result) { (result) } }
            table .list {
                thead {
                    tr {
                        th scope="col" { "Step" }
                        th scope="col" { "Result" }
                        th scope="col" { "Line" }
                        th scope="col" { "Detail" }
                    }
                }
                tbody {
                    @for step in &report.steps {
                        tr {
                            th scope="row" { (step.number) ". " (step.step) }
                            td { (badge(step.outcome)) }
                            td data-label="Line" { (step.line) }
                            td data-label="Detail" { (step.detail) }
                        }
                    }
                }
            }
            @if !report.inquiries.is_empty() {
                ul .environments {
                    @for (name, id) in &report.inquiries {
                        li { (name) " is " a .id href={ "/dashboard/inquiries/" (id) } { (id) } }
                    }
                }
            }
        }
    };
    page(environment, file, &shown)
}

/// The page for a file that is wrong.
pub(super) fn problem(environment: &str, file: &str, problem: &str) -> Markup {
    page(
        environment,
        file,
        &html! { p .problem role="alert" { (problem) } },
    )
}

fn page(environment: &str, file: &str, result: &Markup) -> Markup {
    let content = html! {
        h1 { "Scenarios" }
        p .lead {
            "A script for any outcome: it runs in this environment, and moves its clock only where a "
            "step says so."
        }
        (result)
        section aria-labelledby="file" {
            h2 #file { "File" }
            form .settings method="post" action="/dashboard/scenarios" {
                div .field {
                    label for="scenario" { "YAML or JSON" }
                    textarea #scenario .code name="scenario" rows="16" spellcheck="false" { (file) }
                }
                p { button .primary type="submit" { "Run" } }
            }
        }
        section aria-labelledby="steps" {
            h2 #steps { "Steps" }
            p {
                code { "create" } ", " code { "use" } ", " code { "open" } ", "
                code { "submit_government_id" } ", " code { "submit_selfie" } ", " code { "submit" } ", "
                code { "finish" } ", " code { "cancel" } ", " code { "start" } ", "
                code { "complete" } ", " code { "fail" } ", " code { "resume" } ", "
                code { "approve" } ", " code { "decline" } ", " code { "mark_for_review" } ", "
                code { "expire" } ", " code { "redact" } ", " code { "advance" } ", "
                code { "clock" } ", " code { "fault" } ", " code { "clear_faults" } ", "
                code { "refused" } ", " code { "expect" } ", " code { "expect_count" } "."
            }
            p {
                "From a shell: " code { "persona-sandbox run FILE" } "; from a test: "
                code { "POST /_sandbox/scenarios" } "."
            }
        }
    };
    layout::page(environment, Place::Scenarios, "Scenarios", &content)
}

fn badge(outcome: Outcome) -> Markup {
    let (status, label) = match outcome {
        Outcome::Passed => ("passed", "passed"),
        Outcome::Failed => ("failed", "failed"),
        Outcome::NotRun => ("expired", "not run"),
    };
    html! { span .badge data-status=(status) { (label) } }
}
