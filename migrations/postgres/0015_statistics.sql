-- Who reached which stage of a verification on which day, once each. Written after the answer, many rows
-- at once, like the activity log: there is no reference to users. Pruned by age.
CREATE TABLE funnel_people (
    day BIGINT NOT NULL,            -- days since 1970, UTC
    stage TEXT NOT NULL,            -- viewed, clicked, opened, submitted, completed, decided
    user_id TEXT NOT NULL,
    language TEXT NOT NULL,         -- of the page (BCP 47); empty: no page was seen
    PRIMARY KEY (day, stage, user_id)
);

CREATE INDEX funnel_people_by_user ON funnel_people (user_id, day);

-- How many they are, so that the operators' page reads a few rows for each day, however many people.
CREATE TABLE funnel_days (
    day BIGINT NOT NULL,
    stage TEXT NOT NULL,
    language TEXT NOT NULL,
    people BIGINT NOT NULL,
    PRIMARY KEY (day, stage, language)
);

CREATE FUNCTION count_funnel_people() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- In one order, so that two processes that write many rows never wait for each other.
    INSERT INTO funnel_days (day, stage, language, people)
    SELECT day, stage, language, COUNT(*) FROM added GROUP BY day, stage, language
    ORDER BY day, stage, language
    ON CONFLICT (day, stage, language) DO UPDATE SET people = funnel_days.people + excluded.people;
    RETURN NULL;
END $$;

CREATE TRIGGER funnel_people_are_counted AFTER INSERT ON funnel_people
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_funnel_people();

-- Clicks that failed and inquiries that ended without approval, by cause.
CREATE TABLE failure_days (
    day BIGINT NOT NULL,
    cause TEXT NOT NULL,
    language TEXT NOT NULL,
    failures BIGINT NOT NULL,
    PRIMARY KEY (day, cause, language)
);

-- The time to a decision is read from the newest decisions.
CREATE INDEX inquiries_by_decision ON inquiries (decided_at) WHERE decided_at IS NOT NULL;
