-- The ID by which our pages name an inquiry. Random: it means nothing to Persona and opens nothing
-- there, so it may stand in an address. The trigger also serves releases that do not know the column.
ALTER TABLE inquiries ADD COLUMN result_id TEXT;

UPDATE inquiries SET result_id = 'res_' || lower(hex(randomblob(16)));

CREATE UNIQUE INDEX inquiries_by_result_id ON inquiries (result_id);

CREATE TRIGGER inquiries_set_result_id AFTER INSERT ON inquiries WHEN NEW.result_id IS NULL
BEGIN
    UPDATE inquiries SET result_id = 'res_' || lower(hex(randomblob(16))) WHERE id = NEW.id;
END;
