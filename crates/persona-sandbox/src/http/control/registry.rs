//! The registry of controls: the router and `GET /_sandbox/openapi.json` are made from it.

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, delete, get, post, put};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::{clock, environments, finish, openapi, requests, state, templates, webhooks};
use crate::core::ClockChange;
use crate::domain::FinishRequest;
use crate::runtime::Environments;
use crate::runtime::faults::FaultRequest;
use crate::setup::Setup;

/// Makes the schema of a type.
pub(super) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What a control takes in its body.
#[derive(Clone, Copy)]
pub(super) enum Input {
    None,
    Json(SchemaOf),
    /// YAML, which includes JSON.
    Yaml(SchemaOf),
}

/// One control.
pub(super) struct Control {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    /// One sentence on what it does.
    pub(super) summary: &'static str,
    /// The type of its query, without the environment.
    pub(super) query: Option<SchemaOf>,
    pub(super) input: Input,
    /// The status of success.
    pub(super) status: u16,
    /// The media type of the answer, if it has a body.
    pub(super) media_type: &'static str,
    pub(super) output: Option<SchemaOf>,
    /// Whether `?environment=` names the environment that it is about.
    pub(super) is_about_environment: bool,
    /// `None` if the router has it from elsewhere.
    pub(super) route: Option<fn() -> MethodRouter<Environments>>,
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "object" })
}

impl Control {
    const fn new(
        method: &'static str,
        path: &'static str,
        summary: &'static str,
        route: Option<fn() -> MethodRouter<Environments>>,
    ) -> Self {
        Self {
            method,
            path,
            summary,
            query: None,
            input: Input::None,
            status: 200,
            media_type: "application/json",
            output: None,
            is_about_environment: true,
            route,
        }
    }

    const fn query(self, query: SchemaOf) -> Self {
        Self {
            query: Some(query),
            ..self
        }
    }

    const fn takes(self, body: SchemaOf) -> Self {
        Self {
            input: Input::Json(body),
            ..self
        }
    }

    const fn takes_yaml(self, body: SchemaOf) -> Self {
        Self {
            input: Input::Yaml(body),
            ..self
        }
    }

    const fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    const fn output(self, output: SchemaOf) -> Self {
        Self {
            output: Some(output),
            ..self
        }
    }

    const fn for_all_environments(self) -> Self {
        Self {
            is_about_environment: false,
            ..self
        }
    }
}

/// Every control.
pub(super) static CONTROLS: &[Control] = &[
    Control::new(
        "GET",
        "/_sandbox/health",
        "Answers as soon as the sandbox does, under any host name.",
        None,
    )
    .for_all_environments(),
    Control {
        media_type: "application/x-pem-file",
        ..Control::new(
            "GET",
            "/_sandbox/ca.pem",
            "The certificate (PEM) of the TLS port's authority; 404 without a TLS port.",
            None,
        )
        .for_all_environments()
    },
    Control::new(
        "GET",
        "/_sandbox/openapi.json",
        "This description.",
        Some(|| get(openapi::show)),
    )
    .for_all_environments(),
    Control::new(
        "GET",
        "/_sandbox/environments",
        "Lists the environments: the default one, then the others by name.",
        Some(|| get(environments::list)),
    )
    .for_all_environments(),
    Control::new(
        "POST",
        "/_sandbox/environments",
        "Opens an environment, which the body or the query names.",
        Some(|| post(environments::open)),
    )
    .takes(schema::<environments::Named>)
    .status(201),
    Control::new(
        "DELETE",
        "/_sandbox/environments",
        "Removes an environment with everything in it, or all but the default one if none is named.",
        Some(|| delete(environments::remove)),
    )
    .takes(schema::<environments::Named>)
    .status(204),
    Control::new(
        "POST",
        "/_sandbox/reset",
        "Forgets everything but the built-in template and the setup file.",
        Some(|| post(super::reset)),
    )
    .status(204),
    Control::new(
        "GET",
        "/_sandbox/state",
        "The whole state, with its secrets.",
        Some(|| get(state::export)),
    ),
    Control::new(
        "PUT",
        "/_sandbox/state",
        "Puts a state in place of everything.",
        Some(|| put(state::import).layer(DefaultBodyLimit::max(state::MAX_BYTES))),
    )
    .takes(anything)
    .status(204),
    Control::new(
        "GET",
        "/_sandbox/templates",
        "Lists the templates, as the API shows them.",
        Some(|| get(templates::list)),
    ),
    Control::new(
        "POST",
        "/_sandbox/templates",
        "Adds templates, accounts and webhooks: a setup, or one template alone.",
        Some(|| post(templates::add)),
    )
    .takes_yaml(Setup::schema)
    .status(201),
    Control::new(
        "GET",
        "/_sandbox/inquiries",
        "Lists the inquiries, newest first, as the API shows them.",
        Some(|| get(super::inquiries)),
    )
    .query(schema::<super::InquiryQuery>),
    Control::new(
        "POST",
        "/_sandbox/inquiries/{id}/finish",
        "Walks an inquiry through its flow, to any outcome.",
        Some(|| post(finish::finish)),
    )
    .takes(schema::<FinishRequest>),
    Control::new(
        "GET",
        "/_sandbox/operations",
        "Lists the emulated operations: name, aliases, method, path, filters.",
        Some(|| get(super::operations)),
    ),
    Control::new(
        "GET",
        "/_sandbox/calls",
        "Counts the calls by operation, under its name and its aliases.",
        Some(|| get(super::calls)),
    ),
    Control::new(
        "GET",
        "/_sandbox/requests",
        "The API log, newest first.",
        Some(|| get(requests::list)),
    )
    .query(schema::<requests::RequestQuery>),
    Control::new(
        "GET",
        "/_sandbox/faults",
        "Lists the faults that are set.",
        Some(|| get(super::faults)),
    ),
    Control::new(
        "POST",
        "/_sandbox/faults",
        "Sets a fault, and lists all.",
        Some(|| post(super::add_fault)),
    )
    .takes(schema::<FaultRequest>),
    Control::new(
        "DELETE",
        "/_sandbox/faults",
        "Removes all faults.",
        Some(|| delete(super::clear_faults)),
    ),
    Control::new(
        "GET",
        "/_sandbox/clock",
        "Time and speed of the clock.",
        Some(|| get(clock::show)),
    ),
    Control::new(
        "POST",
        "/_sandbox/clock",
        "Sets or moves the clock, and applies what becomes due.",
        Some(|| post(clock::change)),
    )
    .takes(schema::<ClockChange>),
    Control::new(
        "GET",
        "/_sandbox/settings",
        "The settings that can be changed while the sandbox runs.",
        Some(|| get(super::settings)),
    )
    .output(schema::<super::Settings>),
    Control::new(
        "POST",
        "/_sandbox/settings",
        "Changes the settings that are named.",
        Some(|| post(super::change_settings)),
    )
    .takes(schema::<super::SettingsChange>)
    .output(schema::<super::Settings>),
    Control::new(
        "GET",
        "/_sandbox/webhooks",
        "Lists the webhooks, without their secrets.",
        Some(|| get(webhooks::list)),
    ),
    Control::new(
        "POST",
        "/_sandbox/webhooks",
        "Switches all webhooks on or off.",
        Some(|| post(webhooks::switch)),
    )
    .takes(schema::<webhooks::Switch>),
    Control::new(
        "GET",
        "/_sandbox/deliveries",
        "Lists deliveries, newest first, and counts them by status.",
        Some(|| get(webhooks::deliveries)),
    )
    .query(schema::<webhooks::Filter>),
    Control::new(
        "GET",
        "/_sandbox/deliveries/{id}",
        "One delivery with its latest attempts.",
        Some(|| get(webhooks::delivery)),
    ),
    Control::new(
        "POST",
        "/_sandbox/deliveries/{id}/resend",
        "Sends a delivery again.",
        Some(|| post(webhooks::resend)),
    ),
    Control::new(
        "POST",
        "/_sandbox/scenarios",
        "Runs the scenario file in the body.",
        Some(|| post(super::run_scenario)),
    )
    .takes_yaml(anything),
];
