//! The hooks for browser tests: those of `docs/browser-hooks.md` exist in the flow, and the flow has
//! no control without a documented one.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{Screen, TestSandbox};

/// A template with every step and an input of every kind.
const WHOLE: &str = "itmpl_whole";
const FIELD: &str = "field__<key>";

#[tokio::test]
async fn the_documented_hooks_are_those_of_the_flow() {
    let sandbox = TestSandbox::start().await;
    let mut screens = all_steps(&sandbox).await;
    screens.extend(ends(&sandbox).await);

    let mut found = BTreeSet::new();
    let mut steps = BTreeSet::new();
    for screen in &screens {
        for tag in controls(&screen.html) {
            let hook = attribute(tag, "data-test");
            let hook = hook.unwrap_or_else(|| panic!("a control without a hook: <{tag}>"));
            found.insert(documented_name(hook));
        }
        found.extend(tags(&screen.html).filter_map(|tag| {
            let hook = attribute(tag, "data-test")?;
            Some(documented_name(hook))
        }));
        let main = tags(&screen.html).find(|tag| tag.starts_with("main "));
        let step = main.and_then(|main| attribute(main, "data-step"));
        steps.insert(step.expect("the screen names its step").to_owned());
    }
    let (hooks, names_of_steps) = documented();
    assert_eq!(found, hooks);
    assert_eq!(steps, names_of_steps);
}

/// The hooks of the first table of the page, and the steps that its first row lists.
fn documented() -> (BTreeSet<String>, BTreeSet<String>) {
    let page = include_str!("../../docs/browser-hooks.md");
    let (_, table) = page.split_once("| hook |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .skip(2)
        .map(|row| row.split('|').map(str::trim).collect())
        .collect();
    let hooks = rows.iter().flat_map(|row| in_backticks(row[1])).collect();
    let steps = in_backticks(rows[0][2]);
    (hooks, steps.filter(|name| name != "data-step").collect())
}

fn in_backticks(cell: &str) -> impl Iterator<Item = String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

fn documented_name(hook: &str) -> String {
    match hook.strip_prefix("field__") {
        Some(_) => FIELD.to_owned(),
        None => hook.to_owned(),
    }
}

fn tags(html: &str) -> impl Iterator<Item = &str> {
    let opened = html.split('<').skip(1);
    opened.filter_map(|rest| Some(rest.split_once('>')?.0))
}

/// What a person can use.
fn controls(html: &str) -> impl Iterator<Item = &str> {
    tags(html).filter(|tag| {
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        match name {
            "button" | "select" | "textarea" | "a" => true,
            "input" => attribute(tag, "type") != Some("hidden"),
            _ => false,
        }
    })
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

/// Every step of the widget, with what a mistake in a form leads to.
async fn all_steps(sandbox: &TestSandbox) -> Vec<Screen> {
    let template = json!({
        "id": WHOLE,
        "steps": ["government_id", "selfie", "document", "form", "phone", "email"],
        "fields": [
            { "key": "name", "required": true },
            { "key": "size", "type": "choices", "options": ["small", "large"] },
            { "key": "days", "type": "multi_choices", "options": ["Monday", "Friday"] },
            { "key": "agreed", "type": "boolean" },
        ],
        "form_fields": ["name", "size", "days", "agreed"],
    });
    let url = format!("{}/_sandbox/templates", sandbox.base);
    let added = sandbox.client.post(url).json(&template).send();
    assert_eq!(added.await.unwrap().status(), 201);

    let mut screens = vec![sandbox.widget(&[("inquiry-template-id", WHOLE)]).await];
    let start = [("inquiry-template-id", WHOLE)];
    let opened = Screen::read(sandbox.post("/widget/start", &start).await).await;
    let token = opened.text("sessionToken");
    screens.push(opened);
    let hand_over = [
        ("step", "start"),
        ("handoff", "start"),
        ("session-token", &token),
    ];
    screens.push(Screen::read(sandbox.post("/widget/step", &hand_over).await).await);
    for (step, entered) in [
        ("start", None),
        ("government_id", None),
        ("selfie", None),
        ("document", None),
        ("form", None),
        ("form", Some(("fields[name]", "Rex"))),
        ("phone", Some(("fields[phone-number]", "+14155550123"))),
        ("email", Some(("fields[email-address]", "ada@example.com"))),
    ] {
        let mut form = vec![("step", step), ("session-token", &token)];
        form.push(("pass-verifications", "on"));
        form.extend(entered);
        screens.push(Screen::read(sandbox.post("/widget/step", &form).await).await);
    }
    assert!(screens.last().unwrap().has_heading("Success"));
    screens
}

/// The screens that end the flow otherwise, or keep it from beginning.
async fn ends(sandbox: &TestSandbox) -> Vec<Screen> {
    let (id, token) = sandbox.create("usr_1").await;
    let mut screens = vec![sandbox.step("government_id", &token, false).await];
    screens.push(sandbox.widget(&[("inquiry-id", &id)]).await);
    screens.push(sandbox.step("selfie", &token, false).await);
    let (expired, _) = sandbox.create("usr_2").await;
    let expire = format!("/dashboard/inquiries/{expired}/expire");
    sandbox.post(&expire, &[]).await;
    screens.push(sandbox.widget(&[("inquiry-id", &expired)]).await);
    let (approved, _) = sandbox.create("usr_3").await;
    let approve = format!("/dashboard/inquiries/{approved}/approve");
    sandbox.post(&approve, &[]).await;
    screens.push(sandbox.widget(&[("inquiry-id", &approved)]).await);
    screens.push(sandbox.widget(&[("inquiry-id", "inq_unknown")]).await);
    let link = sandbox.get("/verify", &[("code", "us1-unknown")]).await;
    screens.push(Screen::read(link).await);
    screens.push(retry(sandbox).await);
    screens
}

/// The screen after a failed attempt that is not the last one.
async fn retry(sandbox: &TestSandbox) -> Screen {
    let template = json!({ "id": "itmpl_twice", "steps": ["selfie"], "attempts": 2 });
    let url = format!("{}/_sandbox/templates", sandbox.base);
    let added = sandbox.client.post(url).json(&template).send();
    assert_eq!(added.await.unwrap().status(), 201);
    let start = [("inquiry-template-id", "itmpl_twice")];
    let opened = Screen::read(sandbox.post("/widget/start", &start).await).await;
    sandbox
        .step("selfie", &opened.text("sessionToken"), false)
        .await
}
