//! Each transition of the machine, as the table in the module's head says.
//!
//! Longer than 400 lines: one entry for each row of that table.

use std::time::Duration;

use persona_api::IdempotencyKey;
use tokio::time::Instant;

use super::{
    Effect, Input, Lookup, Machine, Now, Outcome, Rules, SendResult, Watch,
    row_view::{Abandoned, RowStatus, RowView},
    rules::{KEY_LIFE, LATE_COMMIT_WINDOW, LEASE, MAX_SENDS, POLL_BACKOFF, SEND_TIMEOUT},
    state::{KeyUse, LeaseHolder, Next, State, Then, Wait, Wake},
};
use crate::store::{AttemptRow, AttemptWrite};

const NOW: i64 = 1_800_000_000_000;
const SECOND: i64 = 1_000;
const BACKOFF: Duration = Duration::from_millis(80);

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap()
}

/// The name of a state in the table, with what distinguishes its transitions.
fn name(state: &State) -> String {
    match state {
        State::Reading => "reading".to_owned(),
        State::Polling => "polling".to_owned(),
        State::LookingUp(view) => {
            let status = match &view.status {
                RowStatus::Idle { .. } => "idle",
                RowStatus::Draining => "draining",
                RowStatus::Held => "held",
                RowStatus::Abandoned(_) => "abandoned",
            };
            format!("looking up, row {status}")
        }
        State::Expiring => "expiring".to_owned(),
        State::Claiming(_) => "claiming".to_owned(),
        State::Sending(_) => "sending".to_owned(),
        State::CheckingFailure(..) => "checking failure".to_owned(),
        State::Budgeting(..) => "budgeting".to_owned(),
        State::Renewing(..) => "renewing".to_owned(),
        State::Sleeping(..) => "sleeping".to_owned(),
        State::CheckingRotation(_) => "checking rotation".to_owned(),
        State::Completing(_) => "completing".to_owned(),
        State::Releasing => "releasing".to_owned(),
        State::Finished => "finished".to_owned(),
    }
}

fn effect_name(effect: &Effect) -> String {
    match effect {
        Effect::ReadRow => "read row".to_owned(),
        Effect::LookUp { .. } => "look up".to_owned(),
        Effect::Write { write, .. } => match write {
            AttemptWrite::Begin(_) => "begin".to_owned(),
            AttemptWrite::Resend { .. } => "resend".to_owned(),
            AttemptWrite::RotateKey(_) => "rotate key".to_owned(),
            AttemptWrite::RenewLease { .. } => "renew lease".to_owned(),
            AttemptWrite::Complete { sent_until: 0 } => "complete".to_owned(),
            AttemptWrite::Complete { .. } => "complete, sends open".to_owned(),
            AttemptWrite::Release { .. } => "release".to_owned(),
        },
        Effect::Send(_) => "send".to_owned(),
        Effect::SpendRetry => "spend retry".to_owned(),
        Effect::Sleep(_) => "sleep".to_owned(),
        Effect::ExpireSpent => "expire".to_owned(),
        Effect::Finish(outcome) => format!("finish: {outcome:?}").to_lowercase(),
    }
}

fn row(lease: i64, sent: i64, body: Option<&[u8]>) -> Option<AttemptRow> {
    Some(AttemptRow {
        number: 1,
        version: 3,
        lease_until: NOW + lease,
        idempotency_key: "key".to_owned(),
        key_since: NOW,
        body: body.map(<[u8]>::to_vec),
        sent_until: NOW + sent,
        template_id: None,
    })
}

fn looking_up(status: RowStatus) -> State {
    State::LookingUp(RowView {
        status,
        template: None,
    })
}

fn idle() -> State {
    looking_up(RowStatus::Idle { version: Some(3) })
}

fn abandoned(key: Option<&str>, age: Duration, body: &[u8], may_act: bool) -> State {
    looking_up(RowStatus::Abandoned(Abandoned {
        version: 3,
        key: key.and_then(IdempotencyKey::parse),
        key_since: NOW - ms(age),
        body: body.to_vec(),
        may_act_until: NOW + if may_act { SECOND } else { -SECOND },
        may_act,
    }))
}

fn left() -> State {
    abandoned(Some("key"), Duration::ZERO, b"old", false)
}

fn holder(key_use: KeyUse) -> LeaseHolder {
    LeaseHolder {
        version: Some(4),
        key: IdempotencyKey::parse("key").unwrap(),
        body: b"body".to_vec(),
        key_use,
        send_until: NOW + ms(SEND_TIMEOUT),
        may_act_until: NOW + 2 * SECOND,
        sends: 1,
    }
}

fn fresh() -> LeaseHolder {
    holder(KeyUse::Fresh)
}

fn is_last() -> LeaseHolder {
    LeaseHolder {
        sends: MAX_SENDS,
        ..fresh()
    }
}

fn too_late() -> LeaseHolder {
    LeaseHolder {
        send_until: NOW,
        ..fresh()
    }
}

/// All transitions: what is given, in words, and what follows.
fn transitions() -> Vec<String> {
    let instant = Instant::now() + Duration::from_secs(60);
    let wait = |then| Wait {
        duration: BACKOFF,
        then,
    };
    let wake = |then| Wake { at: instant, then };
    let later = Wake {
        at: instant + Duration::from_secs(3),
        then: Then::Resend,
    };
    let dead = || abandoned(Some("key"), KEY_LIFE, b"old", false);
    let body: Option<&[u8]> = Some(b"body");
    let (lease, over) = (ms(LEASE), ms(LATE_COMMIT_WINDOW));
    let found = |lookup| Input::LookedUp(lookup);
    let sent = |result| Input::Sent(result);
    let checking = |key_use| State::CheckingFailure(holder(key_use), BACKOFF);
    let rotating = || State::CheckingRotation(holder(KeyUse::Failed));

    #[rustfmt::skip]
    let cases: Vec<(&str, State, Input)> = vec![
        ("no row", State::Reading, Input::Row(None)),
        ("complete, its sends over", State::Reading, Input::Row(row(0, -over, None))),
        ("complete, a send may act, lookup not due", State::Reading, Input::Row(row(0, SECOND, None))),
        ("complete, a send may act, lookup due", State::Reading, Input::Row(row(0, SECOND, None))),
        ("lease alive, lookup not due", State::Reading, Input::Row(row(lease, 0, body))),
        ("lease alive, lookup due", State::Reading, Input::Row(row(lease, 0, body))),
        ("lease over", State::Reading, Input::Row(row(-1, SECOND, body))),
        ("slept", State::Polling, Input::Slept),
        ("failed", idle(), found(Lookup::Failed)),
        ("denied", idle(), found(Lookup::Denied)),
        ("unfinished", idle(), found(Lookup::Unfinished)),
        ("spent", idle(), found(Lookup::Spent)),
        ("nothing", idle(), found(Lookup::Nothing)),
        ("failed", looking_up(RowStatus::Held), found(Lookup::Failed)),
        ("denied", looking_up(RowStatus::Held), found(Lookup::Denied)),
        ("unfinished", looking_up(RowStatus::Held), found(Lookup::Unfinished)),
        ("spent", looking_up(RowStatus::Held), found(Lookup::Spent)),
        ("nothing", looking_up(RowStatus::Held), found(Lookup::Nothing)),
        ("failed", looking_up(RowStatus::Draining), found(Lookup::Failed)),
        ("denied", looking_up(RowStatus::Draining), found(Lookup::Denied)),
        ("unfinished", looking_up(RowStatus::Draining), found(Lookup::Unfinished)),
        ("spent", looking_up(RowStatus::Draining), found(Lookup::Spent)),
        ("nothing", looking_up(RowStatus::Draining), found(Lookup::Nothing)),
        ("failed", left(), found(Lookup::Failed)),
        ("denied", left(), found(Lookup::Denied)),
        ("unfinished", left(), found(Lookup::Unfinished)),
        ("spent", left(), found(Lookup::Spent)),
        ("nothing", left(), found(Lookup::Nothing)),
        ("nothing, key dead, today's body", abandoned(Some("key"), KEY_LIFE, b"today", true), found(Lookup::Nothing)),
        ("nothing, key dead, a send may act", abandoned(Some("key"), KEY_LIFE, b"old", true), found(Lookup::Nothing)),
        ("nothing, key dead", dead(), found(Lookup::Nothing)),
        ("nothing, key unreadable, a send may act", abandoned(None, Duration::ZERO, b"old", true), found(Lookup::Nothing)),
        ("nothing, key unreadable", abandoned(None, Duration::ZERO, b"old", false), found(Lookup::Nothing)),
        ("expired", State::Expiring, Input::Expired),
        ("version stale", State::Claiming(fresh()), Input::Written(None)),
        ("written", State::Claiming(fresh()), Input::Written(Some(5))),
        ("written, send's time over", State::Claiming(too_late()), Input::Written(Some(5))),
        ("unfinished", State::Sending(fresh()), sent(SendResult::Unfinished)),
        ("ended", State::Sending(fresh()), sent(SendResult::Ended)),
        ("rejected", State::Sending(fresh()), sent(SendResult::Rejected)),
        ("stopped", State::Sending(fresh()), sent(SendResult::Stopped)),
        ("not processed", State::Sending(fresh()), sent(SendResult::NotProcessed(BACKOFF))),
        ("not processed, last send", State::Sending(is_last()), sent(SendResult::NotProcessed(BACKOFF))),
        ("lost", State::Sending(fresh()), sent(SendResult::Lost(BACKOFF))),
        ("lost, last send", State::Sending(is_last()), sent(SendResult::Lost(BACKOFF))),
        ("failed", State::Sending(fresh()), sent(SendResult::Failed(BACKOFF))),
        ("foreign, key fresh", State::Sending(fresh()), sent(SendResult::Foreign(BACKOFF))),
        ("foreign, key repeated", State::Sending(holder(KeyUse::Repeated)), sent(SendResult::Foreign(BACKOFF))),
        ("failed", checking(KeyUse::Fresh), found(Lookup::Failed)),
        ("denied", checking(KeyUse::Fresh), found(Lookup::Denied)),
        ("spent", checking(KeyUse::Fresh), found(Lookup::Spent)),
        ("unfinished", checking(KeyUse::Fresh), found(Lookup::Unfinished)),
        ("nothing, first failure", checking(KeyUse::Repeated), found(Lookup::Nothing)),
        ("nothing, second failure", checking(KeyUse::Failed), found(Lookup::Nothing)),
        ("nothing, last send", State::CheckingFailure(is_last(), BACKOFF), found(Lookup::Nothing)),
        ("granted", State::Budgeting(fresh(), wait(Then::Resend)), Input::Budget(true)),
        ("exhausted", State::Budgeting(fresh(), wait(Then::Resend)), Input::Budget(false)),
        ("version stale", State::Renewing(fresh(), later), Input::Written(None)),
        ("written, wait not over", State::Renewing(fresh(), later), Input::Written(Some(5))),
        ("written, for the same key", State::Renewing(fresh(), wake(Then::Resend)), Input::Written(Some(5))),
        ("written, for another key", State::Renewing(fresh(), wake(Then::RotateKey)), Input::Written(Some(5))),
        ("slept", State::Sleeping(fresh(), later), Input::Slept),
        ("failed", rotating(), found(Lookup::Failed)),
        ("denied", rotating(), found(Lookup::Denied)),
        ("spent", rotating(), found(Lookup::Spent)),
        ("unfinished", rotating(), found(Lookup::Unfinished)),
        ("nothing", rotating(), found(Lookup::Nothing)),
        ("written, to look again", State::Completing(Next::LookAgain), Input::Written(Some(5))),
        ("written, to expire", State::Completing(Next::Expire), Input::Written(Some(5))),
        ("written, found", State::Completing(Next::Finish(Outcome::Found)), Input::Written(Some(5))),
        ("written, created", State::Completing(Next::Finish(Outcome::Created)), Input::Written(Some(5))),
        ("written, rejected", State::Completing(Next::Finish(Outcome::Failed)), Input::Written(Some(5))),
        ("written", State::Releasing, Input::Written(Some(5))),
    ];
    let lines = cases.into_iter().map(|(given, state, input)| {
        let from = name(&state);
        let is_lookup_due = given.ends_with(", lookup due");
        let machine = Machine {
            rules: Rules::STANDARD,
            deadline: instant + Duration::from_secs(14),
            body: b"today".to_vec(),
            watch: Watch {
                last_version: None,
                look_up_at: instant + Duration::from_millis(u64::from(!is_lookup_due)),
                backoff: POLL_BACKOFF,
            },
            state,
        };
        let (machine, effect) = machine.step(&now(instant), input);
        let (to, effect) = (name(&machine.state), effect_name(&effect));
        format!("| {from} | {given} | {to} | {effect} |")
    });
    lines.collect()
}

fn now(instant: Instant) -> Now {
    Now {
        instant,
        earliest_ms: NOW,
        latest_ms: NOW,
        clock_ms: NOW,
        jitter: 0.5,
        new_key: IdempotencyKey::parse("new").unwrap(),
    }
}

#[test]
fn the_table_says_what_the_machine_does() {
    let documented: Vec<_> = include_str!("mod.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! "))
        .filter(|line| line.starts_with("| ") && !line.starts_with("| state |"))
        .collect();
    let transitions = transitions();
    assert!(
        documented == transitions,
        "the table in mod.rs should be\n{}",
        transitions.join("\n//! ")
    );
}

/// Asserts that the table has rows for these inputs of a state.
fn table_has(documented: &[&str], state: &str, inputs: &[&str]) {
    for input in inputs {
        let row = format!("| {state} | {input}");
        let ends_a_word = |rest: &str| rest.starts_with([',', ' ']);
        let is_there = documented
            .iter()
            .any(|it| it.strip_prefix(&row).is_some_and(ends_a_word));
        assert!(is_there, "the table lacks `{row}`");
    }
}

#[test]
fn the_table_has_each_input_of_each_state() {
    let transitions = transitions();
    let documented: Vec<_> = transitions.iter().map(String::as_str).collect();
    let lookups = ["failed", "denied", "unfinished", "spent", "nothing"];
    for state in [
        "looking up, row idle",
        "looking up, row held",
        "looking up, row draining",
        "looking up, row abandoned",
        "checking failure",
        "checking rotation",
    ] {
        table_has(&documented, state, &lookups);
    }
    let answers = [
        "unfinished",
        "ended",
        "rejected",
        "stopped",
        "not processed",
    ];
    table_has(&documented, "sending", &answers);
    table_has(&documented, "sending", &["lost", "failed", "foreign"]);
    let rows = ["no row", "complete", "lease alive", "lease over"];
    table_has(&documented, "reading", &rows);
    for state in ["claiming", "renewing"] {
        table_has(&documented, state, &["version stale", "written"]);
    }
    for state in ["completing", "releasing"] {
        table_has(&documented, state, &["written"]);
    }
    table_has(&documented, "budgeting", &["granted", "exhausted"]);
    for state in ["polling", "sleeping"] {
        table_has(&documented, state, &["slept"]);
    }
    table_has(&documented, "expiring", &["expired"]);
}

#[test]
fn a_click_without_time_is_busy_and_never_sends_late() {
    let instant = Instant::now();
    for (state, input, expected) in [
        (
            looking_up(RowStatus::Held),
            Input::LookedUp(Lookup::Nothing),
            "finish: busy",
        ),
        (
            State::Sending(fresh()),
            Input::Sent(SendResult::Lost(BACKOFF)),
            "release",
        ),
        (
            State::CheckingFailure(holder(KeyUse::Failed), BACKOFF),
            Input::LookedUp(Lookup::Nothing),
            "release",
        ),
    ] {
        let machine = Machine {
            rules: Rules::STANDARD,
            deadline: instant + Duration::from_millis(20),
            body: b"today".to_vec(),
            watch: Watch {
                last_version: None,
                look_up_at: instant,
                backoff: POLL_BACKOFF,
            },
            state,
        };
        let (_, effect) = machine.step(&now(instant), input);
        assert_eq!(effect_name(&effect), expected);
    }
}

/// What the rules see in a row that has been unchanged for so long.
fn row_status(row: Option<AttemptRow>, unchanged: Duration) -> &'static str {
    let view = Rules::STANDARD.view_row(&now(Instant::now()), row, unchanged);
    match view.status {
        RowStatus::Idle { .. } => "idle",
        RowStatus::Draining => "draining",
        RowStatus::Held => "held",
        RowStatus::Abandoned(Abandoned { may_act: true, .. }) => "abandoned, a send may act",
        RowStatus::Abandoned(_) => "abandoned",
    }
}

#[test]
fn a_time_of_another_clock_counts_until_the_row_has_been_unchanged_for_as_long() {
    let hour = 3_600 * SECOND;
    let body: Option<&[u8]> = Some(b"body");
    let (moment, tick) = (Duration::from_millis(1), Duration::from_millis(1));
    let over = -ms(LATE_COMMIT_WINDOW);
    for (row, unchanged, expected) in [
        (row(ms(LEASE), 0, body), moment, "held"),
        (row(0, over, body), moment, "abandoned"),
        (row(0, over + 1, body), moment, "abandoned, a send may act"),
        (row(0, over, None), moment, "idle"),
        (row(hour, over + 1, None), moment, "draining"),
        // Further ahead than the rules allow.
        (row(hour, hour, body), LEASE - tick, "held"),
        (row(hour, hour, body), LEASE, "abandoned, a send may act"),
        (row(hour, hour, body), SEND_TIMEOUT, "abandoned"),
        (row(0, hour, None), SEND_TIMEOUT - tick, "draining"),
        (row(0, hour, None), SEND_TIMEOUT, "idle"),
    ] {
        assert_eq!(row_status(row, unchanged), expected);
    }
    assert_eq!(row_status(None, moment), "idle");
}
