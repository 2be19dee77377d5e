"""Settings and a data set -> a trained model, told as events.

assemble     the one place where settings become objects
starts       own weights that runs start from, and who needs them
batches      pictures -> tensors, in an order and in views that only seed and epoch decide
losses       what is minimised
mixing       Mixup and CutMix, on pictures or on what crosses the cut
penalties    pulls on the weights beside the loss: L1, L2-SP
optimisers   rates by depth, the optimiser of a phase
schedules    the learning rate over the steps; also drawn before the start
loop         the training loop, written once; it yields what happened
engine       frozen means computed once: cached inputs for each phase
steps        float32, bfloat16 or compiled: how steps are computed, by measurement
rate_finder  a learning rate to start with
features     what a pretrained model sees in every picture, from the same cache
checkpoints  everything that a resumed run needs, whole or not at all
"""
