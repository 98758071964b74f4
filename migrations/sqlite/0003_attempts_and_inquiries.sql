-- One row per user: the newest attempt to create an inquiry. It is written before Persona is asked.
CREATE TABLE attempts (
    user_id TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,            -- counts the user's attempts, from 1
    turn INTEGER NOT NULL,              -- grows whenever the writer changes: who has an old turn writes nothing
    lease_until INTEGER NOT NULL,       -- until when the writer has the row to itself; 0 is free
    idempotency_key TEXT NOT NULL,
    key_since INTEGER NOT NULL,         -- when the key was first sent; Persona forgets it after 24 hours
    body BLOB,                          -- exactly what is sent, sealed; NULL once the attempt is settled
    sent_until INTEGER NOT NULL         -- until when a send of this key may still be under way
) STRICT;

-- What Persona said of an inquiry last. Persona's word counts; this is a copy.
CREATE TABLE inquiries (
    id TEXT PRIMARY KEY NOT NULL,       -- inq_…
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    template_version_id TEXT,
    created_at INTEGER,
    updated_at INTEGER,
    expires_at INTEGER,
    seen_at INTEGER NOT NULL
) STRICT;

CREATE INDEX inquiries_by_user ON inquiries (user_id, created_at);
