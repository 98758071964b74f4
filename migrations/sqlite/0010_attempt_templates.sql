-- The template of the newest attempt's body, also once the body is gone: an unfinished inquiry of it is
-- still looked for when the configuration names another template.
ALTER TABLE attempts ADD COLUMN template_id TEXT;
