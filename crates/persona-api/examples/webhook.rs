//! Verifies and decodes a webhook whose body is in a file.
//!
//! `cargo run --example webhook -- BODY_FILE 't=…,v1=…' SECRET`

use std::{error::Error, time::SystemTime};

use persona_api::{EventSubject, WebhookEvent, verify_signature};

#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example reads the clock and prints its result"
)]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, signature, secret] = arguments.as_slice() else {
        return Err("usage: webhook BODY_FILE SIGNATURE SECRET".into());
    };
    let body = std::fs::read(file)?;
    let now = SystemTime::now().try_into()?;
    verify_signature([signature.as_bytes()], &body, &[secret.clone().into()], now)?;

    let event = WebhookEvent::decode(&body)?;
    match event.subject {
        EventSubject::Inquiry(inquiry) => println!("{}: inquiry {}", event.name, inquiry.id),
        EventSubject::Other | EventSubject::Unreadable => println!("{}", event.name),
    }
    Ok(())
}
