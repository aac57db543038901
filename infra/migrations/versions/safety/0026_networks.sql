-- From which networks a system of the desk may send: from any where none is named.
ALTER TABLE safety.desk_sender ADD COLUMN networks cidr[] NOT NULL DEFAULT '{}';
GRANT UPDATE (networks) ON safety.desk_sender TO induct_safety;
CALL platform.verifiable('safety.desk_sender');
