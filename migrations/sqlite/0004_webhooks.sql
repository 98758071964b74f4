-- What Persona told us: written before it is acknowledged, applied afterwards.
CREATE TABLE events (
    id TEXT PRIMARY KEY NOT NULL,   -- evt_…; what could not be read is named by its digest
    name TEXT NOT NULL,             -- inquiry.approved, …; empty if it could not be read
    inquiry_id TEXT,                -- NULL if it is about something else
    happened_at INTEGER,            -- Persona's created-at: what puts events in order
    received_at INTEGER NOT NULL,
    body BLOB,                      -- without `fields`, sealed; NULL once pruned or erased
    state TEXT NOT NULL,            -- waiting, applied, outdated, ignored, parked
    reason TEXT,                    -- why it is parked, or why the last try failed
    tries INTEGER NOT NULL,
    due_at INTEGER NOT NULL,        -- when to try next; a worker moves it ahead while it works
    settled_at INTEGER              -- since when it is no longer waiting
) STRICT;

CREATE INDEX events_by_due ON events (due_at) WHERE state = 'waiting';
CREATE INDEX events_by_inquiry ON events (inquiry_id, happened_at);
CREATE INDEX events_by_arrival ON events (received_at);

-- Why an inquiry's status is what it is: the newest word decides (see `domain`).
ALTER TABLE inquiries ADD COLUMN status_at INTEGER;         -- when that word was spoken, at Persona
ALTER TABLE inquiries ADD COLUMN status_event_id TEXT;      -- the event that spoke it; NULL: we asked
ALTER TABLE inquiries ADD COLUMN completed_at INTEGER;
ALTER TABLE inquiries ADD COLUMN failed_at INTEGER;
ALTER TABLE inquiries ADD COLUMN decided_at INTEGER;
ALTER TABLE inquiries ADD COLUMN expired_at INTEGER;
ALTER TABLE inquiries ADD COLUMN redacted_at INTEGER;
ALTER TABLE inquiries ADD COLUMN asked_at INTEGER;          -- when Persona was last asked about it

CREATE INDEX inquiries_by_age ON inquiries (seen_at);

-- Each change of a status, in the order in which it was noticed: what live pages follow.
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    inquiry_id TEXT NOT NULL REFERENCES inquiries (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    happened_at INTEGER NOT NULL,   -- at Persona
    noticed_at INTEGER NOT NULL,    -- here
    source TEXT NOT NULL,           -- click, event, reconciler, operator
    event_id TEXT
) STRICT;

CREATE INDEX changes_by_user ON changes (user_id, number);
CREATE INDEX changes_by_inquiry ON changes (inquiry_id, number);
