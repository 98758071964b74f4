//! What the configuration accepts, refuses, and says.
//!
//! Longer than 400 lines: tables of values for every variable.

use std::collections::HashMap;

use secrecy::ExposeSecret;

use crate::app::config::*;

/// Secrets are given, so that no test writes under `data/`.
fn values(more: &[(&str, &str)]) -> HashMap<String, String> {
    let base = [
        ("SESSION_SECRET", "0123456789abcdef0123456789abcdef"),
        ("PERSONA_WEBHOOK_SECRET", "wbhsec_a"),
        ("DATA_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ];
    base.iter()
        .chain(more)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn read(more: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    Config::from_values(values(more))
}

/// The variables that are wrong.
fn wrong(read: Result<Config, ConfigErrors>) -> Vec<String> {
    let errors = read.unwrap_err();
    errors.iter().map(|error| error.variable.clone()).collect()
}

const ACCOUNT: [(&str, &str); 2] = [
    ("PERSONA_API_KEY", "persona_sandbox_1234"),
    ("PERSONA_INQUIRY_TEMPLATE_ID", "itmpl_Kyc1"),
];

#[test]
fn without_anything_the_sandbox_is_used() {
    let config = read(&[]).unwrap();
    assert_eq!(config.base_url.as_str(), "http://localhost:3000/");
    assert_eq!(config.sandbox.unwrap().addr.port(), 3002);
    assert_eq!(
        config.persona.connection.base_url.as_str(),
        "http://localhost:3002/api/v1"
    );
    assert_eq!(
        config.persona.sdk.widget_host.as_deref(),
        Some("localhost:3002")
    );
    assert_eq!(config.persona.widget_origin, "http://localhost:3002");
    assert_eq!(config.persona.template.as_str(), "itmpl_sandboxKYC");
    assert!(config.demo_sign_in);
}

#[test]
fn with_a_key_it_is_persona() {
    let config = read(&ACCOUNT).unwrap();
    assert!(config.sandbox.is_none());
    assert_eq!(
        config.persona.connection.base_url.as_str(),
        "https://api.withpersona.com/api/v1"
    );
    assert_eq!(config.persona.sdk.widget_host, None);
    assert_eq!(
        config.persona.widget_origin,
        "https://inquiry.withpersona.com"
    );
    assert!(
        config
            .persona
            .hosted_origins
            .contains(&"https://withpersona.com".to_owned())
    );
}

#[test]
fn an_external_sandbox_needs_its_three_variables_only() {
    let config = read(&[
        ("PERSONA_API_KEY", "persona_sandbox_x"),
        ("PERSONA_API_URL", "http://localhost:4002"),
        ("PERSONA_WIDGET_HOST", "localhost:4002"),
    ])
    .unwrap();
    assert!(config.sandbox.is_none());
    assert_eq!(
        config.persona.connection.base_url.as_str(),
        "http://localhost:4002/api/v1"
    );
    assert_eq!(
        config.persona.environment_id.as_deref(),
        Some("env_sandbox")
    );
}

/// A complete configuration of production, with some variables changed; an empty one is absent.
fn production(changed: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    let complete = [
        ("APP_ENV", "production"),
        ("APP_BASE_URL", "https://walkers.example.com"),
        ("DATABASE_URL", "postgres://app@db.internal/onboarding"),
        ("PERSONA_API_KEY", "persona_production_1234"),
        ("PERSONA_INQUIRY_TEMPLATE_ID", "itmpl_Kyc1"),
        (
            "PERSONA_WEBHOOK_SECRET",
            "wbhsec_8c2f5f2b-73f0-44f5-8b4e-0a3dd6ae2c51",
        ),
        ("SESSION_SECRET", "pEzCuQnAm4vUvVLVYlRXkSCQBvBdWnWPBhTlSmQK"),
        ("DATA_KEYS", "q0m3r7pV1yJxw3U0v2c8nH5kL9sD4fG6hJ1zX7bN2mQ="),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
    ];
    let values = complete.iter().chain(changed);
    Config::from_values(
        values
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

#[test]
fn production_names_what_is_missing() {
    assert!(production(&[]).is_ok());
    for name in [
        "PERSONA_API_KEY",
        "PERSONA_WEBHOOK_SECRET",
        "SESSION_SECRET",
        "DATA_KEYS",
        "DATABASE_URL",
        "APP_BASE_URL",
        "TRUSTED_PROXIES",
    ] {
        assert_eq!(wrong(production(&[(name, "")])), [name]);
    }
}

#[test]
fn production_refuses_what_nobody_should_trust() {
    for (name, bad) in [
        ("APP_BASE_URL", "http://walkers.example.com"),
        ("DEMO_SIGN_IN", "on"),
        ("PERSONA_API_KEY", "persona_sandbox_1234"),
        ("PERSONA_API_KEY", "persona_sandbox"),
        ("PERSONA_WEBHOOK_SECRET", "x"),
        ("PERSONA_WEBHOOK_SECRET", "wbhsec_sandbox"),
        ("PERSONA_WEBHOOK_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("PERSONA_WEBHOOK_SECRET", "wbhsec_xxxxxxxxxxxxxxxx"),
        ("PERSONA_WEBHOOK_SECRET", "wbhsec_change-me-change-me"),
        (
            "PERSONA_WEBHOOK_SECRET",
            "wbhsec_8c2f5f2b-73f0-44f5-8b4e-0a3dd6ae2c51,wbhsec_old",
        ),
        ("SESSION_SECRET", "0000000000000000000000000000000000000000"),
        ("SESSION_SECRET", "abababababababababababababababababababab"),
        ("SESSION_SECRET", "change_me_change_me_change_me_change_me_"),
        ("SESSION_SECRET", "a-secret-for-tests-of-32-letters"),
        ("DATA_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("DATA_KEYS", "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="),
        ("TRUSTED_PROXIES", "0.0.0.0/0"),
        ("TRUSTED_PROXIES", "::/0"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, 0.0.0.0/1, 128.0.0.0/1"),
        ("TRUSTED_PROXIES", "2000::/3"),
        ("METRICS_ADDR", "0.0.0.0:9464"),
        ("METRICS_ADDR", "[::]:9464"),
        ("METRICS_ADDR", "198.51.100.7:9464"),
        ("METRICS_ADDR", "[2001:db8::7]:9464"),
        ("METRICS_ADDR", "[::ffff:198.51.100.7]:9464"),
        ("RUST_LOG", "verbose"),
        ("RUST_LOG", "info,verbose"),
        ("RUST_LOG", "info,sqlx=loud"),
    ] {
        let errors = production(&[(name, bad)]).unwrap_err();
        assert!(
            bad.len() < 8 || !errors.to_string().contains(bad),
            "{name} repeats its value"
        );
        assert_eq!(wrong(Err(errors)), [name], "{bad}");
    }
}

#[test]
fn production_takes_what_is_named_on_purpose() {
    for (name, good) in [
        ("DATABASE_URL", "sqlite:///var/lib/onboarding/app.db"),
        (
            "TRUSTED_PROXIES",
            "10.0.0.0/8, 104.16.0.0/13, fc00::/7, ::1",
        ),
        ("TRUSTED_PROXIES", "none"),
        ("METRICS_ADDR", "127.0.0.1:9464"),
        ("METRICS_ADDR", "[::1]:9464"),
        ("METRICS_ADDR", "10.1.2.3:9464"),
        ("METRICS_ADDR", "100.64.0.7:9464"),
        ("METRICS_ADDR", "[fd00::7]:9464"),
        ("RUST_LOG", "debug"),
        ("RUST_LOG", "WARN,persona_onboarding::store"),
        ("RUST_LOG", "info,[request{http.route=/}]=debug"),
    ] {
        let read = production(&[(name, good)]);
        assert!(read.is_ok(), "{name} {good}: {}", read.unwrap_err());
    }
}

#[test]
fn in_production_persona_is_reached_by_https_or_on_this_machine() {
    for (url, is_fine) in [
        ("https://persona.example.com/api/v1", true),
        ("http://localhost:3002/api/v1", true),
        ("http://127.0.0.1:3002/api/v1", true),
        ("http://[::1]:3002/api/v1", true),
        ("http://persona.example.com/api/v1", false),
        ("http://localhost.example.com/api/v1", false),
    ] {
        let read = production(&[("PERSONA_API_URL", url)]);
        assert_eq!(read.is_ok(), is_fine, "{url}");
    }
}

#[test]
fn a_release_is_for_production() {
    assert_eq!(
        Environment::default_of_build(false),
        Environment::Production
    );
    assert_eq!(
        Environment::default_of_build(true),
        Environment::Development
    );
    // The tests are built with the sandbox.
    assert_eq!(read(&[]).unwrap().environment, Environment::Development);
}

#[test]
fn addresses_that_others_reach_are_listed() {
    let exposed = |more: &[(&str, &str)]| -> Vec<_> {
        let listed = read(more).unwrap().addresses_beyond_loopback();
        listed.into_iter().map(|(name, _)| name).collect()
    };
    assert!(exposed(&[("METRICS_ADDR", "[::1]:9464")]).is_empty());
    assert_eq!(
        exposed(&[
            ("LEPTOS_SITE_ADDR", "0.0.0.0:3000"),
            ("SANDBOX_ADDR", "192.168.1.7:3002"),
            ("METRICS_ADDR", "[::]:9464"),
        ]),
        ["LEPTOS_SITE_ADDR", "SANDBOX_ADDR", "METRICS_ADDR"]
    );
}

#[test]
fn a_bad_value_is_named() {
    for (name, bad, good) in [
        ("PERSONA_VERSION", "latest", "2025-12-08"),
        ("PERSONA_VERSION", "2025-1-1", "2023-01-05"),
        ("PERSONA_SDK_URL", "cdn/persona.js", "/vendor/persona.js"),
        (
            "PERSONA_SDK_URL",
            "//cdn/persona.js",
            "https://cdn.example.com/persona.js",
        ),
        ("PERSONA_SDK_INTEGRITY", "JrEJ", "sha384-JrEJ"),
        ("RUST_LOG", "info,sqlx=loud", "info,sqlx=warn"),
        ("SANDBOX_ADDR", "localhost", "127.0.0.1:3002"),
        ("DATABASE_URL", "sqlite://", "sqlite:data/a.db"),
        ("DATABASE_URL", "sqlite::memory:", "sqlite:///var/lib/a.db"),
        (
            "DATABASE_URL",
            "mysql://localhost/a",
            "postgres://a:b@localhost/c",
        ),
        ("SUPPORT_URL", "support", "https://example.com/help"),
        ("SUPPORT_URL", "mailto:", "mailto:help@example.com"),
        (
            "SUPPORT_URL",
            "javascript:alert(1)",
            "http://localhost/help",
        ),
    ] {
        assert_eq!(wrong(read(&[(name, bad)])), [name], "{bad}");
        let with_account = [ACCOUNT[0], ACCOUNT[1], (name, bad)];
        assert_eq!(wrong(read(&with_account)), [name], "{bad}");
        assert!(read(&[(name, good)]).is_ok(), "{name}: {good}");
    }
}

#[test]
fn personas_address_ends_with_its_path() {
    for bad in [
        "https://api.withpersona.com/api/v1?a=b",
        "https://h/api/v1#a",
    ] {
        let values = [ACCOUNT[0], ACCOUNT[1], ("PERSONA_API_URL", bad)];
        assert_eq!(wrong(read(&values)), ["PERSONA_API_URL"]);
    }
}

#[test]
fn a_typo_is_an_error_that_lists_the_known_names() {
    let errors = read(&[("PERSONA_APIKEY", "persona_sandbox_secret")]).unwrap_err();
    let text = errors.to_string();
    assert!(
        text.starts_with("PERSONA_APIKEY: no such variable"),
        "{text}"
    );
    assert!(text.contains("PERSONA_API_KEY"));
    assert!(!text.contains("persona_sandbox_secret"));
}

#[test]
fn bad_values_are_named_and_not_repeated() {
    for (name, value) in [
        ("APP_ENV", "staging"),
        ("LEPTOS_SITE_ADDR", "everywhere"),
        ("APP_BASE_URL", "localhost:3000"),
        ("APP_BASE_URL", "http://localhost:3000/app"),
        ("SANDBOX_ADDR", "nowhere"),
        ("PERSONA_WIDGET_HOST", "http://localhost:3002"),
        ("PERSONA_WIDGET_HOST", "127.0.0.1:3002"),
        ("PERSONA_INQUIRY_TEMPLATE_ID", "tmpl_legacy"),
        ("PERSONA_ENVIRONMENT_ID", "sandbox"),
        ("PERSONA_WEBHOOK_SECRET", "wbhsec_new,,wbhsec_old"),
        ("SESSION_SECRET", "too-short"),
        ("DATA_KEYS", "not-a-key"),
        ("DEMO_SIGN_IN", "perhaps"),
        ("LOG_FORMAT", "xml"),
        ("INQUIRY_POLICY", "never"),
        ("MINIMUM_AGE", "eighteen"),
        ("MINIMUM_AGE", "131"),
        ("RATE_LIMIT_PER_MINUTE", "many"),
        ("RATE_LIMIT_SIGN_IN_PER_MINUTE", "-3"),
        ("CLICK_LIMIT", "200001"),
        ("CLICK_LIMIT", "many"),
        ("DRAIN_SECONDS", "-1"),
        ("DRAIN_SECONDS", "18446744073709551615"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("LEPTOS_HASH_FILES", "some"),
        ("LEPTOS_RELOAD_PORT", "300100"),
    ] {
        let errors = read(&[(name, value)]).unwrap_err();
        assert!(
            !errors.to_string().contains(value),
            "{name} repeats its value"
        );
        assert_eq!(wrong(Err(errors)), [name], "{value}");
    }
}

#[test]
fn several_webhook_secrets_are_kept_in_order() {
    let config = read(&[("PERSONA_WEBHOOK_SECRET", "wbhsec_new, wbhsec_old")]).unwrap();
    let secrets: Vec<_> = config
        .persona
        .webhook_secrets
        .iter()
        .map(ExposeSecret::expose_secret)
        .collect();
    assert_eq!(secrets, ["wbhsec_new", "wbhsec_old"]);
}

#[test]
fn limits_are_wide_in_development_and_can_be_set_or_switched_off() {
    let limits = read(&[]).unwrap().rate_limits;
    assert!(limits.per_minute.is_some_and(|limit| limit.get() >= 1000));
    assert!(
        limits
            .sign_in_per_minute
            .is_some_and(|limit| limit.get() >= 1000)
    );
    let config = read(&[
        ("RATE_LIMIT_PER_MINUTE", "off"),
        ("RATE_LIMIT_SIGN_IN_PER_MINUTE", "7"),
        ("TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8,::1"),
        ("MINIMUM_AGE", "21"),
    ])
    .unwrap();
    assert_eq!(config.rate_limits.per_minute, None);
    assert_eq!(
        config.rate_limits.sign_in_per_minute,
        std::num::NonZeroU32::new(7)
    );
    assert_eq!(config.trusted_proxies.len(), 3);
    assert_eq!(config.minimum_age, 21);
}

#[test]
fn an_inquiry_is_in_the_dashboard_of_whoever_is_asked() {
    let inquiry = crate::model::InquiryId::parse("inq_1").unwrap();
    assert_eq!(
        read(&[]).unwrap().persona.dashboard_of(&inquiry),
        "http://localhost:3002/dashboard/inquiries/inq_1"
    );
    assert_eq!(
        read(&ACCOUNT).unwrap().persona.dashboard_of(&inquiry),
        "https://app.withpersona.com/dashboard/inquiries/inq_1"
    );
}

#[test]
fn all_errors_are_named_at_once() {
    let errors = Config::from_values(
        [
            ("APP_ENV", "production"),
            ("LEPTOS_SITE_ADDR", "everywhere"),
            ("PERSONA_APIKEY", "persona_production_1"),
            ("PERSONA_API_URL", "https://api.withpersona.com/api/v1?a=b"),
            ("PERSONA_VERSION", "latest"),
            ("DATABASE_URL", "mysql://localhost/a"),
            ("SESSION_SECRET", "short"),
            ("PERSONA_WEBHOOK_SECRET", "wbhsec_new,,wbhsec_old"),
            ("RATE_LIMIT_PER_MINUTE", "many"),
            ("RATE_LIMIT_WEBHOOKS_PER_MINUTE", "few"),
            ("LOG_FORMAT", "xml"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
    )
    .unwrap_err();
    let text = errors.to_string();
    let mut variables = wrong(Err(errors));
    variables.sort();
    assert_eq!(
        variables,
        [
            "APP_BASE_URL",
            "DATABASE_URL",
            "DATA_KEYS",
            "LEPTOS_SITE_ADDR",
            "LOG_FORMAT",
            "PERSONA_APIKEY",
            "PERSONA_API_KEY",
            "PERSONA_API_URL",
            "PERSONA_VERSION",
            "PERSONA_WEBHOOK_SECRET",
            "RATE_LIMIT_PER_MINUTE",
            "RATE_LIMIT_WEBHOOKS_PER_MINUTE",
            "SESSION_SECRET",
            "TRUSTED_PROXIES",
        ]
    );
    assert!(
        text.starts_with("the configuration has 14 errors:\n  PERSONA_APIKEY: "),
        "{text}"
    );
    assert_eq!(text.lines().count(), 15, "{text}");
}

#[cfg(unix)]
#[test]
fn a_foreign_variable_may_hold_anything_and_ours_must_be_text() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};

    let bytes = || OsString::from_vec(vec![b'a', 0xff]);
    let base = || {
        let base = values(&[]).into_iter();
        base.map(|(name, value)| (OsString::from(name), OsString::from(value)))
    };
    let foreign = [("LS_COLORS".into(), bytes()), (bytes(), "value".into())];
    let mut errors = ErrorCollector::default();
    let read = Values::from_os(base().chain(foreign), &mut errors);
    assert!(Config::read(&read, errors, StatedSecrets::or_generated).is_ok());

    let ours = [("SUPPORT_URL".into(), bytes())];
    let mut errors = ErrorCollector::default();
    let read = Values::from_os(base().chain(ours), &mut errors);
    assert_eq!(
        wrong(Config::read(&read, errors, StatedSecrets::or_generated)),
        ["SUPPORT_URL"]
    );
}

#[test]
fn an_empty_log_filter_is_none() {
    let unset = read(&[]).unwrap().log_filter;
    assert!(unset.starts_with("info,"), "{unset}");
    for empty in ["", " "] {
        assert_eq!(read(&[("RUST_LOG", empty)]).unwrap().log_filter, unset);
    }
    assert_eq!(read(&[("RUST_LOG", "debug")]).unwrap().log_filter, "debug");
}

/// What libraries read: documented, and none of ours.
const READ_BY_LIBRARIES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

#[test]
fn the_documentation_lists_every_variable_and_no_other() {
    let page = include_str!("../../../docs/operating.md");
    let (_, after) = page.split_once("\n## Configuration\n").unwrap();
    let (section, _) = after.split_once("\n## ").unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    // A row may hold several names in its first cell.
    let cells = rows.map(|row| row.split('|').nth(1).unwrap());
    let names = cells.flat_map(|cell| cell.split(',').map(|name| name.trim().trim_matches('`')));
    let names = names.filter(|name| !READ_BY_LIBRARIES.contains(name));
    assert_documented("docs/operating.md", names);
}

#[test]
fn the_example_of_an_env_file_lists_every_variable_and_no_other() {
    // Each variable is switched off by a `#` that nothing follows but its name.
    let example = include_str!("../../../.env.example");
    let lines = example.lines().filter_map(|line| line.strip_prefix('#'));
    let settings: Vec<_> = lines
        .filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()))
        .collect();
    let names = settings.iter().map(|line| line.split('=').next().unwrap());
    assert_documented(".env.example", names);

    // With everything switched on the configuration is valid, except for the secrets.
    let text = settings.join("\n");
    let mut all: HashMap<_, _> = dotenvy::Iter::new(text.as_bytes())
        .collect::<Result<_, _>>()
        .unwrap();
    all.extend(values(&[]));
    if let Err(errors) = Config::from_values(all) {
        panic!("{errors}");
    }
}

/// Compares the documented names with those that are read.
fn assert_documented<'a>(place: &str, documented: impl Iterator<Item = &'a str>) {
    let mut documented: Vec<_> = documented.collect();
    let mut read = values::VARIABLES.to_vec();
    documented.sort_unstable();
    read.sort_unstable();
    assert_eq!(documented, read, "{place} beside VARIABLES");
}
