-- The first tables of station.db. Times end in _ns and are UTC nanoseconds; flags are 0 or 1; JSON is TEXT.
-- Every watched table carries revision, drawn from the one counter by the transaction that changed the row.

CREATE TABLE station (
    id INTEGER NOT NULL,  -- always 1: one station a database
    uuid TEXT NOT NULL,  -- also in the file station.id: database and folder belong together
    created_at_ns INTEGER NOT NULL,
    settings_revision INTEGER NOT NULL,  -- when settings.toml last changed
    wake_revision INTEGER NOT NULL,  -- when the operator last asked to sync now
    wake_served_revision INTEGER NOT NULL,  -- the newest such wish that was wholly served
    sync_paused INTEGER NOT NULL,
    first_run_done INTEGER NOT NULL,
    PRIMARY KEY (id),
    CHECK (id = 1),
    CHECK (sync_paused IN (0, 1)),
    CHECK (first_run_done IN (0, 1))
) STRICT;

CREATE TABLE counters (
    name TEXT NOT NULL,  -- revision, jobs, filed_to or clock_back_ns
    kind TEXT NOT NULL,  -- of jobs; else empty
    state TEXT NOT NULL,  -- of jobs; else empty
    number INTEGER NOT NULL,
    PRIMARY KEY (name, kind, state)
) WITHOUT ROWID, STRICT;
INSERT INTO counters VALUES ('revision', '', '', 1), ('filed_to', '', '', 0), ('clock_back_ns', '', '', 0);

CREATE TABLE cameras (
    id TEXT COLLATE "NOCASE" NOT NULL,  -- names folders; case does not tell two apart
    url TEXT NOT NULL,  -- never holds a user or password
    name TEXT NOT NULL,
    location TEXT NOT NULL,
    transport TEXT NOT NULL,
    substream_url TEXT,  -- a second, preview-only stream
    ca_file TEXT,  -- for rtsps with a certificate authority of one's own
    fps REAL,  -- pictures a second, where the operator says so
    calibration TEXT,
    pit_box TEXT,  -- polygon, corners as fractions 0-1 of width and height
    enabled INTEGER NOT NULL,
    deleted_at_ns INTEGER,  -- removed by the operator; frames still name it
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (id),
    CHECK (length(id) BETWEEN 1 AND 100 AND id GLOB '[A-Za-z0-9]*' AND NOT id GLOB '*[^A-Za-z0-9_-]*'),
    CHECK (transport IN ('tcp', 'udp')),
    CHECK (fps > 0),
    CHECK (calibration IS NULL OR json_valid(calibration)),
    CHECK (pit_box IS NULL OR json_valid(pit_box)),
    CHECK (enabled IN (0, 1))
) STRICT;
CREATE INDEX cameras_revision ON cameras (revision);

CREATE TABLE camera_statuses (
    camera_id TEXT COLLATE "NOCASE" NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,  -- in the operator's words
    hint TEXT NOT NULL,  -- what to do
    since_ns INTEGER NOT NULL,  -- in this state since
    epoch INTEGER NOT NULL,  -- counts connections
    fps REAL NOT NULL,  -- as measured
    last_packet_ns INTEGER,
    ring_s REAL NOT NULL,  -- seconds held before now
    captured_u_ns INTEGER,  -- 95 % half-width of the capture clock now
    found TEXT,  -- codec, width, height, fps, keyframe interval, clock source
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (camera_id),
    CHECK (state IN ('connecting', 'live', 'stalled', 'offline')),
    CHECK (epoch >= 0),
    CHECK (fps >= 0),
    CHECK (ring_s >= 0),
    CHECK (captured_u_ns > 0),
    CHECK (found IS NULL OR json_valid(found)),
    FOREIGN KEY(camera_id) REFERENCES cameras (id)
) STRICT;

CREATE TABLE sessions (
    id TEXT NOT NULL,
    season TEXT NOT NULL,
    event TEXT NOT NULL,
    name TEXT NOT NULL,  -- FP1 ... R
    time_zone TEXT NOT NULL,  -- IANA name; times are shown in it
    created_at_ns INTEGER NOT NULL,
    closed_at_ns INTEGER,
    current INTEGER NOT NULL,  -- new work belongs to it
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (id),
    CHECK (current IN (0, 1)),
    CHECK (current = 0 OR closed_at_ns IS NULL)
) STRICT;
CREATE UNIQUE INDEX sessions_current ON sessions (current) WHERE current = 1;

CREATE TABLE jobs (
    id TEXT NOT NULL,  -- sorts by the time it was made
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    params TEXT NOT NULL,
    name TEXT NOT NULL,  -- the caller's custom name
    priority INTEGER NOT NULL,  -- higher first: person 100, re-run 50, schedule 5
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
    error TEXT,  -- of the last attempt that failed
    summary TEXT NOT NULL,  -- what it made
    started_at_ns INTEGER,  -- first attempt
    completed_at_ns INTEGER,  -- when it ended, however it did
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (id),
    CHECK (kind IN ('capture', 'import')),
    CHECK (state IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    CHECK (params IS NULL OR json_valid(params)),
    CHECK (error IS NULL OR json_valid(error)),
    CHECK (summary IS NULL OR json_valid(summary)),
    CHECK (priority BETWEEN 0 AND 1000),
    CHECK (attempt >= 0),
    CHECK (tries_left >= 0),
    CHECK (tries >= 1),
    CHECK (progress BETWEEN 0 AND 100),
    CHECK (is_batch IN (0, 1)),
    CHECK (is_batch = 0 OR batch_id IS NULL),
    CHECK (state <> 'processing' OR is_batch = 1 OR (worker_id IS NOT NULL AND attempt > 0)),
    CHECK (state = 'pending' OR (not_before_ns IS NULL AND held_because IS NULL)),
    CHECK ((state IN ('completed', 'failed', 'cancelled')) = (completed_at_ns IS NOT NULL)),
    CHECK (state <> 'failed' OR is_batch = 1 OR error IS NOT NULL),
    UNIQUE (task_id),
    FOREIGN KEY(camera_id) REFERENCES cameras (id),
    FOREIGN KEY(session_id) REFERENCES sessions (id),
    FOREIGN KEY(batch_id) REFERENCES jobs (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX jobs_batch ON jobs (batch_id, state) WHERE batch_id IS NOT NULL;
CREATE INDEX jobs_camera ON jobs (camera_id, created_at_ns, id) WHERE camera_id IS NOT NULL;
CREATE INDEX jobs_created ON jobs (created_at_ns, id);
CREATE INDEX jobs_due ON jobs (not_before_ns) WHERE not_before_ns IS NOT NULL;
CREATE INDEX jobs_ended ON jobs (completed_at_ns, id) WHERE completed_at_ns IS NOT NULL;
CREATE INDEX jobs_new_captures ON jobs (revision) WHERE kind = 'capture' AND is_batch = 0 AND +state = 'pending';
CREATE INDEX jobs_ready ON jobs (kind, priority DESC, created_at_ns, id) WHERE state = 'pending' AND is_batch = 0 AND not_before_ns IS NULL AND held_because IS NULL;
CREATE INDEX jobs_revision ON jobs (revision);
CREATE INDEX jobs_session ON jobs (session_id, created_at_ns, id);
CREATE INDEX jobs_state ON jobs (state, created_at_ns, id);
CREATE INDEX jobs_tenant ON jobs (tenant_id, created_at_ns, id) WHERE tenant_id IS NOT NULL;
CREATE INDEX jobs_top_state ON jobs (state, priority DESC, created_at_ns, id) WHERE batch_id IS NULL;

CREATE TABLE early_cancels (
    task_id TEXT NOT NULL,  -- cancelled before its job was created: the cancel wins
    asked_at_ns INTEGER NOT NULL,
    PRIMARY KEY (task_id)
) STRICT;

CREATE TABLE processes (
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at_ns INTEGER NOT NULL,
    beat_at_ns INTEGER NOT NULL,  -- 6 s of silence is absence
    version TEXT NOT NULL,
    stop_asked INTEGER NOT NULL,
    stop_reason TEXT NOT NULL,
    PRIMARY KEY (id),
    CHECK (role IN ('worker', 'gui', 'command')),
    CHECK (pid > 0),
    CHECK (stop_asked IN (0, 1))
) STRICT;

CREATE TABLE frames (
    id TEXT NOT NULL,  -- sorts by the time it was made
    path TEXT NOT NULL,  -- relative to the data folder; the object key too
    camera_id TEXT COLLATE "NOCASE" NOT NULL,
    session_id TEXT,
    job_id TEXT,  -- no foreign key: jobs are cleaned up sooner than what they made
    ordinal INTEGER NOT NULL,  -- place in its job: a second attempt makes no second row
    format TEXT NOT NULL,
    width INTEGER NOT NULL,  -- pixels
    height INTEGER NOT NULL,  -- pixels
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,  -- of the file, lower-case hex
    captured_at_ns INTEGER NOT NULL,  -- when light hit the sensor, not when we noticed
    captured_u_ns INTEGER NOT NULL,  -- 95 % half-width of the above; never zero
    clock_source TEXT NOT NULL,
    epoch INTEGER,  -- the feed's connection; with pts the very instant
    pts INTEGER,  -- in the stream's time base
    timestamp_ref TEXT,
    location TEXT,
    camera_angle TEXT,
    exposure REAL,  -- as the operator gave it
    sensor_info TEXT,
    meta TEXT NOT NULL,  -- the operator's free fields
    exif TEXT NOT NULL,  -- as the file had it
    original_filename TEXT,
    request_id TEXT,
    operator TEXT,
    tenant_id TEXT,
    starred INTEGER NOT NULL,  -- kept, and sent first
    created_at_ns INTEGER NOT NULL,
    deleted_at_ns INTEGER,  -- hidden by the operator; the file goes days later, the object never
    file_gone_at_ns INTEGER,  -- the local file was removed
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (id),
    CHECK (ordinal >= 0),
    CHECK (exposure >= 0),
    CHECK (width >= 1),
    CHECK (height >= 1),
    CHECK (bytes >= 1),
    CHECK (captured_u_ns >= 1),
    CHECK (length(sha256) = 64 AND NOT sha256 GLOB '*[^0-9a-f]*'),
    CHECK (clock_source IN ('rtcp', 'arrival', 'file')),
    CHECK ((epoch IS NULL) = (pts IS NULL)),
    CHECK (meta IS NULL OR json_valid(meta)),
    CHECK (exif IS NULL OR json_valid(exif)),
    CHECK (starred IN (0, 1)),
    UNIQUE (job_id, camera_id, ordinal),
    CHECK (path GLOB 'frames/*' AND NOT path GLOB '*..*'),
    UNIQUE (path),
    FOREIGN KEY(camera_id) REFERENCES cameras (id),
    FOREIGN KEY(session_id) REFERENCES sessions (id)
) STRICT;
CREATE INDEX frames_camera ON frames (camera_id, captured_at_ns, id) WHERE deleted_at_ns IS NULL;
CREATE INDEX frames_captured ON frames (captured_at_ns, id) WHERE deleted_at_ns IS NULL;
CREATE INDEX frames_hidden ON frames (deleted_at_ns, id) WHERE deleted_at_ns IS NOT NULL;
CREATE INDEX frames_revision ON frames (revision);
CREATE INDEX frames_session ON frames (session_id, captured_at_ns, id) WHERE deleted_at_ns IS NULL;
CREATE INDEX frames_sha256 ON frames (sha256, id);
CREATE INDEX frames_starred ON frames (captured_at_ns, id) WHERE deleted_at_ns IS NULL AND starred = 1;

CREATE TABLE clips (
    id TEXT NOT NULL,  -- sorts by the time it was made
    path TEXT NOT NULL,  -- relative to the data folder; the object key too
    camera_id TEXT COLLATE "NOCASE" NOT NULL,
    session_id TEXT,
    job_id TEXT,  -- no foreign key: jobs are cleaned up sooner than what they made
    ordinal INTEGER NOT NULL,  -- place in its job: a second attempt makes no second row
    format TEXT NOT NULL,
    width INTEGER NOT NULL,  -- pixels
    height INTEGER NOT NULL,  -- pixels
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,  -- of the file, lower-case hex
    captured_at_ns INTEGER NOT NULL,  -- when light hit the sensor, not when we noticed
    captured_u_ns INTEGER NOT NULL,  -- 95 % half-width of the above; never zero
    clock_source TEXT NOT NULL,
    epoch INTEGER,  -- the feed's connection; with pts the very instant
    pts INTEGER,  -- in the stream's time base
    timestamp_ref TEXT,
    location TEXT,
    camera_angle TEXT,
    exposure REAL,  -- as the operator gave it
    sensor_info TEXT,
    meta TEXT NOT NULL,  -- the operator's free fields
    exif TEXT NOT NULL,  -- as the file had it
    original_filename TEXT,
    request_id TEXT,
    operator TEXT,
    tenant_id TEXT,
    starred INTEGER NOT NULL,  -- kept, and sent first
    created_at_ns INTEGER NOT NULL,
    deleted_at_ns INTEGER,  -- hidden by the operator; the file goes days later, the object never
    file_gone_at_ns INTEGER,  -- the local file was removed
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    codec TEXT NOT NULL,
    duration_ns INTEGER NOT NULL,  -- from the first picture to the end of the last
    frame_count INTEGER NOT NULL,
    gaps TEXT NOT NULL,  -- asked for and not there: camera, start_ns, end_ns, reason
    PRIMARY KEY (id),
    CHECK (ordinal >= 0),
    CHECK (exposure >= 0),
    CHECK (width >= 1),
    CHECK (height >= 1),
    CHECK (bytes >= 1),
    CHECK (captured_u_ns >= 1),
    CHECK (length(sha256) = 64 AND NOT sha256 GLOB '*[^0-9a-f]*'),
    CHECK (clock_source IN ('rtcp', 'arrival', 'file')),
    CHECK ((epoch IS NULL) = (pts IS NULL)),
    CHECK (meta IS NULL OR json_valid(meta)),
    CHECK (exif IS NULL OR json_valid(exif)),
    CHECK (starred IN (0, 1)),
    UNIQUE (job_id, camera_id, ordinal),
    CHECK (path GLOB 'clips/*' AND NOT path GLOB '*..*'),
    CHECK (duration_ns >= 0),
    CHECK (frame_count >= 1),
    CHECK (gaps IS NULL OR json_valid(gaps)),
    UNIQUE (path),
    FOREIGN KEY(camera_id) REFERENCES cameras (id),
    FOREIGN KEY(session_id) REFERENCES sessions (id)
) STRICT;
CREATE INDEX clips_camera ON clips (camera_id, captured_at_ns, id) WHERE deleted_at_ns IS NULL;
CREATE INDEX clips_captured ON clips (captured_at_ns, id) WHERE deleted_at_ns IS NULL;
CREATE INDEX clips_hidden ON clips (deleted_at_ns, id) WHERE deleted_at_ns IS NOT NULL;
CREATE INDEX clips_revision ON clips (revision);
CREATE INDEX clips_session ON clips (session_id, captured_at_ns, id) WHERE deleted_at_ns IS NULL;
CREATE INDEX clips_sha256 ON clips (sha256, id);
CREATE INDEX clips_starred ON clips (captured_at_ns, id) WHERE deleted_at_ns IS NULL AND starred = 1;

CREATE TABLE uploads (
    id TEXT NOT NULL,
    item_kind TEXT NOT NULL,
    item_id TEXT NOT NULL,  -- of a frame, clip or result, as item_kind says
    path TEXT NOT NULL,  -- relative to the data folder; the object key too
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,  -- of the file, lower-case hex
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,  -- only grows; the newest alone may end it
    metadata TEXT NOT NULL,  -- the object's
    starred INTEGER NOT NULL,  -- sent first
    held INTEGER NOT NULL,  -- its frame or clip is hidden: not sent
    not_before_ns INTEGER,  -- waits until then; null: ready
    reason TEXT NOT NULL,  -- why it waits or is blocked, in the operator's words
    sent_bytes INTEGER NOT NULL,
    multipart TEXT,  -- an unfinished multipart upload: id, part size, digests
    etag TEXT,
    verified_how TEXT,  -- etag, re-read ...
    verified_at_ns INTEGER,
    created_at_ns INTEGER NOT NULL,
    worker_id TEXT,  -- who sends or last sent it
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (id),
    CHECK (item_kind IN ('frame', 'clip', 'result')),
    CHECK (state IN ('waiting', 'sending', 'verified', 'blocked')),
    CHECK (bytes >= 1),
    CHECK (length(sha256) = 64 AND NOT sha256 GLOB '*[^0-9a-f]*'),
    CHECK (attempt >= 0),
    CHECK (metadata IS NULL OR json_valid(metadata)),
    CHECK (multipart IS NULL OR json_valid(multipart)),
    CHECK (starred IN (0, 1)),
    CHECK (held IN (0, 1)),
    CHECK (not_before_ns IS NULL OR state = 'waiting'),
    CHECK (sent_bytes BETWEEN 0 AND bytes),
    CHECK (state <> 'sending' OR worker_id IS NOT NULL),
    CHECK ((state = 'verified') = (verified_at_ns IS NOT NULL AND verified_how IS NOT NULL)),
    UNIQUE (item_kind, item_id),
    UNIQUE (path)
) STRICT;
CREATE INDEX uploads_due ON uploads (not_before_ns) WHERE not_before_ns IS NOT NULL;
CREATE INDEX uploads_reason ON uploads (revision) WHERE reason <> '' AND state <> 'verified';
CREATE INDEX uploads_revision ON uploads (revision);
CREATE INDEX uploads_sendable ON uploads (starred DESC, created_at_ns, id) WHERE +state = 'waiting' AND held = 0 AND not_before_ns IS NULL;
CREATE INDEX uploads_state ON uploads (state, id);

CREATE TABLE upload_totals (
    state TEXT NOT NULL,
    held INTEGER NOT NULL,
    uploads INTEGER NOT NULL,  -- rows of uploads; kept by triggers
    bytes INTEGER NOT NULL,  -- of their files; kept by triggers
    PRIMARY KEY (state, held)
) STRICT;

CREATE TRIGGER uploads_counted_in AFTER INSERT ON uploads BEGIN
    INSERT INTO upload_totals VALUES (NEW.state, NEW.held, 1, NEW.bytes) ON CONFLICT (state, held) DO UPDATE SET uploads = uploads + 1, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER uploads_counted_over AFTER UPDATE OF state, held ON uploads WHEN NEW.state <> OLD.state OR NEW.held <> OLD.held BEGIN
    UPDATE upload_totals SET uploads = uploads - 1, bytes = bytes - OLD.bytes WHERE state = OLD.state AND held = OLD.held;
    INSERT INTO upload_totals VALUES (NEW.state, NEW.held, 1, NEW.bytes) ON CONFLICT (state, held) DO UPDATE SET uploads = uploads + 1, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER uploads_counted_out AFTER DELETE ON uploads BEGIN
    UPDATE upload_totals SET uploads = uploads - 1, bytes = bytes - OLD.bytes WHERE state = OLD.state AND held = OLD.held;
END;
