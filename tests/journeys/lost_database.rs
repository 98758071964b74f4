//! When Postgres, or one of those who use it, is gone without a word. All of it is about
//! connections, so it runs on Postgres alone, whatever the other journeys run on.

use std::time::Duration;

use jiff::civil::date;
use persona_onboarding::{
    clock::Clock,
    model::ReferenceId,
    store::{Cipher, DataKey, Store, UserRow},
};
use sqlx::{Connection as _, PgConnection};

use crate::{postgres, proxy::Proxy};

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
    }
}

/// Asks until the answer is yes.
async fn becomes_true(connection: &mut PgConnection, question: &str) -> bool {
    for _ in 0..100 {
        let (answer,): (bool,) = sqlx::query_as(question)
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
async fn who_leaves_while_a_transaction_begins_leaves_none_open() {
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
async fn a_writer_that_froze_does_not_hold_up_the_others() {
    let url = postgres::fresh_database().await;
    let (frozen, other) = (open(&url).await, open(&url).await);
    let user = user("usr_1");
    other.ensure_user(&user).await.unwrap();
    let mut transaction = frozen.begin_mirror().await.unwrap();
    assert!(transaction.lock_user(&user.id).await.unwrap());

    // Each of the other's tries waits for five seconds.
    let mut is_locked = Err(());
    for _ in 0..4 {
        let mut transaction = other.begin_mirror().await.unwrap();
        is_locked = transaction.lock_user(&user.id).await.map_err(|_| ());
        if is_locked.is_ok() {
            break;
        }
    }
    assert_eq!(is_locked, Ok(true));
    assert!(transaction.commit().await.is_err(), "it was undone");
}
