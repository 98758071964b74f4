//! What has happened in a year: inquiries, their events, and the changes of their statuses.

use jiff::{SignedDuration, Timestamp};

use super::{Options, sealed::Cipher, table::Database, table::Value};
use crate::users;

/// How long the app keeps the bodies of events.
const BODIES_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);
/// The events of an inquiry, the last one first: the rest are left out from the beginning.
const STAGES: [&str; 4] = ["approved", "completed", "started", "created"];
/// For how long after its last event the reconciler checks an inquiry.
const CHECKED_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The time between two events of an inquiry, in milliseconds.
const STEP_MS: i64 = 60_000;
/// Distributes inquiries over the users in another order than over time. Prime.
const STRIDE: u64 = 7_919;

/// One inquiry of the year.
struct Inquiry {
    id: String,
    number: u64,
    user_id: String,
    created_at: i64,
    /// When the reconciler has checked it last: just now, or when it gave up.
    checked_at: i64,
}

/// Fills the tables.
pub fn fill(database: &Database, options: &Options, now: Timestamp) -> anyhow::Result<()> {
    let count = options.users * options.inquiries_per_user;
    let stages = usize::try_from(options.events_per_inquiry)?;
    let inquiry = |number: u64| Inquiry::new(number, count, options.users, now);
    let columns = [
        "id",
        "user_id",
        "status",
        "created_at",
        "updated_at",
        "seen_at",
        "status_at",
        "completed_at",
        "decided_at",
        "asked_at",
        "result_id",
    ];
    let inquiries = (0..count).map(|number| Ok(inquiry(number)?.row()));
    database.load("inquiries", &columns, inquiries)?;

    let cipher = Cipher::new(&options.data_key)?;
    let kept_since = (now - BODIES_KEPT).as_millisecond();
    let columns = [
        "id",
        "name",
        "inquiry_id",
        "happened_at",
        "received_at",
        "body",
        "state",
        "tries",
        "due_at",
        "settled_at",
    ];
    let events = (0..count).flat_map(|number| (0..stages).rev().map(move |stage| (number, stage)));
    let rows = events.clone().map(|(number, stage)| {
        inquiry(number)?.event_row(stage, |id, at, text| {
            if at < kept_since {
                return Ok(Value::Null);
            }
            Ok(Value::Blob(
                cipher.seal(&format!("events/{id}"), text.as_bytes())?,
            ))
        })
    });
    database.load("events", &columns, rows)?;

    let columns = [
        "inquiry_id",
        "user_id",
        "status",
        "happened_at",
        "noticed_at",
        "source",
        "event_id",
    ];
    let rows = events.map(|(number, stage)| Ok(inquiry(number)?.change_row(stage)));
    database.load("changes", &columns, rows)
}

impl Inquiry {
    fn new(number: u64, count: u64, users: u64, now: Timestamp) -> anyhow::Result<Self> {
        let age = YEAR.as_millis() * i128::from(count - number) / i128::from(count);
        let steps = STEP_MS * i64::try_from(STAGES.len())?;
        let created_at = now.as_millisecond() - i64::try_from(age)? - steps;
        let gave_up_at = created_at + i64::try_from(CHECKED_FOR.as_millis())?;
        Ok(Self {
            id: format!("inq_h{number:09}"),
            number,
            user_id: users::reference_id(number * STRIDE % users + 1),
            created_at,
            checked_at: now.as_millisecond().min(gave_up_at),
        })
    }

    fn event_id(&self, stage: usize) -> String {
        format!("evt_h{:09}s{stage}", self.number)
    }

    /// When the event of this stage happened.
    fn at(&self, stage: usize) -> i64 {
        let steps = STAGES.len() - 1 - stage;
        self.created_at + STEP_MS * i64::try_from(steps).unwrap_or(0)
    }

    /// As its last event left it.
    fn row(self) -> Vec<Value> {
        let (completed_at, decided_at) = (self.at(1), self.at(0));
        vec![
            Value::Text(self.id),
            Value::Text(self.user_id),
            Value::Text(STAGES[0].to_owned()),
            Value::Int(self.created_at),
            Value::Int(decided_at),
            Value::Int(self.checked_at),
            Value::Int(decided_at),
            Value::Int(completed_at),
            Value::Int(decided_at),
            Value::Int(self.checked_at),
            Value::Text(format!("res_{:032x}", self.number)),
        ]
    }

    fn event_row(
        &self,
        stage: usize,
        body: impl Fn(&str, i64, &str) -> anyhow::Result<Value>,
    ) -> anyhow::Result<Vec<Value>> {
        let (id, at) = (self.event_id(stage), self.at(stage));
        let (status, inquiry) = (STAGES[stage], &self.id);
        let time = Timestamp::from_millisecond(at)?;
        let text = format!(
            r#"{{"data":{{"type":"event","id":"{id}","attributes":{{"name":"inquiry.{status}","created-at":"{time}","payload":{{"data":{{"type":"inquiry","id":"{inquiry}","attributes":{{"status":"{status}","reference-id":"{}","updated-at":"{time}"}}}}}}}}}}}}"#,
            self.user_id
        );
        let body = body(&id, at, &text)?;
        Ok(vec![
            Value::Text(id),
            Value::Text(format!("inquiry.{status}")),
            Value::Text(self.id.clone()),
            Value::Int(at),
            Value::Int(at),
            body,
            Value::Text("applied".to_owned()),
            Value::Int(0),
            Value::Int(at),
            Value::Int(at),
        ])
    }

    fn change_row(self, stage: usize) -> Vec<Value> {
        let at = self.at(stage);
        let event_id = self.event_id(stage);
        // `inquiry.started` is of a pending inquiry.
        let status = match STAGES[stage] {
            "started" => "pending",
            status => status,
        };
        vec![
            Value::Text(self.id),
            Value::Text(self.user_id),
            Value::Text(status.to_owned()),
            Value::Int(at),
            Value::Int(at),
            Value::Text("event".to_owned()),
            Value::Text(event_id),
        ]
    }
}
