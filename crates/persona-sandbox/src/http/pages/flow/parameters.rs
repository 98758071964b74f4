//! The parameters of the flow, from a query or a form.
//!
//! The names are those that Persona's SDK and links use (docs.withpersona.com, "Embedded Flow:
//! Parameters" and "Hosted Flow: Parameters"). A blank value counts as absent, an unknown name is
//! ignored, as Persona does. Nothing here is trusted: origins and URLs are checked before use.

use url::{Url, form_urlencoded};

/// The parameters of a flow, from `/widget`, `/verify` or one of their forms.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters {
    pub(super) inquiry_id: Option<String>,
    pub(super) session_token: Option<String>,
    pub(super) code: Option<String>,
    pub(super) template_id: Option<String>,
    pub(super) template_version_id: Option<String>,
    pub(super) environment_id: Option<String>,
    pub(super) environment: Option<String>,
    /// An environment is named that the sandbox does not have. (Without any, Persona creates in
    /// production, which the sandbox does not have.)
    pub(super) foreign_environment: bool,
    pub(super) reference_id: Option<String>,
    pub(super) account_id: Option<String>,
    /// `fields[key]=value`, in the order given.
    pub(super) fields: Vec<(String, String)>,
    pub(super) redirect_uri: Option<String>,
    pub(super) language: Option<String>,
    pub(super) style_variant: Option<String>,
    /// `true` in a WebView of a mobile app (docs: `hosted-flow-webview-considerations`).
    pub(super) is_webview: Option<String>,
    pub(super) container_id: Option<String>,
    pub(super) iframe_origin: Option<String>,
    pub(super) message_target_origin: Option<String>,
    pub(super) frame_ancestors: Vec<String>,
    /// The step whose form was sent.
    pub(super) step: Option<String>,
    /// `start` if the button of the form was the one that hands the flow over to another device.
    pub(super) handoff: Option<String>,
    /// The session of the other device.
    pub(super) handoff_session: Option<String>,
    /// The switch at the bottom; a form that lacks it was sent with the switch off.
    pub(super) pass_verifications: Option<String>,
}

impl Parameters {
    /// Reads a query string or the body of a form; `environment` completes it.
    pub(super) fn parse(encoded: &[u8]) -> Self {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(encoded) {
            if !value.is_empty() {
                parameters.set(&name, value.into_owned());
            }
        }
        parameters
    }

    fn set(&mut self, name: &str, value: String) {
        if let Some((name, key)) = subscript(name) {
            match name.replace('_', "-").as_str() {
                "frame-ancestors" => self.frame_ancestors.push(value),
                // `prefill` is the name in older links.
                "fields" | "prefill" => self.fields.push((key.to_owned(), value)),
                _ => {}
            }
            return;
        }
        // Persona's pages write `reference-id` and `reference_id`.
        match name.replace('_', "-").as_str() {
            "inquiry-id" => self.inquiry_id = Some(value),
            "session-token" => self.session_token = Some(value),
            "code" => self.code = Some(value),
            "inquiry-template-id" | "template-id" => self.template_id = Some(value),
            "inquiry-template-version-id" => self.template_version_id = Some(value),
            "environment-id" => self.environment_id = Some(value),
            "environment" => self.environment = Some(value),
            "reference-id" => self.reference_id = Some(value),
            "account-id" => self.account_id = Some(value),
            "redirect-uri" => self.redirect_uri = Some(value),
            "language" => self.language = Some(value),
            "style-variant" => self.style_variant = Some(value),
            "is-webview" => self.is_webview = Some(value),
            "container-id" => self.container_id = Some(value),
            "iframe-origin" => self.iframe_origin = Some(value),
            "message-target-origin" => self.message_target_origin = Some(value),
            "step" => self.step = Some(value),
            "handoff" => self.handoff = Some(value),
            "handoff-session" => self.handoff_session = Some(value),
            "pass-verifications" => self.pass_verifications = Some(value),
            _ => {}
        }
    }

    /// The parameters of a new inquiry, for another request.
    pub(super) fn new_inquiry_pairs(&self) -> Vec<(String, String)> {
        let named = [
            ("inquiry-template-id", &self.template_id),
            ("inquiry-template-version-id", &self.template_version_id),
            ("environment", &self.environment),
            ("environment-id", &self.environment_id),
            ("reference-id", &self.reference_id),
            ("account-id", &self.account_id),
        ];
        let fields = self.fields.iter();
        let fields = fields.map(|(key, value)| (format!("fields[{key}]"), value.clone()));
        present(named).chain(fields).collect()
    }

    /// Language, style and WebView mode, for another request.
    pub(super) fn presentation_pairs(&self) -> impl Iterator<Item = (String, String)> {
        present([
            ("language", &self.language),
            ("style-variant", &self.style_variant),
            ("is-webview", &self.is_webview),
        ])
    }

    /// Whether the page is in a WebView of a mobile app.
    pub(super) fn is_webview(&self) -> bool {
        self.is_webview.as_deref() == Some("true")
    }

    /// Whether the flow is to create its inquiry itself, from a template.
    pub(super) fn creates(&self) -> bool {
        self.template_id.is_some() || self.template_version_id.is_some()
    }

    /// Whether the switch is on, for a page that was requested by GET: as it was left.
    pub(super) fn pass_or(&self, as_left: bool) -> bool {
        match self.pass_verifications.as_deref() {
            Some(text) => text != "off",
            None => as_left,
        }
    }

    /// Whether the switch was on in a form that was sent: a browser leaves an unchecked box out.
    pub(super) fn pass_as_sent(&self) -> bool {
        self.pass_verifications.as_deref() == Some("on")
    }

    /// The only origin that the widget may post messages to; none if nobody frames the page.
    pub(super) fn message_target(&self) -> Result<Option<String>, NotAnOrigin> {
        let origin = self
            .message_target_origin
            .as_deref()
            .or(self.iframe_origin.as_deref());
        origin.map(web_origin).transpose()
    }

    /// The origins that may frame the widget.
    pub(super) fn embedding_origins(&self) -> Result<Vec<String>, NotAnOrigin> {
        let framing = self.iframe_origin.as_deref().into_iter();
        let outer = self.frame_ancestors.iter().map(String::as_str);
        framing.chain(outer).map(web_origin).collect()
    }
}

/// A parameter that must be the origin of a web page is something else.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotAnOrigin;

/// The parameters that have a value, as pairs for a form or a query.
pub(super) fn present<'a>(
    named: impl IntoIterator<Item = (&'a str, &'a Option<String>)>,
) -> impl Iterator<Item = (String, String)> {
    named
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)))
}

/// Splits `name[key]`.
fn subscript(name: &str) -> Option<(&str, &str)> {
    let (name, rest) = name.split_once('[')?;
    Some((name, rest.strip_suffix(']')?))
}

/// `text` if it is exactly the origin of a web page: no wildcard, no path, no opaque origin.
fn web_origin(text: &str) -> Result<String, NotAnOrigin> {
    let url = Url::parse(text).map_err(|_| NotAnOrigin)?;
    let origin = url.origin().ascii_serialization();
    if matches!(url.scheme(), "http" | "https") && origin == text {
        Ok(origin)
    } else {
        Err(NotAnOrigin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_the_sdk_is_read() {
        let parameters = Parameters::parse(
            b"client-version=5.9.0&container-id=c1&inquiry-id=inq_1&session-token=&\
              iframe-origin=http%3A%2F%2Flocalhost%3A3000&frame-ancestors%5B0%5D=https%3A%2F%2Fa.example&\
              fields%5Bname-first%5D=Ada",
        );
        assert_eq!(parameters.inquiry_id.as_deref(), Some("inq_1"));
        assert_eq!(parameters.session_token, None, "a blank token is no token");
        assert_eq!(
            parameters.message_target(),
            Ok(Some("http://localhost:3000".to_owned()))
        );
        assert_eq!(
            parameters.embedding_origins(),
            Ok(vec![
                "http://localhost:3000".to_owned(),
                "https://a.example".to_owned()
            ])
        );
        assert_eq!(
            parameters.fields,
            [("name-first".to_owned(), "Ada".to_owned())]
        );
    }

    #[test]
    fn only_an_exact_origin_is_a_message_target() {
        for text in [
            "*",
            "null",
            "http://localhost:3000/",
            "javascript:alert(1)",
            "localhost",
        ] {
            assert_eq!(web_origin(text), Err(NotAnOrigin), "{text}");
        }
        assert!(web_origin("https://app.example").is_ok());
    }

    #[test]
    fn message_target_origin_wins_over_iframe_origin() {
        let parameters = Parameters {
            iframe_origin: Some("https://inner.example".to_owned()),
            message_target_origin: Some("https://outer.example".to_owned()),
            ..Parameters::default()
        };
        assert_eq!(
            parameters.message_target(),
            Ok(Some("https://outer.example".to_owned()))
        );
    }

    #[test]
    fn a_switch_left_out_of_a_form_is_off_but_a_fresh_page_has_it_on() {
        let form = Parameters::parse(b"step=selfie");
        assert!(!form.pass_as_sent());
        assert!(form.pass_or(true));
        assert!(!Parameters::parse(b"pass-verifications=off").pass_or(true));
        assert!(Parameters::parse(b"pass-verifications=on").pass_as_sent());
    }
}
