//! What the controls take and give.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::core::model;
use crate::domain::FinishRequest;

/// Why a control was refused: nothing has changed. Displays as what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlError(String);

impl ControlError {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is handed to map_err, which gives the error away"
    )]
    pub(super) fn new(error: impl ToString) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ControlError {}

pub(super) fn from_json<T: DeserializeOwned>(value: Value) -> Result<T, ControlError> {
    serde_json::from_value(value).map_err(ControlError::new)
}

/// A new inquiry; all of it is optional.
#[derive(Clone, Debug, Default)]
pub struct NewInquiry {
    pub(super) template_id: Option<String>,
    pub(super) reference_id: Option<String>,
    pub(super) fields: Map<String, Value>,
}

impl NewInquiry {
    /// An inquiry of the person with this reference ID.
    #[must_use]
    pub fn of(reference_id: &str) -> Self {
        Self {
            reference_id: Some(reference_id.to_owned()),
            ..Self::default()
        }
    }

    /// From another template than the built-in one.
    #[must_use]
    pub fn with_template(mut self, template_id: &str) -> Self {
        self.template_id = Some(template_id.to_owned());
        self
    }

    /// With a prefilled field.
    #[must_use]
    pub fn with_field(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(key.to_owned(), value.into());
        self
    }
}

/// An inquiry as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Inquiry {
    /// `inq_…`
    pub id: String,
    /// The status as the API spells it: `created`, `pending`, `approved`, …
    pub status: String,
    /// Your own ID of the person.
    pub reference_id: Option<String>,
    /// The values by the template's keys; a field without a value is absent.
    pub fields: BTreeMap<String, Value>,
}

impl Inquiry {
    pub(super) fn new(inquiry: &model::Inquiry) -> Self {
        Self {
            id: inquiry.id.clone(),
            status: inquiry.status.as_str().to_owned(),
            reference_id: inquiry.reference_id.clone(),
            fields: inquiry.fields.clone(),
        }
    }
}

/// An event that the sandbox emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// Such as `inquiry.approved`.
    pub name: String,
    /// The ID of the inquiry, session, account or other object that it is about.
    pub object_id: String,
    /// Sandbox time, ISO 8601.
    pub created_at: String,
}

impl Event {
    pub(super) fn new(event: &model::Event) -> Self {
        Self {
            id: event.id.clone(),
            name: event.name.as_str().to_owned(),
            object_id: event.subject.object_id().to_owned(),
            created_at: event.created_at.to_string(),
        }
    }
}

/// How an inquiry ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// The person reaches the success screen; the template's workflow decides later.
    Completed,
    /// Completed, and approved at once.
    Approved,
    /// The person reaches the failure screen; the template's workflow decides later.
    Failed,
    /// Failed, and declined at once.
    Declined,
    /// Completed, and marked for review at once.
    NeedsReview,
    /// The person closes the flow before its end.
    Abandoned,
    /// The person closes the flow before its end, and the inquiry expires.
    Expired,
}

/// How to finish an inquiry. By default the demo person completes it.
#[derive(Clone, Debug, Default)]
pub struct Finish {
    request: Map<String, Value>,
}

impl Finish {
    /// With this outcome.
    #[must_use]
    pub fn with_outcome(outcome: Outcome) -> Self {
        let name: &'static str = outcome.into();
        let mut finish = Self::default();
        finish.request.insert("outcome".to_owned(), json!(name));
        finish
    }

    /// What the government ID says, such as `birthdate`; where it says nothing, it is the demo
    /// person's.
    #[must_use]
    pub fn with_document(self, key: &str, value: &str) -> Self {
        self.with_member("document", key, json!(value))
    }

    /// What the person enters besides, by the template's keys.
    #[must_use]
    pub fn with_field(self, key: &str, value: impl Into<Value>) -> Self {
        self.with_member("fields", key, value.into())
    }

    /// A check that fails: `name_mismatch`, `minor`, `expired_document`, `blurred_photo`,
    /// `face_mismatch`, or a name of Persona's.
    #[must_use]
    pub fn with_failed_check(mut self, check: &str) -> Self {
        let checks = self
            .request
            .entry("failed_checks")
            .or_insert_with(|| json!([]));
        if let Some(checks) = checks.as_array_mut() {
            checks.push(json!(check));
        }
        self
    }

    /// The step at which the person leaves, such as `selfie`.
    #[must_use]
    pub fn abandoned_at(mut self, step: &str) -> Self {
        self.request.insert("abandon_at".to_owned(), json!(step));
        self
    }

    fn with_member(mut self, object: &str, key: &str, value: Value) -> Self {
        let object = self.request.entry(object).or_insert_with(|| json!({}));
        if let Some(object) = object.as_object_mut() {
            object.insert(key.to_owned(), value);
        }
        self
    }

    pub(super) fn request(&self) -> Result<FinishRequest, ControlError> {
        from_json(Value::Object(self.request.clone()))
    }
}

/// Something that goes wrong on purpose.
#[derive(Clone, Debug)]
pub struct Fault {
    request: Map<String, Value>,
}

impl Fault {
    /// A fault of an operation of the API, such as `inquiries.create`, of all of them (`*`), or of
    /// `webhook`; of a kind such as `delay`, `status:503` or `drop_answer`.
    #[must_use]
    pub fn new(operation: &str, kind: &str) -> Self {
        let request = json!({ "operation": operation, "kind": kind });
        Self {
            request: request.as_object().cloned().unwrap_or_default(),
        }
    }

    /// So many times; otherwise every time.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        self.with("count", json!(count))
    }

    /// With a probability from 0 to 1.
    #[must_use]
    pub fn with_probability(self, probability: f64) -> Self {
        self.with("probability", json!(probability))
    }

    /// After a delay.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        let millis = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.with("delay_ms", json!(millis))
    }

    /// Only for calls and events about this reference ID.
    #[must_use]
    pub fn only_for(self, reference_id: &str) -> Self {
        self.with("reference_id", json!(reference_id))
    }

    fn with(mut self, key: &str, value: Value) -> Self {
        self.request.insert(key.to_owned(), value);
        self
    }

    pub(super) fn request(&self) -> Value {
        Value::Object(self.request.clone())
    }
}
