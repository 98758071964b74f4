//! Compares the sandbox's inquiries with the app's guarantees after a round.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use persona_onboarding::model::ReferenceId;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::{
    clicks::{self, ClickOutcome, HandedOut},
    target::{Person, World},
};

/// The time limit for a click to succeed after the faults have ended. The app abandons an idempotency key
/// with a stored failure within two clicks.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long Persona may still commit a request that was sent before the faults ended.
const LATE_COMMIT_WINDOW: Duration = Duration::from_millis(2_500);

/// The violations of a round.
#[derive(Debug, Default)]
pub struct Verdict {
    users: usize,
    inquiries: usize,
    /// Inquiries that were created while another of the same user was open.
    pub duplicates: usize,
    /// Users whose clicks did not succeed after the faults.
    stuck: usize,
    /// Inquiries with another person's data.
    wrong_prefill: usize,
    /// Users who received an inquiry that is not their open one.
    wrong_inquiry: usize,
    /// Inquiries and session tokens that another user than the owner received.
    handed_to_others: usize,
    /// The longest time from the end of the faults to a click that succeeded.
    slowest: Duration,
    /// A description of each violation.
    violations: Vec<String>,
}

impl Verdict {
    /// Whether no guarantee was violated.
    pub fn is_clean(&self) -> bool {
        self.duplicates
            + self.stuck
            + self.wrong_prefill
            + self.wrong_inquiry
            + self.handed_to_others
            == 0
    }
}

impl std::ops::AddAssign for Verdict {
    fn add_assign(&mut self, other: Self) {
        self.users += other.users;
        self.inquiries += other.inquiries;
        self.duplicates += other.duplicates;
        self.stuck += other.stuck;
        self.wrong_prefill += other.wrong_prefill;
        self.wrong_inquiry += other.wrong_inquiry;
        self.handed_to_others += other.handed_to_others;
        self.slowest = self.slowest.max(other.slowest);
        self.violations.extend(other.violations);
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} users, {} inquiries: {} duplicates, {} stuck, {} wrong prefill, {} wrong inquiry, \
             {} handed to others; slowest recovery {:.1?}",
            self.users,
            self.inquiries,
            self.duplicates,
            self.stuck,
            self.wrong_prefill,
            self.wrong_inquiry,
            self.handed_to_others,
            self.slowest
        )?;
        // The tutorial's algorithm causes many.
        for violation in self.violations.iter().take(20) {
            write!(f, "\n    {violation}")?;
        }
        Ok(())
    }
}

/// Clicks for every user until a click succeeds, and checks all their inquiries.
pub async fn judge(world: &Arc<World>, people: &[Person]) -> Verdict {
    let faults_ended = Instant::now();
    let mut tasks = JoinSet::new();
    for (number, person) in people.iter().enumerate() {
        let (world, person) = (world.clone(), person.clone());
        tasks.spawn(async move {
            let server = &world.servers[number % world.servers.len()];
            let opened = click_until_success(&server.url, &person).await;
            let took = faults_ended.elapsed();
            tokio::time::sleep_until((faults_ended + took.max(LATE_COMMIT_WINDOW)).into()).await;
            judge_person(&world, &person, opened, took).await
        });
    }
    let mut verdict = Verdict::default();
    for person in tasks.join_all().await {
        verdict += person;
    }
    verdict
}

/// Checks that every returned inquiry and session token belongs to the user who received it.
pub async fn judge_handed_out(world: &World, handed_out: &[HandedOut]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut owners: BTreeMap<&ReferenceId, Vec<String>> = BTreeMap::new();
    for handed in handed_out {
        let HandedOut {
            user,
            inquiry_id,
            session_token,
        } = handed;
        if !owners.contains_key(user) {
            let own = world.sandbox.inquiries(user.as_str()).await;
            let ids = own
                .iter()
                .filter_map(|it| it["id"].as_str().map(ToOwned::to_owned));
            owners.insert(user, ids.collect());
        }
        if !owners[user].contains(inquiry_id) {
            verdict.handed_to_others += 1;
            verdict.violations.push(format!(
                "{user} received {inquiry_id}, which is another user's"
            ));
        }
        if let Some(token) = session_token {
            let opens = world.sandbox.inquiry_of_token(token).await;
            if opens.as_ref() != Some(inquiry_id) {
                verdict.handed_to_others += 1;
                let violation = format!("{user} received a token for {opens:?}");
                verdict.violations.push(violation);
            }
        }
    }
    verdict
}

async fn click_until_success(server_url: &str, person: &Person) -> Result<String, String> {
    let http = clicks::client();
    let started = Instant::now();
    loop {
        let error = match clicks::click(&http, server_url, person).await {
            ClickOutcome::Opened { id, .. } => return Ok(id),
            ClickOutcome::Refused(error) => error,
            ClickOutcome::NoResponse | ClickOutcome::TabClosed => "no response".to_owned(),
        };
        if started.elapsed() > RECOVERY_TIMEOUT {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

async fn judge_person(
    world: &World,
    person: &Person,
    opened: Result<String, String>,
    took: Duration,
) -> Verdict {
    let id = &person.user.id;
    let mut verdict = Verdict {
        users: 1,
        slowest: took,
        ..Verdict::default()
    };
    let mut inquiries = world.sandbox.inquiries(id.as_str()).await;
    inquiries.reverse();
    verdict.inquiries = inquiries.len();

    for (older, newer) in inquiries.iter().zip(inquiries.iter().skip(1)) {
        let ended = timestamp(older, "completed-at").or_else(|| timestamp(older, "expired-at"));
        let created = timestamp(newer, "created-at").expect("every inquiry has a creation time");
        if ended.is_none_or(|ended| ended > created) {
            verdict.duplicates += 1;
            let violation = format!(
                "{id}: {} was created while {} was open",
                newer["id"], older["id"]
            );
            verdict.violations.push(violation);
        }
    }
    for inquiry in &inquiries {
        if !is_prefilled_for(inquiry, person) {
            verdict.wrong_prefill += 1;
            verdict
                .violations
                .push(format!("{id}: {} has wrong data", inquiry["id"]));
        }
    }
    match opened {
        Err(error) => {
            verdict.stuck = 1;
            verdict.violations.push(format!("{id} is stuck: {error}"));
        }
        Ok(opened) => {
            if !inquiries
                .iter()
                .any(|inquiry| inquiry["id"] == *opened && is_open(inquiry))
            {
                verdict.wrong_inquiry = 1;
                verdict
                    .violations
                    .push(format!("{id} received {opened}, which is not open"));
            }
        }
    }
    verdict
}

fn timestamp(inquiry: &Value, attribute: &str) -> Option<jiff::Timestamp> {
    inquiry["attributes"][attribute].as_str()?.parse().ok()
}

fn is_open(inquiry: &Value) -> bool {
    let status = inquiry["attributes"]["status"].as_str();
    matches!(status, Some("created" | "pending"))
}

fn is_prefilled_for(inquiry: &Value, person: &Person) -> bool {
    let attributes = &inquiry["attributes"];
    let field = |name: &str| {
        attributes["fields"][name]["value"]
            .as_str()
            .unwrap_or_default()
    };
    let user = &person.user;
    attributes["reference-id"] == user.id.as_str()
        && field("name_first") == user.first_name
        && field("name_last") == user.last_name
        && field("birthdate") == user.birthdate.to_string()
}
