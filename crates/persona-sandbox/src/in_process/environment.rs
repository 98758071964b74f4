//! One environment: what an application needs to use it, and its controls.

use std::sync::Arc;
use std::time::Duration;

use super::POLL;
use super::types::{self, ControlError, Event, Fault, Finish, Inquiry, NewInquiry};
use crate::core::model;
use crate::domain;
use crate::runtime::{DEFAULT_ENVIRONMENT, Emulator};

/// One environment of a [`RunningSandbox`](super::RunningSandbox).
#[derive(Clone, Debug)]
pub struct Environment {
    emulator: Emulator,
}

impl Environment {
    pub(super) fn new(emulator: Emulator) -> Self {
        Self { emulator }
    }

    /// Where the sandbox answers, such as `http://localhost:41231`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.emulator.config().public_url
    }

    /// In place of `https://api.withpersona.com/api/v1`.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}/api/v1", self.url())
    }

    /// A key of this environment.
    #[must_use]
    pub fn api_key(&self) -> String {
        match self.emulator.name() {
            DEFAULT_ENVIRONMENT => "persona_sandbox_in_process".to_owned(),
            name => format!("persona_sandbox_env_{name}"),
        }
    }

    /// The ID of the built-in template.
    #[must_use]
    pub fn template_id(&self) -> &str {
        &self.emulator.config().template_id
    }

    /// The ID of the environment, which the SDK takes.
    #[must_use]
    pub fn environment_id(&self) -> &str {
        &self.emulator.config().environment_id
    }

    /// In place of Persona's host in the SDK: its `customHost`.
    #[must_use]
    pub fn widget_host(&self) -> &str {
        let (_, host) = self.url().split_once("://").unwrap_or_default();
        host
    }

    /// Creates an inquiry, as the API would.
    ///
    /// # Errors
    ///
    /// If the template is unknown or inactive, or a field does not fit it.
    pub fn create_inquiry(&self, new: NewInquiry) -> Result<Inquiry, ControlError> {
        let template_id = new.template_id.as_deref().unwrap_or(self.template_id());
        let mut created = domain::NewInquiry::from_template(template_id, "API");
        created.fields = new.fields;
        if let Some(reference_id) = new.reference_id {
            created.account = domain::AccountChoice::ByReference(reference_id);
        }
        let created = self
            .emulator
            .try_transact(|tx, now| tx.create_inquiry(created, now));
        created
            .map(|inquiry| Inquiry::new(&inquiry))
            .map_err(ControlError::new)
    }

    /// The inquiries of a reference ID, or all of them; newest first.
    #[must_use]
    pub fn inquiries(&self, reference_id: Option<&str>) -> Vec<Inquiry> {
        self.emulator.with(|state, _| {
            let show = |(_, inquiry): (u64, &Arc<model::Inquiry>)| Inquiry::new(inquiry);
            match reference_id {
                Some(id) => state.inquiries.in_group(id).map(show).collect(),
                None => state.inquiries.newest_first().map(show).collect(),
            }
        })
    }

    /// The inquiry with this ID.
    #[must_use]
    pub fn inquiry(&self, id: &str) -> Option<Inquiry> {
        self.emulator
            .with(|state, _| state.inquiries.find(id).map(|it| Inquiry::new(it)))
    }

    /// Walks an inquiry through the rest of its flow, as a person would, to any outcome.
    ///
    /// # Errors
    ///
    /// If there is no such inquiry, its status does not allow it, or what should happen does not fit.
    pub fn finish(&self, inquiry_id: &str, finish: &Finish) -> Result<Inquiry, ControlError> {
        let request = finish.request()?;
        let finished = self
            .emulator
            .try_transact(|tx, now| tx.finish_inquiry(inquiry_id, &request, now));
        finished
            .map(|inquiry| Inquiry::new(&inquiry))
            .map_err(ControlError::new)
    }

    /// The events so far, newest first.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.emulator.with(|state, _| {
            let events = state.events.newest_first();
            events.map(|(_, event)| Event::new(event)).collect()
        })
    }

    /// Waits for an event of this name about this object, such as an inquiry.
    ///
    /// # Errors
    ///
    /// If there is none within `timeout`; the text says which there were.
    pub async fn wait_for_event(
        &self,
        name: &str,
        object_id: &str,
        timeout: Duration,
    ) -> Result<Event, ControlError> {
        let wanted = |event: &Event| event.name == name && event.object_id == object_id;
        let found = async {
            loop {
                if let Some(event) = self.events().into_iter().find(wanted) {
                    return event;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(timeout, found).await.map_err(|_| {
            let seen = self.events().into_iter();
            let seen = seen.filter(|event| event.object_id == object_id);
            let seen: Vec<_> = seen.map(|event| event.name).collect();
            ControlError::new(format!(
                "no event {name} of {object_id} within {timeout:?}; there were {}",
                if seen.is_empty() {
                    "none".to_owned()
                } else {
                    seen.join(", ")
                }
            ))
        })
    }

    /// Moves the clock ahead. What becomes due has happened afterwards.
    ///
    /// # Errors
    ///
    /// If the state cannot be written.
    pub fn advance(&self, by: Duration) -> Result<(), ControlError> {
        let moved = self.emulator.transact(|tx, now| {
            let clock = tx.clock();
            tx.set_clock(clock.set_to(now.plus(by)));
        });
        moved.map_err(ControlError::new)?;
        // Applies what is due now.
        self.emulator.with(|_, _| ());
        Ok(())
    }

    /// Stops the clock, or lets it run at a speed: 1 is that of the wall clock.
    ///
    /// # Errors
    ///
    /// If the speed is negative or no number, or the state cannot be written.
    pub fn set_clock_speed(&self, speed: f64) -> Result<(), ControlError> {
        let clock = self.emulator.with(|state, _| state.clock());
        let clock = clock.at_speed(speed).map_err(ControlError::new)?;
        let set = self.emulator.transact(|tx, _| tx.set_clock(clock));
        set.map_err(ControlError::new)
    }

    /// The time of the sandbox, ISO 8601.
    #[must_use]
    pub fn now(&self) -> String {
        self.emulator.with(|_, now| now.to_string())
    }

    /// Makes something go wrong.
    ///
    /// # Errors
    ///
    /// If there is no such operation or kind, with all that there are.
    pub fn fault(&self, fault: &Fault) -> Result<(), ControlError> {
        let request = types::from_json(fault.request())?;
        let default_seed = self.emulator.config().seed.unwrap_or_default();
        let operations = self.emulator.operations();
        let faults = self.emulator.faults();
        faults
            .add(&request, operations, default_seed)
            .map_err(ControlError::new)
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.emulator.faults().clear();
    }

    /// Forgets everything in this environment.
    ///
    /// # Errors
    ///
    /// If the state cannot be written.
    pub fn reset(&self) -> Result<(), ControlError> {
        self.emulator.reset().map_err(ControlError::new)
    }
}
