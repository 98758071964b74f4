//! The attributes of each kind of report.
//!
//! What a database would say and the sandbox does not know is null or empty, with the shape of the
//! API specification.
//!
//! Longer than 400 lines: one function for each kind of report.

use serde_json::{Map, Value, json};

use crate::core::model::{Report, ReportActionKind, ReportKind};

/// The list that the sandbox's matches are on.
const LIST_NAME: &str = "Sandbox list";
const LIST_URL: &str = "https://example.com/sandbox-list";

/// The attributes of the report's kind.
pub(super) fn own_attributes(report: &Report) -> Value {
    match report.kind {
        ReportKind::AddressLookup => address_lookup(report),
        ReportKind::AdverseMedia => adverse_media(report),
        ReportKind::BusinessAdverseMedia => business_adverse_media(report),
        ReportKind::BusinessLookup => business_lookup(report),
        ReportKind::BusinessWatchlist => business_watchlist(report),
        ReportKind::CryptoAddressWatchlist => crypto_address_watchlist(report),
        ReportKind::EmailAddress => email_address(report),
        ReportKind::PhoneNumber => phone_number(report),
        ReportKind::PoliticallyExposedPerson => politically_exposed_person(report),
        ReportKind::Profile => profile(report),
        ReportKind::ProfileNonAuthoritative => profile_non_authoritative(report),
        ReportKind::SocialMedia => social_media(report),
        ReportKind::Synthetic => json!({
            "sentilink-abuse-score": 1,
            "sentilink-first-party-synthetic-score": 1,
            "sentilink-third-party-synthetic-score": 1,
        }),
        ReportKind::Watchlist => watchlist(report),
    }
}

/// These parts of the query, null where they are not given.
fn asked(report: &Report, keys: &[&str]) -> Map<String, Value> {
    let value = |key: &&str| report.query.get(*key).cloned().unwrap_or(Value::Null);
    keys.iter()
        .map(|key| ((*key).to_owned(), value(key)))
        .collect()
}

/// These parts of the query, as far as they are given: the specification has no null for them.
fn given(report: &Report, keys: &[&str]) -> Map<String, Value> {
    let mut asked = asked(report, keys);
    asked.retain(|_, value| !value.is_null());
    asked
}

/// The object, with more members.
fn with(mut object: Map<String, Value>, more: Value) -> Value {
    if let Value::Object(more) = more {
        object.extend(more);
    }
    Value::Object(object)
}

fn nulls(keys: &[&str]) -> Map<String, Value> {
    keys.iter()
        .map(|key| ((*key).to_owned(), Value::Null))
        .collect()
}

/// The match of the report, if it has one that is not dismissed.
fn list_of_match(report: &Report, entry: impl FnOnce() -> Value) -> Vec<Value> {
    report.has_match.then(entry).into_iter().collect()
}

/// The runs of the report, oldest first.
fn run_history(report: &Report) -> Vec<Value> {
    let actions = report.history.iter();
    let runs = actions.filter(|action| action.kind == ReportActionKind::Run);
    runs.map(|run| {
        json!({
            "scheduled-at": null,
            "completed-at": run.at,
            "type": "manual",
            "report-template-version-id": null,
        })
    })
    .collect()
}

/// The dismissed matches of the report, each as `entry` shows it.
fn ignore_list(report: &Report, entry: impl Fn() -> Value) -> Vec<Value> {
    let mut completed_at = report.created_at;
    let mut ignored = Vec::new();
    for action in &report.history {
        match action.kind {
            ReportActionKind::Run => completed_at = action.at,
            ReportActionKind::Dismiss => ignored.push(json!({
                "ignored-at": action.at,
                "run-history-completed-at": completed_at,
                "match": entry(),
                "user": "API",
                "ignore-reason": action.reason.as_deref().unwrap_or_default(),
            })),
            ReportActionKind::Pause | ReportActionKind::Resume => {}
        }
    }
    ignored
}

const NAMES: [&str; 3] = ["name-first", "name-middle", "name-last"];

fn watchlist(report: &Report) -> Value {
    let list = || {
        json!({
            "name": LIST_NAME,
            "url": LIST_URL,
            "list-type": "sanction",
            "list-types": ["sanction"],
            "slug": "sandbox-list",
            "flag-code": "US",
            "entities": [{ "name": report.term(), "alias-type": "primary", "birthdates": [] }],
        })
    };
    with(
        asked(report, &NAMES),
        json!({
            "term": report.term(),
            "birthdate": report.query.get("birthdate"),
            "country-code": report.query.get("address-country-code"),
            "matched-lists": list_of_match(report, list),
            "ignore-list": ignore_list(report, list),
            "run-history": run_history(report),
        }),
    )
}

fn adverse_media(report: &Report) -> Value {
    let birthdate = report.text("birthdate");
    let year = birthdate.and_then(|date| date.get(..4)?.parse::<i32>().ok());
    let source = || {
        json!({
            "akas": [],
            "birthdates": [],
            "match-types": ["name_exact"],
            "media": [{
                "date": null,
                "snippet": "An article about this name.",
                "url": LIST_URL,
                "title": "An article",
            }],
            "name": report.term(),
            "sources": [{ "country-codes": ["US"], "name": LIST_NAME, "types": ["adverse-media"] }],
            "entity-id": report.entity_id(),
        })
    };
    with(
        asked(report, &NAMES),
        json!({
            "term": report.term(),
            "birthdate-year": year,
            "birthdate": birthdate,
            "country-code": report.query.get("country-code"),
            "related-sources": list_of_match(report, source),
            "ignore-list-media": {},
            "ignore-list-entity": ignore_list(report, source),
        }),
    )
}

fn business_adverse_media(report: &Report) -> Value {
    let source = || {
        json!({
            "akas": [],
            "birthdates": [],
            "match_types": ["name_exact"],
            "media": [],
            "name": report.term(),
            "sources": [{
                "country_codes": ["US"],
                "name": LIST_NAME,
                "token": "sandbox-list",
                "types": ["adverse-media"],
            }],
            "id": report.entity_id(),
        })
    };
    json!({
        "term": report.term(),
        "related-sources": list_of_match(report, source),
        "query": { "business-name": report.term() },
        "result": { "adverse-media": [] },
    })
}

fn business_watchlist(report: &Report) -> Value {
    let list = || json!({ "name": LIST_NAME, "url": LIST_URL });
    json!({
        "matched-lists": list_of_match(report, || json!(LIST_NAME)),
        "sanction-list": list_of_match(report, list),
        "fitness-probity-list": [],
        "warning-list": [],
        "run-history": run_history(report),
    })
}

fn crypto_address_watchlist(report: &Report) -> Value {
    let list = || {
        json!({
            "name": LIST_NAME,
            "url": LIST_URL,
            "list-type": "sanction",
            "slug": "sandbox-list",
            "flag-code": "US",
            "entities": [],
        })
    };
    json!({
        "query": given(report, &["crypto-address"]),
        "result": list_of_match(report, list),
    })
}

fn politically_exposed_person(report: &Report) -> Value {
    let person = || {
        json!({
            "entity-id": report.entity_id(),
            "name": report.term(),
            "birthdates": [],
            "death-dates": [],
            "locations": [],
            "positions": [],
            "associates": [],
            "affiliations": [],
            "related-urls": [],
            "images": [],
            "match-types": ["name_exact"],
            "pep-type": "pep-class-1",
        })
    };
    let query = with(
        asked(
            report,
            &["name-first", "name-middle", "name-last", "country-code"],
        ),
        json!({ "term": report.term() }),
    );
    let query = match query {
        Value::Object(query) => with(query, Value::Object(given(report, &["birthdate"]))),
        other => other,
    };
    json!({
        "query": query,
        "result": list_of_match(report, person),
        "ignore-list": ignore_list(report, person),
        "run-history": run_history(report),
    })
}

fn address_lookup(report: &Report) -> Value {
    let parts = [
        "addressee",
        "address-street-1",
        "address-street-2",
        "address-city",
        "address-subdivision",
        "address-postal-code",
    ];
    let mut attributes = asked(report, &parts);
    for (key, value) in asked(report, &parts) {
        let resolved = value.as_str().map(str::to_uppercase);
        attributes.insert(format!("resolved-{key}"), json!(resolved));
    }
    attributes.extend(nulls(&[
        "metadata-record-type",
        "metadata-zip-type",
        "metadata-county-fips",
        "metadata-county-name",
        "metadata-carrier-route",
        "metadata-carrier-route-type",
        "metadata-congressional-district",
        "metadata-building-default-indicator",
        "metadata-residential-delivery-indicator",
        "metadata-latitude",
        "metadata-longitude",
        "metadata-precision",
        "metadata-time-zone",
        "metadata-utc-offset",
        "metadata-obeys-daylight-savings",
        "metadata-ews-match",
        "analysis-dpv-match-code",
        "analysis-dpv-match-code-decoded",
        "analysis-dpv-cmra",
        "analysis-dpv-vacant",
        "analysis-active",
        "analysis-lacs-link-code",
        "analysis-lacs-link-code-decoded",
        "analysis-lacs-link-indicator",
        "analysis-lacs-link-indicator-decoded",
        "analysis-suite-link-match",
        "error-message",
    ]));
    with(
        attributes,
        json!({
            "analysis-dpv-footnotes": [],
            "analysis-dpv-footnotes-decoded": [],
            "analysis-footnotes": [],
            "analysis-footnotes-decoded": [],
        }),
    )
}

fn business_lookup(report: &Report) -> Value {
    let required = [
        "business-name",
        "address-street-1",
        "address-city",
        "address-subdivision",
        "address-postal-code",
    ];
    let optional = [
        "phone-number",
        "website",
        "ein",
        "address-street-2",
        "address-country-code",
        "incorporation-state",
    ];
    let mut query = given(report, &required);
    query.extend(asked(report, &optional));
    let people = report.query.get("associated-people");
    let people = people.cloned().unwrap_or_else(|| json!([]));
    let result = report.text("business-name").map(|name| {
        json!({
            "name": name.to_uppercase(),
            "aliases": [],
            "description": null,
            "legal-status": null,
            "date-of-incorporation": null,
            "industry-classifications": [],
            "identifiers": [],
            "addresses": [],
            "websites": [],
            "phone-numbers": [],
            "agents": [],
            "officers": [],
            "headcount": null,
            "sources": [],
        })
    });
    with(
        nulls(&[
            "match-status-strength",
            "match-status-business-name",
            "match-status-address",
            "match-status-address-street",
            "match-status-address-city",
            "match-status-address-postal-code",
            "match-status-address-subdivision",
            "match-status-phone-number",
            "match-status-ein",
            "match-status-associated-person",
            "match-status-website",
        ]),
        json!({
            "query": with(query, json!({ "associated-people": people })),
            "result": result,
        }),
    )
}

fn email_address(report: &Report) -> Value {
    let address = report.text("email-address");
    let domain = address.and_then(|address| address.rsplit_once('@'));
    let mut attributes = given(report, &["email-address"]);
    if let Some((_, domain)) = domain {
        attributes.insert("email-domain".to_owned(), json!(domain));
    }
    attributes.extend(nulls(&[
        "email-first-seen-days",
        "email-last-seen-days",
        "email-estimated-age-days",
        "email-domain-age-days",
        "age-estimated-13-plus",
        "age-estimated-16-plus",
        "age-estimated-18-plus",
        "email-is-free-provider",
        "email-is-spoofable",
        "email-is-spf-strict",
        "email-is-dmarc-enforced",
    ]));
    with(
        attributes,
        json!({
            "email-reputation": "high",
            "email-reference-count": 1,
            "email-domain-reputation": "high",
            "email-credentials-leaked": false,
            "email-credentials-leaked-recent": false,
            "email-data-breached": false,
            "email-malicious-activity-detected": false,
            "email-malicious-activity-detected-recent": false,
            "email-is-blocklisted": false,
            "email-is-spam": false,
            "email-is-disposable": false,
            "email-is-deliverable": true,
            "email-is-valid-mx": true,
            "email-is-suspicious": false,
            "email-domain-exists": true,
        }),
    )
}

fn phone_number(report: &Report) -> Value {
    let mut attributes = given(report, &["phone-number"]);
    attributes.extend(nulls(&[
        "phone-carrier",
        "phone-city",
        "phone-subdivision",
        "phone-country-code",
        "phone-risk-sim-swap",
    ]));
    with(
        attributes,
        json!({
            "phone-type": "MOBILE",
            "phone-risk-level": "low",
            "phone-risk-recommendation": "allow",
            "phone-risk-score": 1,
        }),
    )
}

fn profile(report: &Report) -> Value {
    let attributes = asked(
        report,
        &[
            "name-first",
            "name-last",
            "birthdate",
            "social-security-number",
            "address-street-1",
            "address-street-2",
            "address-city",
            "address-subdivision",
            "address-postal-code",
            "phone-number",
        ],
    );
    let last_digits = report
        .text("social-security-number")
        .and_then(|number| number.get(number.len().checked_sub(4)?..));
    with(
        attributes,
        json!({
            "social-security-number-last-4": last_digits,
            "address-subdivision-abbr": null,
            "address-postal-code-abbr": null,
            "identity-records": [],
            "omitted-identity-records": [],
        }),
    )
}

fn profile_non_authoritative(report: &Report) -> Value {
    let query = asked(
        report,
        &[
            "name-first",
            "name-middle",
            "name-last",
            "address-city",
            "address-subdivision",
            "address-postal-code",
            "address-street-1",
            "address-street-2",
            "address-country-code",
            "email-address",
            "phone-number",
            "birthdate",
        ],
    );
    json!({
        "query": query,
        "result": {
            "name": null,
            "birthdate": null,
            "emails": [],
            "phone-numbers": [],
            "location": null,
            "education": [],
            "experience": [],
            "social-media-profiles": [],
        },
    })
}

fn social_media(report: &Report) -> Value {
    let mut attributes = asked(
        report,
        &[
            "name-first",
            "name-last",
            "phone-number",
            "email-address",
            "address-city",
            "address-subdivision",
        ],
    );
    attributes.extend(given(report, &["birthdate"]));
    attributes.extend(nulls(&[
        "linkedin-url",
        "linkedin-username",
        "linkedin-id",
        "facebook-url",
        "facebook-username",
        "facebook-id",
        "twitter-url",
        "twitter-username",
        "github-url",
        "github-username",
        "instagram-url",
        "instagram-username",
    ]));
    Value::Object(attributes)
}
