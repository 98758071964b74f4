-- Wrong passwords in a row, by e-mail and by where they came from. It takes the place of
-- sign_in_failures, which older releases go on using.
CREATE TABLE login_throttles (
    email_digest TEXT NOT NULL,
    scope TEXT NOT NULL,            -- digest of a known browser or an address; empty: all strangers together
    failures INTEGER NOT NULL,
    last_failed_at INTEGER NOT NULL,
    paused_until INTEGER NOT NULL,
    PRIMARY KEY (email_digest, scope)
) STRICT;

CREATE INDEX login_throttles_by_time ON login_throttles (last_failed_at);
