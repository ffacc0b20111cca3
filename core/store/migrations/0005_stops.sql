-- The pit stops: the machine's instants with their doubt, and the operator's beside them.

CREATE TABLE stops (
    id TEXT NOT NULL,  -- sorts by the time it was made
    camera_id TEXT COLLATE "NOCASE" NOT NULL,
    session_id TEXT,
    job_id TEXT,  -- no foreign key: jobs are cleaned up sooner; null: timed live
    clip_id TEXT,  -- null: timed live, and no clip of it was timed since
    from_ns INTEGER NOT NULL,  -- UTC of its first known instant: what it is sorted by
    zero_at_ns INTEGER NOT NULL,  -- UTC of the first picture of its video
    frame_ns INTEGER NOT NULL,  -- from one picture of its video to the next, usually
    machine_arrived_at_ns INTEGER,  -- as measured; null: it could not be, and a note says why
    machine_arrived_u_ns INTEGER,  -- 95 % half-width within its own video; never zero
    machine_stationary_at_ns INTEGER,  -- as measured; null: it could not be, and a note says why
    machine_stationary_u_ns INTEGER,  -- 95 % half-width within its own video; never zero
    machine_released_at_ns INTEGER,  -- as measured; null: it could not be, and a note says why
    machine_released_u_ns INTEGER,  -- 95 % half-width within its own video; never zero
    machine_departed_at_ns INTEGER,  -- as measured; null: it could not be, and a note says why
    machine_departed_u_ns INTEGER,  -- 95 % half-width within its own video; never zero
    hand_arrived_at_ns INTEGER,  -- as the operator set it; null: the machine's counts
    hand_arrived_u_ns INTEGER,  -- 95 % half-width within its own video; never zero
    hand_stationary_at_ns INTEGER,  -- as the operator set it; null: the machine's counts
    hand_stationary_u_ns INTEGER,  -- 95 % half-width within its own video; never zero
    hand_released_at_ns INTEGER,  -- as the operator set it; null: the machine's counts
    hand_released_u_ns INTEGER,  -- 95 % half-width within its own video; never zero
    hand_departed_at_ns INTEGER,  -- as the operator set it; null: the machine's counts
    hand_departed_u_ns INTEGER,  -- 95 % half-width within its own video; never zero
    span_ns INTEGER,  -- stationary to released, as measured
    span_u_ns INTEGER,  -- 95 % half-width of the above; smaller than that of two instants apart
    complete INTEGER NOT NULL,  -- all four instants could be measured
    notes TEXT NOT NULL,  -- the machine's, in the operator's words
    box TEXT NOT NULL,  -- the pit box it was timed in, corners as fractions 0-1
    locked INTEGER NOT NULL,  -- nothing changes it any more but the operator
    remark TEXT NOT NULL,  -- the operator's notes
    car_number TEXT NOT NULL,  -- as the operator gave it
    operator TEXT,  -- who touched it last
    touched_at_ns INTEGER,
    created_at_ns INTEGER NOT NULL,
    deleted_at_ns INTEGER,  -- timed again and not found, or taken away by the operator
    revision INTEGER NOT NULL,  -- of the transaction that last changed this row
    PRIMARY KEY (id),
    CHECK ((machine_arrived_at_ns IS NULL) = (machine_arrived_u_ns IS NULL)),
    CHECK (machine_arrived_u_ns > 0),
    CHECK ((machine_stationary_at_ns IS NULL) = (machine_stationary_u_ns IS NULL)),
    CHECK (machine_stationary_u_ns > 0),
    CHECK ((machine_released_at_ns IS NULL) = (machine_released_u_ns IS NULL)),
    CHECK (machine_released_u_ns > 0),
    CHECK ((machine_departed_at_ns IS NULL) = (machine_departed_u_ns IS NULL)),
    CHECK (machine_departed_u_ns > 0),
    CHECK ((hand_arrived_at_ns IS NULL) = (hand_arrived_u_ns IS NULL)),
    CHECK (hand_arrived_u_ns > 0),
    CHECK ((hand_stationary_at_ns IS NULL) = (hand_stationary_u_ns IS NULL)),
    CHECK (hand_stationary_u_ns > 0),
    CHECK ((hand_released_at_ns IS NULL) = (hand_released_u_ns IS NULL)),
    CHECK (hand_released_u_ns > 0),
    CHECK ((hand_departed_at_ns IS NULL) = (hand_departed_u_ns IS NULL)),
    CHECK (hand_departed_u_ns > 0),
    CHECK ((span_ns IS NULL) = (span_u_ns IS NULL)),
    CHECK (span_u_ns > 0),
    CHECK (frame_ns >= 1),
    CHECK (notes IS NULL OR json_valid(notes)),
    CHECK (box IS NULL OR json_valid(box)),
    CHECK (complete IN (0, 1)),
    CHECK (locked IN (0, 1)),
    FOREIGN KEY(camera_id) REFERENCES cameras (id),
    FOREIGN KEY(session_id) REFERENCES sessions (id),
    FOREIGN KEY(clip_id) REFERENCES clips (id)
) STRICT;
CREATE INDEX stops_camera ON stops (camera_id, from_ns) WHERE deleted_at_ns IS NULL;
CREATE INDEX stops_clip ON stops (clip_id) WHERE clip_id IS NOT NULL;
CREATE INDEX stops_revision ON stops (revision);
CREATE INDEX stops_session ON stops (session_id, from_ns, id) WHERE deleted_at_ns IS NULL;
