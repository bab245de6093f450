-- What happened between the runs. Days and moments are ISO text, sums are decimal text: equal in every database.
CREATE TABLE runs (
    run INTEGER NOT NULL PRIMARY KEY,
    started TEXT NOT NULL,
    today TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    program TEXT NOT NULL,
    who TEXT NOT NULL
);
-- The snapshot that counts, one a card kind. A file that is not named here was never finished.
CREATE TABLE snapshots (
    card TEXT NOT NULL PRIMARY KEY,
    run INTEGER NOT NULL,
    file TEXT NOT NULL,
    rows INTEGER NOT NULL,
    digest TEXT NOT NULL
);
-- Seen in run `run`, and not yet in run `since`.
CREATE TABLE field_changes (
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    since INTEGER NOT NULL,
    day TEXT NOT NULL,
    who TEXT NOT NULL,
    kind TEXT NOT NULL,
    card TEXT NOT NULL,
    identity TEXT NOT NULL,
    sheet TEXT NOT NULL,
    cell TEXT NOT NULL,
    field TEXT NOT NULL,
    old TEXT,
    new TEXT,
    PRIMARY KEY (run, number)
);
CREATE INDEX field_changes_of ON field_changes (card, identity);
-- `day` is the first day the stage was seen; `after` the last day it was not, null when we only then began to look.
CREATE TABLE stage_transitions (
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    card TEXT NOT NULL,
    identity TEXT NOT NULL,
    stage_from TEXT,
    stage_to TEXT,
    after TEXT,
    day TEXT NOT NULL,
    amount TEXT,
    PRIMARY KEY (run, number)
);
CREATE INDEX stage_transitions_of ON stage_transitions (card, identity);
CREATE TABLE tasks (
    key TEXT NOT NULL PRIMARY KEY,
    rule TEXT NOT NULL,
    card TEXT NOT NULL,
    subject TEXT NOT NULL,
    client TEXT NOT NULL,
    manager TEXT NOT NULL,
    due TEXT,
    opened TEXT NOT NULL,
    closed TEXT,
    closed_reason TEXT NOT NULL,
    status TEXT NOT NULL,
    run INTEGER NOT NULL
);
CREATE INDEX tasks_closed ON tasks (closed);
-- The number-th change of one thing on one task: recording a mark twice adds nothing.
CREATE TABLE task_events (
    key TEXT NOT NULL,
    what TEXT NOT NULL,
    number INTEGER NOT NULL,
    old TEXT NOT NULL,
    new TEXT NOT NULL,
    who TEXT NOT NULL,
    day TEXT NOT NULL,
    recorded TEXT NOT NULL,
    PRIMARY KEY (key, what, number)
);
-- Problems that stand now, and the day each was first seen. Without identity the sheet tells them apart.
CREATE TABLE problems (
    kind TEXT NOT NULL,
    card TEXT NOT NULL,
    field TEXT NOT NULL,
    sheet TEXT NOT NULL,
    identity TEXT NOT NULL,
    seen TEXT NOT NULL,
    first_day TEXT NOT NULL,
    PRIMARY KEY (kind, card, field, sheet, identity, seen)
);
