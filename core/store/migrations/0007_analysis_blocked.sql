-- A run that waits for what only the operator can mend raises an alert: one more kind.

CREATE TEMP TABLE alerts_before AS SELECT * FROM alerts;
DROP TABLE alerts;
CREATE TABLE alerts (
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,  -- a camera's id, or empty where there is but one
    message TEXT NOT NULL,  -- in the operator's words
    hint TEXT NOT NULL,  -- what to do
    raised_at_ns INTEGER NOT NULL,
    cleared_at_ns INTEGER,  -- null: it holds still
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (id),
    CHECK (kind IN ('camera_lost', 'disk_low', 'upload_blocked', 'clock_stepped', 'analysis_blocked'))
) STRICT;
INSERT INTO alerts SELECT * FROM alerts_before;
DROP TABLE alerts_before;
CREATE UNIQUE INDEX alerts_raised ON alerts (kind, subject) WHERE cleared_at_ns IS NULL;
CREATE INDEX alerts_raised_at ON alerts (raised_at_ns, id);
CREATE INDEX alerts_revision ON alerts (revision);
