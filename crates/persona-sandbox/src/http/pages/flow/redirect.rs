//! The return from the hosted flow to the page of the integrator.
//!
//! The parameters and their form are those that Persona appends (docs.withpersona.com,
//! `hosted-flow-redirecting-on-complete`, and `redirecting-on-complete` for WebViews): personal data
//! and all. A return that the template does not allow is refused, else every link would be an open
//! redirect.

use serde_json::Value;
use url::Url;

use super::progress::FlowView;
use crate::core::model::Template;

/// Where a WebView returns to if nothing else is given (docs: `redirecting-on-complete`). It is no
/// real host: the app intercepts the navigation.
const WEBVIEW_CALLBACK: &str = "https://personacallback";

/// Schemes that run or show what the URL itself holds. No app has one of them.
const UNSAFE_SCHEMES: [&str; 7] = [
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "javascript",
    "vbscript",
];

/// A URL that the flow may return to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReturnUrl {
    url: Url,
    is_webview: bool,
}

impl ReturnUrl {
    /// Checks an address against the template's lists.
    ///
    /// # Errors
    ///
    /// If it is not a URL, or not allowed. The text is for the developer of the calling page.
    pub(super) fn parse(
        text: &str,
        template: Option<&Template>,
        is_webview: bool,
    ) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|_| "redirect-uri is not a valid URL".to_owned())?;
        let schemes: &[String] = template.map_or(&[], |template| &template.redirect_uri_schemes);
        let scheme_allowed = matches!(url.scheme(), "http" | "https")
            || schemes
                .iter()
                .any(|scheme| scheme.trim_end_matches("://") == url.scheme())
            // In a WebView, "arbitrary URIs such as mobile app actions or intents are accepted".
            || (is_webview && schemes.is_empty() && !UNSAFE_SCHEMES.contains(&url.scheme()));
        if !scheme_allowed {
            return Err(if is_webview {
                "redirect-uri has a scheme that the template does not allow".to_owned()
            } else {
                "redirect-uri must begin with http:// or https://".to_owned()
            });
        }
        let domains: &[String] = template.map_or(&[], |template| &template.redirect_domains);
        if !domains.is_empty() && !domains.iter().any(|domain| names(&url, domain)) {
            return Err("redirect-uri is not among the template's allowed domains".to_owned());
        }
        Ok(Self { url, is_webview })
    }

    /// The return of a WebView that was given none.
    pub(super) fn webview_default() -> Self {
        Self {
            url: Url::parse(WEBVIEW_CALLBACK).expect("a constant URL is valid"),
            is_webview: true,
        }
    }

    /// The source expression of the URL in a Content-Security-Policy.
    pub(super) fn csp_source(&self) -> String {
        let origin = self.url.origin();
        if origin.is_tuple() {
            origin.ascii_serialization()
        } else {
            format!("{}:", self.url.scheme())
        }
    }

    /// The address with the result appended.
    pub(super) fn with_result(&self, view: &FlowView) -> String {
        let mut url = self.url.clone();
        if let Some(inquiry) = &view.inquiry {
            // The status that the screen stands for: a workflow may have decided since.
            let has_failed = view.screen.step() == "fail";
            let status = if has_failed { "failed" } else { "completed" };
            let mut query = url.query_pairs_mut();
            if self.is_webview {
                query.append_pair("persona-inquiry-id", &inquiry.id);
            }
            // A WebView gets the deprecated parameter on success only: Persona's iOS sample tells a
            // failure by its absence.
            if !(self.is_webview && has_failed) {
                query.append_pair("inquiry-id", &inquiry.id);
            }
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

    /// The address for a person who leaves a WebView with the x: it has the inquiry's ID only.
    pub(super) fn with_cancellation(&self, inquiry_id: Option<&String>) -> String {
        let mut url = self.url.clone();
        if let Some(id) = inquiry_id {
            url.query_pairs_mut().append_pair("persona-inquiry-id", id);
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
            assert!(ReturnUrl::parse(text, None, false).is_err(), "{text}");
        }
        let mut template = Template::kyc("itmpl_x", Moment::from_millis(0), 0);
        template.redirect_uri_schemes = vec!["myapp".to_owned()];
        let app = ReturnUrl::parse("myapp://done", Some(&template), false).unwrap();
        assert_eq!(app.csp_source(), "myapp:");
    }

    #[test]
    fn a_webview_returns_to_an_app_by_any_scheme_that_is_safe() {
        for text in [
            "myapp://done",
            "intent://done#Intent;scheme=myapp;end",
            "https://personacallback",
        ] {
            assert!(ReturnUrl::parse(text, None, true).is_ok(), "{text}");
        }
        for text in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
        ] {
            assert!(ReturnUrl::parse(text, None, true).is_err(), "{text}");
        }
        let mut template = Template::kyc("itmpl_x", Moment::from_millis(0), 0);
        template.redirect_uri_schemes = vec!["myapp".to_owned()];
        assert!(ReturnUrl::parse("myapp://done", Some(&template), true).is_ok());
        assert!(ReturnUrl::parse("other://done", Some(&template), true).is_err());
        let canceled = ReturnUrl::webview_default().with_cancellation(Some(&"inq_1".to_owned()));
        assert_eq!(
            canceled,
            "https://personacallback/?persona-inquiry-id=inq_1"
        );
    }

    #[test]
    fn a_list_of_domains_refuses_all_others() {
        let mut template = Template::kyc("itmpl_x", Moment::from_millis(0), 0);
        template.redirect_domains = vec!["localhost:3000".to_owned(), "app.example".to_owned()];
        for text in ["http://localhost:3000/return", "https://app.example/"] {
            for is_webview in [false, true] {
                assert!(
                    ReturnUrl::parse(text, Some(&template), is_webview).is_ok(),
                    "{text}"
                );
            }
        }
        for text in [
            "http://localhost:3001/",
            "https://evil.example/",
            "https://x.app.example/",
        ] {
            for is_webview in [false, true] {
                assert!(
                    ReturnUrl::parse(text, Some(&template), is_webview).is_err(),
                    "{text}"
                );
            }
        }
    }
}
