//! A call that a fault applies to.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Frame;

use super::error::ApiError;
use super::execute::Call;
use super::response::ApiResponse;
use crate::http::transport::Abort;
use crate::runtime::Emulator;
use crate::runtime::faults::{Fault, FaultKind};

/// How long after its 502 a `late_commit` acts, on the sandbox's clock.
const LATE_COMMIT_DELAY: Duration = Duration::from_secs(2);

/// Time for the first half of a truncated response to leave before the connection ends.
const TRUNCATE_PAUSE: Duration = Duration::from_millis(50);

/// Answers as the fault wants.
pub(super) async fn apply_fault(emulator: Emulator, mut call: Call, fault: Fault) -> Response {
    let since = emulator.with(|state, _| state.reset_count());
    call.since = Some(since);
    let has_passed = emulator.sleep(fault.delay).await;
    if !has_passed || emulator.with(|state, _| state.reset_count()) != since {
        return Abort::Close.into_response();
    }
    match fault.kind {
        // The second kind is refused for operations of the API.
        FaultKind::Delay | FaultKind::Webhook(_) => response_or_close(call.execute(&emulator)),
        FaultKind::DropAnswer => {
            call.execute(&emulator);
            Abort::Close.into_response()
        }
        FaultKind::Reset => Abort::Reset.into_response(),
        FaultKind::Status(status) => response_or_close(call.answer_with(&emulator, status)),
        FaultKind::LateCommit => {
            let answer = call.refuse(&emulator, &ApiError::from_status(StatusCode::BAD_GATEWAY));
            let tasks = emulator.tasks().clone();
            tasks.spawn(async move {
                if emulator.sleep(LATE_COMMIT_DELAY).await {
                    call.execute(&emulator);
                }
            });
            answer.into_response()
        }
        FaultKind::Truncate => match call.execute(&emulator) {
            Some(response) => truncated(response),
            None => Abort::Close.into_response(),
        },
        FaultKind::Foreign => response_or_close(call.execute_and_answer_foreign(&emulator)),
        FaultKind::Html => {
            let page = "<!doctype html><title>Please wait</title><p>Checking your browser…";
            ([("content-type", "text/html; charset=utf-8")], page).into_response()
        }
    }
}

/// The response of a call, or the end of its connection if a reset came in between.
pub(super) fn response_or_close(response: Option<ApiResponse>) -> Response {
    match response {
        Some(response) => response.into_response(),
        None => Abort::Close.into_response(),
    }
}

/// Headers that promise the whole body, half of it, and the end of the connection.
fn truncated(response: ApiResponse) -> Response {
    let length = response.body.len();
    let half = response.body.slice(..length / 2);
    let mut response = response.into_response();
    let end = Box::pin(tokio::time::sleep(TRUNCATE_PAUSE));
    *response.body_mut() = Body::new(TruncatedBody {
        piece: Some(half),
        end,
    });
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length.into());
    response
}

/// A body that fails after its first piece, late enough for the piece to have left.
struct TruncatedBody {
    piece: Option<Bytes>,
    end: Pin<Box<tokio::time::Sleep>>,
}

impl hyper::body::Body for TruncatedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(piece) = self.piece.take() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        self.end
            .as_mut()
            .poll(context)
            .map(|()| Some(Err(io::Error::other("cut short on demand"))))
    }
}
