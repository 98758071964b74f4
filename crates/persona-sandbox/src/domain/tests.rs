//! The life cycle of an inquiry, without HTTP.
//!
//! Longer than 400 lines: all cases share the helpers that walk through the flow.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, json};

use super::entry::OpenedFlow;
use super::*;
use crate::core::Config;
use crate::core::clock::Moment;
use crate::core::model::{
    Decision, FlowStep, SessionStatus, Status, SubmissionStep, Template, VerificationKind,
};
use crate::store::{Store, Tx};

const SELFIE: FlowStep = FlowStep::Submission(SubmissionStep::Selfie);
const TEMPLATE: &str = "itmpl_sandboxKYC";

fn state() -> Tx {
    let config = Config {
        seed: Some(1),
        ..Config::default()
    };
    let store = Store::open(&config.state, config.seed, |tx| tx.apply_config(&config));
    store.unwrap().into_tx()
}

fn start_time() -> Moment {
    Moment::parse("2026-01-05T10:00:00.000Z").unwrap()
}

fn create(state: &mut Tx, now: Moment) -> Arc<Inquiry> {
    let mut new = NewInquiry::from_template(TEMPLATE, "API");
    new.account = AccountChoice::ByReference("usr_ABC123".to_owned());
    new.fields = Map::from_iter([("name-first".to_owned(), json!("Alexander"))]);
    state.create_inquiry(new, now).unwrap()
}

fn open(
    state: &mut Tx,
    id: &str,
    token: Option<&str>,
    now: Moment,
) -> Result<OpenedFlow, FlowError> {
    let entry = EntryPoint::Inquiry {
        id: id.to_owned(),
        session_token: token.map(str::to_owned),
    };
    state.open_flow(entry, None, now)
}

fn submit(
    state: &mut Tx,
    token: &str,
    step: SubmissionStep,
    pass: bool,
    now: Moment,
) -> (Arc<Inquiry>, Outcome) {
    state.submit_step(token, step, pass, now).unwrap()
}

fn events(state: &State, id: &str) -> Vec<&'static str> {
    state
        .events
        .in_group(id)
        .map(|(_, event)| event.name.as_str())
        .filter(|name| name.starts_with("inquiry.") && *name != "inquiry.transitioned")
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect()
}

#[test]
fn a_passing_run_is_started_completed_and_approved() {
    let (mut state, now) = (state(), start_time());
    let inquiry = create(&mut state, now);
    let opened = open(&mut state, &inquiry.id, None, now).unwrap();
    assert_eq!(opened.inquiry.status, Status::Created);
    assert_eq!(opened.step(), FlowStep::Start);
    let token = opened.session_token;

    state.begin_flow(&token, now).unwrap();
    assert_eq!(
        state.inquiry(&inquiry.id).unwrap().fields["name_first"],
        "Alexander"
    );
    let pending = submit(&mut state, &token, SubmissionStep::GovernmentId, true, now).0;
    assert_eq!(pending.status, Status::Pending);
    assert_eq!(pending.next_step, Some(SELFIE));
    assert_eq!(pending.fields["name_first"], "ALEXANDER J");

    let (completed, outcome) = submit(&mut state, &token, SubmissionStep::Selfie, true, now);
    assert_eq!(
        (completed.status, outcome),
        (Status::Completed, Outcome::Completed)
    );
    assert_eq!(completed.expires_at, None);

    state
        .catch_up(now.plus(Duration::from_millis(999)))
        .unwrap();
    assert_eq!(
        state.inquiry(&inquiry.id).unwrap().status,
        Status::Completed
    );
    state.catch_up(now.plus_seconds(1)).unwrap();
    let approved = state.inquiry(&inquiry.id).unwrap();
    assert_eq!(approved.status, Status::Approved);
    assert_eq!(approved.decisioned_at, Some(now.plus_seconds(1)));
    assert_eq!(
        events(&state, &inquiry.id),
        [
            "inquiry.created",
            "inquiry.started",
            "inquiry.completed",
            "inquiry.approved"
        ]
    );
}

#[test]
fn a_pending_inquiry_opens_only_with_a_valid_token_and_at_the_step_left() {
    let (mut state, now) = (state(), start_time());
    let inquiry = create(&mut state, now);
    let first = open(&mut state, &inquiry.id, None, now)
        .unwrap()
        .session_token;
    submit(&mut state, &first, SubmissionStep::GovernmentId, true, now);

    let without = open(&mut state, &inquiry.id, None, now);
    assert!(matches!(without, Err(FlowError::Unauthenticated)));
    let wrong = open(&mut state, &inquiry.id, Some("null"), now);
    assert!(matches!(wrong, Err(FlowError::Unauthenticated)));
    // The token that closing the widget hands back works for reopening.
    state.cancel_flow(&first, now).unwrap();
    assert_eq!(
        open(&mut state, &inquiry.id, Some(&first), now)
            .unwrap()
            .step(),
        SELFIE
    );
    let (_, resumed) = state.resume_inquiry(&inquiry.id, now).unwrap();
    assert_eq!(
        open(&mut state, &inquiry.id, Some(&resumed), now)
            .unwrap()
            .step(),
        SELFIE
    );

    let other = create(&mut state, now);
    let (_, foreign) = state.resume_inquiry(&other.id, now).unwrap();
    let foreign = open(&mut state, &inquiry.id, Some(&foreign), now);
    assert!(matches!(foreign, Err(FlowError::Unauthenticated)));
}

#[test]
fn a_repeated_click_changes_nothing() {
    let (mut state, now) = (state(), start_time());
    let inquiry = create(&mut state, now);
    let token = open(&mut state, &inquiry.id, None, now)
        .unwrap()
        .session_token;
    submit(&mut state, &token, SubmissionStep::GovernmentId, true, now);
    let revision = state.revision();
    submit(&mut state, &token, SubmissionStep::GovernmentId, true, now);
    assert_eq!(state.revision(), revision);
    submit(&mut state, &token, SubmissionStep::Selfie, true, now);
    let (again, outcome) = submit(&mut state, &token, SubmissionStep::Selfie, false, now);
    assert_eq!(
        (again.status, outcome),
        (Status::Completed, Outcome::Completed)
    );
}

#[test]
fn the_switch_off_fails_the_inquiry_and_a_template_may_decline_it() {
    let (mut state, now) = (state(), start_time());
    let template = Template::clone(state.templates.find(TEMPLATE).unwrap());
    let declining = Template {
        decline_failed: true,
        ..template
    };
    let inquiry = create(&mut state, now);
    let token = open(&mut state, &inquiry.id, None, now)
        .unwrap()
        .session_token;
    submit(&mut state, &token, SubmissionStep::GovernmentId, false, now);
    let (failed, outcome) = submit(&mut state, &token, SubmissionStep::Selfie, false, now);
    assert_eq!((failed.status, outcome), (Status::Failed, Outcome::Failed));
    assert_eq!(failed.decision_due, None);

    state.put_template(declining);
    let inquiry = create(&mut state, now);
    let token = open(&mut state, &inquiry.id, None, now)
        .unwrap()
        .session_token;
    submit(&mut state, &token, SubmissionStep::GovernmentId, true, now);
    submit(&mut state, &token, SubmissionStep::Selfie, false, now);
    state.catch_up(now.plus_seconds(1)).unwrap();
    assert_eq!(state.inquiry(&inquiry.id).unwrap().status, Status::Declined);
}

#[test]
fn a_template_with_two_attempts_lets_the_person_retry() {
    let (mut state, now) = (state(), start_time());
    let template = Template::clone(state.templates.find(TEMPLATE).unwrap());
    state.put_template(Template {
        attempts: 2,
        ..template
    });
    let inquiry = create(&mut state, now);
    let token = open(&mut state, &inquiry.id, None, now)
        .unwrap()
        .session_token;
    submit(&mut state, &token, SubmissionStep::GovernmentId, true, now);
    let (retry, outcome) = submit(&mut state, &token, SubmissionStep::Selfie, false, now);
    assert_eq!((retry.status, outcome), (Status::Pending, Outcome::Retry));
    submit(&mut state, &token, SubmissionStep::GovernmentId, true, now);
    let (completed, _) = submit(&mut state, &token, SubmissionStep::Selfie, true, now);
    assert_eq!(completed.status, Status::Completed);
    assert_eq!(
        events(&state, &inquiry.id),
        ["inquiry.created", "inquiry.started", "inquiry.completed"]
    );
}

#[test]
fn the_steps_of_the_template_decide_the_way_through_the_flow() {
    let (mut state, now) = (state(), start_time());
    let template = Template::clone(state.templates.find(TEMPLATE).unwrap());
    state.put_template(Template {
        steps: vec![SubmissionStep::Selfie],
        attempts: 2,
        ..template
    });
    let inquiry = create(&mut state, now);
    let token = open(&mut state, &inquiry.id, None, now)
        .unwrap()
        .session_token;
    assert_eq!(
        state.begin_flow(&token, now).unwrap().next_step,
        Some(SELFIE)
    );
    let (same, outcome) = submit(&mut state, &token, SubmissionStep::GovernmentId, true, now);
    assert_eq!((same.next_step, outcome), (Some(SELFIE), Outcome::Continue));

    let (retry, outcome) = submit(&mut state, &token, SubmissionStep::Selfie, false, now);
    assert_eq!((retry.next_step, outcome), (Some(SELFIE), Outcome::Retry));
    let (completed, outcome) = submit(&mut state, &token, SubmissionStep::Selfie, true, now);
    assert_eq!(outcome, Outcome::Completed);
    assert_eq!(
        completed.fields["name_first"], "Alexander",
        "no ID was read"
    );
    assert!(completed.fields["current_selfie"].is_object());
    assert_eq!(
        events(&state, &inquiry.id),
        ["inquiry.created", "inquiry.started", "inquiry.completed"]
    );
}

#[test]
fn a_form_writes_what_is_entered_and_is_not_checked() {
    let (mut state, now) = (state(), start_time());
    let mut template = Template::clone(state.templates.find(TEMPLATE).unwrap());
    template.steps = vec![SubmissionStep::Phone, SubmissionStep::Form];
    template.form_fields = vec!["name_first".to_owned(), "birthdate".to_owned()];
    for field in &mut template.fields {
        field.is_required = field.key == "birthdate";
    }
    state.put_template(template);
    let inquiry = create(&mut state, now);
    let opened = open(&mut state, &inquiry.id, None, now).unwrap();
    let token = opened.session_token;
    let mut enter = |step, entered: serde_json::Value, pass| {
        let entered = entered.as_object().cloned();
        state.submit_entered(&token, step, entered, pass, now)
    };
    // Without a form, as in a scenario, the demo person's number is taken.
    let (inquiry, _) = enter(SubmissionStep::Phone, json!(null), true).unwrap();
    assert_eq!(inquiry.fields["phone_number"], "+14155550132");
    for (entered, reason) in [
        (json!({"name_first": "Ada"}), "Birthdate is missing"),
        (
            json!({"birthdate": "10/12/1815"}),
            "Birthdate must be a date",
        ),
    ] {
        let refused = enter(SubmissionStep::Form, entered, true).unwrap_err();
        assert!(refused.to_string().starts_with(reason), "{refused}");
    }
    // The last step has no check: those before it decide, whatever its switch says.
    let entered = json!({"birthdate": "1815-12-10", "name_last": "Byron"});
    let (completed, outcome) = enter(SubmissionStep::Form, entered, false).unwrap();
    assert_eq!(outcome, Outcome::Completed);
    assert_eq!(completed.fields["birthdate"], "1815-12-10");
    assert!(!completed.fields.contains_key("name_first"), "left blank");
    assert!(!completed.fields.contains_key("name_last"), "not asked for");
    let kinds: Vec<_> = completed.verifications.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [VerificationKind::PhoneNumber]);
}

#[test]
fn a_flow_of_a_form_alone_completes() {
    let (mut state, now) = (state(), start_time());
    let mut template = Template::clone(state.templates.find(TEMPLATE).unwrap());
    template.steps = vec![SubmissionStep::Form];
    state.put_template(template);
    let inquiry = create(&mut state, now);
    let opened = open(&mut state, &inquiry.id, None, now).unwrap();
    let token = opened.session_token;
    let (completed, outcome) = submit(&mut state, &token, SubmissionStep::Form, false, now);
    assert_eq!(
        (completed.status, outcome),
        (Status::Completed, Outcome::Completed)
    );
    assert!(completed.verifications.is_empty());
}

#[test]
fn an_inquiry_expires_with_its_sessions_and_can_be_resumed() {
    let (mut state, now) = (state(), start_time());
    let inquiry = create(&mut state, now);
    let (_, link) = state
        .create_one_time_link(&inquiry.id, Some(i64::MAX), now)
        .unwrap();
    let day_later = now.plus_seconds(24 * 60 * 60);
    state.catch_up(day_later).unwrap();
    let expired = state.inquiry(&inquiry.id).unwrap();
    assert_eq!(
        (expired.status, expired.expired_at),
        (Status::Expired, Some(day_later))
    );
    assert!(
        state
            .sessions
            .newest_first()
            .all(|(_, s)| s.status == SessionStatus::Expired)
    );
    let by_id = open(&mut state, &inquiry.id, None, day_later);
    assert!(matches!(by_id, Err(FlowError::Expired)));
    let by_link = state.open_flow(EntryPoint::Code(link.code.clone()), None, day_later);
    assert!(matches!(by_link, Err(FlowError::Expired)));

    let (resumed, token) = state.resume_inquiry(&inquiry.id, day_later).unwrap();
    assert_eq!(resumed.status, Status::Pending);
    assert_eq!(
        resumed.expires_at,
        Some(day_later.plus_seconds(24 * 60 * 60))
    );
    assert!(open(&mut state, &inquiry.id, Some(&token), day_later).is_ok());
}

#[test]
fn an_unused_session_is_reused_and_the_twenty_sixth_refused() {
    let (mut state, now) = (state(), start_time());
    let inquiry = create(&mut state, now);
    for _ in 0..25 {
        let (_, token) = state.resume_inquiry(&inquiry.id, now).unwrap();
        state.resume_inquiry(&inquiry.id, now).unwrap();
        open(&mut state, &inquiry.id, Some(&token), now).unwrap();
    }
    let refused = state.resume_inquiry(&inquiry.id, now);
    assert!(matches!(
        refused,
        Err(DomainError::SessionLimit { limit: 25 })
    ));
}

#[test]
fn a_one_time_link_works_once_with_a_short_grace() {
    let (mut state, now) = (state(), start_time());
    let inquiry = create(&mut state, now);
    let (_, link) = state
        .create_one_time_link(&inquiry.id, Some(60), now)
        .unwrap();
    let mut enter = |code: &str, now| state.open_flow(EntryPoint::Code(code.to_owned()), None, now);
    assert!(enter(&link.code, now).is_ok());
    assert!(enter(&link.short_code, now.plus_seconds(300)).is_ok());
    let late = enter(&link.code, now.plus_seconds(301));
    assert!(matches!(late, Err(FlowError::LinkUsed)));

    let (_, unused) = state
        .create_one_time_link(&inquiry.id, Some(60), now)
        .unwrap();
    let old = state.open_flow(
        EntryPoint::Code(unused.code.clone()),
        None,
        now.plus_seconds(60),
    );
    assert!(matches!(old, Err(FlowError::LinkExpired)));
}

#[test]
fn a_browser_creates_inquiries_until_the_template_forbids_it() {
    let (mut state, now) = (state(), start_time());
    let new = ClientSideInquiry {
        template_id: TEMPLATE.to_owned(),
        ..Default::default()
    };
    assert!(
        state
            .open_flow(EntryPoint::Template(new.clone()), None, now)
            .is_ok()
    );

    let template = Template::clone(state.templates.find(TEMPLATE).unwrap());
    let blocking = Template {
        block_client_side_creation: true,
        ..template
    };
    state.put_template(blocking);
    let refused = state.open_flow(EntryPoint::Template(new), None, now);
    assert!(matches!(refused, Err(FlowError::ClientSideCreationBlocked)));
    let inquiry = create(&mut state, now);
    assert!(open(&mut state, &inquiry.id, None, now).is_ok());
}

#[test]
fn a_decision_stops_the_person_and_can_be_revised() {
    let (mut state, now) = (state(), start_time());
    let inquiry = create(&mut state, now);
    let token = open(&mut state, &inquiry.id, None, now)
        .unwrap()
        .session_token;
    state
        .decide_inquiry(&inquiry.id, Decision::Decline, None, None, now)
        .unwrap();
    let refused = state.submit_step(&token, SubmissionStep::GovernmentId, true, now);
    assert!(matches!(
        refused,
        Err(FlowError::AlreadyFinished(Status::Declined))
    ));
    assert!(state.mark_inquiry_for_review(&inquiry.id, now).is_err());
    let revised = state.decide_inquiry(&inquiry.id, Decision::Approve, None, None, now);
    assert_eq!(revised.unwrap().status, Status::Approved);
}

#[test]
fn redaction_leaves_no_personal_data_and_is_final() {
    let (mut state, now) = (state(), start_time());
    let inquiry = create(&mut state, now);
    let token = open(&mut state, &inquiry.id, None, now)
        .unwrap()
        .session_token;
    submit(&mut state, &token, SubmissionStep::GovernmentId, true, now);
    let redacted = state.redact_inquiry(&inquiry.id, now).unwrap();
    assert_eq!(redacted.status, Status::Pending);
    let everything = format!("{redacted:?} {:?}", state.events);
    assert!(!everything.contains("ALEXANDER") && !everything.contains("Alexander"));
    assert!(matches!(
        state.resume_inquiry(&inquiry.id, now),
        Err(DomainError::AlreadyRedacted)
    ));
    assert!(matches!(
        state.redact_inquiry(&inquiry.id, now),
        Err(DomainError::AlreadyRedacted)
    ));
}
