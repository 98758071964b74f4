//! Status updates of an inquiry, from two processes at once and in any order.

use std::time::Duration;

use jiff::Timestamp;
use persona_api::InquiryTimes;
use persona_onboarding::{
    domain::sync::status_update::{self, Source, StatusUpdate, UpdateOutcome},
    model::{EventId, InquiryId, ReferenceId},
    store::ChangeNotice,
};
use rand::{SeedableRng as _, rngs::StdRng, seq::SliceRandom as _};
use sqlx::{AnyConnection, Connection as _};

use crate::support::{Start, TestApp};

fn demo() -> ReferenceId {
    ReferenceId::parse("usr_ABC123").unwrap()
}

fn new_update(inquiry: &str, status: &str, at: i64, source: Source) -> StatusUpdate {
    StatusUpdate {
        inquiry_id: InquiryId::parse(inquiry).unwrap(),
        owner: Some(demo()),
        status: status.to_owned().into(),
        at: Some(Timestamp::from_millisecond(at).unwrap()),
        source,
        template_version_id: None,
        times: InquiryTimes::default(),
    }
}

fn event(number: usize) -> Source {
    Source::Event(EventId::parse(format!("evt_{number}")).unwrap())
}

async fn apply(app: &TestApp, update: &StatusUpdate) -> UpdateOutcome {
    status_update::apply(&app.store, update).await.unwrap()
}

/// The statuses of an inquiry, in the order of recording.
async fn changes(app: &TestApp, inquiry: &str) -> Vec<(String, i64)> {
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    sqlx::query_as("SELECT status, happened_at FROM changes WHERE inquiry_id = $1 ORDER BY number")
        .bind(inquiry)
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_older_update_never_replaces_a_newer_one() {
    let app = TestApp::start().await;
    app.sign_in().await;
    let id = InquiryId::parse("inq_a").unwrap();
    let updates = [
        ("completed", 30, event(3), "changed"),
        ("pending", 20, event(2), "outdated"),
        ("pending", 25, Source::Click, "outdated"),
        ("completed", 25, Source::Page, "confirmed"),
        ("declined", 40, event(4), "changed"),
        ("approved", 50, event(5), "changed"),
        ("declined", 40, event(4), "outdated"),
        ("completed", 45, Source::Reconciler, "outdated"),
        ("completed", 45, Source::Operator, "outdated"),
        ("approved", 55, Source::Reconciler, "confirmed"),
        ("paused", 60, Source::Operator, "changed"),
    ];
    let mut expected = Vec::new();
    for (status, at, source, expected_outcome) in updates {
        let outcome = apply(&app, &new_update("inq_a", status, at, source)).await;
        let name = match outcome {
            UpdateOutcome::Changed { .. } => "changed",
            UpdateOutcome::Confirmed => "confirmed",
            UpdateOutcome::Outdated => "outdated",
            other => panic!("{status} {at}: {other:?}"),
        };
        assert_eq!(name, expected_outcome, "{status} {at}");
        if name == "changed" {
            expected.push((status.to_owned(), at));
        }
    }
    assert_eq!(changes(&app, "inq_a").await, expected);
    let row = app.store.find_inquiry(&id).await.unwrap().unwrap();
    assert_eq!(row.status.as_str(), "paused");
}

#[tokio::test]
async fn updates_without_a_known_owner_are_not_applied() {
    let app = TestApp::start().await;
    app.sign_in().await;
    let mut first = new_update("inq_a", "created", 1, event(1));
    first.owner = None;
    assert_eq!(apply(&app, &first).await, UpdateOutcome::UnknownInquiry);
    first.owner = Some(ReferenceId::parse("usr_nobody").unwrap());
    assert_eq!(apply(&app, &first).await, UpdateOutcome::UnknownUser);
    first.owner = Some(demo());
    assert_eq!(
        apply(&app, &first).await,
        UpdateOutcome::Changed { from: None }
    );
    // An update of a known inquiry needs no owner, and cannot change the owner.
    let mut later = new_update("inq_a", "pending", 2, event(2));
    later.owner = None;
    assert!(matches!(
        apply(&app, &later).await,
        UpdateOutcome::Changed { .. }
    ));
    app.request(reqwest::Method::POST, "/sign-up")
        .form(&[
            ("email", "bella@example.com"),
            ("password", "a long enough passphrase"),
            ("first_name", "Bella"),
            ("last_name", "Sample"),
            ("birthdate", "1980-01-01"),
        ])
        .send()
        .await
        .unwrap();
    let mut connection = AnyConnection::connect(&app.database_url).await.unwrap();
    let (other,): (String,) = sqlx::query_as("SELECT id FROM users WHERE id <> $1")
        .bind(demo().as_str())
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let mut foreign = new_update("inq_a", "approved", 3, event(3));
    foreign.owner = Some(ReferenceId::parse(other).unwrap());
    assert_eq!(apply(&app, &foreign).await, UpdateOutcome::OtherOwner);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_at_once_agree() {
    let first = TestApp::start().await;
    first.sign_in().await;
    // SQLite serves one process, so the test uses two tasks of it.
    let second = first.database_url.starts_with("postgres:").then_some(());
    let second = match second {
        Some(()) => Some(
            TestApp::start_as(Start {
                beside: Some(&first),
                ..Start::default()
            })
            .await,
        ),
        None => None,
    };
    let stores = [
        first.store.clone(),
        second.as_ref().unwrap_or(&first).store.clone(),
    ];
    let statuses = [
        "pending",
        "completed",
        "needs_review",
        "declined",
        "approved",
    ];
    let inquiries = ["inq_a", "inq_b", "inq_c"];
    let mut updates = Vec::new();
    for (index, inquiry) in inquiries.iter().enumerate() {
        for at in 1..=40_usize {
            let number = index * 100 + at;
            let status = statuses[at % statuses.len()];
            updates.push(new_update(
                inquiry,
                status,
                i64::try_from(at).unwrap(),
                event(number),
            ));
        }
    }
    let tasks: Vec<_> = stores
        .into_iter()
        .enumerate()
        .map(|(seed, store)| {
            let mut updates = updates.clone();
            updates.shuffle(&mut StdRng::seed_from_u64(seed as u64));
            tokio::spawn(async move {
                for update in updates {
                    status_update::apply(&store, &update).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for inquiry in inquiries {
        let id = InquiryId::parse(inquiry).unwrap();
        let row = first.store.find_inquiry(&id).await.unwrap().unwrap();
        assert_eq!(row.status.as_str(), statuses[40 % statuses.len()]);
        assert_eq!(row.status_at, Some(40));
        let changes = changes(&first, inquiry).await;
        assert!(
            changes.windows(2).all(|pair| pair[0].1 < pair[1].1),
            "an older update replaced a newer one: {changes:?}"
        );
    }
}

#[tokio::test]
async fn a_follower_is_woken_by_another_process_too() {
    let first = TestApp::start().await;
    first.sign_in().await;
    let second = match first.database_url.starts_with("postgres:") {
        true => Some(
            TestApp::start_as(Start {
                beside: Some(&first),
                ..Start::default()
            })
            .await,
        ),
        false => None,
    };
    let writer = second.as_ref().unwrap_or(&first);
    let mut notices = first.store.changes();
    // Until the listener is connected, a notice may be lost: it reports that once it is connected.
    let mut number = 0;
    loop {
        number += 1;
        let status = if number % 2 == 0 {
            "pending"
        } else {
            "completed"
        };
        let at = i64::try_from(number).unwrap();
        apply(writer, &new_update("inq_a", status, at, event(number))).await;
        let notice = tokio::time::timeout(Duration::from_secs(5), notices.recv()).await;
        match notice.unwrap().unwrap() {
            ChangeNotice::User(user) => {
                assert_eq!(user, demo());
                break;
            }
            ChangeNotice::AllUsers => {}
        }
    }
}
