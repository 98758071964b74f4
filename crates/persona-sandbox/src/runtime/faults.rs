//! Faults on demand: which fault applies to an operation, how often, by probability or by count.
//!
//! A fault of a webhook applies when the webhook is due. What it does to a response it then does to
//! the response of the receiver. Three kinds exist for webhooks only.
//!
//! Delays run on the sandbox's clock, for calls as for webhooks: advancing it ends a delay, a
//! stopped clock prolongs it.
//!
//! Faults are set by `/_sandbox/faults`, are kept in memory, and never change the effect of an
//! operation on the state, except that they prevent it, delay it, or hide it.
//!
//! Longer than 400 lines: a fifth of it is its tests, and one table has all kinds of faults.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::operations::Operations;
use crate::core::model::is_event_name;

/// The default delay of `delay`.
const DEFAULT_DELAY_MS: u64 = 1000;

/// How long `reorder` holds a webhook back if no later one follows.
const REORDER_TIMEOUT_MS: u64 = 5000;

/// What happens instead of a normal response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The response is late.
    Delay,
    /// The operation runs, and the connection is closed without a response.
    DropAnswer,
    /// The operation does not run, and the connection is reset.
    Reset,
    /// The operation does not run, and this status is returned.
    Status(StatusCode),
    /// 502 is returned, and the operation runs two seconds later.
    LateCommit,
    /// The operation runs, and half of the response is sent.
    Truncate,
    /// The operation does not run, and an HTML page with status 200 is returned.
    Html,
    /// The operation runs, and the inquiry of another reference ID is returned.
    Foreign,
    /// A fault that applies to webhooks only.
    Webhook(WebhookFault),
}

/// A fault that applies to webhooks only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WebhookFault {
    /// It is never sent.
    Drop,
    /// It is sent twice.
    Duplicate,
    /// It is held back until a later event of its inquiry was sent, for as long as the delay at
    /// most.
    Reorder,
}

impl WebhookFault {
    const ALL: [Self; 3] = [Self::Drop, Self::Duplicate, Self::Reorder];

    fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Duplicate => "duplicate",
            Self::Reorder => "reorder",
        }
    }
}

impl FaultKind {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "delay" => Self::Delay,
            "drop_answer" => Self::DropAnswer,
            "reset" => Self::Reset,
            "late_commit" => Self::LateCommit,
            "truncate" => Self::Truncate,
            "html" => Self::Html,
            "foreign" => Self::Foreign,
            other => {
                let mut own = WebhookFault::ALL.into_iter();
                if let Some(fault) = own.find(|fault| fault.name() == other) {
                    return Some(Self::Webhook(fault));
                }
                let code = other.strip_prefix("status:")?.parse::<u16>().ok()?;
                // Statuses below 200 are not final, and clients know none from 600 on.
                let status = StatusCode::from_u16(code).ok();
                let status = status.filter(|_| (200..600).contains(&code))?;
                Self::Status(status)
            }
        })
    }

    /// Its name in requests.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Webhook(fault) => fault.name().to_owned(),
            Self::Delay => "delay".to_owned(),
            Self::DropAnswer => "drop_answer".to_owned(),
            Self::Reset => "reset".to_owned(),
            Self::Status(status) => format!("status:{}", status.as_u16()),
            Self::LateCommit => "late_commit".to_owned(),
            Self::Truncate => "truncate".to_owned(),
            Self::Html => "html".to_owned(),
            Self::Foreign => "foreign".to_owned(),
        }
    }
}

impl Lists {
    fn add(&mut self, fault: ActiveFault) {
        if fault.left != Some(0) {
            self.active.push(fault);
            return;
        }
        if self.spent.len() == MAX_SPENT {
            self.spent.pop_front();
        }
        self.spent.push_back(fault);
    }
}

/// The operations that a fault applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// Every operation of the API, but not the sending of webhooks.
    Any,
    /// The operation with this name.
    Operation(&'static str),
    Webhook,
}

impl Target {
    fn parse(text: &str, operations: &Operations) -> Option<Self> {
        match text {
            "*" => Some(Self::Any),
            "webhook" => Some(Self::Webhook),
            name => operations.find(name).map(|info| Self::Operation(info.name)),
        }
    }
}

/// A request for a fault.
#[derive(Clone, Debug, Deserialize, Serialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRequest {
    operation: String,
    kind: String,
    /// The number of calls that it applies to; every call if absent.
    count: Option<u64>,
    /// The probability that it applies to a call, which is the share of calls in the long run.
    #[serde(alias = "share")]
    probability: Option<f64>,
    /// Makes `probability` the same on every run.
    seed: Option<u64>,
    delay_ms: Option<u64>,
    /// Applies to calls and events about this reference ID only.
    reference_id: Option<String>,
    /// Applies to what is sent to this webhook only.
    webhook_id: Option<String>,
    /// Applies to events of this name only.
    event: Option<String>,
}

/// The calls or webhooks that a fault applies to, of all those of its operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Aim {
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
}

/// What an attempt at a webhook is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WebhookAttempt<'a> {
    pub(crate) webhook_id: &'a str,
    pub(crate) event: &'a str,
    pub(crate) reference_id: Option<&'a str>,
}

impl Aim {
    fn check(&self, target: Target) -> Result<(), String> {
        for (key, value) in [("webhook_id", &self.webhook_id), ("event", &self.event)] {
            if value.is_some() && target != Target::Webhook {
                return Err(format!("{key} is for the operation webhook only"));
            }
        }
        if let Some(event) = &self.event
            && !is_event_name(event)
        {
            return Err(format!(
                "event: Persona has no event {event}; an example is inquiry.approved"
            ));
        }
        Ok(())
    }

    fn hits_call(&self, reference_ids: &[String]) -> bool {
        let wanted = self.reference_id.as_ref();
        wanted.is_none_or(|wanted| reference_ids.contains(wanted))
    }

    fn hits_webhook(&self, attempt: WebhookAttempt<'_>) -> bool {
        let hits = |wanted: &Option<String>, actual: Option<&str>| {
            wanted.is_none() || wanted.as_deref() == actual
        };
        hits(&self.reference_id, attempt.reference_id)
            && hits(&self.webhook_id, Some(attempt.webhook_id))
            && hits(&self.event, Some(attempt.event))
    }
}

impl FaultRequest {
    /// Checks that the request makes sense.
    ///
    /// # Errors
    ///
    /// A sentence on what the request should have been.
    pub(crate) fn check(&self, operations: &Operations) -> Result<(), String> {
        self.read(operations).map(|_| ())
    }

    fn aim(&self) -> Aim {
        Aim {
            reference_id: self.reference_id.clone(),
            webhook_id: self.webhook_id.clone(),
            event: self.event.clone(),
        }
    }

    fn read(&self, operations: &Operations) -> Result<(Target, Fault), String> {
        let target = Target::parse(&self.operation, operations).ok_or_else(|| {
            let names: Vec<_> = operations.all().map(|info| info.name).collect();
            format!("operation must be one of *, webhook, {}", names.join(", "))
        })?;
        let kind = FaultKind::parse(&self.kind).ok_or(
            "kind must be one of delay, drop_answer, reset, status:<200 to 599>, late_commit, \
             truncate, html, foreign, and for webhook drop, duplicate, reorder",
        )?;
        if matches!(kind, FaultKind::Webhook(_)) && target != Target::Webhook {
            return Err(format!(
                "kind {} is for the operation webhook only",
                self.kind
            ));
        }
        if kind == FaultKind::Foreign && target == Target::Webhook {
            return Err("kind foreign is for operations of the API only".to_owned());
        }
        self.aim().check(target)?;
        if self
            .probability
            .is_some_and(|chance| !(0.0..=1.0).contains(&chance))
        {
            return Err("probability must be from 0 to 1".to_owned());
        }
        let usual_delay = match kind {
            FaultKind::Delay => DEFAULT_DELAY_MS,
            FaultKind::Webhook(WebhookFault::Reorder) => REORDER_TIMEOUT_MS,
            _ => 0,
        };
        let fault = Fault {
            kind,
            delay: Duration::from_millis(self.delay_ms.unwrap_or(usual_delay)),
        };
        Ok((target, fault))
    }
}

impl fmt::Display for FaultRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.kind)
    }
}

/// The fault of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) delay: Duration,
}

impl Fault {
    /// Whether it delays a webhook.
    pub(crate) fn waits(&self) -> bool {
        !self.delay.is_zero() || self.after_delay().is_none()
    }

    /// The fault that remains for a webhook after the delay.
    pub(crate) fn after_delay(&self) -> Option<FaultKind> {
        match self.kind {
            FaultKind::Delay | FaultKind::Webhook(WebhookFault::Reorder) => None,
            other => Some(other),
        }
    }
}

#[derive(Debug)]
struct ActiveFault {
    /// Its place in the order in which faults were set.
    number: u64,
    /// The operation as the request named it.
    operation: String,
    target: Target,
    aim: Aim,
    fault: Fault,
    left: Option<u64>,
    probability: Option<f64>,
    seed: u64,
    chance: StdRng,
    hits: u64,
}

/// How many used-up faults are still shown.
const MAX_SPENT: usize = 1000;

/// The faults that are set.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<Lists>);

#[derive(Debug, Default)]
struct Lists {
    /// The active faults, in the order in which they were set.
    active: Vec<ActiveFault>,
    /// The used-up faults, in the order in which they were used up; only shown.
    spent: VecDeque<ActiveFault>,
    /// How many faults were set so far.
    set: u64,
}

impl Faults {
    /// Sets another fault.
    ///
    /// # Errors
    ///
    /// A sentence on what the request should have been.
    pub(crate) fn add(
        &self,
        request: &FaultRequest,
        operations: &Operations,
        default_seed: u64,
    ) -> Result<(), String> {
        let (target, fault) = request.read(operations)?;
        let seed = request.seed.unwrap_or(default_seed);
        let mut lists = self.lists();
        let number = lists.set;
        lists.set += 1;
        lists.add(ActiveFault {
            number,
            operation: request.operation.clone(),
            target,
            aim: request.aim(),
            fault,
            left: request.count,
            probability: request.probability,
            seed,
            chance: StdRng::seed_from_u64(seed),
            hits: 0,
        });
        Ok(())
    }

    /// Removes all faults.
    pub(crate) fn clear(&self) {
        let mut lists = self.lists();
        lists.active.clear();
        lists.spent.clear();
    }

    /// Whether a fault applies to some reference IDs only: then [`Faults::pick`] needs those of the
    /// call.
    pub(crate) fn need_reference_ids(&self) -> bool {
        let lists = self.lists();
        let mut aims = lists.active.iter().map(|fault| &fault.aim);
        aims.any(|aim| aim.reference_id.is_some())
    }

    /// The first fault that applies to this call of an operation, if any. The call is about these
    /// reference IDs.
    pub(crate) fn pick(&self, operation: &str, reference_ids: &[String]) -> Option<Fault> {
        self.pick_for(|fault| {
            let is_target = match fault.target {
                Target::Any => true,
                Target::Operation(wanted) => wanted == operation,
                Target::Webhook => false,
            };
            is_target && fault.aim.hits_call(reference_ids)
        })
    }

    /// The first fault that applies to this attempt at a webhook, if any.
    pub(crate) fn pick_for_webhook(&self, attempt: WebhookAttempt<'_>) -> Option<Fault> {
        self.pick_for(|fault| fault.target == Target::Webhook && fault.aim.hits_webhook(attempt))
    }

    fn pick_for(&self, applies: impl Fn(&ActiveFault) -> bool) -> Option<Fault> {
        let mut lists = self.lists();
        let mut active = lists.active.iter_mut().enumerate();
        let (place, met) = active.find_map(|(place, fault)| {
            let met = applies(fault).then(|| fault.meet())??;
            Some((place, met))
        })?;
        if lists.active[place].left == Some(0) {
            let spent = lists.active.remove(place);
            lists.add(spent);
        }
        Some(met)
    }

    /// All active faults, and the latest used-up ones.
    pub(crate) fn describe(&self) -> Value {
        let describe = |fault: &ActiveFault| {
            let mut described = json!({
                "operation": fault.operation,
                "kind": fault.fault.kind.name(),
                "count": fault.left,
                "probability": fault.probability,
                "seed": fault.seed,
                "delay_ms": u64::try_from(fault.fault.delay.as_millis()).unwrap_or(u64::MAX),
                "hits": fault.hits,
                // The name of earlier versions.
                "met": fault.hits,
            });
            if let (Some(described), Value::Object(aim)) =
                (described.as_object_mut(), json!(fault.aim))
            {
                described.extend(aim);
            }
            described
        };
        let lists = self.lists();
        let mut all: Vec<_> = lists.active.iter().chain(&lists.spent).collect();
        all.sort_by_key(|fault| fault.number);
        Value::Array(all.into_iter().map(describe).collect())
    }

    fn lists(&self) -> std::sync::MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ActiveFault {
    fn meet(&mut self) -> Option<Fault> {
        if self.left == Some(0) {
            return None;
        }
        if let Some(probability) = self.probability
            && !self.chance.random_bool(probability)
        {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        self.hits += 1;
        Some(self.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT: WebhookAttempt<'_> = WebhookAttempt {
        webhook_id: "wbh_1",
        event: "inquiry.approved",
        reference_id: Some("usr_1"),
    };

    fn faults(request: Value) -> Result<Faults, String> {
        let faults = Faults::default();
        faults
            .add(
                &serde_json::from_value(request).unwrap(),
                &Operations::for_tests(),
                1,
            )
            .map(|()| faults)
    }

    #[test]
    fn a_counted_fault_is_met_that_often() {
        let faults =
            faults(json!({"operation": "create", "kind": "status:503", "count": 1})).unwrap();
        assert_eq!(faults.pick("inquiries.list", &[]), None);
        let met = faults.pick("inquiries.create", &[]).unwrap();
        assert_eq!(met.kind, FaultKind::Status(StatusCode::SERVICE_UNAVAILABLE));
        assert_eq!(faults.pick("inquiries.create", &[]), None);
    }

    #[test]
    fn a_fault_that_is_used_up_is_shown_but_not_looked_at() {
        let faults = Faults::default();
        for count in [0, 1, 2] {
            let request = json!({"operation": "create", "kind": "reset", "count": count});
            faults
                .add(
                    &serde_json::from_value(request).unwrap(),
                    &Operations::for_tests(),
                    1,
                )
                .unwrap();
        }
        for _ in 0..3 {
            assert!(faults.pick("inquiries.create", &[]).is_some());
        }
        assert!(faults.pick("inquiries.create", &[]).is_none());
        let shown = faults.describe();
        let met: Vec<_> = shown
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["met"])
            .collect();
        assert_eq!(met, [0, 1, 2]);
        assert!(faults.lists().active.is_empty());
    }

    #[test]
    fn a_seeded_chance_falls_the_same_way_each_time() {
        let falls = |seed: u64| -> Vec<bool> {
            let request =
                json!({"operation": "*", "kind": "reset", "probability": 0.5, "seed": seed});
            let faults = faults(request).unwrap();
            (0..64)
                .map(|_| faults.pick("inquiries.list", &[]).is_some())
                .collect()
        };
        assert_eq!(falls(7), falls(7));
        assert_ne!(falls(7), falls(8));
    }

    #[test]
    fn a_webhook_meets_its_own_faults_only() {
        let faults = faults(json!({"operation": "webhook", "kind": "reorder"})).unwrap();
        assert_eq!(faults.pick("inquiries.list", &[]), None);
        let met = faults.pick_for_webhook(ATTEMPT).unwrap();
        assert_eq!(met.kind, FaultKind::Webhook(WebhookFault::Reorder));
        assert_eq!(met.delay, Duration::from_millis(REORDER_TIMEOUT_MS));
        let any = super::tests::faults(json!({"operation": "*", "kind": "reset"})).unwrap();
        assert_eq!(any.pick_for_webhook(ATTEMPT), None);
    }

    #[test]
    fn a_fault_applies_to_what_it_is_aimed_at_only() {
        for (aim, hits) in [
            (json!({"webhook_id": "wbh_1"}), true),
            (json!({"webhook_id": "wbh_2"}), false),
            (json!({"event": "inquiry.approved"}), true),
            (json!({"event": "inquiry.declined"}), false),
            (
                json!({"reference_id": "usr_1", "event": "inquiry.approved"}),
                true,
            ),
            (json!({"reference_id": "usr_2"}), false),
        ] {
            let mut request = json!({"operation": "webhook", "kind": "drop"});
            let parts = request.as_object_mut().unwrap();
            parts.extend(aim.as_object().unwrap().clone());
            let faults = faults(request).unwrap();
            assert_eq!(faults.pick_for_webhook(ATTEMPT).is_some(), hits, "{aim}");
            let shown = &faults.describe()[0];
            for (key, value) in aim.as_object().unwrap() {
                assert_eq!(&shown[key], value);
            }
        }
        let request = json!({"operation": "list", "kind": "reset", "reference_id": "usr_1"});
        let faults = faults(request).unwrap();
        assert!(faults.need_reference_ids());
        assert!(faults.pick("inquiries.list", &[]).is_none());
        assert!(
            faults
                .pick("inquiries.list", &["usr_2".to_owned()])
                .is_none()
        );
        assert!(
            faults
                .pick("inquiries.list", &["usr_1".to_owned()])
                .is_some()
        );
    }

    #[test]
    fn a_delay_that_says_nothing_else_is_a_second() {
        let faults = faults(json!({"operation": "list", "kind": "delay"})).unwrap();
        let met = faults.pick("inquiries.list", &[]).unwrap();
        assert_eq!(met.delay, Duration::from_secs(1));
    }

    #[test]
    fn a_wrong_request_says_what_would_be_right() {
        for request in [
            json!({"operation": "lists", "kind": "reset"}),
            json!({"operation": "list", "kind": "status:20"}),
            json!({"operation": "list", "kind": "status:100"}),
            json!({"operation": "list", "kind": "status:600"}),
            json!({"operation": "list", "kind": "html", "probability": 2.0}),
            json!({"operation": "*", "kind": "duplicate"}),
            json!({"operation": "webhook", "kind": "foreign"}),
            json!({"operation": "list", "kind": "reset", "event": "inquiry.approved"}),
            json!({"operation": "list", "kind": "reset", "webhook_id": "wbh_1"}),
            json!({"operation": "webhook", "kind": "drop", "event": "inquiry.aproved"}),
        ] {
            assert!(faults(request).is_err());
        }
    }
}
