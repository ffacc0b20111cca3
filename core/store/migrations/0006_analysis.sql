-- Runs of the analysis and their findings. Triggers keep a run's counts, so that a list of runs reads no findings.

CREATE TABLE runs (
    id TEXT NOT NULL,  -- sorts by the time it was made
    job_id TEXT NOT NULL,  -- its batch; no foreign key: jobs are cleaned up sooner
    name TEXT NOT NULL,
    pack_name TEXT NOT NULL,
    pack_version TEXT NOT NULL,
    pack TEXT NOT NULL,  -- as it was when the run was made
    provider TEXT NOT NULL,  -- as asked
    options TEXT NOT NULL,  -- for the provider
    budget_usd REAL,  -- held before it would cost more; null: what the settings say
    held_because TEXT,  -- nothing new of it begins until it is resumed
    assets INTEGER NOT NULL,
    completed INTEGER NOT NULL,  -- findings; kept by a trigger
    failed INTEGER NOT NULL,  -- findings; kept by a trigger
    tokens_in INTEGER NOT NULL,  -- of every call; kept by a trigger
    tokens_out INTEGER NOT NULL,  -- of every call; kept by a trigger
    cost_usd REAL NOT NULL,  -- of every call; kept by a trigger
    created_at_ns INTEGER NOT NULL,
    ended_at_ns INTEGER,  -- when no finding was pending any more
    files_job_id TEXT,  -- the shard that writes the files of the findings
    session_id TEXT,
    tenant_id TEXT,
    operator TEXT,
    deleted_at_ns INTEGER,  -- deleted whole: its findings are gone
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (id),
    CHECK (provider IN ('gemini', 'local', 'auto')),
    CHECK (pack IS NULL OR json_valid(pack)),
    CHECK (options IS NULL OR json_valid(options)),
    CHECK (completed >= 0),
    CHECK (failed >= 0),
    CHECK (tokens_in >= 0),
    CHECK (tokens_out >= 0),
    CHECK (cost_usd >= 0),
    CHECK (budget_usd >= 0),
    CHECK (assets >= 1 AND completed + failed <= assets),
    FOREIGN KEY(session_id) REFERENCES sessions (id)
) STRICT;

CREATE INDEX runs_revision ON runs (revision);

CREATE INDEX runs_job ON runs (job_id);

CREATE INDEX runs_created ON runs (created_at_ns, id) WHERE deleted_at_ns IS NULL;

CREATE TABLE findings (
    run_id TEXT NOT NULL,
    number INTEGER NOT NULL,  -- place in the run, from 0
    asset_id TEXT NOT NULL,  -- once a run
    location TEXT NOT NULL,
    frames TEXT NOT NULL,  -- in their order: a path, or the id of a frame of the library
    state TEXT NOT NULL,
    job_id TEXT NOT NULL,  -- its shard; no foreign key: jobs are cleaned up sooner
    error TEXT,  -- slug, message, hint
    model TEXT NOT NULL,
    tokens_in INTEGER NOT NULL,  -- of every call for it
    tokens_out INTEGER NOT NULL,  -- of every call for it
    cost_usd REAL NOT NULL,  -- of every call for it
    took_ms REAL NOT NULL,  -- of the last try
    raw TEXT NOT NULL,  -- the answer as it came, of the last call
    answer TEXT,  -- values by the pack's columns; it keeps the pack's schema
    notes TEXT NOT NULL,
    ended_at_ns INTEGER,
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (run_id, number),
    CHECK (state IN ('pending', 'completed', 'failed')),
    CHECK (frames IS NULL OR json_valid(frames)),
    CHECK (error IS NULL OR json_valid(error)),
    CHECK (answer IS NULL OR json_valid(answer)),
    CHECK (notes IS NULL OR json_valid(notes)),
    CHECK (number >= 0),
    CHECK (tokens_in >= 0),
    CHECK (tokens_out >= 0),
    CHECK (cost_usd >= 0),
    CHECK (took_ms >= 0),
    CHECK ((state = 'completed') = (answer IS NOT NULL)),
    CHECK ((state = 'failed') = (error IS NOT NULL)),
    CHECK ((state = 'pending') = (ended_at_ns IS NULL)),
    UNIQUE (run_id, asset_id),
    FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
) STRICT;

CREATE INDEX findings_state ON findings (run_id, state, number);

CREATE INDEX findings_revision ON findings (run_id, revision);

CREATE INDEX findings_job ON findings (job_id, state, number);

CREATE TRIGGER findings_counted AFTER UPDATE OF state, tokens_in, tokens_out, cost_usd ON findings BEGIN
    UPDATE runs
    SET completed = completed + (NEW.state = 'completed') - (OLD.state = 'completed'),
        failed = failed + (NEW.state = 'failed') - (OLD.state = 'failed'),
        tokens_in = tokens_in + NEW.tokens_in - OLD.tokens_in,
        tokens_out = tokens_out + NEW.tokens_out - OLD.tokens_out,
        cost_usd = max(cost_usd + NEW.cost_usd - OLD.cost_usd, 0.0),
        ended_at_ns = iif(assets = completed + failed - (OLD.state <> 'pending') + (NEW.state <> 'pending'), NEW.ended_at_ns, NULL),
        files_job_id = iif(NEW.state = 'pending', NULL, files_job_id),
        revision = NEW.revision WHERE id = NEW.run_id;
END;

CREATE TRIGGER findings_of_a_retried_job AFTER UPDATE OF completed_at_ns ON jobs WHEN OLD.state = 'failed' AND NEW.state = 'pending' AND NEW.kind = 'analyze' AND NEW.is_batch = 0 BEGIN
    UPDATE findings SET state = 'pending', error = NULL,
        ended_at_ns = NULL,
        revision = NEW.revision WHERE job_id = NEW.id AND state = 'failed';
END;
