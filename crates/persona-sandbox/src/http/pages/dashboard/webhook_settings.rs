//! The form with a webhook's settings, and reading it.

use maud::{Markup, html};

use super::form::{self, Form};
use crate::core::inflection::Inflection;
use crate::core::model::{ALL_EVENTS, DEFAULT_EVENTS, EventName, Webhook};
use crate::domain::WebhookUpdate;
use crate::wire::Version;

/// The versions whose payloads differ here.
const VERSIONS: [&str; 3] = ["2023-01-05", "2025-10-27", "2025-12-08"];

pub(super) fn render(webhook: &Webhook, action: &str) -> Markup {
    let is_enabled = |name: &str| webhook.enabled_events.iter().any(|enabled| enabled == name);
    let version = match VERSIONS.contains(&webhook.api_version.as_str()) {
        true => VERSIONS.to_vec(),
        // Set through the API, and kept.
        false => [&[webhook.api_version.as_str()][..], &VERSIONS].concat(),
    };
    html! {
        form .settings method="post" action=(action) {
            (form::text("url", "url", "URL", &webhook.url, true))
            (form::text("name", "text", "Name", webhook.name.as_deref().unwrap_or_default(), false))
            fieldset .events {
                legend { "Enabled events" }
                (event(ALL_EVENTS, "Every event", is_enabled(ALL_EVENTS)))
                @for name in EventName::ALL {
                    (event(name.as_str(), name.as_str(), is_enabled(name.as_str())))
                }
            }
            (form::select(
                "key-inflection",
                "Key inflection",
                webhook.key_inflection.as_str(),
                &["kebab", "camel", "snake"],
            ))
            (form::select("api-version", "API version", &webhook.api_version, &version))
            (form::lines(
                "attribute-blocklist",
                "Attribute blocklist",
                "One rule a line: a name, or a path such as /data/attributes/fields; * stands for \
                 anything, and ! in front exempts.",
                &webhook.attribute_blocklist,
            ))
            p { button .primary type="submit" { "Save" } }
        }
    }
}

fn event(name: &str, label: &str, on: bool) -> Markup {
    let id = format!("event-{}", name.replace('*', "all"));
    html! {
        div {
            input type="checkbox" id=(id) name="event" value=(name) checked[on];
            label for=(id) { (label) }
        }
    }
}

/// The settings of a submitted form. Events that the form does not show stay unchanged.
pub(super) fn read(webhook: &Webhook, sent: &Form) -> Result<WebhookUpdate, &'static str> {
    let is_shown = |name: &str| {
        name == ALL_EVENTS || EventName::ALL.iter().any(|known| known.as_str() == name)
    };
    let unseen = webhook
        .enabled_events
        .iter()
        .filter(|name| !is_shown(name))
        .cloned();
    let ticked = sent
        .values("event")
        .filter(|name| is_shown(name))
        .map(str::to_owned);
    let version = sent.value("api-version").unwrap_or_default();
    Ok(WebhookUpdate {
        url: Some(url(sent)?),
        name: Some(name(sent)),
        enabled_events: Some(ticked.chain(unseen).collect()),
        key_inflection: sent.value("key-inflection").and_then(Inflection::parse),
        api_version: Version::parse(version).map(|_| version.to_owned()),
        attribute_blocklist: Some(sent.lines("attribute-blocklist")),
        ..WebhookUpdate::default()
    })
}

/// A new webhook by the short form: with the usual events.
pub(super) fn read_new(sent: &Form) -> Result<WebhookUpdate, &'static str> {
    Ok(WebhookUpdate {
        url: Some(url(sent)?),
        name: Some(name(sent)),
        enabled_events: Some(
            DEFAULT_EVENTS
                .iter()
                .map(|name| name.as_str().to_owned())
                .collect(),
        ),
        ..WebhookUpdate::default()
    })
}

fn url(sent: &Form) -> Result<String, &'static str> {
    let url = sent.value("url").unwrap_or_default().trim();
    if WebhookUpdate::is_web_address(url) {
        Ok(url.to_owned())
    } else {
        Err("The URL must begin with http:// or https://.")
    }
}

fn name(sent: &Form) -> Option<String> {
    let name = sent.value("name").unwrap_or_default().trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::Moment;

    fn webhook() -> Webhook {
        Webhook {
            enabled_events: vec![
                "transaction.created".to_owned(),
                "inquiry.failed".to_owned(),
            ],
            ..Webhook::new(
                "wbh_1".to_owned(),
                "http://localhost:3000/".to_owned(),
                "wbhsec_1".to_owned(),
                Moment::from_millis(0),
            )
        }
    }

    #[test]
    fn a_form_sets_what_it_shows_and_keeps_the_rest() {
        let form = Form::parse(
            b"url=http://localhost:4000/hook&name=+&event=inquiry.approved&event=nonsense&\
              key-inflection=camel&api-version=2023-01-05&attribute-blocklist=a%0D%0A%0D%0Ab",
        );
        let update = read(&webhook(), &form).unwrap();
        assert_eq!(
            update.enabled_events.unwrap(),
            ["inquiry.approved", "transaction.created"]
        );
        assert_eq!(update.name, Some(None));
        assert_eq!(update.key_inflection, Some(Inflection::Camel));
        assert_eq!(update.attribute_blocklist.unwrap(), ["a", "b"]);
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        for url in ["", "url=localhost:3000", "url=ftp://example.com/"] {
            assert!(read(&webhook(), &Form::parse(url.as_bytes())).is_err());
        }
    }
}
