-- The files that jobs make: tracks, reports, tables, annotated clips.

CREATE TABLE results (
    id TEXT NOT NULL,  -- sorts by the time it was made
    job_id TEXT NOT NULL,  -- no foreign key: jobs are cleaned up sooner than what they made
    name TEXT NOT NULL,  -- as the operator reads it: tracks.txt
    path TEXT NOT NULL,  -- relative to the data folder; the object key too
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,  -- of the file, lower-case hex
    camera_id TEXT COLLATE "NOCASE",  -- null: of no camera or of several
    session_id TEXT,
    tenant_id TEXT,
    created_at_ns INTEGER NOT NULL,
    starred INTEGER NOT NULL,  -- kept, and sent first
    deleted_at_ns INTEGER,  -- hidden by the operator; the file goes days later, the object never
    file_gone_at_ns INTEGER,  -- the local file was removed
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (id),
    CHECK (bytes >= 1),
    CHECK (length(sha256) = 64 AND NOT sha256 GLOB '*[^0-9a-f]*'),
    CHECK (starred IN (0, 1)),
    CHECK (path GLOB 'results/*' AND NOT path GLOB '*..*'),
    UNIQUE (job_id, name),
    UNIQUE (path),
    FOREIGN KEY(camera_id) REFERENCES cameras (id),
    FOREIGN KEY(session_id) REFERENCES sessions (id)
) STRICT;
CREATE INDEX results_hidden ON results (deleted_at_ns, id) WHERE deleted_at_ns IS NOT NULL;
CREATE INDEX results_revision ON results (revision);
CREATE INDEX results_session ON results (session_id, id);
