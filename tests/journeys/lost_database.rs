//! Postgres, or one of its clients, disappears silently. All of it is about
//! connections, so it runs on Postgres alone, whatever the other journeys run on.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::civil::date;
use persona_api::{Client, Connection};
use persona_onboarding::{
    base::{Clock, Tasks},
    domain::{Inbox, Reconciler},
    model::{ReferenceId, TemplateId},
    store::{ChangeNotice, Cipher, DataKey, Store, UserRow},
};
use reqwest::{Method, StatusCode};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio_util::sync::CancellationToken;

use crate::{postgres, proxy::Proxy, support::TestApp, webhook_sender::event};

/// How long anything may take in which a database has vanished.
const MAX_WAIT: Duration = Duration::from_secs(20);

async fn open(url: &str) -> Store {
    let key = DataKey::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    Store::open(url, Cipher::new(&key, &[]), Clock::system())
        .await
        .unwrap()
}

fn user(id: &str) -> UserRow {
    UserRow {
        id: ReferenceId::parse(id).unwrap(),
        first_name: "Alexander".to_owned(),
        last_name: "Sample".to_owned(),
        birthdate: date(1977, 8, 31),
        email: Some(format!("{id}@example.com")),
        profile_version: 0,
        locale: None,
    }
}

/// Asks until the answer is yes, or the time is up.
async fn becomes_true(connection: &mut PgConnection, question: &str) -> bool {
    let deadline = Instant::now() + MAX_WAIT;
    while Instant::now() < deadline {
        let (answer,): (bool,) = sqlx::query_as(AssertSqlSafe(question))
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        if answer {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn a_client_that_disconnects_leaves_no_transaction_open() {
    let url = postgres::fresh_database().await;
    let proxy = Proxy::to(&url).await;
    let store = open(&proxy.url).await;
    let mut observer = PgConnection::connect(&url).await.unwrap();
    for way_in in ["sign-up", "replay"] {
        proxy.watch_for("BEGIN");
        let store = store.clone();
        let leaving = tokio::spawn(async move {
            match way_in {
                "sign-up" => store.insert_account(&user("usr_1"), "hash").await.is_ok(),
                _ => store.replay_event("evt_1").await.is_ok(),
            }
        });
        proxy.held().await;
        leaving.abort();
        assert!(leaving.await.is_err());
        proxy.release();
        let all_at_rest = "SELECT COUNT(*) = 0 FROM pg_stat_activity \
             WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        assert!(becomes_true(&mut observer, all_at_rest).await, "{way_in}");
    }
    // Also what comes next is kept.
    store.ensure_user(&user("usr_2")).await.unwrap();
    let kept = "SELECT COUNT(*) = 1 FROM users";
    assert!(becomes_true(&mut observer, kept).await);
}

#[tokio::test]
async fn a_frozen_process_does_not_block_the_others() {
    let url = postgres::fresh_database().await;
    let (frozen, other) = (open(&url).await, open(&url).await);
    let user = user("usr_1");
    other.ensure_user(&user).await.unwrap();
    let mut transaction = frozen.begin_sync().await.unwrap();
    assert!(transaction.lock_user(&user.id).await.unwrap());

    // Each of the other's tries waits for five seconds.
    let mut is_locked = Err(());
    for _ in 0..4 {
        let mut transaction = other.begin_sync().await.unwrap();
        is_locked = transaction.lock_user(&user.id).await.map_err(|_| ());
        if is_locked.is_ok() {
            break;
        }
    }
    assert_eq!(is_locked, Ok(true));
    assert!(transaction.commit().await.is_err(), "it was undone");
}

/// Lets the store's next statements on a table wait, and all connections vanish once so many do.
async fn vanish_in_the_middle<T>(
    url: &str,
    proxy: &Proxy,
    (table, statements): (&str, u8),
    work: impl Future<Output = T>,
) -> T {
    let mut holder = PgConnection::connect(url).await.unwrap();
    let mut locked = holder.begin().await.unwrap();
    let lock = format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
    sqlx::query(AssertSqlSafe(lock))
        .execute(&mut *locked)
        .await
        .unwrap();
    let vanishing = async {
        let all_wait = format!(
            "SELECT COUNT(*) >= {statements} FROM pg_locks \
             WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        );
        assert!(becomes_true(&mut locked, &all_wait).await);
        proxy.vanish();
        locked.rollback().await.unwrap();
    };
    tokio::join!(work, vanishing).0
}

#[tokio::test]
async fn events_are_refused_without_a_database_and_stored_afterwards() {
    let url = postgres::fresh_database().await;
    let proxy = Proxy::to(&url).await;
    let store = open(&proxy.url).await;
    store.ensure_user(&user("usr_ABC123")).await.unwrap();
    let shutdown = CancellationToken::new();
    let template = TemplateId::parse("itmpl_sandboxKYC").unwrap();
    let inbox = Inbox::open(store.clone(), template, &Tasks::new(shutdown.clone()));
    let event = |id| event(id, "inquiry.created", "inq_1", 1).to_string();

    // The writer, in the middle of an insert.
    let first = event("evt_1");
    let work = inbox.receive(first.as_bytes());
    let work = tokio::time::timeout(MAX_WAIT, work);
    let taken = vanish_in_the_middle(&url, &proxy, ("events", 1), work).await;
    assert!(taken.unwrap().is_err(), "nothing is promised");
    // It may take a while until all the dead connections are known.
    let again = tokio::time::timeout(MAX_WAIT, async {
        while inbox.receive(event("evt_2").as_bytes()).await.is_err() {}
    });
    again.await.unwrap();

    // The connection breaks while the worker applies. A write of the inbox may be lost, too.
    let third = event("evt_3");
    let work = inbox.receive(third.as_bytes());
    let _ = vanish_in_the_middle(&url, &proxy, ("users", 1), work).await;
    let mut observer = PgConnection::connect(&url).await.unwrap();
    let all_settled = "SELECT COUNT(*) = 0 FROM events WHERE state = 'waiting'";
    assert!(
        becomes_true(&mut observer, all_settled).await,
        "the worker goes on"
    );
    shutdown.cancel();
}

#[tokio::test]
async fn connections_that_died_idle_are_replaced_within_one_query() {
    let url = postgres::fresh_database().await;
    let proxy = Proxy::to(&url).await;
    let store = open(&proxy.url).await;
    // Eight at once: each has a connection, and all of them become idle.
    let mut holder = PgConnection::connect(&url).await.unwrap();
    let mut locked = holder.begin().await.unwrap();
    sqlx::query("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *locked)
        .await
        .unwrap();
    let queries = (0..8).map(|_| async { store.find_user(&user("usr_1").id).await.unwrap() });
    let release = async {
        let all_wait = "SELECT COUNT(*) >= 8 FROM pg_locks \
             WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
        assert!(becomes_true(&mut locked, all_wait).await);
        locked.rollback().await.unwrap();
    };
    tokio::join!(join_all(queries), release);
    tokio::time::sleep(Duration::from_millis(1_500)).await;

    proxy.vanish();
    for _ in 0..8 {
        store.find_user(&user("usr_1").id).await.unwrap();
    }
}

#[tokio::test]
async fn dead_connections_do_not_fill_the_pool() {
    let url = postgres::fresh_database().await;
    let proxy = Proxy::to(&url).await;
    let store = open(&proxy.url).await;
    let requests = async {
        let requests: Vec<_> = (0..8)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(
                    async move { store.find_user(&user(&format!("usr_{number}")).id).await },
                )
            })
            .collect();
        // As many as connections, and each is given up.
        tokio::time::sleep(Duration::from_secs(2)).await;
        for request in requests {
            request.abort();
        }
    };
    vanish_in_the_middle(&url, &proxy, ("users", 8), requests).await;
    let again = tokio::time::timeout(MAX_WAIT, async {
        while store.find_user(&user("usr_1").id).await.is_err() {}
    });
    again.await.unwrap();
}

#[tokio::test]
async fn the_reconciler_tries_again_after_the_database_was_gone() {
    let url = postgres::fresh_database().await;
    let proxy = Proxy::to(&url).await;
    let client = Client::new(&Connection {
        base_url: "http://127.0.0.1:9/api/v1".parse().unwrap(),
        api_key: "persona_sandbox_test".to_owned().into(),
        version: "2025-10-27".to_owned(),
        user_agent: "journeys".to_owned(),
    })
    .unwrap();
    let reconciler = Reconciler::new(&client, open(&proxy.url).await);
    let round = tokio::time::timeout(MAX_WAIT, reconciler.round());
    let round = vanish_in_the_middle(&url, &proxy, ("inquiries", 1), round).await;
    assert!(round.unwrap().is_err());
    let again = tokio::time::timeout(MAX_WAIT, async {
        while reconciler.round().await.is_err() {}
    });
    again.await.unwrap();
}

#[tokio::test]
async fn change_notices_resume_after_a_lost_connection_to_postgres() {
    let url = postgres::fresh_database().await;
    let proxy = Proxy::to(&url).await;
    let store = open(&proxy.url).await;
    let shutdown = CancellationToken::new();
    let mut changes = store.changes();
    let listening = (store.clone(), shutdown.clone());
    tokio::spawn(async move { listening.0.run_background(listening.1).await });
    assert_eq!(changes.recv().await.unwrap(), ChangeNotice::AllUsers);

    proxy.vanish();
    let next = tokio::time::timeout(2 * MAX_WAIT, changes.recv()).await;
    assert_eq!(next.unwrap().unwrap(), ChangeNotice::AllUsers);
    let mut other = PgConnection::connect(&url).await.unwrap();
    sqlx::query("SELECT pg_notify('inquiry_changes', 'usr_1')")
        .execute(&mut other)
        .await
        .unwrap();
    let next = tokio::time::timeout(MAX_WAIT, changes.recv()).await;
    let user = ReferenceId::parse("usr_1").unwrap();
    assert_eq!(next.unwrap().unwrap(), ChangeNotice::User(user));
    shutdown.cancel();
}

#[tokio::test]
async fn readyz_follows_the_database_within_seconds() {
    let url = postgres::fresh_database().await;
    let proxy = Proxy::to(&url).await;
    let app = TestApp::start_with(&[("DATABASE_URL", &proxy.url)]).await;
    let status = async || {
        let asking = app.request(Method::GET, "/readyz").send();
        let answer = tokio::time::timeout(Duration::from_secs(5), asking).await;
        answer.expect("an answer in time").unwrap().status()
    };
    assert_eq!(status().await, StatusCode::OK);

    proxy.go_away();
    // What was said before holds for a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(status().await, StatusCode::SERVICE_UNAVAILABLE);
    proxy.come_back();
    let again = tokio::time::timeout(MAX_WAIT, async {
        while status().await != StatusCode::OK {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    again.await.unwrap();
}
