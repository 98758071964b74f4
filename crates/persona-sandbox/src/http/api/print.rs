//! `GET /inquiries/{id}/print`: an inquiry on one sheet of paper.

use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};

use super::context::OperationContext;
use super::error::ApiError;
use super::operation::Operation;
use super::response::OperationResult;
use crate::core::model::Inquiry;

/// The operations of this file.
pub(super) const OPERATIONS: &[Operation] =
    &[Operation::get("/inquiries/{inquiry-id}/print", print)
        .named("inquiries.print", "Prints an inquiry as a PDF.")
        .alias(&["print"])];

/// A4 in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 56.0;
const LINE_HEIGHT: f32 = 16.0;

/// Prints an inquiry.
pub(super) fn print(ctx: &mut OperationContext<'_>) -> Result<OperationResult, ApiError> {
    let inquiry = ctx.tx.inquiry(ctx.id)?;
    Ok(OperationResult::pdf(sheet(&lines(&inquiry))))
}

fn lines(inquiry: &Inquiry) -> Vec<String> {
    let mut lines = vec![
        "Persona sandbox: inquiry".to_owned(),
        String::new(),
        format!("ID: {}", inquiry.id),
        format!("Status: {}", inquiry.status.as_str()),
        format!(
            "Reference ID: {}",
            inquiry.reference_id.as_deref().unwrap_or("-")
        ),
        format!("Template: {}", inquiry.template_id),
        format!("Created: {}", inquiry.created_at),
        String::new(),
    ];
    let fields = inquiry
        .fields
        .iter()
        .filter_map(|(key, value)| Some((key, value.as_str()?)));
    lines.extend(fields.map(|(key, value)| format!("{key}: {value}")));
    lines
}

pub(super) fn sheet(lines: &[String]) -> Vec<u8> {
    let [catalog, tree, page, font, content] = [1, 2, 3, 4, 5].map(Ref::new);
    let name = Name(b"F1");
    let mut text = Content::new();
    text.begin_text();
    text.set_font(name, 11.0);
    text.set_leading(LINE_HEIGHT);
    text.next_line(MARGIN, HEIGHT - MARGIN);
    for line in lines {
        text.show(Str(&latin(line)));
        text.next_line_using_leading();
    }
    text.end_text();
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids([page]).count(1);
    let mut sheet = pdf.page(page);
    sheet
        .media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT))
        .parent(tree)
        .contents(content);
    sheet.resources().fonts().pair(name, font);
    sheet.finish();
    pdf.type1_font(font).base_font(Name(b"Helvetica"));
    pdf.stream(content, &text.finish());
    pdf.finish()
}

/// The text in the encoding of the built-in font, which is Latin; other letters become `?`.
fn latin(text: &str) -> Vec<u8> {
    text.chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?'))
        .collect()
}
