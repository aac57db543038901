-- Endpoints of other desks than the safety desk: each is told of one topic, and of nothing else
-- (services/safety/webhooks/topics.toml says which message is of which).

ALTER TABLE safety.webhook_endpoint ADD COLUMN topic text NOT NULL DEFAULT 'safety';
CALL platform.verifiable('safety.webhook_endpoint');

-- What is of no case is numbered within its topic, as the others are within their case.
ALTER TABLE safety.notice
    ADD COLUMN topic text NOT NULL DEFAULT 'safety',
    ALTER COLUMN case_id DROP NOT NULL,
    ADD CONSTRAINT notice_of_a_case CHECK (topic <> 'safety' OR case_id IS NOT NULL);
CREATE UNIQUE INDEX notice_of_topic ON safety.notice (study_id, topic, sequence)
    WHERE case_id IS NULL;
CREATE TABLE safety.topic_count (
    study_id text NOT NULL,
    topic text NOT NULL,
    last bigint NOT NULL CHECK (last > 0),
    PRIMARY KEY (study_id, topic)
);
CALL platform.protect('safety.topic_count', false);
GRANT SELECT, INSERT ON safety.topic_count TO induct_safety;
GRANT UPDATE (last) ON safety.topic_count TO induct_safety;
