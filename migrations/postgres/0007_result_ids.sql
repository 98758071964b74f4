-- The ID by which our pages name an inquiry. Random: it means nothing to Persona and opens nothing
-- there, so it may stand in an address. The default also serves releases that do not know the column.
ALTER TABLE inquiries ADD COLUMN result_id TEXT NOT NULL
    DEFAULT ('res_' || replace(gen_random_uuid()::text, '-', ''));

CREATE UNIQUE INDEX inquiries_by_result_id ON inquiries (result_id);
