//! A sandbox in the shape of an integrator's account: from a file, and by `/_sandbox/templates`.
//!
//! Longer than 400 lines: each key of the file, and each kind of step.

use persona_sandbox::{Config, Setup};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::support::{Answer, TestSandbox};

/// An account that differs from the built-in one in everything that a file can say.
const FILE: &str = "
environment_id: env_Theirs
organization_id: org_Theirs
api_key:
  version: 2023-01-05
  inflection: camel
  denied_permissions: [webhook.write]
templates:
  - id: itmpl_Dogs
    name: Dog walkers
    steps: [form, phone, email, document]
    fields:
      - {key: nameFirst, required: true}
      - {key: birthDay, type: date, label: Day of birth}
      - {key: dogs, type: integer}
      - {key: insured, type: boolean}
      - {key: size, type: choices, options: [small, large]}
      - {key: days, type: multi_choices, options: [mon, tue, wed]}
      - {key: startsAt, type: datetime}
      - {key: contact, type: email_address}
      - {key: phoneNumber}
      - {key: emailAddress}
      - {key: extra, type: json}
    form_fields: [nameFirst, birthDay, dogs, insured, size, days, startsAt, contact]
    languages: [es-ES]
    workflows: {approve_completed: true, decide_after_ms: 0}
    redirect_domains: [app.example]
    redirect_uri: https://app.example/done
    embedded_flow_domain_allowlist: [app.example]
  - id: itmpl_Plain
accounts:
  - {reference_id: usr_1, id: act_Theirs, fields: {name_first: Ada}}
";

async fn sandbox_with(text: &str) -> TestSandbox {
    let setup = Setup::parse(text).unwrap();
    TestSandbox::start_with_setup(Config::default(), setup).await
}

/// A request without a version, so that the key decides.
async fn plain(sandbox: &TestSandbox, path: &str, key: &str) -> Answer {
    let url = format!("{}/api/v1{path}", sandbox.base);
    TestSandbox::send(sandbox.client.get(url).bearer_auth(key)).await
}

fn new_inquiry(template_id: &str) -> Value {
    json!({ "data": { "attributes": { "inquiry-template-id": template_id } } })
}

async fn page(sandbox: &TestSandbox, path: &str, form: &[(&str, &str)]) -> (StatusCode, String) {
    let url = format!("{}{path}", sandbox.base);
    let answer = sandbox.client.post(url).form(form).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_sandbox_has_what_the_file_says() {
    let sandbox = sandbox_with(FILE).await;
    let answer = plain(&sandbox, "/inquiries", "persona_sandbox_x").await;
    assert_eq!(answer.header("persona-environment-id"), "env_Theirs");
    assert_eq!(answer.header("persona-organization-id"), "org_Theirs");
    let refused = sandbox.post("/webhooks", json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);

    let created = sandbox.post("/inquiries", new_inquiry("itmpl_Dogs")).await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    let id = created.text("/data/id");
    let fields = created.body["data"]["attributes"]["fields"]
        .as_object()
        .unwrap();
    assert!(fields.contains_key("nameFirst"), "{fields:?}");
    assert_eq!(
        fields["days"],
        json!({ "type": "multi_choices", "value": null })
    );
    assert!(!fields.contains_key("name_first"));
    // Before 2025-10-27 keys in `fields` are inflected, and personal data is flat beside it.
    let inquiry = plain(&sandbox, &format!("/inquiries/{id}"), "persona_sandbox_x").await;
    let attributes = &inquiry.body["data"]["attributes"];
    assert!(attributes["nameFirst"].is_null() && !attributes["fields"]["nameFirst"].is_null());

    let template = sandbox.post("/inquiries", new_inquiry("itmpl_Plain")).await;
    assert_eq!(template.status, StatusCode::CREATED);
    let account = sandbox.get("/accounts/act_Theirs").await;
    assert_eq!(account.text("/data/attributes/referenceId"), "usr_1");
    let with_account = json!({ "data": { "attributes": {
        "inquiry-template-id": "itmpl_Dogs", "reference-id": "usr_1",
    } } });
    let inquiry = sandbox.post("/inquiries", with_account).await;
    assert_eq!(
        inquiry.text("/data/relationships/account/data/id"),
        "act_Theirs"
    );

    // A named environment has the same shape.
    let other = sandbox.environment("other");
    assert_eq!(
        other
            .post("/inquiries", new_inquiry("itmpl_Dogs"))
            .await
            .status,
        StatusCode::CREATED
    );
    // A reset goes back to the file.
    let settings = json!({ "denied_permissions": [] });
    sandbox.control(Method::POST, "settings", settings).await;
    sandbox.control(Method::POST, "reset", Value::Null).await;
    assert_eq!(
        sandbox.get("/accounts/act_Theirs").await.status,
        StatusCode::OK
    );
    assert_eq!(
        sandbox.post("/webhooks", json!({})).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn every_step_runs_in_the_widget_and_its_fields_are_in_the_inquiry() {
    let sandbox = sandbox_with(FILE).await;
    let created = sandbox.post("/inquiries", new_inquiry("itmpl_Dogs")).await;
    let id = created.text("/data/id");
    let (_, html) = page(&sandbox, "/widget/start", &[("inquiry-id", id)]).await;
    let token = html
        .split("name=\"session-token\" value=\"")
        .nth(1)
        .unwrap();
    let token = token.split('"').next().unwrap().to_owned();
    assert!(
        html.contains("Verifique su identidad"),
        "the template's language"
    );
    let step = async |step: &str, fields: &[(&str, &str)]| {
        let mut form = vec![
            ("step", step),
            ("inquiry-id", id),
            ("session-token", &token),
            ("pass-verifications", "on"),
        ];
        form.extend(fields);
        page(&sandbox, "/widget/step", &form).await.1
    };
    let html = step("start", &[]).await;
    for input in [
        "name=\"fields[nameFirst]\" value=\"\" data-test=\"field__nameFirst\" required",
        "type=\"date\" name=\"fields[birthDay]\"",
        "type=\"number\" name=\"fields[dogs]\"",
        "type=\"checkbox\" name=\"fields[insured]\"",
        "<option value=\"large\">",
        "type=\"checkbox\" name=\"fields[days]\" value=\"tue\"",
        "type=\"datetime-local\" name=\"fields[startsAt]\"",
        "type=\"email\" name=\"fields[contact]\"",
        "Day of birth",
    ] {
        assert!(html.contains(input), "{input} in {html}");
    }
    assert!(
        !html.contains("phoneNumber"),
        "the form does not ask for it"
    );
    let entered = [
        ("fields[nameFirst]", "Ada"),
        ("fields[birthDay]", "1815-12-10"),
        ("fields[dogs]", "2"),
        ("fields[size]", "large"),
        ("fields[days]", "mon"),
        ("fields[days]", "wed"),
        ("fields[startsAt]", "2026-01-05T10:00"),
        ("fields[contact]", "ada@example.com"),
    ];
    // What is wrong is said, and what was right is kept.
    let html = step(
        "form",
        &[("fields[nameFirst]", "Ada"), ("fields[dogs]", "two")],
    )
    .await;
    assert!(html.contains("Revise este dato: Dogs."), "{html}");
    assert!(html.contains("value=\"Ada\""), "{html}");
    let html = step("form", &[("fields[dogs]", "2")]).await;
    assert!(html.contains("Falta este dato: Name first."), "{html}");
    let html = step("form", &entered).await;
    assert!(html.contains("Número de teléfono"), "{html}");
    let html = step("phone", &[("fields[phoneNumber]", "+34600000000")]).await;
    assert!(html.contains("Correo electrónico"), "{html}");
    let html = step("email", &[("fields[emailAddress]", "ada@example.com")]).await;
    assert!(html.contains("Documento"), "{html}");
    let html = step("document", &[]).await;
    assert!(html.contains("Verificación enviada"), "{html}");

    let inquiry = sandbox
        .get(&format!("/inquiries/{id}?include=verifications,documents"))
        .await;
    let attributes = &inquiry.body["data"]["attributes"];
    assert_eq!(attributes["status"], "approved");
    let value = |key: &str| attributes["fields"][key]["value"].clone();
    for (key, expected) in [
        ("nameFirst", json!("Ada")),
        ("birthDay", json!("1815-12-10")),
        ("dogs", json!(2)),
        ("insured", json!(false)),
        ("size", json!("large")),
        ("days", json!(["mon", "wed"])),
        ("startsAt", json!("2026-01-05T10:00:00.000Z")),
        ("contact", json!("ada@example.com")),
        ("phoneNumber", json!("+34600000000")),
        ("emailAddress", json!("ada@example.com")),
        ("extra", Value::Null),
    ] {
        assert_eq!(value(key), expected, "{key}");
    }
    let included = inquiry.body["included"].as_array().unwrap();
    let types: Vec<_> = included
        .iter()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "verification/phone-number",
            "verification/email-address",
            "verification/document",
            "document/generic",
        ]
    );
    assert_eq!(included[0]["attributes"]["phoneNumber"], "+34600000000");
}

#[tokio::test]
async fn the_hosted_flow_runs_the_steps_too_and_keeps_to_the_lists() {
    let sandbox = sandbox_with(FILE).await;
    let created = sandbox.post("/inquiries", new_inquiry("itmpl_Dogs")).await;
    let id = created.text("/data/id");
    let get = async |path: &str| {
        let answer = sandbox.client.get(format!("{}{path}", sandbox.base)).send();
        let answer = answer.await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let (status, _) = get(&format!(
        "/verify?inquiry-id={id}&redirect-uri=https://evil.example"
    ))
    .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let embedding = "iframe-origin=https%3A%2F%2Fevil.example";
    let (status, _) = get(&format!("/widget?inquiry-id={id}&{embedding}")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, html) = page(
        &sandbox,
        "/verify/step",
        &[("inquiry-id", id), ("step", "start")],
    )
    .await;
    assert_eq!(status, StatusCode::OK, "the redirect leads to the form");
    let token = html
        .split("name=\"session-token\" value=\"")
        .nth(1)
        .unwrap();
    let token = token.split('"').next().unwrap().to_owned();
    let form = |step: &'static str| {
        vec![
            ("step", step.to_owned()),
            ("inquiry-id", id.to_owned()),
            ("session-token", token.clone()),
            ("pass-verifications", "on".to_owned()),
        ]
    };
    let send = async |mut form: Vec<(&str, String)>, field: Option<(&'static str, &str)>| {
        form.extend(field.map(|(name, value)| (name, value.to_owned())));
        let form: Vec<_> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        page(&sandbox, "/verify/step", &form).await
    };
    let (status, html) = send(form("form"), None).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(html.contains("Falta este dato: Name first."), "{html}");
    let (status, html) = send(form("form"), Some(("fields[nameFirst]", "Ada"))).await;
    assert!(
        status.is_success() && html.contains("Número de teléfono"),
        "{html}"
    );
    send(form("phone"), Some(("fields[phoneNumber]", "+34600000000"))).await;
    send(
        form("email"),
        Some(("fields[emailAddress]", "a@example.com")),
    )
    .await;
    let (_, html) = send(form("document"), None).await;
    assert!(html.contains("Verificación enviada"), "{html}");
    let inquiry = sandbox.get(&format!("/inquiries/{id}")).await;
    assert_eq!(
        inquiry.text("/data/attributes/fields/nameFirst/value"),
        "Ada"
    );
}

#[tokio::test]
async fn a_running_environment_takes_a_setup_or_one_template() {
    let sandbox = TestSandbox::start().await;
    let environment = sandbox.environment("a");
    let receiver = Receiver::start().await;
    let one = json!({ "id": "itmpl_One", "steps": ["selfie"] });
    let added = environment.control(Method::POST, "templates", one).await;
    assert_eq!(added["data"][0]["id"], "itmpl_One");
    let setup = json!({
        "templates": [{ "id": "itmpl_Two", "name": "Two" }],
        "accounts": [{ "reference_id": "usr_1", "fields": { "name_first": "Ada" } }],
        "webhooks": [{ "url": receiver.url, "events": ["inquiry.created"] }],
        "api_key": { "version": "2025-12-08" },
    });
    environment.control(Method::POST, "templates", setup).await;
    let list = environment
        .control(Method::GET, "templates", Value::Null)
        .await;
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, ["itmpl_sandboxKYC", "itmpl_One", "itmpl_Two"]);
    let created = environment
        .post("/inquiries", new_inquiry("itmpl_One"))
        .await;
    let id = created.text("/data/id");
    assert_eq!(
        environment.walk(id, None, &["start", "selfie"]).await,
        "success"
    );
    assert_eq!(receiver.wait_for(1).await[0].name(), "inquiry.created");
    // The others have none of it.
    for other in [&sandbox, &sandbox.environment("b")] {
        let refused = other.post("/inquiries", new_inquiry("itmpl_One")).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
    }

    let add = async |body: &'static str| {
        let url = format!("{}/_sandbox/templates", sandbox.base);
        TestSandbox::send(sandbox.client.post(url).body(body)).await
    };
    for (body, reason) in [
        ("templates:\n  - id: itmpl_A\n  - id: itmpl_A\n", "line 3"),
        ("id: itmpl_A\nsteps: [iris]\n", "government_id"),
        ("environment_id: env_X\n", "when the sandbox starts"),
        (
            "{\"templates\": [{\"id\": \"itmpl_A\", \"fields\": [{\"key\": \"a\", \"type\": \"b\"}]}]}",
            "multi_choices",
        ),
    ] {
        let refused = add(body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.text("/error").contains(reason), "{refused:?}");
    }
    let list = sandbox.control(Method::GET, "templates", Value::Null).await;
    assert_eq!(
        list["data"].as_array().unwrap().len(),
        1,
        "nothing was added"
    );
}

#[tokio::test]
async fn a_setup_is_applied_again_over_a_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = || Config {
        state: persona_sandbox::StateLocation::File(folder.path().join("state.db")),
        ..Config::default()
    };
    let start = async |text: &str| {
        TestSandbox::start_with_setup(config(), Setup::parse(text).unwrap()).await
    };
    let receiver = Receiver::start().await;
    let file = format!(
        "templates: [{{id: itmpl_A, name: First}}]\nwebhooks: [{{url: '{}'}}]",
        receiver.url
    );
    let sandbox = start(&file).await;
    let created = sandbox.post("/inquiries", new_inquiry("itmpl_A")).await;
    let id = created.text("/data/id").to_owned();
    assert_eq!(sandbox.get("/webhooks").await.ids(), ["wbh_setup1"]);
    sandbox.stop().await;
    let again = start("templates: [{id: itmpl_A, name: Second}]").await;
    let list = again.control(Method::GET, "templates", Value::Null).await;
    assert_eq!(list["data"][1]["attributes"]["name"], "Second");
    assert_eq!(
        again.get(&format!("/inquiries/{id}")).await.status,
        StatusCode::OK
    );
    assert_eq!(again.get("/webhooks").await.ids(), [""; 0]);
    again.stop().await;
}

#[test]
fn the_schema_knows_every_key() {
    let schema: Value = serde_json::from_str(&Setup::json_schema()).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    for key in [
        "templates",
        "accounts",
        "webhooks",
        "api_key",
        "environment_id",
        "organization_id",
    ] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
    let template = &schema["$defs"]["TemplateFile"];
    assert_eq!(template["required"], json!(["id"]));
    let steps = schema["$defs"]["SubmissionStep"].to_string();
    let types = schema["$defs"]["FieldType"].to_string();
    for name in [
        "government_id",
        "selfie",
        "document",
        "form",
        "phone",
        "email",
    ] {
        assert!(steps.contains(&format!("{name:?}")), "{name}");
    }
    for name in ["string", "multi_choices", "datetime", "file"] {
        assert!(types.contains(&format!("{name:?}")), "{name}");
    }
}

#[tokio::test]
async fn any_template_id_makes_a_template() {
    let sandbox = TestSandbox::start_with(Config {
        any_template: true,
        ..Config::default()
    })
    .await;
    let created = sandbox
        .post("/inquiries", new_inquiry("itmpl_Unknown"))
        .await;
    assert_eq!(created.status, StatusCode::CREATED, "{created:?}");
    let id = created.text("/data/id");
    let steps = ["start", "government_id", "selfie"];
    assert_eq!(sandbox.walk(id, None, &steps).await, "success");
    // A page that creates its inquiry, and an environment of its own.
    let url = format!("{}/widget?template-id=itmpl_Page", sandbox.base);
    let html = sandbox
        .client
        .get(url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(html.contains("Get started"), "{html}");
    let list = sandbox.control(Method::GET, "templates", Value::Null).await;
    let ids: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, ["itmpl_sandboxKYC", "itmpl_Unknown", "itmpl_Page"]);
    let other = sandbox
        .environment("a")
        .control(Method::GET, "templates", Value::Null)
        .await;
    assert_eq!(other["data"].as_array().unwrap().len(), 1);
}
