-- Tables that only grow are looked through by what is sought, so that it costs as much as is found.
CREATE INDEX events_with_body ON events (received_at) WHERE body IS NOT NULL;
CREATE INDEX events_parked ON events (received_at, id) WHERE state = 'parked';
CREATE INDEX sessions_by_beginning ON sessions (created_at);
