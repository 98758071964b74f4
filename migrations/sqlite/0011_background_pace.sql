-- When the next call to Persona may go that nobody waits for. One row, for all processes.
CREATE TABLE background_pace (
    name TEXT PRIMARY KEY NOT NULL,
    next_at INTEGER NOT NULL
) STRICT;
