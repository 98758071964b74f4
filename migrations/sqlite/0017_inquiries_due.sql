-- The inquiries that the reconciler still checks, by the time at which each is due (src/store/reconcile.rs):
-- half the age of its status after the last check, at least a minute, at most an hour, or a day once it is
-- decided; and never later than thirty days after its status.
CREATE INDEX inquiries_due ON inquiries (
    (
        MAX(
            MAX(seen_at, COALESCE(asked_at, 0)) + 60000,
            MIN(
                2 * MAX(seen_at, COALESCE(asked_at, 0)) - COALESCE(status_at, seen_at),
                MAX(seen_at, COALESCE(asked_at, 0))
                    + CASE WHEN status IN ('approved', 'declined') THEN 86400000 ELSE 3600000 END
            )
        )
    )
)
    WHERE redacted_at IS NULL
    AND MAX(
        MAX(seen_at, COALESCE(asked_at, 0)) + 60000,
        MIN(
            2 * MAX(seen_at, COALESCE(asked_at, 0)) - COALESCE(status_at, seen_at),
            MAX(seen_at, COALESCE(asked_at, 0))
                + CASE WHEN status IN ('approved', 'declined') THEN 86400000 ELSE 3600000 END
        )
    ) <= MIN(seen_at, COALESCE(status_at, seen_at)) + 2592000000;
