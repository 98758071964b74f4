//! What happens in particular, in the simulation's time: no test waits for a lease.

use persona_api::IdempotencyKey;

use super::{
    Broken,
    persona::{Fault, Reply, StoredResponse},
    world::{Event, HOUR, SECOND, START, World},
};
use crate::{
    domain::get_or_create::attempt::{Outcome, Rules},
    store::AttemptRow,
};

const KEY: &str = "key-of-the-future";

fn world(script: &[Fault]) -> World<'static> {
    World {
        script: script.iter().copied().collect(),
        ..World::without_plan(Rules::STANDARD, Broken::Nothing)
    }
}

/// Clicks at these times, and waits for all that follows.
fn click_at(world: &mut World<'_>, times: &[i64]) {
    for time in times {
        world.schedule(START + time, Event::Start);
    }
    world.run();
    assert_eq!(world.violation, None);
}

fn outcomes(world: &World<'_>) -> Vec<Outcome> {
    world.outcomes.iter().map(|it| it.unwrap()).collect()
}

/// How long a click took.
fn took(world: &World<'_>, click: usize) -> i64 {
    world.clicks[click].ended - world.clicks[click].began
}

/// An attempt whose lease and send end so far ahead.
fn leave_attempt(world: &mut World<'_>, ahead: i64) {
    world.row = Some(AttemptRow {
        number: 1,
        version: 1,
        lease_until: START + ahead + 5 * SECOND,
        idempotency_key: KEY.to_owned(),
        key_since: START + ahead,
        body: Some(vec![0]),
        sent_until: START + ahead + 11 * SECOND,
        template_id: None,
    });
}

#[test]
fn a_stored_failure_is_left_behind_with_its_key() {
    let mut world = world(&[Fault::StoredFailure]);
    click_at(&mut world, &[0]);
    assert_eq!(outcomes(&world), [Outcome::Created]);
    assert_eq!(world.inquiries.len(), 1);
    // It failed, it failed again by its key, another key.
    let keys: Vec<_> = world.requests.iter().map(|it| &it.sent.key).collect();
    assert_eq!(keys.len(), 3);
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[1], keys[2]);
}

#[test]
fn persona_acting_after_it_has_answered_502_makes_no_second_inquiry() {
    for count in [1, 3] {
        let mut world = world(&vec![Fault::LateCommit; count]);
        click_at(&mut world, &[0, 14 * SECOND]);
        assert_eq!(outcomes(&world), [Outcome::Created, Outcome::Found]);
        assert_eq!(world.inquiries.len(), 1, "{count} late commits");
    }
}

#[test]
fn a_holder_that_wakes_up_after_another_took_over_makes_no_second_inquiry() {
    // The first click's send stays on its way for longer than its lease lasts.
    let mut world = world(&[Fault::Delayed(8 * SECOND)]);
    click_at(&mut world, &[0, SECOND]);
    assert_eq!(outcomes(&world), [Outcome::Created, Outcome::Created]);
    assert!(took(&world, 1) < 7 * SECOND, "waited for the sleeper");
    assert_eq!(world.inquiries.len(), 1);
    assert_eq!(world.requests.len(), 2);
    assert_eq!(world.requests[0].sent.key, world.requests[1].sent.key);
}

#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let mut world = world(&[]);
    // A lease, and a send that may be under way, an hour ahead by today's clock.
    leave_attempt(&mut world, HOUR);
    // And Persona has stored a failure for the key, so that it must be left behind.
    let kept = StoredResponse {
        body: vec![0],
        since: START,
        reply: Some(Reply::Failed),
    };
    world.keys.insert(KEY.to_owned(), kept);
    click_at(&mut world, &[0]);
    assert_eq!(outcomes(&world), [Outcome::Created]);
    assert_eq!(world.inquiries.len(), 1);
}

#[test]
fn a_lease_of_a_machine_whose_clock_is_ahead_is_respected() {
    let mut apart = world(&[Fault::Delayed(3 * SECOND)]);
    apart.clocks = [600 * SECOND, 0, 0];
    click_at(&mut apart, &[0, SECOND]);
    assert_eq!(outcomes(&apart), [Outcome::Created, Outcome::Found]);
    assert_eq!(apart.requests.len(), 1, "the lease was not seen");

    // A lease that was written in such a machine's own time.
    let mut ahead = world(&[]);
    leave_attempt(&mut ahead, 600 * SECOND);
    click_at(&mut ahead, &[0]);
    assert_eq!(outcomes(&ahead), [Outcome::Created]);
    let waited = took(&ahead, 0);
    assert!(
        waited > 4 * SECOND,
        "took over a living lease after {waited} ms"
    );
    assert_eq!(ahead.inquiries.len(), 1);
    let key = IdempotencyKey::parse(KEY).unwrap();
    assert_eq!(ahead.requests[0].sent.key, key);
}
