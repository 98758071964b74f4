//! Several clicks at the same time, over a small model of Persona and of the row.
//!
//! Every click is a [`Machine`] whose effects take time: each is issued, acts on the world, and
//! delivers its result, with pauses and crashes in between. A case is a string of choices, so that
//! proptest can shorten it; choice 0 is the harmless one everywhere.
//!
//! Persona keeps a key for 24 hours: it executes a key once and repeats the answer, also a failure,
//! and answers 409 while the key is in progress. It acts on a request before the request's own time
//! is up, or, once it has answered with a failure, within the late commit window.
//!
//! What must hold, whatever happens: a user never has two open inquiries; an inquiry that is handed
//! out was open during the click; no inquiry is made from data that was outdated a day ago; and
//! once the faults end, so does the user's wait.

mod persona;
mod process;
mod scenarios;
mod world;

use std::time::Duration;

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};

use self::world::{Event, World};
use super::{Outcome, Rules};

/// How long after the last fault somebody clicks again: longer than any pause, send and late commit
/// together.
const QUIET_MS: i64 = 200_000;

/// A rule that is broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    Nothing,
    /// Writes do not check the version.
    Version,
    /// A failed lookup counts as one that found nothing.
    FailedLookup,
    /// The lookup before an attempt is left out.
    FirstLookup,
    /// A repeated send has a key of its own.
    RepeatedKey,
    /// The response to a repeated send is used without a retrieval.
    StaleResponse,
    /// The time that a question to the database takes is left out.
    QuestionTime,
}

/// Runs a case, and then clicks without faults: the last of them must lead to the one inquiry.
fn check(rules: Rules, broken: Broken, choices: &[u8]) -> Result<(), String> {
    check_in(&mut World::new(rules, broken, choices))
}

fn check_in(world: &mut World<'_>) -> Result<(), String> {
    world.run();
    world.has_faults = false;
    for _ in 0..3 {
        if world.violation.is_none() {
            world.now += QUIET_MS;
            world.schedule(world.now, Event::Start);
            world.run();
        }
    }
    if let Some(violation) = world.violation.take() {
        return Err(violation);
    }
    match world.outcomes.last().copied().flatten() {
        Some(Outcome::Found | Outcome::Created) if world.open().is_some() => Ok(()),
        other => Err(format!("a click without faults led to {other:?}")),
    }
}

/// Tries many cases, and gives the first that fails. They are the same in each run, unless
/// `PROPTEST_CASES` asks for a number of random ones.
fn search(rules: Rules, broken: Broken) -> Result<(), String> {
    let mut config = Config {
        failure_persistence: None,
        ..Config::default()
    };
    #[expect(clippy::disallowed_methods, reason = "a setting of the test")]
    let mut runner = if std::env::var_os("PROPTEST_CASES").is_some() {
        TestRunner::new(config)
    } else {
        config.cases = CASES;
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    };
    let result = runner.run(&vec(any::<u8>(), 0..400), |choices| {
        check(rules, broken, &choices).map_err(TestCaseError::fail)
    });
    match result {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, choices)) => {
            let mut world = World::new(rules, broken, &choices);
            world.trace = Some(Vec::new());
            let _ = check_in(&mut world);
            let trace = world.trace.unwrap_or_default().join("\n");
            Err(format!("{reason}:\n{trace}"))
        }
        Err(TestError::Abort(reason)) => Err(format!("aborted: {reason}")),
    }
}

const CASES: u32 = 10_000;

fn must_hold(rules: Rules) {
    if let Err(error) = search(rules, Broken::Nothing) {
        panic!("{error}");
    }
}

#[test]
fn a_user_never_has_two_open_inquiries() {
    must_hold(Rules::STANDARD);
}

#[test]
fn the_lease_is_not_what_keeps_the_promise() {
    let rules = Rules {
        lease: Duration::ZERO,
        ..Rules::STANDARD
    };
    must_hold(rules);
}

#[test]
fn each_rule_is_needed() {
    let standard = Rules::STANDARD;
    for (name, rules, broken) in [
        (
            "no late commit window",
            Rules {
                late_commit_window: Duration::ZERO,
                ..standard
            },
            Broken::Nothing,
        ),
        (
            "a send is over before its time",
            Rules {
                send_timeout: Duration::from_secs(2),
                ..standard
            },
            Broken::Nothing,
        ),
        (
            "a key lives for ten days",
            Rules {
                key_life: Duration::from_secs(10 * 24 * 3600),
                ..standard
            },
            Broken::Nothing,
        ),
        ("no fencing token", standard, Broken::Version),
        (
            "a failed lookup is an empty one",
            standard,
            Broken::FailedLookup,
        ),
        ("no lookup before", standard, Broken::FirstLookup),
        ("another key for each send", standard, Broken::RepeatedKey),
        ("stale responses are used", standard, Broken::StaleResponse),
        ("a question takes no time", standard, Broken::QuestionTime),
    ] {
        let found = search(rules, broken);
        println!("{name}: {found:?}");
        assert!(found.is_err(), "{name} goes unnoticed");
    }
}
