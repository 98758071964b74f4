//! Logs: text for people, JSON for machines, on standard output.

use std::{io::IsTerminal, str::FromStr};

use tracing_subscriber::{EnvFilter, filter::LevelFilter, fmt, prelude::*};

use crate::app::Config;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("use `text` or `json`"),
        }
    }
}

/// The default filter. `tower_sessions_core` warns of each cookie whose session has ended, which is
/// normal.
const DEFAULT: &str = "info,sqlx=warn,tower_sessions=warn,tower_sessions_core=error";

/// The programs' own targets, which may be named without a level.
const OWN_TARGETS: [&str; 2] = ["persona_onboarding", "persona_sandbox"];

/// The filter of `RUST_LOG`, or the default filter.
///
/// `None` if the text is no filter. A single word that is no level counts as none: the library
/// takes it for a module, and would silence all others.
pub(crate) fn filter(stated: Option<&str>) -> Option<String> {
    let text = stated.unwrap_or(DEFAULT);
    let is_clear = text
        .split(',')
        .map(str::trim)
        .filter(|directive| !directive.contains(['=', '[']))
        .all(|word| {
            let program = word.split("::").next().unwrap_or_default();
            word.parse::<LevelFilter>().is_ok() || OWN_TARGETS.contains(&program)
        });
    (is_clear && EnvFilter::try_new(text).is_ok()).then(|| text.to_owned())
}

/// Starts logging, as the configuration says.
pub fn init(config: &Config) {
    let filter = EnvFilter::new(&config.log_filter);
    let registry = tracing_subscriber::registry().with(filter);
    // A second start in one process (tests) keeps the first one's subscriber.
    let _ = match config.log_format {
        LogFormat::Text => registry
            .with(fmt::layer().with_ansi(std::io::stdout().is_terminal()))
            .try_init(),
        LogFormat::Json => registry
            .with(fmt::layer().json().flatten_event(true))
            .try_init(),
    };
}
