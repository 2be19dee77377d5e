"""What a run is trained by: plain functions and small objects, made from settings by assemble.

losses        what is minimised
regularizers  pulls on the weights beside the loss: L1, L2-SP
mixup         Mixup and CutMix, on pictures or on what crosses the cut
optimizers    the optimizer of a phase
layer_lr      how fast each depth group learns; also drawn before the start
schedules     the learning rate over the steps; also drawn before the start
"""
