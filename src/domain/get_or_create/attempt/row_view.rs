//! Interprets the row of `attempts` by the rules.

use std::time::Duration;

use super::{Rules, effect::Now, ms};
use crate::{model::TemplateId, store::AttemptRow};
use persona_api::{IdempotencyKey, template_id_from_body};

/// The row when it was last read.
pub(crate) struct RowView {
    pub(crate) status: RowStatus,
    /// The template that the attempt creates from, or has created from.
    pub(crate) template: Option<TemplateId>,
}

/// The row's status.
pub(crate) enum RowStatus {
    /// No attempt, or a complete one whose sends can no longer act.
    Idle { version: Option<i64> },
    /// Complete, but a send may still act.
    Draining,
    /// Another click holds the lease.
    Held,
    /// Nobody holds the lease, and no inquiry is known.
    Abandoned(Abandoned),
}

pub(crate) struct Abandoned {
    pub(crate) version: i64,
    /// `None` if the stored key cannot be sent.
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) key_since: i64,
    pub(crate) body: Vec<u8>,
    pub(crate) may_act_until: i64,
    /// Whether a send could still act when the row was read, which is before the lookup.
    pub(crate) may_act: bool,
}

impl Rules {
    /// Interprets a row that has been unchanged for this long.
    pub(crate) fn view_row(
        &self,
        now: &Now,
        row: Option<AttemptRow>,
        unchanged: Duration,
    ) -> RowView {
        let Some(row) = row else {
            return RowView {
                status: RowStatus::Idle { version: None },
                template: None,
            };
        };
        // A time further ahead than the rules allow was written by another clock: the row counts as
        // written when it was first seen.
        let unchanged = ms(unchanged);
        let lease_until = row
            .lease_until
            .min(now.latest_ms + ms(self.lease) - unchanged);
        let is_held = lease_until > now.earliest_ms;
        let may_act_until = if row.sent_until <= now.latest_ms + ms(self.send_timeout) {
            // Another click may have been answered with a failure when its send's time was nearly
            // up.
            row.sent_until + ms(self.late_commit_window)
        } else {
            now.latest_ms + ms(self.send_timeout) - unchanged
        };
        let may_act = may_act_until > now.earliest_ms;
        let of_body = || template_id_from_body(row.body.as_ref()?);
        let template = row.template_id.clone().or_else(of_body);
        let version = row.version;
        let status = match row.body {
            None if may_act => RowStatus::Draining,
            None => RowStatus::Idle {
                version: Some(version),
            },
            Some(_) if is_held => RowStatus::Held,
            Some(body) => RowStatus::Abandoned(Abandoned {
                version,
                key: IdempotencyKey::parse(row.idempotency_key),
                key_since: row.key_since,
                body,
                may_act_until,
                may_act,
            }),
        };
        RowView { status, template }
    }
}
