//! The truth: inquiries that live at a sandbox, and the events that it made of that.

use std::time::Duration;

use persona_onboarding::{domain::User, model::ReferenceId};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::sandbox::SandboxControl;

/// How many inquiries live at once.
const AT_ONCE: usize = 16;
/// How many inquiries one user has.
const PER_USER: usize = 4;

/// What has happened, and to whom.
pub struct Lives {
    pub sandbox: SandboxControl,
    pub users: Vec<User>,
    pub inquiries: Vec<String>,
    /// As `GET /events` gives them.
    pub events: Vec<Value>,
}

impl Lives {
    /// Lets inquiries live until they have made so many events together.
    pub async fn live(chance: &mut StdRng, inquiries: usize, events: usize) -> Self {
        // No workflow decides behind our back: what happens is drawn.
        let sandbox = SandboxControl::start(persona_sandbox::Config {
            approve_after: Duration::from_secs(86_400_000),
            ..persona_sandbox::Config::default()
        });
        // Two changes of an inquiry never fall into one millisecond.
        let (status, answer) = sandbox
            .call(Method::POST, "/_sandbox/clock", Some(&json!({"speed": 60})))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");

        let mut users: Vec<User> = Vec::new();
        let mut lives = JoinSet::new();
        let mut done: Vec<(usize, String, Vec<Value>)> = Vec::new();
        for number in 0..inquiries {
            if number % PER_USER == 0 {
                let demo = User::demo().unwrap();
                let id = ReferenceId::parse(format!("usr_c{number}")).unwrap();
                users.push(User { id, ..demo });
            }
            let owner = users[number / PER_USER].id.clone();
            let life = Life {
                sandbox: sandbox.clone(),
                chance: StdRng::seed_from_u64(chance.random()),
                least: events.div_ceil(inquiries),
            };
            lives.spawn(async move {
                let (id, events) = life.live(&owner).await;
                (number, id, events)
            });
            if lives.len() == AT_ONCE {
                done.extend(lives.join_next().await.map(Result::unwrap));
            }
        }
        done.extend(lives.join_all().await);
        // In an order that does not depend on who was faster.
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

/// One inquiry's life.
struct Life {
    sandbox: SandboxControl,
    chance: StdRng,
    least: usize,
}

impl Life {
    async fn live(mut self, owner: &ReferenceId) -> (String, Vec<Value>) {
        let body = json!({"data": {"attributes": {
            "inquiry-template-id": "itmpl_sandboxKYC", "reference-id": owner,
            "fields": {"name_first": "Alexander"}}}});
        let inquiry = self.post("/api/v1/inquiries", &body).await;
        let id = inquiry["data"]["id"].as_str().unwrap().to_owned();
        let mut status = "created".to_owned();
        loop {
            for _ in 0..self.least {
                status = self.step(&id, &status).await;
            }
            let events = self.events(&id).await;
            if events.len() >= self.least {
                return (id, events);
            }
        }
    }

    /// Lets one thing happen that can happen.
    async fn step(&mut self, id: &str, status: &str) -> String {
        let path = format!("/api/v1/inquiries/{id}");
        if self.chance.random_ratio(1, 10) {
            let tag = format!("tag {}", self.chance.random::<u16>());
            let body = json!({"meta": {"tag-name": tag}});
            let answer = self.post(&format!("{path}/add-tag"), &body).await;
            return status_of(&answer);
        }
        let actions: &[&str] = match status {
            "created" => &["start", "start", "start", "complete", "expire", "decline"],
            "pending" => &["complete", "fail", "expire", "expire", "mark_for_review"],
            "completed" | "failed" => &["mark_for_review", "approve", "decline"],
            "needs_review" => &["approve", "decline"],
            "approved" => &["decline"],
            "declined" => &["approve"],
            "expired" => {
                let answer = self.post(&format!("{path}/resume"), &json!({})).await;
                return status_of(&answer);
            }
            other => panic!("an inquiry is {other}"),
        };
        let action = actions[self.chance.random_range(0..actions.len())];
        let body = json!({"meta": {"simulate-actions": [{"type": format!("{action}_inquiry")}]}});
        let answer = self
            .post(&format!("{path}/perform-simulate-actions"), &body)
            .await;
        status_of(&answer)
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
            let (status, mut answer) = self.sandbox.call(Method::GET, &path, None).await;
            assert_eq!(status, StatusCode::OK, "{answer}");
            let Value::Array(page) = answer["data"].take() else {
                panic!("no list of events");
            };
            let is_last = page.len() < 100;
            events.extend(page);
            if is_last {
                return events;
            }
        }
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.sandbox.call(Method::POST, path, Some(body)).await;
        assert!(status.is_success(), "{path} {body}: {status} {answer}");
        answer
    }
}

fn status_of(answer: &Value) -> String {
    answer["data"]["attributes"]["status"]
        .as_str()
        .unwrap()
        .to_owned()
}
