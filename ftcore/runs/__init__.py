"""Where jobs live on disk: a folder per job, an append-only log in it, and one queue beside them.

kinds      what kinds of jobs there are, one row each
store      the folder: settings.json, written once
log        events.jsonl: append and read after a byte offset
state      what is true now about any job: a fold over the log; a kind that tells more has a fold of its own
queue      studio.db: order and ownership
claims     who wants a job's result: what nobody waits for is stopped
process    the worker: start, stop, is it alive
tail       a reader of one job
owners     whom drafts and requests belong to
drafts     the settings of the next run, per owner and dataset
lr_trials  trials of learning rates: which job, what it found
"""
