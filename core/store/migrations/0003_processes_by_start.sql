-- The API lists processes by their start; until a job started, that is when it was made.

CREATE INDEX jobs_begun ON jobs (coalesce(started_at_ns, created_at_ns)) WHERE batch_id IS NULL;
