//! The expected state: inquiries whose status changes at a sandbox, and the events of these changes.

use std::time::Duration;

use persona_onboarding::{domain::User, model::ReferenceId};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::sandbox::SandboxControl;

/// The number of inquiries that change at the same time.
const CONCURRENCY: usize = 16;
/// The number of inquiries of one user.
const INQUIRIES_PER_USER: usize = 4;

/// The inquiries, their users and their events.
pub struct History {
    pub sandbox: SandboxControl,
    pub users: Vec<User>,
    pub inquiries: Vec<String>,
    /// As `GET /events` returns them.
    pub events: Vec<Value>,
}

impl History {
    /// Changes inquiries until they have at least this number of events together.
    pub async fn generate(rng: &mut StdRng, inquiries: usize, events: usize) -> Self {
        // The workflow never decides: the test draws every change.
        let sandbox = SandboxControl::start(persona_sandbox::Config {
            approve_after: Duration::from_secs(86_400_000),
            ..persona_sandbox::Config::default()
        });
        // A fast clock, so that two changes of an inquiry never share a millisecond.
        let (status, response) = sandbox
            .call(Method::POST, "/_sandbox/clock", Some(&json!({"speed": 60})))
            .await;
        assert_eq!(status, StatusCode::OK, "{response}");

        let mut users: Vec<User> = Vec::new();
        let mut tasks = JoinSet::new();
        let mut done: Vec<(usize, String, Vec<Value>)> = Vec::new();
        for number in 0..inquiries {
            if number % INQUIRIES_PER_USER == 0 {
                let demo = User::demo().unwrap();
                let id = ReferenceId::parse(format!("usr_c{number}")).unwrap();
                users.push(User { id, ..demo });
            }
            let owner = users[number / INQUIRIES_PER_USER].id.clone();
            let inquiry = Inquiry {
                sandbox: sandbox.clone(),
                rng: StdRng::seed_from_u64(rng.random()),
                min_events: events.div_ceil(inquiries),
            };
            tasks.spawn(async move {
                let (id, events) = inquiry.run(&owner).await;
                (number, id, events)
            });
            if tasks.len() == CONCURRENCY {
                done.extend(tasks.join_next().await.map(Result::unwrap));
            }
        }
        done.extend(tasks.join_all().await);
        // The order must not depend on which task was faster.
        done.sort_by_key(|(number, ..)| *number);
        let (inquiries, events): (Vec<_>, Vec<_>) =
            done.into_iter().map(|(_, id, events)| (id, events)).unzip();
        Self {
            sandbox,
            users,
            inquiries,
            events: events.into_iter().flatten().collect(),
        }
    }
}

/// The changes of one inquiry.
struct Inquiry {
    sandbox: SandboxControl,
    rng: StdRng,
    min_events: usize,
}

impl Inquiry {
    async fn run(mut self, owner: &ReferenceId) -> (String, Vec<Value>) {
        let body = json!({"data": {"attributes": {
            "inquiry-template-id": "itmpl_sandboxKYC", "reference-id": owner,
            "fields": {"name_first": "Alexander"}}}});
        let inquiry = self.post("/api/v1/inquiries", &body).await;
        let id = inquiry["data"]["id"].as_str().unwrap().to_owned();
        let mut status = "created".to_owned();
        loop {
            for _ in 0..self.min_events {
                status = self.step(&id, &status).await;
            }
            let events = self.events(&id).await;
            if events.len() >= self.min_events {
                return (id, events);
            }
        }
    }

    /// Applies one random change that the status allows.
    async fn step(&mut self, id: &str, status: &str) -> String {
        let path = format!("/api/v1/inquiries/{id}");
        if self.rng.random_ratio(1, 10) {
            let tag = format!("tag {}", self.rng.random::<u16>());
            let body = json!({"meta": {"tag-name": tag}});
            let response = self.post(&format!("{path}/add-tag"), &body).await;
            return status_of(&response);
        }
        let actions: &[&str] = match status {
            "created" => &["start", "start", "start", "complete", "expire", "decline"],
            "pending" => &["complete", "fail", "expire", "expire", "mark_for_review"],
            "completed" | "failed" => &["mark_for_review", "approve", "decline"],
            "needs_review" => &["approve", "decline"],
            "approved" => &["decline"],
            "declined" => &["approve"],
            "expired" => {
                let response = self.post(&format!("{path}/resume"), &json!({})).await;
                return status_of(&response);
            }
            other => panic!("unexpected status {other}"),
        };
        let action = actions[self.rng.random_range(0..actions.len())];
        let body = json!({"meta": {"simulate-actions": [{"type": format!("{action}_inquiry")}]}});
        let response = self
            .post(&format!("{path}/perform-simulate-actions"), &body)
            .await;
        status_of(&response)
    }

    /// All events of the inquiry.
    async fn events(&self, id: &str) -> Vec<Value> {
        let mut events: Vec<Value> = Vec::new();
        loop {
            let mut path = format!("/api/v1/events?filter[object-id]={id}&page[size]=100");
            if let Some(last) = events.last() {
                path.push_str("&page[after]=");
                path.push_str(last["id"].as_str().unwrap());
            }
            let (status, mut response) = self.sandbox.call(Method::GET, &path, None).await;
            assert_eq!(status, StatusCode::OK, "{response}");
            let Value::Array(page) = response["data"].take() else {
                panic!("expected a list of events");
            };
            let is_last = page.len() < 100;
            events.extend(page);
            if is_last {
                return events;
            }
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, response) = self.sandbox.call(Method::POST, path, Some(body)).await;
        assert!(status.is_success(), "{path} {body}: {status} {response}");
        response
    }
}

fn status_of(response: &Value) -> String {
    response["data"]["attributes"]["status"]
        .as_str()
        .unwrap()
        .to_owned()
}
