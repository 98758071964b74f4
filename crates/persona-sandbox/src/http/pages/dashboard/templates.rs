//! Inquiry templates and their settings.
//!
//! The path Templates > KYC > Settings > Security and the name of its switch are those of
//! Persona's tutorial (docs.withpersona.com, "Tutorial: Embedded Flow with pre-created
//! inquiries"), so that its last step can be followed here word for word.

use maud::{Markup, html};
use strum::VariantArray as _;

use super::form::{Form, choice, lines, number};
use super::layout::{self, Place};
use crate::core::model::{Expiry, Template, TemplateStatus};
use crate::store::State;

/// A part of a template's settings, with a page and a form of its own.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "kebab-case")]
pub(super) enum Settings {
    General,
    Security,
}

impl Settings {
    /// Reads the last part of the page's path.
    pub(super) fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn as_str(self) -> &'static str {
        self.into()
    }

    fn label(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Security => "Security",
        }
    }

    /// Where the page of this part is.
    pub(super) fn path(self, template_id: &str) -> String {
        format!(
            "/dashboard/templates/{template_id}/settings/{}",
            self.as_str()
        )
    }
}

/// The list of templates.
pub(super) fn list(environment: &str, state: &State) -> Markup {
    let content = html! {
        h1 { "Templates" }
        p .lead { "The flows that an inquiry can be made from." }
        div .sheet {
            table .list {
                thead {
                    tr {
                        th scope="col" { "Name" }
                        th scope="col" { "Template ID" }
                        th scope="col" { "Status" }
                        th scope="col" { "Published" }
                    }
                }
                tbody {
                    @for (_, template) in state.templates.newest_first() {
                        tr {
                            th scope="row" {
                                a href={ "/dashboard/templates/" (template.id) } { (template.name) }
                            }
                            td data-label="Template ID" { code { (template.id) } }
                            td { (status_badge(template.status)) }
                            td data-label="Published" { (layout::time(template.published_at)) }
                        }
                    }
                }
            }
        }
    };
    layout::page(environment, Place::Templates, "Templates", &content)
}

fn status_badge(status: TemplateStatus) -> Markup {
    html! { span .badge data-status=(status.as_str()) { (status.as_str()) } }
}

/// The page of one template.
pub(super) fn overview(environment: &str, template: &Template) -> Markup {
    let content = html! {
        p .trail { a href="/dashboard/templates" { "Templates" } " /" }
        h1 { (template.name) (status_badge(template.status)) }
        p .lead { (layout::copyable(&template.id, "the template ID")) }
        p { a .button href={ "/dashboard/templates/" (template.id) "/settings" } { "Settings" } }
        section aria-labelledby="flow" {
            h2 #flow { "Flow" }
            ol {
                li { "Start" }
                @for step in &template.steps { li { (step.label()) } }
                li {
                    "Success or failure, with "
                    @match template.attempts {
                        1 => "one attempt",
                        attempts => { (attempts) " attempts" }
                    }
                }
            }
            p {
                "Published version " code { (template.version_id) } ", "
                (layout::time(template.published_at)) "."
            }
        }
        section aria-labelledby="fields" {
            h2 #fields { "Fields" }
            table .list {
                thead {
                    tr { th scope="col" { "Field" } th scope="col" { "Key" } th scope="col" { "Type" } }
                }
                tbody {
                    @for field in &template.fields {
                        tr {
                            th scope="row" { (field.label) }
                            td data-label="Key" { code { (field.key) } }
                            td data-label="Type" { (field.field_type.as_str()) }
                        }
                    }
                }
            }
        }
    };
    layout::page(environment, Place::Templates, &template.name, &content)
}

/// One part of a template's settings; `saved` after they were changed.
pub(super) fn settings(
    environment: &str,
    template: &Template,
    part: Settings,
    saved: bool,
) -> Markup {
    let content = html! {
        p .trail {
            a href="/dashboard/templates" { "Templates" } " / "
            a href={ "/dashboard/templates/" (template.id) } { (template.name) } " /"
        }
        h1 { "Settings" }
        nav aria-label="Settings" {
            ul .counts {
                @for &entry in Settings::VARIANTS {
                    li {
                        a href=(entry.path(&template.id))
                            aria-current=[(entry == part).then_some("page")] { (entry.label()) }
                    }
                }
            }
        }
        @if saved { p .notice role="status" { "Saved." } }
        section aria-labelledby="part" {
            h2 #part { (part.label()) }
            form .settings method="post" action=(part.path(&template.id)) {
                @match part {
                    Settings::General => (general(template)),
                    Settings::Security => (security(template)),
                }
                p { button .primary type="submit" { "Save" } }
            }
        }
    };
    layout::page(
        environment,
        Place::Templates,
        &format!("{}: {}", template.name, part.label()),
        &content,
    )
}

fn security(template: &Template) -> Markup {
    html! {
        (choice(
            "block-client-side-creation",
            "Block client-side Inquiry creation",
            "A browser can then no longer create an inquiry from the template ID. \
             Inquiries created through the API still open.",
            template.block_client_side_creation,
        ))
        (lines(
            "embedded-flow-domain-allowlist",
            "Allowed domains for the Embedded Flow",
            "One a line, such as localhost:3000. Empty allows every page.",
            &template.embedded_flow_domain_allowlist,
        ))
        (lines(
            "redirect-domains",
            "Allowed redirect domains of the Hosted Flow",
            "One a line. Empty allows every domain.",
            &template.redirect_domains,
        ))
    }
}

fn general(template: &Template) -> Markup {
    html! {
        (choice("active", "Active", "An inactive template creates no inquiries.",
            template.status == TemplateStatus::Active))
        (choice("approve-completed", "Approve completed inquiries",
            "The workflow that the KYC solution brings along.", template.approve_completed))
        (choice("decline-failed", "Decline failed inquiries",
            "Its counterpart for inquiries that failed.", template.decline_failed))
        (number("decide-after-ms", "Workflows decide after (milliseconds)",
            i64::try_from(template.decide_after_ms).unwrap_or(i64::MAX)))
        (number("attempts", "Attempts at each verification",
            i64::try_from(template.attempts).unwrap_or(i64::MAX)))
        (number("expire-after-create", "Expires after creation (seconds)",
            template.expiry.after_create))
        (number("expire-after-resume", "Expires after resuming (seconds)",
            template.expiry.after_resume))
        (number("one-time-link-seconds", "One-time links expire after (seconds)",
            template.one_time_link_seconds))
    }
}

/// The template with the settings of a sent form, or what is wrong with the form.
pub(super) fn apply(
    template: &Template,
    part: Settings,
    form: &[u8],
) -> Result<Template, &'static str> {
    let sent = Form::parse(form);
    let mut changed = template.clone();
    match part {
        Settings::Security => {
            changed.block_client_side_creation = sent.is_on("block-client-side-creation");
            changed.embedded_flow_domain_allowlist = sent.lines("embedded-flow-domain-allowlist");
            changed.redirect_domains = sent.lines("redirect-domains");
        }
        Settings::General => {
            changed.status = if sent.is_on("active") {
                TemplateStatus::Active
            } else {
                TemplateStatus::Inactive
            };
            changed.approve_completed = sent.is_on("approve-completed");
            changed.decline_failed = sent.is_on("decline-failed");
            changed.decide_after_ms = required_number(&sent, "decide-after-ms", 0)?.unsigned_abs();
            changed.attempts =
                usize::try_from(required_number(&sent, "attempts", 1)?).unwrap_or(usize::MAX);
            changed.expiry = Expiry {
                after_create: required_number(&sent, "expire-after-create", 1)?,
                after_resume: required_number(&sent, "expire-after-resume", 1)?,
                ..template.expiry
            };
            changed.one_time_link_seconds = required_number(&sent, "one-time-link-seconds", 1)?;
        }
    }
    Ok(changed)
}

fn required_number(sent: &Form, name: &str, least: i64) -> Result<i64, &'static str> {
    sent.number(name, least).ok_or(
        "Every number must be a whole one: 0 or more for the delay of the workflows, 1 or more \
         for the rest.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::Moment;

    fn kyc() -> Template {
        Template::kyc("itmpl_sandboxKYC", Moment::from_millis(0), 1000)
    }

    #[test]
    fn a_box_left_out_is_off() {
        let on = apply(&kyc(), Settings::Security, b"block-client-side-creation=on").unwrap();
        assert!(on.block_client_side_creation);
        let off = apply(
            &on,
            Settings::Security,
            b"redirect-domains=a.example%0D%0A%0D%0Ab.example",
        );
        let off = off.unwrap();
        assert!(!off.block_client_side_creation);
        assert_eq!(off.redirect_domains, ["a.example", "b.example"]);
    }

    #[test]
    fn a_number_that_is_none_is_refused() {
        let form = b"active=on&decide-after-ms=soon&attempts=1";
        assert!(apply(&kyc(), Settings::General, form).is_err());
    }
}
