-- What people's clicks came to, and each call to Persona that was made for one. Nothing personal
-- beyond the user's ID. It is written after the answer, many clicks at once, so that a user who was
-- deleted meanwhile must not stop the others: there is no reference to users. Pruned by age.
CREATE TABLE activity (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL,
    inquiry_id TEXT,
    at INTEGER NOT NULL,            -- when it began
    kind TEXT NOT NULL,             -- click, call
    what TEXT NOT NULL,             -- a click's way in, a call's operation
    failure TEXT,                   -- how it failed; NULL: it did not
    http_status INTEGER,            -- Persona's, of a call
    request_id TEXT,                -- Persona's, of a call, or of the call that failed a click
    elapsed_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX activity_by_user ON activity (user_id, at);
CREATE INDEX activity_by_time ON activity (at);
CREATE INDEX activity_failed ON activity (at) WHERE failure IS NOT NULL AND kind = 'click';

-- What operators did. Rows are added and never changed: they outlive whom they name.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    operator_id TEXT NOT NULL,      -- the operator's user ID
    action TEXT NOT NULL,           -- search, refresh, replay, replay all
    subject TEXT NOT NULL,          -- what it was done to: the ID of an inquiry, an event, a user
    user_id TEXT                    -- whom it concerns, if that is known
) STRICT;

CREATE INDEX audit_by_user ON audit (user_id, at);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
