//! The return from the hosted flow to the page of the integrator.
//!
//! The parameters and their form are those that Persona appends (docs.withpersona.com, "Hosted
//! Flow: Redirecting on complete"): personal data and all. A return that the template does not
//! allow is refused, else every link would be an open redirect.

use serde_json::Value;
use url::Url;

use super::progress::FlowView;
use crate::core::model::Template;

/// A URL that the flow may return to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReturnUrl(Url);

impl ReturnUrl {
    /// Checks an address against the template's lists.
    ///
    /// # Errors
    ///
    /// If it is not a URL, or not allowed. The text is for the developer of the calling page.
    pub(super) fn parse(text: &str, template: Option<&Template>) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| "redirect-uri is not a valid URL".to_owned())?;
        let schemes: &[String] = template.map_or(&[], |template| &template.redirect_uri_schemes);
        let scheme_allowed = matches!(url.scheme(), "http" | "https")
            || schemes
                .iter()
                .any(|scheme| scheme.trim_end_matches("://") == url.scheme());
        if !scheme_allowed {
            return Err("redirect-uri must begin with http:// or https://".to_owned());
        }
        let domains: &[String] = template.map_or(&[], |template| &template.redirect_domains);
        if !domains.is_empty() && !domains.iter().any(|domain| names(&url, domain)) {
            return Err("redirect-uri is not among the template's allowed domains".to_owned());
        }
        Ok(Self(url))
    }

    /// The source expression of the URL in a Content-Security-Policy.
    pub(super) fn csp_source(&self) -> String {
        let origin = self.0.origin();
        if origin.is_tuple() {
            origin.ascii_serialization()
        } else {
            format!("{}:", self.0.scheme())
        }
    }

    /// The address with the result appended.
    pub(super) fn with_result(&self, view: &FlowView) -> String {
        let mut url = self.0.clone();
        if let Some(inquiry) = &view.inquiry {
            // The status that the screen stands for: a workflow may have decided since.
            let status = if view.screen.step() == "fail" {
                "failed"
            } else {
                "completed"
            };
            let mut query = url.query_pairs_mut();
            query.append_pair("inquiry-id", &inquiry.id);
            query.append_pair(
                "reference-id",
                inquiry.reference_id.as_deref().unwrap_or_default(),
            );
            query.append_pair("status", status);
            for (key, field) in &view.fields {
                query.append_pair(&format!("fields[{key}][type]"), &text(&field["type"]));
                append_value(
                    &mut query,
                    &format!("fields[{key}][value]"),
                    &field["value"],
                );
            }
        }
        url.into()
    }
}

/// Whether a list entry, `host` or `host:port`, names where the URL leads.
fn names(url: &Url, domain: &str) -> bool {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => domain == host || domain == format!("{host}:{port}"),
        None => domain == host,
    }
}

fn append_value(
    query: &mut url::form_urlencoded::Serializer<'_, url::UrlQuery<'_>>,
    name: &str,
    value: &Value,
) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                query.append_pair(&format!("{name}[{key}]"), &text(member));
            }
        }
        other => {
            query.append_pair(name, &text(other));
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::clock::Moment;

    #[test]
    fn only_web_addresses_are_allowed_unless_the_template_says_more() {
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/return",
            "myapp://done",
        ] {
            assert!(ReturnUrl::parse(text, None).is_err(), "{text}");
        }
        let mut template = Template::kyc("itmpl_x", Moment::from_millis(0), 0);
        template.redirect_uri_schemes = vec!["myapp".to_owned()];
        let app = ReturnUrl::parse("myapp://done", Some(&template)).unwrap();
        assert_eq!(app.csp_source(), "myapp:");
    }

    #[test]
    fn a_list_of_domains_refuses_all_others() {
        let mut template = Template::kyc("itmpl_x", Moment::from_millis(0), 0);
        template.redirect_domains = vec!["localhost:3000".to_owned(), "app.example".to_owned()];
        for text in ["http://localhost:3000/return", "https://app.example/"] {
            assert!(ReturnUrl::parse(text, Some(&template)).is_ok(), "{text}");
        }
        for text in [
            "http://localhost:3001/",
            "https://evil.example/",
            "https://x.app.example/",
        ] {
            assert!(ReturnUrl::parse(text, Some(&template)).is_err(), "{text}");
        }
    }
}
