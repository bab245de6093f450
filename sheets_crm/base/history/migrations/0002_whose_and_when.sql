-- Whose card each change was of, and between which two runs a stage was left: so that one client's history is one question.
ALTER TABLE field_changes ADD COLUMN client TEXT NOT NULL DEFAULT '';
ALTER TABLE stage_transitions ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stage_transitions ADD COLUMN client TEXT NOT NULL DEFAULT '';
UPDATE stage_transitions SET since = COALESCE((SELECT MAX(runs.run) FROM runs WHERE runs.run < stage_transitions.run), 0);
ALTER TABLE tasks ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN title TEXT NOT NULL DEFAULT '';
-- A task opened, closed (done, cancelled, no_longer_needed, gone) or opened again: seen in run `run`, not yet in run `since`.
CREATE TABLE task_moves (
    run INTEGER NOT NULL,
    number INTEGER NOT NULL,
    since INTEGER NOT NULL,
    day TEXT NOT NULL,
    key TEXT NOT NULL,
    state_from TEXT NOT NULL,
    state_to TEXT NOT NULL,
    PRIMARY KEY (run, number)
);
CREATE INDEX task_moves_of ON task_moves (key);
-- What is left of tasks closed long ago: how many ended in which way. `outcome` is what people chose, '' where nothing.
CREATE TABLE task_results (
    month TEXT NOT NULL,
    rule TEXT NOT NULL,
    manager TEXT NOT NULL,
    ended TEXT NOT NULL,
    outcome TEXT NOT NULL,
    times INTEGER NOT NULL,
    PRIMARY KEY (month, rule, manager, ended, outcome)
);
-- What the keeper of the history remembers of its own work: how far it was folded, what the owner accepted.
CREATE TABLE keeping (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
