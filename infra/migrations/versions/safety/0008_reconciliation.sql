-- A difference may also be resolved: a person has seen to it, and says how.

ALTER TABLE safety.difference_note DROP CONSTRAINT difference_note_status_check;
ALTER TABLE safety.difference_note ADD CONSTRAINT difference_note_status_check
    CHECK (status IN ('open', 'queried', 'explained', 'resolved'));
