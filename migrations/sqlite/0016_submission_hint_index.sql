-- Every click asks for the user's newest submission hint, which hardly anybody has: the index holds those
-- alone, and has them in order.
CREATE INDEX inquiries_by_submission_hint ON inquiries (user_id, submission_hint_at)
    WHERE submission_hint_at IS NOT NULL;
