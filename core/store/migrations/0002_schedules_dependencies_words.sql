-- Dependencies, Run next, correlation ids, schedules, alerts and search by words.
-- jobs is made anew: SQLite adds no CHECK to a table that stands. Its numbers are rowids that VACUUM keeps.

ALTER TABLE jobs RENAME TO jobs_before_2;
CREATE TABLE jobs (
    number INTEGER NOT NULL,  -- a rowid that VACUUM keeps: job_words names rows by it
    id TEXT NOT NULL,  -- sorts by the time it was made
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    params TEXT NOT NULL,
    name TEXT NOT NULL,  -- the caller's custom name
    priority INTEGER NOT NULL,  -- higher first: person 100, re-run 50, schedule 5; run next > 1000
    attempt INTEGER NOT NULL,  -- only grows; the newest alone may end the job
    tries INTEGER NOT NULL,  -- what Retry refills tries_left to
    tries_left INTEGER NOT NULL,  -- spent by errors and a worker's death, never by waiting
    created_at_ns INTEGER NOT NULL,
    last_updated_ns INTEGER NOT NULL,
    progress REAL NOT NULL,  -- per cent
    stage TEXT NOT NULL,
    message TEXT NOT NULL,
    task_id TEXT,  -- the caller's own id
    tenant_id TEXT,  -- the team: a label and a filter
    operator TEXT,
    camera_id TEXT COLLATE "NOCASE",
    session_id TEXT,
    batch_id TEXT,
    is_batch INTEGER NOT NULL,  -- never claimed: its children's states move it
    worker_id TEXT,  -- who has or had the newest attempt
    not_before_ns INTEGER,  -- waits until then; null: ready
    held_because TEXT,  -- why it waits, in the operator's words
    after_id TEXT,  -- starts when that job completed; no foreign key: it may be cleaned up before
    waits_for TEXT,  -- after_id while that job is open; a trigger clears it
    correlation_id TEXT NOT NULL,  -- of the request it came with; else the batch's, or its own id
    error TEXT,  -- of the last attempt that failed
    summary TEXT NOT NULL,  -- what it made
    started_at_ns INTEGER,  -- first attempt
    completed_at_ns INTEGER,  -- when it ended, however it did
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (number),
    CHECK (kind IN ('capture', 'import', 'stop_timing', 'track', 'analyze', 'report')),
    CHECK (state IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    CHECK (params IS NULL OR json_valid(params)),
    CHECK (error IS NULL OR json_valid(error)),
    CHECK (summary IS NULL OR json_valid(summary)),
    CHECK (priority >= 0),
    CHECK (attempt >= 0),
    CHECK (tries_left >= 0),
    CHECK (tries >= 1),
    CHECK (progress BETWEEN 0 AND 100),
    CHECK (is_batch IN (0, 1)),
    CHECK (is_batch = 0 OR batch_id IS NULL),
    CHECK (state <> 'processing' OR is_batch = 1 OR (worker_id IS NOT NULL AND attempt > 0)),
    CHECK (state = 'pending' OR (not_before_ns IS NULL AND held_because IS NULL AND waits_for IS NULL)),
    CHECK (waits_for IS NULL OR waits_for = after_id),
    CHECK (is_batch = 0 OR after_id IS NULL),
    CHECK ((state IN ('completed', 'failed', 'cancelled')) = (completed_at_ns IS NOT NULL)),
    CHECK (state <> 'failed' OR is_batch = 1 OR error IS NOT NULL),
    UNIQUE (id),
    FOREIGN KEY(camera_id) REFERENCES cameras (id),
    FOREIGN KEY(session_id) REFERENCES sessions (id),
    FOREIGN KEY(batch_id) REFERENCES jobs (id) ON DELETE CASCADE
) STRICT;
INSERT INTO jobs (id, kind, state, params, name, priority, attempt, tries, tries_left, created_at_ns, last_updated_ns, progress, stage, message, task_id, tenant_id, operator, camera_id, session_id, batch_id, is_batch, worker_id, not_before_ns, held_because, error, summary, started_at_ns, completed_at_ns, revision, correlation_id)
SELECT id, kind, state, params, name, priority, attempt, tries, tries_left, created_at_ns, last_updated_ns, progress, stage, message, task_id, tenant_id, operator, camera_id, session_id, batch_id, is_batch, worker_id, not_before_ns, held_because, error, summary, started_at_ns, completed_at_ns, revision, coalesce(batch_id, id) FROM jobs_before_2 ORDER BY created_at_ns, id;
DROP TABLE jobs_before_2;
CREATE INDEX jobs_batch ON jobs (batch_id, state) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_batches ON jobs (state, kind) WHERE is_batch = 1;
CREATE INDEX jobs_camera ON jobs (camera_id) WHERE camera_id IS NOT NULL;
CREATE INDEX jobs_correlation ON jobs (correlation_id) WHERE correlation_id <> id;
CREATE INDEX jobs_due ON jobs (not_before_ns) WHERE not_before_ns IS NOT NULL;
CREATE INDEX jobs_ended ON jobs (state, kind) WHERE state = 'completed' OR state = 'failed' OR state = 'cancelled';
CREATE INDEX jobs_ended_at ON jobs (completed_at_ns) WHERE batch_id IS NULL AND completed_at_ns IS NOT NULL;
CREATE INDEX jobs_new_captures ON jobs (revision) WHERE +kind = 'capture' AND is_batch = 0 AND +state = 'pending';
CREATE INDEX jobs_open ON jobs (state, (is_batch = 0 AND not_before_ns IS NULL AND held_because IS NULL AND waits_for IS NULL), (batch_id IS NULL), kind, priority DESC) WHERE state = 'pending' OR state = 'processing';
CREATE INDEX jobs_revision ON jobs (revision);
CREATE INDEX jobs_session ON jobs (session_id, state, kind) WHERE session_id IS NOT NULL AND (state = 'completed' OR state = 'failed' OR state = 'cancelled');
CREATE INDEX jobs_tenant ON jobs (tenant_id) WHERE tenant_id IS NOT NULL;
CREATE INDEX jobs_waits_for ON jobs (waits_for) WHERE waits_for IS NOT NULL;
CREATE UNIQUE INDEX jobs_task ON jobs (task_id) WHERE task_id IS NOT NULL;

INSERT INTO counters
SELECT 'jobs', kind, state, count(*) FROM jobs
WHERE is_batch = 0 AND state IN ('completed', 'failed', 'cancelled') GROUP BY kind, state;

CREATE VIRTUAL TABLE job_words USING fts5(words, content='', columnsize=0, detail=none, prefix='1 2 3 4 5 6 7 8 9 10', tokenize='unicode61 remove_diacritics 2');
INSERT INTO job_words(rowid, words)
SELECT number, name || ' ' || ifnull(camera_id, '') || ' ' || ifnull(tenant_id, '') || ' ' || ifnull(operator, '') || ' ' || ifnull(task_id, '') || ' ' || ifnull(json_extract(error, '$.message'), '') || ' ' || char(57344) || substr(kind, 1, 3) || iif(state IN ('failed', 'cancelled'), ' ' || char(57345) || substr(state, 1, 3), '') || iif(batch_id IS NULL, '', ' ' || char(57346)) || iif(camera_id IS NULL, '', ' ' || char(57347) || substr(hex(lower(camera_id)), -6)) || iif(tenant_id IS NULL, '', ' ' || char(57348) || substr(hex(tenant_id), -6)) || iif(session_id IS NULL, '', ' ' || char(57349) || substr(hex(session_id), -6)) FROM jobs;
UPDATE counters SET number = (SELECT ifnull(max(number), 0) FROM jobs) WHERE name = 'filed_to';

CREATE TRIGGER jobs_ended_before AFTER UPDATE OF completed_at_ns ON jobs WHEN NEW.completed_at_ns IS NOT NULL AND OLD.completed_at_ns IS NULL AND EXISTS (SELECT 1 FROM jobs WHERE waits_for = NEW.id) BEGIN UPDATE jobs SET waits_for = NULL, revision = NEW.revision, held_because = CASE WHEN not_before_ns IS NULL THEN NULL ELSE held_because END WHERE waits_for = NEW.id; END;
CREATE TRIGGER jobs_out_of_time AFTER INSERT ON jobs WHEN NEW.created_at_ns < (SELECT created_at_ns FROM jobs WHERE number = NEW.number - 1) BEGIN UPDATE counters SET number = number - NEW.created_at_ns + (SELECT created_at_ns FROM jobs WHERE number = NEW.number - 1) WHERE name = 'clock_back_ns'; END;
CREATE TRIGGER jobs_counted AFTER UPDATE OF completed_at_ns ON jobs WHEN (NEW.completed_at_ns IS NULL) <> (OLD.completed_at_ns IS NULL) AND NEW.is_batch = 0 AND NEW.number <= (SELECT number FROM counters WHERE name = 'filed_to') BEGIN INSERT INTO counters VALUES ('jobs', NEW.kind, iif(NEW.completed_at_ns IS NULL, OLD.state, NEW.state), iif(NEW.completed_at_ns IS NULL, -1, 1)) ON CONFLICT (name, kind, state) DO UPDATE SET number = number + excluded.number; END;
CREATE TRIGGER jobs_counted_out BEFORE DELETE ON jobs WHEN OLD.is_batch = 0 AND OLD.completed_at_ns IS NOT NULL AND OLD.number <= (SELECT number FROM counters WHERE name = 'filed_to') BEGIN UPDATE counters SET number = number - 1 WHERE name = 'jobs' AND kind = OLD.kind AND state = OLD.state; END;
CREATE TRIGGER jobs_filed AFTER INSERT ON jobs WHEN (NEW.number & 255) = 0 BEGIN INSERT INTO job_words(rowid, words) SELECT jobs.number, jobs.name || ' ' || ifnull(jobs.camera_id, '') || ' ' || ifnull(jobs.tenant_id, '') || ' ' || ifnull(jobs.operator, '') || ' ' || ifnull(jobs.task_id, '') || ' ' || ifnull(json_extract(jobs.error, '$.message'), '') || ' ' || char(57344) || substr(jobs.kind, 1, 3) || iif(jobs.state IN ('failed', 'cancelled'), ' ' || char(57345) || substr(jobs.state, 1, 3), '') || iif(jobs.batch_id IS NULL, '', ' ' || char(57346)) || iif(jobs.camera_id IS NULL, '', ' ' || char(57347) || substr(hex(lower(jobs.camera_id)), -6)) || iif(jobs.tenant_id IS NULL, '', ' ' || char(57348) || substr(hex(jobs.tenant_id), -6)) || iif(jobs.session_id IS NULL, '', ' ' || char(57349) || substr(hex(jobs.session_id), -6)) FROM jobs WHERE number > (SELECT number FROM counters WHERE name = 'filed_to') AND number <= NEW.number; INSERT INTO counters SELECT 'jobs', kind, state, count(*) FROM jobs WHERE number > (SELECT number FROM counters WHERE name = 'filed_to') AND number <= NEW.number AND completed_at_ns IS NOT NULL AND is_batch = 0 GROUP BY kind, state ON CONFLICT (name, kind, state) DO UPDATE SET number = number + excluded.number; UPDATE counters SET number = NEW.number WHERE name = 'filed_to'; END;
CREATE TRIGGER jobs_reworded AFTER UPDATE OF completed_at_ns, error ON jobs WHEN (NEW.error IS NOT OLD.error OR (NEW.state <> OLD.state AND (NEW.state IN ('failed', 'cancelled') OR OLD.state IN ('failed', 'cancelled')))) AND OLD.number <= (SELECT number FROM counters WHERE name = 'filed_to') BEGIN INSERT INTO job_words(job_words, rowid, words) VALUES ('delete', OLD.number, OLD.name || ' ' || ifnull(OLD.camera_id, '') || ' ' || ifnull(OLD.tenant_id, '') || ' ' || ifnull(OLD.operator, '') || ' ' || ifnull(OLD.task_id, '') || ' ' || ifnull(json_extract(OLD.error, '$.message'), '') || ' ' || char(57344) || substr(OLD.kind, 1, 3) || iif(OLD.state IN ('failed', 'cancelled'), ' ' || char(57345) || substr(OLD.state, 1, 3), '') || iif(OLD.batch_id IS NULL, '', ' ' || char(57346)) || iif(OLD.camera_id IS NULL, '', ' ' || char(57347) || substr(hex(lower(OLD.camera_id)), -6)) || iif(OLD.tenant_id IS NULL, '', ' ' || char(57348) || substr(hex(OLD.tenant_id), -6)) || iif(OLD.session_id IS NULL, '', ' ' || char(57349) || substr(hex(OLD.session_id), -6))); INSERT INTO job_words(rowid, words) VALUES (NEW.number, NEW.name || ' ' || ifnull(NEW.camera_id, '') || ' ' || ifnull(NEW.tenant_id, '') || ' ' || ifnull(NEW.operator, '') || ' ' || ifnull(NEW.task_id, '') || ' ' || ifnull(json_extract(NEW.error, '$.message'), '') || ' ' || char(57344) || substr(NEW.kind, 1, 3) || iif(NEW.state IN ('failed', 'cancelled'), ' ' || char(57345) || substr(NEW.state, 1, 3), '') || iif(NEW.batch_id IS NULL, '', ' ' || char(57346)) || iif(NEW.camera_id IS NULL, '', ' ' || char(57347) || substr(hex(lower(NEW.camera_id)), -6)) || iif(NEW.tenant_id IS NULL, '', ' ' || char(57348) || substr(hex(NEW.tenant_id), -6)) || iif(NEW.session_id IS NULL, '', ' ' || char(57349) || substr(hex(NEW.session_id), -6))); END;
CREATE TRIGGER jobs_unworded BEFORE DELETE ON jobs WHEN OLD.number <= (SELECT number FROM counters WHERE name = 'filed_to') BEGIN INSERT INTO job_words(job_words, rowid, words) VALUES ('delete', OLD.number, OLD.name || ' ' || ifnull(OLD.camera_id, '') || ' ' || ifnull(OLD.tenant_id, '') || ' ' || ifnull(OLD.operator, '') || ' ' || ifnull(OLD.task_id, '') || ' ' || ifnull(json_extract(OLD.error, '$.message'), '') || ' ' || char(57344) || substr(OLD.kind, 1, 3) || iif(OLD.state IN ('failed', 'cancelled'), ' ' || char(57345) || substr(OLD.state, 1, 3), '') || iif(OLD.batch_id IS NULL, '', ' ' || char(57346)) || iif(OLD.camera_id IS NULL, '', ' ' || char(57347) || substr(hex(lower(OLD.camera_id)), -6)) || iif(OLD.tenant_id IS NULL, '', ' ' || char(57348) || substr(hex(OLD.tenant_id), -6)) || iif(OLD.session_id IS NULL, '', ' ' || char(57349) || substr(hex(OLD.session_id), -6))); END;
CREATE TRIGGER jobs_renumbered AFTER DELETE ON jobs BEGIN UPDATE counters SET number = (SELECT ifnull(max(number), 0) FROM jobs) WHERE name = 'filed_to' AND number > (SELECT ifnull(max(number), 0) FROM jobs); END;

CREATE TABLE schedules (
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    params TEXT NOT NULL,  -- of each job it makes
    camera_id TEXT COLLATE "NOCASE",
    "trigger" TEXT NOT NULL,
    every_s REAL,  -- interval: seconds
    cron TEXT,  -- five fields of crontab(5)
    time_zone TEXT NOT NULL,  -- IANA name: whose clock the cron fields are read on
    enabled INTEGER NOT NULL,
    next_run_at_ns INTEGER,  -- null: the worker has yet to compute it
    run_asked INTEGER NOT NULL,  -- run now, whatever the calendar says
    last_run_at_ns INTEGER,
    last_job_id TEXT,  -- no foreign key: jobs are cleaned up
    missed_runs INTEGER NOT NULL,  -- times that passed without a run of their own
    created_at_ns INTEGER NOT NULL,
    deleted_at_ns INTEGER,
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (id),
    CHECK (kind IN ('capture', 'import', 'stop_timing', 'track', 'analyze', 'report')),
    CHECK (trigger IN ('interval', 'cron')),
    CHECK (params IS NULL OR json_valid(params)),
    CHECK ((trigger = 'interval') = (every_s IS NOT NULL)),
    CHECK ((trigger = 'cron') = (cron IS NOT NULL)),
    CHECK (every_s >= 1),
    CHECK (missed_runs >= 0),
    CHECK (enabled IN (0, 1)),
    CHECK (run_asked IN (0, 1)),
    FOREIGN KEY(camera_id) REFERENCES cameras (id)
) STRICT;
CREATE INDEX schedules_revision ON schedules (revision);

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
CREATE UNIQUE INDEX alerts_raised ON alerts (kind, subject) WHERE cleared_at_ns IS NULL;
CREATE INDEX alerts_raised_at ON alerts (raised_at_ns, id);
CREATE INDEX alerts_revision ON alerts (revision);
