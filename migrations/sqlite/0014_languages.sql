-- The language that a user has chosen (BCP 47), if any.
ALTER TABLE users ADD COLUMN locale TEXT;
