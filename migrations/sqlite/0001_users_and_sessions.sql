-- Who may be verified. Personal data is sealed by the program before it gets here.
CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,   -- usr_…, Persona's reference ID
    profile BLOB NOT NULL,          -- names and birthdate, sealed
    created_at INTEGER NOT NULL      -- milliseconds since 1970, as all times here
) STRICT;

-- Who is signed in. The ID is a digest, so that a copy of this table signs nobody in.
CREATE TABLE sessions (
    id_digest TEXT PRIMARY KEY NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL      -- the idle limit, moved by use; the absolute one counts from created_at
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);
