//! Compares the app's records with the sandbox's.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use reqwest::Method;

use super::history::History;
use crate::app::App;

/// The differences.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Events in each state.
    states: BTreeMap<String, i64>,
    /// Events that were older than the recorded status.
    pub outdated: i64,
    /// Acknowledged events that are not in the database.
    lost: usize,
    /// Events that are waiting or parked.
    unapplied: i64,
    /// Events that have changed a status more than once.
    repeated: usize,
    /// Changes that undid a newer one.
    undone: usize,
    /// Inquiries whose recorded status is not the sandbox's.
    wrong: Vec<String>,
    inquiries: usize,
    changes: usize,
}

impl Verdict {
    pub fn is_clean(&self) -> bool {
        self.lost + self.repeated + self.undone + self.wrong.len() == 0 && self.unapplied == 0
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} lost, {} not applied, {} applied twice, {} undone by an older one, {} of {} \
             inquiries wrong; {:?}, {} changes",
            self.lost,
            self.unapplied,
            self.repeated,
            self.undone,
            self.wrong.len(),
            self.inquiries,
            self.states,
            self.changes
        )?;
        for wrong in self.wrong.iter().take(20) {
            write!(f, "\n    {wrong}")?;
        }
        Ok(())
    }
}

pub async fn judge(servers: &App, history: &History) -> Verdict {
    let mut verdict = Verdict {
        inquiries: history.inquiries.len(),
        ..Verdict::default()
    };
    // Every event has been acknowledged at this point.
    let recorded: Vec<(String, String)> = sqlx::query_as("SELECT id, state FROM events")
        .fetch_all(&servers.tables)
        .await
        .unwrap();
    let mut recorded_ids = HashSet::new();
    for (id, state) in recorded {
        *verdict.states.entry(state).or_default() += 1;
        recorded_ids.insert(id);
    }
    let state = |name: &str| verdict.states.get(name).copied().unwrap_or_default();
    verdict.unapplied = state("waiting") + state("parked");
    verdict.outdated = state("outdated");
    verdict.lost = history
        .events
        .iter()
        .filter(|event| !recorded_ids.contains(event["id"].as_str().unwrap()))
        .count();

    let changes: Vec<(String, i64, Option<String>)> =
        sqlx::query_as("SELECT inquiry_id, happened_at, event_id FROM changes ORDER BY number")
            .fetch_all(&servers.tables)
            .await
            .unwrap();
    verdict.changes = changes.len();
    let mut events = HashSet::new();
    let mut newest: HashMap<String, i64> = HashMap::new();
    for (inquiry, happened_at, event) in changes {
        verdict.repeated += usize::from(!events.insert(event));
        let before = newest.insert(inquiry, happened_at);
        verdict.undone += usize::from(before.is_some_and(|before| before > happened_at));
    }

    let recorded_statuses: HashMap<String, String> =
        sqlx::query_as("SELECT id, status FROM inquiries")
            .fetch_all(&servers.tables)
            .await
            .unwrap()
            .into_iter()
            .collect();
    for ids in history.inquiries.chunks(100) {
        let path = format!(
            "/api/v1/inquiries?filter[inquiry-id]={}&page[size]=100&fields[inquiry]=status",
            ids.join(",")
        );
        let (_, response) = history.sandbox.call(Method::GET, &path, None).await;
        let expected = response["data"].as_array().unwrap();
        assert_eq!(expected.len(), ids.len(), "the sandbox lists them all");
        for inquiry in expected {
            let id = inquiry["id"].as_str().unwrap();
            let status = inquiry["attributes"]["status"].as_str().unwrap();
            let recorded = recorded_statuses.get(id).map(String::as_str);
            if recorded != Some(status) {
                verdict
                    .wrong
                    .push(format!("{id} is {status}, but recorded as {recorded:?}"));
            }
        }
    }
    verdict
}
