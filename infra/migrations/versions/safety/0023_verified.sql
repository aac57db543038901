-- Who verified a rule may be known later than what it made owed.
GRANT UPDATE (verified_by) ON safety.obligation TO induct_safety;
