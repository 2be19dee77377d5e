"""Settings and a data set -> a trained model, told as events.

assemble     the one place where settings become objects
batches      pictures -> tensors, in an order that only seed and epoch decide
optimisers   rates by depth, the optimiser of a phase
schedules    the learning rate over the steps; also drawn before the start
loop         the training loop, written once; it yields what happened
engine       frozen means computed once: cached inputs for each phase
checkpoints  everything that a resumed run needs, whole or not at all
"""
