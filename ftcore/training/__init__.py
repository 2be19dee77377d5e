"""Settings and a data set -> a trained model, told as events.

recipe       losses, optimizers, schedules, regularizers: what settings ask for
assemble     the one place where settings become objects
starts       own weights that runs start from, and who needs them
batches      pictures -> tensors, in an order and in views that only seed and epoch decide
events       what can happen in a training
run_state    what is true now about one: a fold over its log
loop         the training loop, written once; it yields what happened
phase_inputs frozen means computed once: cached inputs for each phase
precision    float32, bfloat16 or compiled: how steps are computed, by measurement
cpu_kernels  operators that are slow in PyTorch on processors, computed another way
checkpoints  everything that a resumed run needs, whole or not at all
lr_finder    a learning rate to start with
cost         what a run would cost, measured and added up
embeddings   what a pretrained model sees in every picture
augmentation_preview   a picture and changed copies of it
"""
