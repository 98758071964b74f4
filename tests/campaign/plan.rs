//! What happens in a round, drawn from the seed: who clicks when and where, what Persona does to
//! the calls, and which servers are killed or paused.

use std::time::Duration;

use jiff::civil::{Date, date};
use persona_onboarding::{domain::User, model::ReferenceId};
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom as _};
use serde_json::{Value, json};

const USERS_PER_ROUND: usize = 60;
/// When the last pause or kill of a round begins.
const ROUND: u64 = 8_000;

/// One round.
pub struct Round {
    /// As the sandbox's control takes them.
    pub faults: Vec<Value>,
    pub people: Vec<PersonPlan>,
    /// For each server, what happens to it, in order.
    pub blows: Vec<Vec<Blow>>,
}

/// A person and their tabs.
pub struct PersonPlan {
    pub user: User,
    pub tabs: Vec<Vec<Click>>,
}

/// One click in a tab.
#[derive(Clone, Copy)]
pub struct Click {
    /// How long after the one before.
    pub pause: Duration,
    pub server: usize,
    /// When the tab is closed without waiting for the answer.
    pub gives_up_after: Option<Duration>,
    pub then: Then,
}

/// What the person does with the inquiry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Nothing,
    Begin,
    Finish,
}

/// What happens to a server.
#[derive(Clone, Copy)]
pub struct Blow {
    /// How long after the one before.
    pub after: Duration,
    pub kind: BlowKind,
}

/// How a server is hit.
#[derive(Clone, Copy)]
pub enum BlowKind {
    /// `kill -9`, and started again.
    Kill,
    /// SIGTERM, an orderly end, and started again: a rolling restart's step.
    Restart,
    /// SIGSTOP for so long.
    Pause(Duration),
}

impl Round {
    /// Draws a round.
    pub fn draw(chance: &mut StdRng, number: usize, servers: usize) -> Self {
        let faults = (0..chance.random_range(6..=10))
            .map(|_| fault(chance))
            .collect();
        let people = (0..USERS_PER_ROUND)
            .map(|person| {
                let id = format!("usr_campaign{number}x{person}");
                PersonPlan::draw(chance, id, servers)
            })
            .collect();
        let blows = (0..servers).map(|_| blows(chance)).collect();
        Self {
            faults,
            people,
            blows,
        }
    }
}

impl PersonPlan {
    fn draw(chance: &mut StdRng, id: String, servers: usize) -> Self {
        let first = ["Zoë", "Alexander", "José", "Ngọc", "O'Neill", "李", "Ada"];
        let last = [
            "Sample",
            "Ødegård",
            "de la Cruz",
            "Nguyễn",
            "Smith-Jones",
            "王",
        ];
        let name = |chance: &mut StdRng, names: &[&str]| {
            // The number makes a mix-up between two people visible.
            format!(
                "{} {}",
                names.choose(chance).unwrap(),
                chance.random::<u32>()
            )
        };
        let user = User {
            id: ReferenceId::parse(id).unwrap(),
            first_name: name(chance, &first),
            last_name: name(chance, &last),
            birthdate: birthdate(chance),
            email: None,
        };
        let tabs = (0..chance.random_range(1..=4))
            .map(|_| {
                let clicks = chance.random_range(1..=4);
                (0..clicks).map(|_| Click::draw(chance, servers)).collect()
            })
            .collect();
        Self { user, tabs }
    }
}

impl Click {
    fn draw(chance: &mut StdRng, servers: usize) -> Self {
        let closes = chance.random_bool(0.1);
        Self {
            pause: millis(chance, 0..1_500),
            server: chance.random_range(0..servers),
            gives_up_after: closes.then(|| millis(chance, 5..2_000)),
            then: match chance.random_range(0..10) {
                0..6 => Then::Nothing,
                6..8 => Then::Begin,
                _ => Then::Finish,
            },
        }
    }
}

fn birthdate(chance: &mut StdRng) -> Date {
    date(
        chance.random_range(1930..2005),
        chance.random_range(1..=12),
        chance.random_range(1..=28),
    )
}

fn millis(chance: &mut impl RngExt, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(chance.random_range(range))
}

/// Creates fail most: that is where second inquiries come from.
fn fault(chance: &mut StdRng) -> Value {
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
    let kind = *kinds.choose(chance).unwrap();
    let mut fault = json!({
        "operation": operations.choose(chance).unwrap(),
        "kind": kind,
        "probability": chance.random_range(0.03..0.2),
        "seed": chance.random::<u32>(),
    });
    if kind == "delay" {
        // Now and then longer than a lease, or than anybody waits.
        let longest = *[300, 2_000, 7_000, 12_000].choose(chance).unwrap();
        fault["delay_ms"] = json!(chance.random_range(20..longest));
    }
    fault
}

/// A tenth of the pauses outlast a lease; some outlast a send.
fn blows(chance: &mut StdRng) -> Vec<Blow> {
    let mut blows = Vec::new();
    let mut time = 0;
    loop {
        let after = chance.random_range(200..4_000);
        time += after;
        if time > ROUND {
            return blows;
        }
        let kind = match chance.random_range(0..10) {
            0..4 => BlowKind::Kill,
            4..6 => BlowKind::Restart,
            _ => {
                let longest = *[300, 300, 2_000, 7_000, 13_000].choose(chance).unwrap();
                BlowKind::Pause(millis(chance, 20..longest))
            }
        };
        blows.push(Blow {
            after: Duration::from_millis(after),
            kind,
        });
    }
}
