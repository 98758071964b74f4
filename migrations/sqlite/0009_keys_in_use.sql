-- Which keys of DATA_KEYS seal what is here: a process must open the canaries of all that are in use.
CREATE TABLE data_keys (
    key_id TEXT PRIMARY KEY NOT NULL,   -- the ID that each sealed value begins with, in hex
    canary BLOB NOT NULL,              -- sealed with that key
    since INTEGER NOT NULL,
    retired_at INTEGER                   -- since when nothing is sealed with it; NULL: in use
);

-- Which processes live, and which key each of them seals with.
CREATE TABLE processes (
    id TEXT PRIMARY KEY NOT NULL,       -- also the application_name of its connections
    key_id TEXT NOT NULL,
    seen_at INTEGER NOT NULL             -- by the database's time
);
