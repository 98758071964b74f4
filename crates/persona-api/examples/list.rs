//! Lists the newest inquiries of an environment.
//!
//! `PERSONA_API_KEY=… cargo run --example list`; `PERSONA_API_URL` points it at an emulator.

use std::{error::Error, time::Duration};

use persona_api::{Client, Connection, InquiryFilter};
use tokio::time::Instant;

#[expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example reads its settings and prints its result"
)]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::var("PERSONA_API_URL");
    let url = url.unwrap_or_else(|_| "https://api.withpersona.com/api/v1".to_owned());
    let client = Client::new(&Connection {
        base_url: url.parse()?,
        api_key: std::env::var("PERSONA_API_KEY")?.into(),
        version: "2025-10-27".to_owned(),
        user_agent: "persona-api-example/0.1".to_owned(),
    })?;
    let deadline = Instant::now() + Duration::from_secs(10);
    let page = client.list_inquiries(InquiryFilter::ALL, deadline).await?;
    for inquiry in page.inquiries {
        println!("{} is {}", inquiry.id, inquiry.status);
    }
    Ok(())
}
