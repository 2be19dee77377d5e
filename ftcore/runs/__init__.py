"""Where jobs live on disk: a folder per job, an append-only log in it, and one queue beside them.

store      the folder: settings.json, written once
log        events.jsonl: append and read after a byte offset
state      what is true now: a fold over the log
queue      studio.db: order and ownership
process    the worker: start, stop, is it alive
tail       a reader of one job
owners     whom drafts and requests belong to
drafts     the settings of the next run, per owner and dataset
lr_trials  trials of learning rates: which job, what it found
"""
