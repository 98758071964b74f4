-- When the person's browser last reported that it submitted the inquiry, in milliseconds since 1970.
-- A hint: it never sets a status.
ALTER TABLE inquiries ADD COLUMN submission_hint_at INTEGER;
