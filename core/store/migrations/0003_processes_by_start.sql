-- The API lists processes by their start; until a job started, that is when it was made.

CREATE INDEX jobs_never_started ON jobs (created_at_ns) WHERE batch_id IS NULL AND started_at_ns IS NULL AND completed_at_ns IS NOT NULL;
CREATE INDEX jobs_started ON jobs (started_at_ns) WHERE batch_id IS NULL AND started_at_ns IS NOT NULL;
