-- How people sign in. The e-mail itself is sealed in users.profile; a user without a row here (the
-- demo user) has no password.
CREATE TABLE credentials (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    password_hash TEXT NOT NULL,    -- argon2id, with its parameters and salt
    changed_at BIGINT NOT NULL
);

-- A user's e-mail as a digest under each key of DATA_KEYS: found without being readable, and
-- nobody else's, whichever of the keys a process knows.
CREATE TABLE email_digests (
    digest TEXT PRIMARY KEY NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX email_digests_by_user ON email_digests (user_id);

-- Wrong passwords in a row, by e-mail: whether it has an account or not, so that nothing tells.
CREATE TABLE sign_in_failures (
    email_digest TEXT PRIMARY KEY NOT NULL,
    failures BIGINT NOT NULL,
    last_failed_at BIGINT NOT NULL,
    paused_until BIGINT NOT NULL
);

CREATE INDEX sign_in_failures_by_time ON sign_in_failures (last_failed_at);

-- Made anew with what the sessions page shows; people sign in once more.
DROP TABLE sessions;

-- Who is signed in. The key is a digest, so that a copy of this table signs nobody in.
CREATE TABLE sessions (
    id_digest TEXT PRIMARY KEY NOT NULL,
    public_id TEXT NOT NULL UNIQUE, -- what a page names the session by; opens nothing
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,  -- to within minutes
    expires_at BIGINT NOT NULL     -- the idle limit, moved by use; the absolute one counts from created_at
);

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);
