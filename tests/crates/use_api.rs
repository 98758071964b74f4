//! A program outside the workspace that uses the packaged `persona-api`: `script/check-crates` builds it.

use std::{error::Error, time::Duration};

use persona_api::{Client, Connection, InquiryFilter, InquiryStatus, NewInquiry, TemplateId};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::new(&Connection {
        base_url: std::env::var("PERSONA_API_URL")?.parse()?,
        api_key: "persona_sandbox_packages".to_owned().into(),
        version: "2025-10-27".to_owned(),
        user_agent: "packages/1.0".to_owned(),
    })?;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let template = TemplateId::parse("itmpl_sandboxKYC")?;
    let (name_first, name_last, birthdate) = ("Alexander", "Sample", "1977-08-31");
    let reference_id = "packages-1";
    let body = NewInquiry {
        template: &template,
        reference_id,
        name_first,
        name_last,
        birthdate,
    };
    let created = client
        .create_inquiry(body.to_body()?, None, deadline)
        .await?;
    let filter = InquiryFilter {
        reference_id: Some(reference_id),
        ..InquiryFilter::ALL
    };
    let listed = client.list_inquiries(filter, deadline).await?;
    assert_eq!(listed.inquiries[0].id, created.id);
    assert_eq!(listed.inquiries[0].status, InquiryStatus::Created);
    println!("used persona-api");
    Ok(())
}
