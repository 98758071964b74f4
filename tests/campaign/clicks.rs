//! Runs a round: tabs that click, people who continue in the flow, servers that receive faults.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use persona_onboarding::model::ReferenceId;
use reqwest::{Client, StatusCode, header};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    plan::{Click, NextStep, Round, ServerFault, ServerFaultKind},
    target::{Person, World},
};

/// The client's timeout. The app responds within 15 s, unless its process is paused.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(30);

/// The counts of a round.
#[derive(Default)]
pub struct Tally {
    pub clicks: usize,
    pub kills: usize,
    pub pauses: usize,
    pub restarts: usize,
    /// The inquiries that clicks returned.
    pub handed_out: Vec<HandedOut>,
    /// The number of clicks for each outcome.
    outcomes: BTreeMap<String, usize>,
}

impl Tally {
    fn record(&mut self, outcome: &ClickOutcome) {
        let name = match outcome {
            ClickOutcome::Opened { .. } => "opened",
            ClickOutcome::Refused(error) => error,
            ClickOutcome::NoResponse => "no response",
            ClickOutcome::TabClosed => "tab closed",
        };
        self.clicks += 1;
        *self.outcomes.entry(name.to_owned()).or_default() += 1;
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.clicks += other.clicks;
        self.kills += other.kills;
        self.pauses += other.pauses;
        self.restarts += other.restarts;
        self.handed_out.extend(other.handed_out);
        for (name, count) in other.outcomes {
            *self.outcomes.entry(name).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?}; {} times kill -9, {} times SIGSTOP, {} times SIGTERM",
            self.clicks, self.outcomes, self.kills, self.pauses, self.restarts
        )
    }
}

/// The outcome of a click.
pub enum ClickOutcome {
    /// The server returned this inquiry, with a session token if it is pending.
    Opened {
        id: String,
        session_token: Option<String>,
    },
    /// The server refused with this HTTP status and error code.
    Refused(String),
    /// The server was down, or the connection broke.
    NoResponse,
    /// The tab was closed before the response.
    TabClosed,
}

/// An inquiry that a click returned to a user.
#[derive(Clone)]
pub struct HandedOut {
    pub user: ReferenceId,
    pub inquiry_id: String,
    pub session_token: Option<String>,
}

/// Runs a round. All servers run afterwards.
pub async fn run(world: &Arc<World>, round: &Round, people: &[Person]) -> Tally {
    let http = client();
    let mut tasks = JoinSet::new();
    for (person, plan) in people.iter().zip(&round.people) {
        for clicks in &plan.tabs {
            let (world, http) = (world.clone(), http.clone());
            tasks.spawn(use_tab(world, http, person.clone(), clicks.clone()));
        }
    }
    for (server, faults) in round.server_faults.iter().enumerate() {
        tasks.spawn(inject_faults(world.clone(), server, faults.clone()));
    }
    let mut tally = Tally::default();
    for counts in tasks.join_all().await {
        tally += counts;
    }
    tally
}

/// A client with the timeout of a browser.
pub fn client() -> Client {
    crate::http().timeout(CLIENT_TIMEOUT).build().unwrap()
}

/// Clicks once.
pub async fn click(http: &Client, server_url: &str, person: &Person) -> ClickOutcome {
    let request = http
        .post(format!("{server_url}/api/inquiries/get-or-create"))
        .header(header::COOKIE, &person.cookie);
    let Ok(response) = request.send().await else {
        return ClickOutcome::NoResponse;
    };
    let status = response.status();
    let Ok(bytes) = response.bytes().await else {
        return ClickOutcome::NoResponse;
    };
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    match body["inquiry_id"].as_str() {
        Some(id) if status == StatusCode::OK => ClickOutcome::Opened {
            id: id.to_owned(),
            session_token: body["session_token"].as_str().map(ToOwned::to_owned),
        },
        _ => {
            let code = body["error"]["code"].as_str().unwrap_or("?");
            ClickOutcome::Refused(format!("{} {code}", status.as_u16()))
        }
    }
}

async fn use_tab(world: Arc<World>, http: Client, person: Person, clicks: Vec<Click>) -> Tally {
    let mut tally = Tally::default();
    for Click {
        pause,
        server,
        closed_after,
        next_step,
    } in clicks
    {
        tokio::time::sleep(pause).await;
        let clicked = click(&http, world.entry(server), &person);
        let timeout = closed_after.unwrap_or(CLIENT_TIMEOUT);
        let outcome = tokio::time::timeout(timeout, clicked).await;
        let outcome = outcome.unwrap_or(ClickOutcome::TabClosed);
        tally.record(&outcome);
        let ClickOutcome::Opened { id, session_token } = outcome else {
            continue;
        };
        tally.handed_out.push(HandedOut {
            user: person.user.id.clone(),
            inquiry_id: id.clone(),
            session_token,
        });
        if next_step != NextStep::None {
            world.sandbox.simulate(&id, "start_inquiry").await;
            if next_step == NextStep::Finish {
                world.sandbox.simulate(&id, "complete_inquiry").await;
            }
        }
    }
    tally
}

async fn inject_faults(world: Arc<World>, server: usize, faults: Vec<ServerFault>) -> Tally {
    let server = &world.servers[server];
    let mut tally = Tally::default();
    for ServerFault { after, kind } in faults {
        tokio::time::sleep(after).await;
        match kind {
            ServerFaultKind::Pause(length) => {
                server.pause(length).await;
                tally.pauses += 1;
            }
            ServerFaultKind::Restart => {
                server.stop().await;
                server.ensure_running().await;
                tally.restarts += 1;
            }
            ServerFaultKind::Kill => {
                server.kill();
                server.ensure_running().await;
                tally.kills += 1;
            }
        }
    }
    tally
}
