//! Performs the effects of the attempt's state machine: database, calls to Persona, sleeps. It
//! decides nothing about when they happen.
//!
//! The machine sees only the kinds of results. The runner keeps what they contain: the inquiry, the
//! denial or the error that the click ends with.

use rand::RngExt as _;
use tokio::time::Instant;

use super::{
    attempt::{CreateRequest, Effect, Input, Lookup, Machine, Now, Outcome, Rules, SendResult},
    context::ClickContext,
    policy::{NextStep, is_spent, is_unfinished, next_step},
};
use crate::{
    domain::{
        accounts::User,
        error::{Error, PolicyDenial},
        ownership::Expected,
    },
    model::{InquiryStatus, TemplateId},
    store::{AttemptRow, DatabaseTime},
};
use persona_api::{
    ErrorKind, IdempotencyKey, Inquiry, NewInquiry, Operation, full_jitter, template_id_from_body,
};

/// The user's unfinished inquiry.
pub(super) struct AttemptResult {
    pub(super) inquiry: Inquiry,
    /// Whether this attempt created it.
    pub(super) is_new: bool,
}

/// Finds the user's unfinished inquiry or creates one.
pub(super) async fn run(context: &ClickContext, user: &User) -> Result<AttemptResult, Error> {
    let body = body_for(context, user)?;
    let (mut machine, mut effect) =
        Machine::start(Rules::STANDARD, body, Instant::now(), context.deadline);
    let mut runner = Runner {
        context,
        user,
        time: None,
        inquiry: None,
        denial: None,
        error: None,
    };
    loop {
        let input = match effect {
            Effect::ReadRow => runner.read_row().await?,
            Effect::LookUp { template } => Input::LookedUp(runner.look_up(template).await),
            Effect::Write { version, write } => {
                let store = &context.store;
                Input::Written(store.write_attempt(&user.id, version, &write).await?)
            }
            Effect::Send(request) => Input::Sent(runner.send(request).await),
            Effect::SpendRetry => Input::Budget(context.persona.spend_retry()),
            Effect::Sleep(duration) => {
                tokio::time::sleep(duration).await;
                Input::Slept
            }
            Effect::ExpireSpent => {
                if let Some(spent) = &runner.inquiry {
                    context.expire_spent(user, &spent.id).await?;
                }
                Input::Expired
            }
            Effect::Finish(outcome) => return runner.finish(outcome),
        };
        (machine, effect) = machine.step(&runner.now(), input);
    }
}

struct Runner<'a> {
    context: &'a ClickContext,
    user: &'a User,
    /// The database's time, as of the last read of the row.
    time: Option<DatabaseTime>,
    inquiry: Option<Inquiry>,
    denial: Option<PolicyDenial>,
    error: Option<Error>,
}

impl Runner<'_> {
    fn now(&self) -> Now {
        Now {
            instant: Instant::now(),
            earliest_ms: self.time.as_ref().map_or(0, DatabaseTime::earliest_ms),
            latest_ms: self.time.as_ref().map_or(0, DatabaseTime::latest_ms),
            clock_ms: self.context.clock.now_ms(),
            jitter: rand::rng().random(),
            // Random, so that a database that was lost and made again reuses no key.
            new_key: IdempotencyKey::from_bytes(rand::rng().random()),
        }
    }

    async fn read_row(&mut self) -> Result<Input, Error> {
        let (time, row) = self.context.store.read_attempt(&self.user.id).await?;
        if self.time.replace(time).is_none() {
            warn_of_unreadable_key(self.user, row.as_ref());
        }
        Ok(Input::Row(row))
    }

    /// Lists the user's inquiries and applies the policy.
    async fn look_up(&mut self, template: Option<TemplateId>) -> Lookup {
        let found = match self.context.look_up(self.user, template.as_ref()).await {
            Ok(found) => found,
            Err(error) => {
                self.error = Some(error);
                return Lookup::Failed;
            }
        };
        match next_step(self.context.policy, &found, self.context.clock.now()) {
            NextStep::Create => Lookup::Nothing,
            NextStep::Deny(denial) => {
                self.denial = Some(denial);
                Lookup::Denied
            }
            NextStep::Continue(inquiry) => {
                self.inquiry = Some(inquiry.clone());
                // A created inquiry opens only by a new session, and it has none left.
                if inquiry.status == InquiryStatus::Created && is_spent(inquiry) {
                    Lookup::Spent
                } else {
                    Lookup::Unfinished
                }
            }
        }
    }

    async fn send(&mut self, request: CreateRequest) -> SendResult {
        let CreateRequest {
            key,
            body,
            deadline,
            is_repeated,
            number,
        } = request;
        if number == 1 {
            tracing::info!("No incomplete inquiry found, creating new one");
        }
        let template = template_id_from_body(&body);
        let persona = &self.context.persona;
        let confirmed = match persona.create_inquiry(body, Some(&key), deadline).await {
            Ok(inquiry) => self.confirm(inquiry, template, is_repeated).await,
            Err(error) => Err(error.into()),
        };
        match confirmed {
            Ok(Some(inquiry)) if is_unfinished(&inquiry) => {
                self.inquiry = Some(inquiry);
                SendResult::Unfinished
            }
            Ok(_) => SendResult::Ended,
            Err(error) => {
                let result = send_result(&error, number);
                self.error = Some(error);
                result
            }
        }
    }

    /// Confirms that the inquiry is the user's, and retrieves it again if the response may be
    /// stale. `None` if it is gone.
    async fn confirm(
        &self,
        response: Inquiry,
        template: Option<TemplateId>,
        is_repeated: bool,
    ) -> Result<Option<Inquiry>, Error> {
        let check = self.context.owner_check(self.user);
        let template = template.as_ref().map(TemplateId::as_str);
        let expected = Expected {
            operation: Operation::CreateInquiry,
            id: None,
            template,
        };
        let confirmed = match check.confirm(response, expected).await {
            Ok(inquiry) if is_repeated => check.retrieve(&inquiry.id, template).await,
            confirmed => confirmed,
        };
        match confirmed {
            Ok(inquiry) => Ok(Some(inquiry)),
            Err(Error::Persona(error)) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn finish(self, outcome: Outcome) -> Result<AttemptResult, Error> {
        let is_new = outcome == Outcome::Created;
        match outcome {
            Outcome::Found | Outcome::Created => {
                let inquiry = self.inquiry.ok_or(Error::Interrupted)?;
                Ok(AttemptResult { inquiry, is_new })
            }
            Outcome::Denied => Err(self.denial.map_or(Error::Interrupted, Error::Denied)),
            Outcome::Failed => Err(self.error.unwrap_or(Error::Interrupted)),
            Outcome::Busy => Err(Error::Busy),
        }
    }
}

/// What an error means for the idempotency key that was sent.
fn send_result(error: &Error, sends: u32) -> SendResult {
    let backoff = || full_jitter(sends);
    let error = match error {
        Error::Persona(error) if error.operation == Operation::CreateInquiry => error,
        Error::Foreign(foreign) if foreign.operation == Operation::CreateInquiry => {
            return SendResult::Foreign(backoff());
        }
        // The inquiry could not be confirmed, which says nothing about the key.
        _ => return SendResult::Stopped,
    };
    match &error.kind {
        ErrorKind::RateLimited { reset_after } => {
            SendResult::NotProcessed(reset_after.unwrap_or_else(backoff))
        }
        ErrorKind::Unreachable(_) | ErrorKind::DeadlineExceeded => {
            SendResult::NotProcessed(backoff())
        }
        ErrorKind::Timeout | ErrorKind::LostResponse => SendResult::Lost(backoff()),
        // Decided before Persona looks at the key.
        ErrorKind::Unauthorized | ErrorKind::CircuitOpen => SendResult::Stopped,
        ErrorKind::Unavailable { .. }
        | ErrorKind::Conflict { .. }
        | ErrorKind::InvalidResponse { .. } => SendResult::Failed(backoff()),
        ErrorKind::NotFound | ErrorKind::Rejected { .. } | ErrorKind::Forbidden { .. } => {
            warn_of_template(error);
            SendResult::Rejected
        }
    }
}

fn warn_of_template(error: &persona_api::Error) {
    // Sandbox keys cannot read templates, so a wrong template may show up here first.
    if matches!(
        error.kind,
        ErrorKind::NotFound | ErrorKind::Rejected { status: 400, .. }
    ) {
        tracing::error!(
            "Persona refuses to create an inquiry: check PERSONA_INQUIRY_TEMPLATE_ID (in Persona's \
             dashboard, Inquiries > Templates)"
        );
    }
}

fn warn_of_unreadable_key(user: &User, row: Option<&AttemptRow>) {
    if let Some(row) = row
        && row.body.is_some()
        && IdempotencyKey::parse(row.idempotency_key.as_str()).is_none()
    {
        tracing::error!(
            reference_id = %user.id,
            "the idempotency key in this user's row of `attempts` is unreadable, so it was never \
             sent as it stands: another key is taken once nothing sent can be under way. Find out \
             what has changed the table"
        );
    }
}

fn body_for(context: &ClickContext, user: &User) -> Result<Vec<u8>, Error> {
    let body = NewInquiry {
        template: &context.template,
        reference_id: user.id.as_str(),
        name_first: &user.first_name,
        name_last: &user.last_name,
        birthdate: &user.birthdate.to_string(),
    };
    Ok(body.to_body()?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use persona_api::ConnectError;

    use super::*;
    use crate::domain::ownership::{ForeignResponse, Mismatch};

    fn name(error: &Error) -> &'static str {
        match send_result(error, 1) {
            SendResult::Unfinished | SendResult::Ended => "an inquiry",
            SendResult::NotProcessed(_) => "not processed",
            SendResult::Lost(_) => "lost",
            SendResult::Failed(_) => "failed",
            SendResult::Foreign(_) => "foreign",
            SendResult::Stopped => "stopped",
            SendResult::Rejected => "rejected",
        }
    }

    #[test]
    fn what_each_failure_of_a_create_means_for_its_key() {
        let title = String::new;
        let rejected = |status| ErrorKind::Rejected {
            status,
            title: title(),
        };
        let unreadable = |status| ErrorKind::InvalidResponse {
            status,
            problem: title(),
        };
        for (kind, expected) in [
            (
                ErrorKind::Unreachable(ConnectError::Refused),
                "not processed",
            ),
            (ErrorKind::DeadlineExceeded, "not processed"),
            (
                ErrorKind::RateLimited { reset_after: None },
                "not processed",
            ),
            (ErrorKind::Timeout, "lost"),
            (ErrorKind::LostResponse, "lost"),
            (ErrorKind::Unavailable { status: 500 }, "failed"),
            (ErrorKind::Unavailable { status: 502 }, "failed"),
            (ErrorKind::Conflict { title: title() }, "failed"),
            (unreadable(200), "failed"),
            (unreadable(201), "failed"),
            (ErrorKind::CircuitOpen, "stopped"),
            (ErrorKind::Unauthorized, "stopped"),
            (ErrorKind::Forbidden { title: title() }, "rejected"),
            (ErrorKind::NotFound, "rejected"),
            (rejected(400), "rejected"),
            (rejected(422), "rejected"),
        ] {
            let error = |operation| {
                Error::Persona(persona_api::Error {
                    operation,
                    kind: kind.clone(),
                    request_id: None,
                })
            };
            assert_eq!(name(&error(Operation::CreateInquiry)), expected, "{kind:?}");
            // An error of the retrieval that confirms the response says nothing about the key.
            assert_eq!(
                name(&error(Operation::RetrieveInquiry)),
                "stopped",
                "{kind:?}"
            );
        }
        for (operation, expected) in [
            (Operation::CreateInquiry, "foreign"),
            (Operation::RetrieveInquiry, "stopped"),
        ] {
            let mismatch = Mismatch::ReferenceId;
            let foreign = ForeignResponse {
                operation,
                mismatch,
            };
            assert_eq!(name(&Error::Foreign(foreign)), expected);
        }
    }

    #[test]
    fn persona_says_how_long_to_wait_after_a_rate_limit() {
        let wait = Duration::from_secs(3);
        let error = persona_api::Error {
            operation: Operation::CreateInquiry,
            kind: ErrorKind::RateLimited {
                reset_after: Some(wait),
            },
            request_id: None,
        };
        let result = send_result(&Error::Persona(error), 1);
        assert_eq!(result, SendResult::NotProcessed(wait));
    }
}
