//! `POST /inquiries/search`: its language, and its lag.

use serde_json::{Value, json};

use crate::support::TestSandbox;

async fn search(sandbox: &TestSandbox, query: Value) -> Vec<String> {
    let answer = sandbox.post("/inquiries/search", query).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    answer.ids().into_iter().map(str::to_owned).collect()
}

fn status(status: &str) -> Value {
    json!({"attribute": "status", "operator": "eq", "value": status})
}

#[tokio::test]
async fn what_was_written_is_found_after_a_minute() {
    let sandbox = TestSandbox::start().await;
    let id = sandbox.create("usr_1").await;
    assert_eq!(search(&sandbox, json!({})).await, [""; 0]);
    sandbox.advance(60).await;
    assert_eq!(search(&sandbox, json!({})).await, std::slice::from_ref(&id));
    sandbox
        .post(&format!("/inquiries/{id}/approve"), json!({}))
        .await;
    let created = json!({"query": status("created")});
    assert_eq!(
        search(&sandbox, created.clone()).await,
        std::slice::from_ref(&id),
        "the index is old"
    );
    sandbox.advance(60).await;
    assert_eq!(search(&sandbox, created).await, [""; 0]);
    assert_eq!(
        search(&sandbox, json!({"query": status("approved")})).await,
        [id]
    );
}

#[tokio::test]
async fn clauses_combine_and_results_are_sorted_and_paged() {
    let sandbox = TestSandbox::start().await;
    let mut ids = Vec::new();
    for user in ["usr_1", "usr_1", "usr_2"] {
        ids.push(sandbox.create(user).await);
        sandbox.advance(60).await;
    }
    let of = |user: &str| json!({"attribute": "reference_id", "operator": "eq", "value": user});
    let ascending = json!({"attribute": "created_at", "direction": "asc"});
    let both = json!({"query": {"and": [status("created"), of("usr_1")]}, "sort": ascending});
    assert_eq!(search(&sandbox, both).await, ids[..2]);
    let either = json!({"query": {"or": [of("usr_2"), status("approved")]}});
    assert_eq!(search(&sandbox, either).await, ids[2..]);
    let not = json!({"query": {"not": of("usr_1")}});
    assert_eq!(search(&sandbox, not).await, ids[2..]);
    let since = json!({"attribute": "created_at", "operator": "gte", "value": "2999-01-01"});
    assert_eq!(search(&sandbox, json!({"query": since})).await, [""; 0]);

    let page = sandbox
        .post("/inquiries/search", json!({"page": {"size": 2}}))
        .await;
    assert_eq!(page.ids(), [&ids[2], &ids[1]]);
    let next = page.text("/links/next").strip_prefix("/api/v1").unwrap();
    assert_eq!(
        sandbox.post(next, json!({"page": {"size": 2}})).await.ids(),
        [&ids[0]]
    );
}

#[tokio::test]
async fn results_sort_by_status_and_those_of_one_status_by_creation() {
    let sandbox = TestSandbox::start().await;
    let mut ids = Vec::new();
    for user in ["usr_1", "usr_2", "usr_3"] {
        ids.push(sandbox.create(user).await);
        sandbox.advance(1).await;
    }
    let approve = format!("/inquiries/{}/approve", ids[1]);
    sandbox.post(&approve, json!({})).await;
    sandbox.advance(60).await;
    let sorted = async |attribute: &str, direction: &str| {
        let sort = json!({"attribute": attribute, "direction": direction});
        search(&sandbox, json!({ "sort": sort })).await
    };
    assert_eq!(
        sorted("status", "asc").await,
        [&ids[1], &ids[0], &ids[2]].map(Clone::clone)
    );
    assert_eq!(
        sorted("status", "desc").await,
        [&ids[2], &ids[0], &ids[1]].map(Clone::clone)
    );
    let refused = json!({"sort": {"attribute": "reference_id", "direction": "asc"}});
    let answer = sandbox.post("/inquiries/search", refused).await;
    assert_eq!(answer.status.as_u16(), 400);
}

#[tokio::test]
async fn a_query_beyond_the_language_is_a_bad_request() {
    let sandbox = TestSandbox::start().await;
    let deep = json!({"not": {"not": {"not": status("created")}}});
    let many = json!({"or": vec![status("created"); 21]});
    for query in [
        json!({"attribute": "note", "operator": "eq", "value": "x"}),
        json!({"attribute": "status", "operator": "like", "value": "x"}),
        json!({"attribute": "created_at", "operator": "lt", "value": "yesterday"}),
        json!({"xor": []}),
        json!([]),
        deep,
        many,
    ] {
        let answer = sandbox
            .post("/inquiries/search", json!({"query": query}))
            .await;
        assert_eq!(answer.status.as_u16(), 400, "{query}");
    }
}
