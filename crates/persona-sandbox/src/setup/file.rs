//! The setup as a file has it.
//!
//! The JSON Schema is made from these types, with their documentation.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use crate::core::inflection::Inflection;
use crate::core::model::{FieldType, ReportKind, ReportSettings, SubmissionStep};

/// What a sandbox has from its start: the shape of your account at Persona.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "persona-sandbox.yaml")]
pub(crate) struct SetupFile {
    /// The ID of your environment, for code with a hard-coded one: `env_…`
    #[schemars(with = "Option<String>")]
    pub(crate) environment_id: Option<Spanned<String>>,
    /// The ID of your organization, which responses carry in a header: `org_…`
    #[schemars(with = "Option<String>")]
    pub(crate) organization_id: Option<Spanned<String>>,
    /// Your copy of Persona's OpenAPI file, whose examples answer what the sandbox does not emulate;
    /// a path from the working folder
    #[schemars(with = "Option<String>")]
    pub(crate) openapi: Option<Spanned<String>>,
    /// The settings of your API key.
    pub(crate) api_key: ApiKeyFile,
    /// Your inquiry templates, besides the built-in one.
    #[schemars(with = "Vec<TemplateFile>")]
    pub(crate) templates: Vec<Spanned<TemplateFile>>,
    /// Accounts that exist from the start.
    #[schemars(with = "Vec<AccountFile>")]
    pub(crate) accounts: Vec<Spanned<AccountFile>>,
    /// What reports find, and which report templates monitor.
    pub(crate) reports: ReportSettings,
    /// Webhooks of the default environment.
    #[schemars(with = "Vec<WebhookFile>")]
    pub(crate) webhooks: Vec<Spanned<WebhookFile>>,
}

/// The settings of an API key, as in Persona's dashboard.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ApiKeyFile {
    /// The API version of requests without `Persona-Version`, such as `2023-01-05`
    #[schemars(with = "Option<String>")]
    pub(crate) version: Option<Spanned<String>>,
    /// The casing of responses to requests without `Key-Inflection`
    pub(crate) inflection: Option<Inflection>,
    /// Permissions that the key does not have, such as `inquiry.write`
    #[schemars(with = "Vec<String>")]
    pub(crate) denied_permissions: Vec<Spanned<String>>,
}

/// An inquiry template.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateFile {
    /// The template's ID at Persona: `itmpl_…`
    pub(crate) id: String,
    /// Its name; the ID if absent
    pub(crate) name: Option<String>,
    /// The steps of its flow, in order, each at most once; government ID and selfie if absent
    pub(crate) steps: Option<Vec<SubmissionStep>>,
    /// Its fields; those of Persona's KYC template if absent
    #[schemars(with = "Option<Vec<FieldFile>>")]
    pub(crate) fields: Option<Vec<Spanned<FieldFile>>>,
    /// The keys of the fields that the step `form` asks for; all that a person can enter if absent
    #[schemars(with = "Option<Vec<String>>")]
    pub(crate) form_fields: Option<Vec<Spanned<String>>>,
    /// The languages of its flow, the default one first; all that the sandbox has if absent
    #[schemars(with = "Option<Vec<String>>")]
    pub(crate) languages: Option<Vec<Spanned<String>>>,
    /// The workflows that decide at the end of the flow
    #[serde(default)]
    pub(crate) workflows: WorkflowsFile,
    /// How often a person may try each verification
    pub(crate) attempts: Option<usize>,
    /// The position of the switch "Pass verifications" at first
    #[serde(default = "yes")]
    pub(crate) pass_verifications: bool,
    /// When its inquiries and links expire
    #[serde(default)]
    pub(crate) expiry: ExpiryFile,
    /// Whether browsers cannot create inquiries from it
    #[serde(default)]
    pub(crate) block_client_side_creation: bool,
    /// Pages that may embed the flow: `app.example`, with a port or a scheme if you like; any if
    /// empty
    #[serde(default)]
    pub(crate) embedded_flow_domain_allowlist: Vec<String>,
    /// Hosts that the hosted flow may return to; any if empty
    #[serde(default)]
    pub(crate) redirect_domains: Vec<String>,
    /// Schemes that the hosted flow may return to, besides http and https
    #[serde(default)]
    pub(crate) redirect_uri_schemes: Vec<String>,
    /// Where the hosted flow returns to if neither link nor inquiry says it
    pub(crate) redirect_uri: Option<String>,
}

fn yes() -> bool {
    true
}

/// A field of a template.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldFile {
    /// The key in the template's own casing: `name_first`, `nameFirst` or `name-first`
    pub(crate) key: String,
    /// What a person reads beside it; made from the key if absent
    pub(crate) label: Option<String>,
    /// Its type
    #[serde(default, rename = "type")]
    pub(crate) field_type: FieldType,
    /// The values of a `choices` or `multi_choices` field
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// Whether a form cannot be submitted without it
    #[serde(default)]
    pub(crate) required: bool,
}

/// The workflows of a template.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WorkflowsFile {
    /// Whether completed inquiries are approved; yes if absent
    pub(crate) approve_completed: Option<bool>,
    /// Whether failed inquiries are declined; no if absent
    pub(crate) decline_failed: Option<bool>,
    /// The reports that are run on the person of a completed inquiry, such as `watchlist`
    pub(crate) reports: Vec<ReportKind>,
    /// The delay from the end of a flow to the decision
    pub(crate) decide_after_ms: Option<u64>,
}

/// Intervals in seconds.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ExpiryFile {
    /// From the creation of an inquiry; a day if absent
    pub(crate) after_create_s: Option<u32>,
    /// From the start of its flow; starting does not change the date if absent
    pub(crate) after_start_s: Option<u32>,
    /// From a resumption; a day if absent
    pub(crate) after_resume_s: Option<u32>,
    /// From the creation of a one-time link; a day if absent
    pub(crate) one_time_link_s: Option<u32>,
}

/// An account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountFile {
    /// Your own ID of the person
    pub(crate) reference_id: String,
    /// The account's ID at Persona, `act_…`; made if absent
    pub(crate) id: Option<String>,
    /// Its fields: `name_first`, `name_middle`, `name_last`, `birthdate`
    #[serde(default)]
    pub(crate) fields: BTreeMap<String, String>,
}

/// A webhook.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookFile {
    /// The URL that receives the events
    pub(crate) url: String,
    /// The secret that signs them; `wbhsec_sandbox` if absent
    pub(crate) secret: Option<String>,
    /// The names of the events, or `*` for all; those that change an inquiry's status if absent
    #[schemars(with = "Option<Vec<String>>")]
    pub(crate) events: Option<Vec<Spanned<String>>>,
    /// The API version whose shape payloads have
    #[schemars(with = "Option<String>")]
    pub(crate) api_version: Option<Spanned<String>>,
    /// The casing of payloads
    #[serde(default)]
    pub(crate) inflection: Inflection,
    /// Attributes that are left out of payloads
    #[serde(default)]
    pub(crate) attribute_blocklist: Vec<String>,
    /// Headers that are sent along
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
}

/// What a template alone has at its top level, and a whole file has not.
pub(super) fn is_one_template(document: &Map<String, Value>) -> bool {
    ["id", "steps", "fields"]
        .iter()
        .any(|key| document.contains_key(*key))
}
