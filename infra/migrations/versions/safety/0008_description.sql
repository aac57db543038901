-- What an event is called and how severe it is becomes a dated fact: a judgement of an event ends
-- where the event turns out to be another one, or a worse one.

ALTER TABLE safety.case_fact DROP CONSTRAINT case_fact_kind_check;
ALTER TABLE safety.case_fact ADD CONSTRAINT case_fact_kind_check CHECK (kind IN (
    'site_awareness', 'receipt', 'criterion', 'serious', 'seriousness', 'onset', 'description',
    'suspect', 'causality', 'expectedness', 'anticipated', 'exemption', 'special_interest',
    'follow_up', 'submission', 'acknowledgement', 'waiver', 'nullification', 'lock', 'link',
    'coding'));
