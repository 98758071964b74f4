//! The plan of a round, drawn from the seed: the clicks, the faults of Persona, and the servers that are
//! killed, restarted or paused.

use std::time::Duration;

use jiff::civil::{Date, date};
use persona_onboarding::{domain::User, model::ReferenceId};
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::{Value, json};

const USERS_PER_ROUND: usize = 60;
/// No server fault of a round begins later than this.
const ROUND_MS: u64 = 8_000;

/// One round.
pub struct Round {
    /// Persona's faults, as the sandbox's control API takes them.
    pub faults: Vec<Value>,
    pub people: Vec<PersonPlan>,
    /// The faults of each server, in order.
    pub server_faults: Vec<Vec<ServerFault>>,
}

/// A person and their tabs.
pub struct PersonPlan {
    pub user: User,
    pub tabs: Vec<Vec<Click>>,
}

/// One click in a tab.
#[derive(Clone, Copy)]
pub struct Click {
    /// The delay after the previous one.
    pub pause: Duration,
    pub server: usize,
    /// When the tab is closed without waiting for the response.
    pub closed_after: Option<Duration>,
    pub next_step: NextStep,
}

/// What the person does with the inquiry after the click.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    None,
    Begin,
    Finish,
}

/// A fault of a server.
#[derive(Clone, Copy)]
pub struct ServerFault {
    /// The delay after the previous one.
    pub after: Duration,
    pub kind: ServerFaultKind,
}

/// The kind of a server fault.
#[derive(Clone, Copy)]
pub enum ServerFaultKind {
    /// `kill -9`, then a start.
    Kill,
    /// SIGTERM, a graceful shutdown, then a start: one step of a rolling restart.
    Restart,
    /// SIGSTOP, then SIGCONT after this time.
    Pause(Duration),
}

impl Round {
    /// Draws a round.
    pub fn draw(rng: &mut StdRng, number: usize, servers: usize) -> Self {
        let faults = (0..rng.random_range(6..=10)).map(|_| fault(rng)).collect();
        let people = (0..USERS_PER_ROUND)
            .map(|person| {
                let id = format!("usr_campaign{number}x{person}");
                PersonPlan::draw(rng, id, servers)
            })
            .collect();
        let server_faults = (0..servers).map(|_| server_faults(rng)).collect();
        Self {
            faults,
            people,
            server_faults,
        }
    }
}

impl PersonPlan {
    fn draw(rng: &mut StdRng, id: String, servers: usize) -> Self {
        let first = ["Zoë", "Alexander", "José", "Ngọc", "O'Neill", "李", "Ada"];
        let last = [
            "Sample",
            "Ødegård",
            "de la Cruz",
            "Nguyễn",
            "Smith-Jones",
            "王",
        ];
        let name = |rng: &mut StdRng, names: &[&str]| {
            // The number makes an exchange of two users' data visible.
            format!("{} {}", names.choose(rng).unwrap(), rng.random::<u32>())
        };
        let user = User {
            id: ReferenceId::parse(id).unwrap(),
            first_name: name(rng, &first),
            last_name: name(rng, &last),
            birthdate: birthdate(rng),
            email: None,
            profile_version: 0,
            locale: None,
        };
        let tabs = (0..rng.random_range(1..=4))
            .map(|_| {
                let clicks = rng.random_range(1..=4);
                (0..clicks).map(|_| Click::draw(rng, servers)).collect()
            })
            .collect();
        Self { user, tabs }
    }
}

impl Click {
    fn draw(rng: &mut StdRng, servers: usize) -> Self {
        let closes_tab = rng.random_bool(0.1);
        Self {
            pause: millis(rng, 0..1_500),
            server: rng.random_range(0..servers),
            closed_after: closes_tab.then(|| millis(rng, 5..2_000)),
            next_step: match rng.random_range(0..10) {
                0..6 => NextStep::None,
                6..8 => NextStep::Begin,
                _ => NextStep::Finish,
            },
        }
    }
}

fn birthdate(rng: &mut StdRng) -> Date {
    date(
        rng.random_range(1930..2005),
        rng.random_range(1..=12),
        rng.random_range(1..=28),
    )
}

fn millis(rng: &mut impl RngExt, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(rng.random_range(range))
}

/// Creates fail most often, because failed creates cause second inquiries.
fn fault(rng: &mut StdRng) -> Value {
    let operations = [
        "create", "create", "create", "list", "list", "retrieve", "resume", "resume",
    ];
    let kinds = [
        "delay",
        "delay",
        "drop_answer",
        "drop_answer",
        "reset",
        "late_commit",
        "late_commit",
        "truncate",
        "html",
        "foreign",
        "foreign",
        "status:400",
        "status:401",
        "status:403",
        "status:404",
        "status:409",
        "status:422",
        "status:429",
        "status:500",
        "status:500",
        "status:502",
        "status:503",
    ];
    let kind = *kinds.choose(rng).unwrap();
    let mut fault = json!({
        "operation": operations.choose(rng).unwrap(),
        "kind": kind,
        "probability": rng.random_range(0.03..0.2),
        "seed": rng.random::<u32>(),
    });
    if kind == "delay" {
        // Some delays are longer than a lease, or than the client's timeout.
        let max = *[300, 2_000, 7_000, 12_000].choose(rng).unwrap();
        fault["delay_ms"] = json!(rng.random_range(20..max));
    }
    fault
}

/// A tenth of the pauses last longer than a lease; some last longer than a send.
fn server_faults(rng: &mut StdRng) -> Vec<ServerFault> {
    let mut faults = Vec::new();
    let mut time = 0;
    loop {
        let after = rng.random_range(200..4_000);
        time += after;
        if time > ROUND_MS {
            return faults;
        }
        let kind = match rng.random_range(0..10) {
            0..4 => ServerFaultKind::Kill,
            4..6 => ServerFaultKind::Restart,
            _ => {
                let max = *[300, 300, 2_000, 7_000, 13_000].choose(rng).unwrap();
                ServerFaultKind::Pause(millis(rng, 20..max))
            }
        };
        faults.push(ServerFault {
            after: Duration::from_millis(after),
            kind,
        });
    }
}
