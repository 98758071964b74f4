-- Counts the corrections of a user's name and birthdate.
ALTER TABLE users ADD COLUMN profile_version INTEGER NOT NULL DEFAULT 0;
-- The version of the profile that the inquiry's fields at Persona are known to contain.
ALTER TABLE inquiries ADD COLUMN prefill_version INTEGER NOT NULL DEFAULT 0;
