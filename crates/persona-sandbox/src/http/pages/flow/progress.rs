//! Which screen is due: previewing without a change, opening, and advancing by a step.
//!
//! The pages open and advance the flow through this module. Every result, a screen or an error, is
//! a [`FlowView`].
//!
//! Longer than 400 lines: the three ways into the flow share their checks.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::error::{self, SdkError};
use super::inputs::{self, Input};
use super::parameters::Parameters;
use super::screens::Screen;
use crate::core::clock::Moment;
use crate::core::model::{
    FlowStep, Inquiry, OneTimeLink, Status, SubmissionStep, Template, TemplateStatus,
};
use crate::domain::{ClientSideInquiry, EnteredProblem, EntryPoint, FlowError, Outcome};
use crate::store::{State, Tx};

/// The value of the button that hands the flow over to another device.
pub(super) const HAND_OVER: &str = "start";

/// What is wrong with what was entered for a field.
#[derive(Clone, Debug)]
pub(super) struct FieldProblem {
    /// The field's label, as the template has it.
    pub(super) label: String,
    pub(super) reason: EnteredProblem,
}

/// The screen that is due, and for whom.
#[derive(Clone, Debug)]
pub(super) struct FlowView {
    pub(super) screen: Screen,
    pub(super) error: Option<SdkError>,
    pub(super) inquiry: Option<Arc<Inquiry>>,
    pub(super) session_token: Option<String>,
    /// The steps of the template.
    pub(super) steps: Vec<SubmissionStep>,
    /// The values to report with the result, as the SDK takes them.
    pub(super) fields: Map<String, Value>,
    /// The position of the switch.
    pub(super) pass: bool,
    /// What the step asks the person to enter.
    pub(super) inputs: Vec<Input>,
    /// What is wrong with what was entered.
    pub(super) problem: Option<FieldProblem>,
    /// The languages of the template.
    pub(super) languages: Vec<String>,
    /// The link for another device.
    pub(super) handoff: Option<Arc<OneTimeLink>>,
    /// Whether this is the device that a flow was handed over to.
    pub(super) is_other_device: bool,
}

impl FlowView {
    fn at(
        state: &State,
        screen: Screen,
        inquiry: Arc<Inquiry>,
        token: Option<String>,
        pass: bool,
    ) -> Self {
        let template = state.templates.find(&inquiry.template_id);
        let now = state.now();
        let is_other_device = token
            .as_ref()
            .is_some_and(|token| state.is_other_device(token, now));
        let inputs = match (&screen, template) {
            (Screen::Submission(step), Some(template)) => {
                inputs::inputs(template, &inquiry, *step, &[])
            }
            _ => Vec::new(),
        };
        Self {
            screen,
            error: None,
            inputs,
            problem: None,
            languages: template.map_or_else(Vec::new, |template| template.languages.clone()),
            steps: template.map_or_else(Vec::new, |template| template.steps.clone()),
            inquiry: Some(inquiry),
            session_token: token,
            fields: Map::new(),
            pass,
            handoff: None,
            is_other_device,
        }
    }

    fn without_inquiry(screen: Screen) -> Self {
        Self {
            screen,
            error: None,
            inquiry: None,
            session_token: None,
            steps: Vec::new(),
            fields: Map::new(),
            pass: true,
            inputs: Vec::new(),
            problem: None,
            languages: Vec::new(),
            handoff: None,
            is_other_device: false,
        }
    }

    /// The screen of an error.
    pub(super) fn refused(error: &FlowError) -> Self {
        Self {
            error: error::sdk_error(error),
            ..Self::without_inquiry(error::screen(error))
        }
    }

    /// The screen for invalid parameters.
    pub(super) fn invalid_config(message: &str) -> Self {
        Self::refused(&FlowError::InvalidConfig(message.to_owned()))
    }

    /// The data for the script, as JSON.
    pub(super) fn data(&self, start_parameters: Option<&[(String, String)]>) -> Value {
        let inquiry = self.inquiry.as_deref();
        let error = self.error.as_ref().map(
            |error| json!({ "status": error.status, "code": error.code, "message": error.message }),
        );
        json!({
            "step": self.screen.step(),
            "inquiryId": inquiry.map(|inquiry| &inquiry.id),
            "sessionToken": self.session_token,
            "status": inquiry.map(|inquiry| inquiry.status.as_str()),
            "fields": self.fields,
            "inProgress": self.screen.in_progress(),
            "reportsResult": self.screen.reports_result(),
            "error": error,
            "begin": start_parameters,
            "handoffSession": self.handoff.as_ref().map(|link| &link.session_id),
        })
    }
}

/// The screen for these parameters. Viewing it changes nothing.
pub(super) fn preview(state: &State, parameters: &Parameters, now: Moment) -> FlowView {
    if let Err(error) = check_parameters(parameters) {
        return FlowView::refused(&error);
    }
    let Some(id) = &parameters.inquiry_id else {
        return match check_template(state, parameters) {
            Ok(template) => FlowView {
                steps: template.steps.clone(),
                languages: template.languages.clone(),
                pass: parameters.pass_or(template.pass_verifications),
                ..FlowView::without_inquiry(Screen::Start)
            },
            Err(error) => FlowView::refused(&error),
        };
    };
    let token = parameters.session_token.clone();
    match state.preview_flow(id, token.as_deref(), now) {
        Ok((inquiry, step, by_token)) => {
            let template = state.templates.find(&inquiry.template_id);
            let first = template.map(|template| template.first_step());
            let is_at_first = first.is_some() && inquiry.next_step == first;
            let screen = match (step, parameters.step.as_deref(), first) {
                // The page after "Get started": a link to a created inquiry begins at the start.
                (FlowStep::Start, Some(name), Some(first))
                    if is_at_first && name == first.as_str() =>
                {
                    screen_of_step(first)
                }
                (step, Some("retry"), first) if Some(step) == first => Screen::Retry,
                (step, ..) => screen_of_step(step),
            };
            let pass = parameters.pass_or(inquiry.pass_verifications);
            // A created inquiry also opens by its ID, so an expired token is dropped.
            FlowView::at(state, screen, inquiry, token.filter(|_| by_token), pass)
        }
        Err(FlowError::AlreadyFinished(status)) => last_screen(state, parameters, status, now)
            .unwrap_or_else(|| FlowView::refused(&FlowError::AlreadyFinished(status))),
        Err(error) => FlowView::refused(&error),
    }
}

/// The screen for a browser that shows it: with a session token, that is how its session opens.
pub(super) fn show(
    tx: &mut Tx,
    parameters: &Parameters,
    user_agent: Option<&str>,
    now: Moment,
) -> FlowView {
    let view = preview(tx, parameters, now);
    let Some(token) = &view.session_token else {
        return view;
    };
    tx.open_session(token, user_agent, now);
    view
}

/// Repeats the last screen for the browser that reached it, because a reload must keep the return
/// link.
fn last_screen(
    state: &State,
    parameters: &Parameters,
    status: Status,
    now: Moment,
) -> Option<FlowView> {
    let token = parameters.session_token.as_deref()?;
    let inquiry = state.flow_inquiry(token, now).ok()?;
    if Some(&inquiry.id) != parameters.inquiry_id.as_ref() {
        return None;
    }
    let screen = screen_of_end(status, inquiry.next_step)?;
    Some(with_result(
        state,
        FlowView::at(state, screen, inquiry, Some(token.to_owned()), true),
    ))
}

/// The last screen of a flow that was finished, whatever a workflow has decided since.
fn screen_of_end(status: Status, step: Option<FlowStep>) -> Option<Screen> {
    match (status, step) {
        (Status::Completed | Status::Approved, Some(FlowStep::Success)) => Some(Screen::Success),
        (Status::Failed | Status::Declined, Some(FlowStep::Fail)) => Some(Screen::Failed),
        _ => None,
    }
}

fn check_parameters(parameters: &Parameters) -> Result<(), FlowError> {
    let invalid = |message: &str| Err(FlowError::InvalidConfig(message.to_owned()));
    match (parameters.inquiry_id.is_some(), parameters.creates()) {
        (true, true) => invalid("give either an inquiry ID or a template ID, not both"),
        (false, false) => invalid("an inquiry ID or a template ID is missing"),
        (true, false) => Ok(()),
        // The ID of an existing inquiry determines the environment.
        (false, true) if parameters.foreign_environment => invalid(
            "the environment is not this sandbox's: see its dashboard for the ID, or open the \
                 environment with POST /_sandbox/environments",
        ),
        (false, true) => Ok(()),
    }
}

/// The template of a new inquiry, if a browser may create one.
fn check_template<'a>(
    state: &'a State,
    parameters: &Parameters,
) -> Result<&'a Template, FlowError> {
    let template = template_asked_for(state, parameters)
        .ok_or_else(|| FlowError::InvalidConfig("there is no template with this ID".to_owned()))?;
    if template.status != TemplateStatus::Active {
        Err(FlowError::InactiveTemplate)
    } else if template.block_client_side_creation {
        Err(FlowError::ClientSideCreationBlocked)
    } else {
        Ok(template)
    }
}

/// The template of the inquiry, or the one that a new inquiry would get.
pub(super) fn template_asked_for<'a>(
    state: &'a State,
    parameters: &Parameters,
) -> Option<&'a Arc<Template>> {
    match &parameters.inquiry_id {
        Some(id) => state.templates.find(&state.inquiries.find(id)?.template_id),
        None => parameters
            .template_id
            .as_ref()
            .or(parameters.template_version_id.as_ref())
            .and_then(|id| state.find_template(id)),
    }
}

/// Opens the flow: creates a session, and an inquiry if the browser has only a template.
pub(super) fn open(
    tx: &mut Tx,
    parameters: &Parameters,
    user_agent: Option<&str>,
    now: Moment,
) -> FlowView {
    let entry = match entry(tx, parameters) {
        Ok(entry) => entry,
        Err(error) => return FlowView::refused(&error),
    };
    match tx.open_flow(entry, user_agent, now) {
        Ok(opened) => {
            let screen = screen_of_step(opened.step());
            let pass = parameters.pass_or(opened.inquiry.pass_verifications);
            let token = Some(opened.session_token);
            FlowView::at(tx, screen, opened.inquiry, token, pass)
        }
        // A browser with a valid token sees its last screen again.
        Err(FlowError::AlreadyFinished(_)) if parameters.inquiry_id.is_some() => {
            preview(tx, parameters, now)
        }
        Err(error) => FlowView::refused(&error),
    }
}

fn entry(state: &State, parameters: &Parameters) -> Result<EntryPoint, FlowError> {
    if let Some(code) = &parameters.code {
        return Ok(EntryPoint::Code(code.clone()));
    }
    check_parameters(parameters)?;
    if let Some(id) = &parameters.inquiry_id {
        let session_token = parameters.session_token.clone();
        return Ok(EntryPoint::Inquiry {
            id: id.clone(),
            session_token,
        });
    }
    let template_id = parameters
        .template_version_id
        .as_ref()
        .or(parameters.template_id.as_ref());
    let template_id = template_id.cloned().unwrap_or_default();
    let template = template_asked_for(state, parameters);
    let fields = inputs::values(template.map(AsRef::as_ref), &parameters.fields);
    Ok(EntryPoint::Template(ClientSideInquiry {
        template_id,
        reference_id: parameters.reference_id.clone(),
        account_id: parameters.account_id.clone(),
        fields,
    }))
}

/// Submits the form of a step, and returns the next screen.
pub(super) fn advance(
    tx: &mut Tx,
    parameters: &Parameters,
    user_agent: Option<&str>,
    now: Moment,
) -> FlowView {
    let pass = parameters.pass_as_sent();
    match try_advance(tx, parameters, pass, user_agent, now) {
        Ok(view) => FlowView { pass, ..view },
        Err(error) => FlowView::refused(&error),
    }
}

fn try_advance(
    tx: &mut Tx,
    parameters: &Parameters,
    pass: bool,
    user_agent: Option<&str>,
    now: Moment,
) -> Result<FlowView, FlowError> {
    let token = match &parameters.session_token {
        Some(token) => {
            // The page may have been fetched without being shown, as by a prefetch.
            tx.open_session(token, user_agent, now);
            token.clone()
        }
        // The hosted flow opens its session with the first form, not when the page is shown.
        None => {
            let entry = entry(tx, parameters)?;
            tx.open_flow(entry, user_agent, now)?.session_token
        }
    };
    let name = parameters.step.as_deref().unwrap_or_default();
    if parameters.handoff.as_deref() == Some(HAND_OVER) {
        let (inquiry, link) = tx.hand_over(&token, now)?;
        return Ok(FlowView {
            handoff: Some(link),
            ..FlowView::at(tx, Screen::Handoff, inquiry, Some(token), pass)
        });
    }
    if name == Screen::Handoff.step() {
        let inquiry = tx.flow_inquiry(&token, now)?;
        let screen = match inquiry.status {
            Status::Created | Status::Pending => due_screen(&inquiry),
            Status::Expired => return Err(FlowError::Expired),
            finished => screen_of_end(finished, inquiry.next_step)
                .ok_or(FlowError::AlreadyFinished(finished))?,
        };
        return Ok(with_result(
            tx,
            FlowView::at(tx, screen, inquiry, Some(token), pass),
        ));
    }
    let (inquiry, outcome) = if name == FlowStep::Start.as_str() {
        (tx.begin_flow(&token, now)?, Outcome::Continue)
    } else if name == Screen::Retry.step() {
        (tx.flow_inquiry(&token, now)?, Outcome::Continue)
    } else if let Some(step) = SubmissionStep::parse(name) {
        let inquiry = tx.flow_inquiry(&token, now)?;
        let template = tx.templates.find(&inquiry.template_id).cloned();
        let entered = inputs::values(template.as_deref(), &parameters.fields);
        let entered = inputs::with_unchecked_boxes(template.as_deref(), step, entered);
        match tx.submit_entered(&token, step, Some(entered), pass, now) {
            Err(FlowError::Entered { label, reason }) => {
                let problem = FieldProblem { label, reason };
                return Ok(with_problem(tx, parameters, inquiry, token, step, problem));
            }
            submitted => submitted?,
        }
    } else {
        let message = "the form names no step of the flow".to_owned();
        return Err(FlowError::InvalidConfig(message));
    };
    let screen = match outcome {
        Outcome::Continue => due_screen(&inquiry),
        Outcome::Completed => Screen::Success,
        Outcome::Failed => Screen::Failed,
        Outcome::Retry => Screen::Retry,
    };
    let view = FlowView::at(tx, screen, inquiry, Some(token), pass);
    Ok(with_result(tx, view))
}

/// The screen of a step again, with what was entered and what is wrong with it.
fn with_problem(
    state: &State,
    parameters: &Parameters,
    inquiry: Arc<Inquiry>,
    token: String,
    step: SubmissionStep,
    problem: FieldProblem,
) -> FlowView {
    let template = state.templates.find(&inquiry.template_id);
    let inputs = template.map_or_else(Vec::new, |template| {
        inputs::inputs(template, &inquiry, step, &parameters.fields)
    });
    let screen = Screen::Submission(step);
    FlowView {
        inputs,
        problem: Some(problem),
        ..FlowView::at(state, screen, inquiry, Some(token), true)
    }
}

fn due_screen(inquiry: &Inquiry) -> Screen {
    screen_of_step(inquiry.next_step.unwrap_or(FlowStep::Start))
}

fn screen_of_step(step: FlowStep) -> Screen {
    match step {
        FlowStep::Start => Screen::Start,
        FlowStep::Submission(step) => Screen::Submission(step),
        FlowStep::Success => Screen::Success,
        FlowStep::Fail => Screen::Failed,
    }
}

/// Adds the values that `onComplete` and the hosted flow's return report.
fn with_result(state: &State, mut view: FlowView) -> FlowView {
    let Some(inquiry) = view
        .inquiry
        .as_ref()
        .filter(|_| view.screen.reports_result())
    else {
        return view;
    };
    let template = state.templates.find(&inquiry.template_id);
    for (key, value) in &inquiry.fields {
        let field_type = template
            .and_then(|template| template.find_field(key))
            .map_or("string", |field| field.field_type.as_str());
        view.fields
            .insert(key.clone(), json!({ "type": field_type, "value": value }));
    }
    view
}
