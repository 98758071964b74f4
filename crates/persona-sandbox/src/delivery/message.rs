//! The request of an attempt: the event as its webhook wants it, and the headers.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::signature;
use crate::core::clock::Moment;
use crate::core::model::{Delivery, Event, Webhook};
use crate::store::State;
use crate::wire;

/// An attempt that is ready to be sent.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) url: String,
    /// When the attempt began, in sandbox time.
    pub(crate) began: Moment,
    /// The same on the wall clock.
    pub(crate) sent: Moment,
    pub(crate) body: Bytes,
    secrets: Vec<String>,
    custom_headers: HeaderMap,
}

impl Message {
    /// The next attempt of a delivery.
    pub(crate) fn new(
        state: &State,
        webhook: &Webhook,
        event: &Event,
        delivery: Arc<Delivery>,
        now: Moment,
    ) -> Self {
        Self {
            delivery,
            url: webhook.url.clone(),
            began: now,
            sent: Moment::wall(),
            body: Bytes::from(wire::event_body(state, webhook, event).to_string()),
            secrets: webhook
                .current_secrets(now)
                .map(|secret| secret.value.clone())
                .collect(),
            custom_headers: custom_headers(webhook),
        }
    }

    /// The headers, signed with the time at which the attempt began. Both times in them are wall
    /// time, because receivers compare them with their clocks.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = self.custom_headers.clone();
        let made = self.delivery.attempts + 1;
        let first = self.delivery.first_sent_at.unwrap_or(self.sent);
        let sent = self.sent.as_seconds();
        let secrets = self.secrets.iter().map(String::as_str);
        let signature = signature::header(secrets, sent, &self.body);
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json; charset=utf-8"),
        );
        headers.insert(
            "persona-signature",
            HeaderValue::try_from(signature).expect("digits, letters and signs are a header's"),
        );
        headers.insert("persona-webhook-attempts-made", made.into());
        headers.insert(
            "persona-webhook-attempts-left",
            Delivery::left_after(made).into(),
        );
        headers.insert(
            "persona-webhook-first-attempted-at",
            first.as_seconds().into(),
        );
        headers
    }
}

/// Names and values were checked when they were set.
fn custom_headers(webhook: &Webhook) -> HeaderMap {
    let pairs = webhook.custom_headers.iter();
    pairs
        .filter_map(|(name, value)| {
            let name = HeaderName::try_from(name).ok()?;
            Some((name, HeaderValue::try_from(value).ok()?))
        })
        .collect()
}
