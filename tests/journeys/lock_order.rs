//! Processes that write the same rows take them in one order, or leave those that another has, so
//! that none waits for one that waits for it. On Postgres alone: SQLite has one writer.

use std::{collections::BTreeSet, time::Duration};

use persona_onboarding::{
    base::Clock,
    model::{InquiryId, ReferenceId},
    store::{Cipher, DataKey, NewEvent, Store},
};
use sqlx::{Connection as _, PgConnection};

use crate::postgres;

async fn open(url: &str) -> Store {
    let key = DataKey::parse("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
    Store::open(url, Cipher::new(&key, &[]), Clock::system())
        .await
        .unwrap()
}

fn event(round: usize, number: usize) -> NewEvent {
    NewEvent {
        id: format!("evt_{round}_{number:03}"),
        name: "inquiry.created".to_owned(),
        inquiry_id: None,
        happened_at: None,
        body: vec![0; 2_000],
        parked: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_with_the_same_events_do_not_block_each_other() {
    let url = postgres::fresh_database().await;
    let (one, other) = (open(&url).await, open(&url).await);
    for round in 0..20 {
        let events: Vec<_> = (0..200).map(|number| event(round, number)).collect();
        let backwards: Vec<_> = events.iter().rev().cloned().collect();
        let (one, other) = (one.clone(), other.clone());
        let one = tokio::spawn(async move { one.add_events(&events).await });
        let other = tokio::spawn(async move { other.add_events(&backwards).await });
        let (one, other) = (one.await.unwrap(), other.await.unwrap());
        assert_eq!(one.unwrap().len() + other.unwrap().len(), 200, "{round}");
    }
}

#[tokio::test]
async fn users_are_locked_in_one_order_whatever_the_databases_language() {
    let url = postgres::fresh_database().await;
    let store = open(&url).await;
    let mut other = PgConnection::connect(&url).await.unwrap();
    // In English a comes before B, in bytes B before a.
    for sql in [
        "ALTER TABLE users ALTER COLUMN id TYPE TEXT COLLATE \"en-x-icu\"",
        "INSERT INTO users (id, profile, created_at) VALUES ('usr_a', '', 0), ('usr_B', '', 0)",
    ] {
        sqlx::query(sql).execute(&mut other).await.unwrap();
    }
    let users = ["usr_a", "usr_B"].map(|id| ReferenceId::parse(id).unwrap());
    let mut holder = other.begin().await.unwrap();
    sqlx::query("SELECT 1 FROM users WHERE id = 'usr_B' FOR UPDATE")
        .execute(&mut *holder)
        .await
        .unwrap();

    let waiting = tokio::spawn(async move {
        let mut transaction = store.begin_sync().await.unwrap();
        transaction.lock_users(&BTreeSet::from(users)).await
    });
    let waits = "SELECT EXISTS (SELECT 1 FROM pg_locks \
         WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))";
    let is_waiting = async {
        while !sqlx::query_scalar::<_, bool>(waits)
            .fetch_one(&mut *holder)
            .await
            .unwrap()
        {}
    };
    tokio::time::timeout(Duration::from_secs(5), is_waiting)
        .await
        .unwrap();
    // It waits for the first, so it has not taken the second.
    sqlx::query("SELECT 1 FROM users WHERE id = 'usr_a' FOR UPDATE NOWAIT")
        .execute(&mut *holder)
        .await
        .unwrap();
    holder.rollback().await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn inquiries_that_are_being_written_are_left_alone() {
    let url = postgres::fresh_database().await;
    let store = open(&url).await;
    let mut other = PgConnection::connect(&url).await.unwrap();
    for sql in [
        "INSERT INTO users (id, profile, created_at) VALUES ('usr_1', '', 0)",
        "INSERT INTO inquiries (id, user_id, status, seen_at) \
         SELECT id, 'usr_1', 'created', EXTRACT(EPOCH FROM now()) * 1000 - 300000 \
         FROM unnest(ARRAY['inq_1', 'inq_2', 'inq_3']) AS id",
    ] {
        sqlx::query(sql).execute(&mut other).await.unwrap();
    }
    let mut holder = other.begin().await.unwrap();
    sqlx::query("UPDATE inquiries SET status = 'pending' WHERE id = 'inq_2'")
        .execute(&mut *holder)
        .await
        .unwrap();

    let [one, two, three] = ["inq_1", "inq_2", "inq_3"].map(|id| {
        let user = ReferenceId::parse("usr_1").unwrap();
        (InquiryId::parse(id).unwrap(), user)
    });
    let take = async || {
        let taking = store.claim_stale_inquiries(10);
        let taken = tokio::time::timeout(Duration::from_secs(2), taking).await;
        let mut taken = taken.expect("it does not wait").unwrap();
        taken.sort();
        taken
    };
    assert_eq!(take().await, [one.clone(), three.clone()]);
    let all = [one.clone(), two.clone(), three.clone()];
    let giving_back = store.release_inquiries(&all);
    let given_back = tokio::time::timeout(Duration::from_secs(2), giving_back).await;
    given_back.expect("it does not wait").unwrap();

    holder.rollback().await.unwrap();
    assert_eq!(take().await, [one, two, three]);
    assert_eq!(take().await, []);
}
