//! A round as it is played: tabs that click, people who go on, servers that are hit.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use persona_onboarding::model::ReferenceId;
use reqwest::{Client, StatusCode, header};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    plan::{Blow, BlowKind, Click, Round, Then},
    target::{Person, World},
};

/// How long a browser waits. The app answers within 15 s, unless it is paused.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came of the clicks.
#[derive(Default)]
pub struct Tally {
    pub clicks: usize,
    pub kills: usize,
    pub pauses: usize,
    pub restarts: usize,
    /// What was handed out, to whom.
    pub handed_out: Vec<HandedOut>,
    /// How many clicks ended how.
    ends: BTreeMap<String, usize>,
}

impl Tally {
    fn note(&mut self, end: &End) {
        let end = match end {
            End::Opened { .. } => "opened",
            End::Refused(how) => how,
            End::NoAnswer => "no answer",
            End::TabClosed => "tab closed",
        };
        self.clicks += 1;
        *self.ends.entry(end.to_owned()).or_default() += 1;
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.clicks += other.clicks;
        self.kills += other.kills;
        self.pauses += other.pauses;
        self.restarts += other.restarts;
        self.handed_out.extend(other.handed_out);
        for (end, count) in other.ends {
            *self.ends.entry(end).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?}; {} times kill -9, {} times SIGSTOP, {} times SIGTERM",
            self.clicks, self.ends, self.kills, self.pauses, self.restarts
        )
    }
}

/// What a click led to.
pub enum End {
    /// The inquiry with this ID, by a token if it needs one.
    Opened {
        id: String,
        session_token: Option<String>,
    },
    /// This status and code.
    Refused(String),
    /// The server is not there, or went away.
    NoAnswer,
    /// Nobody waited for the answer.
    TabClosed,
}

/// What a click has brought somebody.
#[derive(Clone)]
pub struct HandedOut {
    pub user: ReferenceId,
    pub inquiry_id: String,
    pub session_token: Option<String>,
}

/// Plays a round. Afterwards all servers run.
pub async fn run(world: &Arc<World>, round: &Round, people: &[Person]) -> Tally {
    let http = client();
    let mut tasks = JoinSet::new();
    for (person, plan) in people.iter().zip(&round.people) {
        for clicks in &plan.tabs {
            let (world, http) = (world.clone(), http.clone());
            tasks.spawn(use_tab(world, http, person.clone(), clicks.clone()));
        }
    }
    for (server, blows) in round.blows.iter().enumerate() {
        tasks.spawn(hit(world.clone(), server, blows.clone()));
    }
    let mut tally = Tally::default();
    for part in tasks.join_all().await {
        tally += part;
    }
    tally
}

/// A client as patient as a browser.
pub fn client() -> Client {
    crate::http().timeout(PATIENCE).build().unwrap()
}

/// Clicks once.
pub async fn click(http: &Client, server_url: &str, person: &Person) -> End {
    let request = http
        .post(format!("{server_url}/api/inquiries/get-or-create"))
        .header(header::COOKIE, &person.cookie);
    let Ok(answer) = request.send().await else {
        return End::NoAnswer;
    };
    let status = answer.status();
    let Ok(bytes) = answer.bytes().await else {
        return End::NoAnswer;
    };
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    match answer["inquiry_id"].as_str() {
        Some(id) if status == StatusCode::OK => End::Opened {
            id: id.to_owned(),
            session_token: answer["session_token"].as_str().map(ToOwned::to_owned),
        },
        _ => {
            let code = answer["error"]["code"].as_str().unwrap_or("?");
            End::Refused(format!("{} {code}", status.as_u16()))
        }
    }
}

async fn use_tab(world: Arc<World>, http: Client, person: Person, clicks: Vec<Click>) -> Tally {
    let mut tally = Tally::default();
    for Click {
        pause,
        server,
        gives_up_after,
        then,
    } in clicks
    {
        tokio::time::sleep(pause).await;
        let clicked = click(&http, world.entry(server), &person);
        let patience = gives_up_after.unwrap_or(PATIENCE);
        let end = tokio::time::timeout(patience, clicked).await;
        let end = end.unwrap_or(End::TabClosed);
        tally.note(&end);
        let End::Opened { id, session_token } = end else {
            continue;
        };
        tally.handed_out.push(HandedOut {
            user: person.user.id.clone(),
            inquiry_id: id.clone(),
            session_token,
        });
        if then != Then::Nothing {
            world.sandbox.simulate(&id, "start_inquiry").await;
            if then == Then::Finish {
                world.sandbox.simulate(&id, "complete_inquiry").await;
            }
        }
    }
    tally
}

async fn hit(world: Arc<World>, server: usize, blows: Vec<Blow>) -> Tally {
    let server = &world.servers[server];
    let mut tally = Tally::default();
    for Blow { after, kind } in blows {
        tokio::time::sleep(after).await;
        match kind {
            BlowKind::Pause(length) => {
                server.pause(length).await;
                tally.pauses += 1;
            }
            BlowKind::Restart => {
                server.stop().await;
                server.must_run().await;
                tally.restarts += 1;
            }
            BlowKind::Kill => {
                server.kill();
                server.must_run().await;
                tally.kills += 1;
            }
        }
    }
    tally
}
