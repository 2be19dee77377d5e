"""The tables that a setting's value is chosen from: names, labels and a sentence for each."""

from ftcore.choices import Choice, Table
from ftcore.tasks import scores

FREEZE_PRESETS = Table(
    "freezing preset",
    Choice("head", "Head only", "Only the new last layer learns. Fastest, safest with few pictures."),
    Choice("last_stage", "Last stage", "The head and the last stage of the network learn."),
    Choice("quarter", "Last quarter", "The quarter of the layer groups that lies nearest to the answer learns."),
    Choice("half", "Last half", "The half of the layer groups that lies nearest to the answer learns."),
    Choice("head_then_last", "Head, then last stage", "First the head alone, then the last stage with it."),
    Choice("gradual", "Step by step", "First the head, then more and more of the network with it, to everything."),
    Choice("none", "Everything", "Nothing is frozen. Slowest; needs many pictures, or the model forgets what it knew."),
    Choice("custom", "Phases of your own", "What learns in which epochs stands in a list of your own."),
)
GRADUAL_STEPS = Table(
    "step of unfreezing",
    Choice("parts", "Head, last stage, half, everything", "Four phases: few changes, each with time to settle."),
    Choice("stage", "One more stage", "From the head to the stem, a stage of the network at a time."),
    Choice("group", "One more layer group", "From the head to the stem, the smallest step there is."),
)
UNFREEZES = Table(
    "moment of unfreezing",
    Choice("by_epochs", "After so many epochs", "Each phase has a fixed number of epochs."),
    Choice("on_plateau", "When validation stalls", "The next phase begins when the validation score stops improving."),
)
BATCH_NORMS = Table(
    "batch norm policy",
    Choice(
        "learning", "Where layers learn", "Frozen layers keep the averages they know; layers that learn adapt them."
    ),
    Choice("fixed", "Nowhere", "Every layer keeps the averages it knows. Steadier with small batches."),
    Choice(
        "everywhere",
        "Everywhere",
        "Frozen layers adapt their averages to your pictures too. Hardly anything can then be computed only once.",
    ),
)
OPTIMIZERS = Table(
    "optimiser",
    Choice("adamw", "AdamW", "Adapts the step of each weight. The usual first choice."),
    Choice("sgd", "SGD with momentum", "Plain steps downhill with momentum. Needs a rate about ten times larger."),
    Choice("adam", "Adam", "AdamW's ancestor; weight decay acts differently."),
    Choice("rmsprop", "RMSprop", "Adapts the step of each weight without momentum."),
    Choice("lion", "Lion", "Steps of equal size in every weight. Needs a rate three to ten times smaller."),
)
SCHEDULES = Table(
    "schedule",
    Choice("cosine", "Cosine", "The rate falls smoothly to zero. The usual choice."),
    Choice("linear", "Linear", "The rate falls in a straight line to zero."),
    Choice("constant", "Constant", "The rate stays as it is."),
    Choice("step", "Steps", "The rate falls at once, a few times over the run."),
    Choice("one_cycle", "One cycle", "Climbs first, then falls to almost nothing. Needs no warm-up."),
    Choice(
        "plateau",
        "Lower when it stalls",
        "Falls when validation stops improving. When that is only the run can tell: what is drawn never falls.",
    ),
)
LOSSES = Table(
    "loss",
    Choice("cross_entropy", "Cross entropy", "Punishes a wrong answer the more, the surer it was. The usual choice."),
    Choice("focal", "Focal", "Looks less at what is right already, so that rare and hard pictures count more."),
    Choice("bce", "Binary cross entropy", "Asks of each class by itself whether it is there. For several classes."),
    Choice("mse", "Squared error", "For numbers: large errors count much more than small ones. The usual choice."),
    Choice("mae", "Absolute error", "For numbers: every error counts by its size, so that a few odd values do less."),
    Choice("huber", "Huber", "For numbers: squared error for small errors, absolute error for large ones."),
)
BINARY_OUTPUTS = Table(
    "form of two classes",
    Choice("softmax", "Two outputs", "One per class, as for more classes."),
    Choice("sigmoid", "One output", "How much the picture looks like the second class; the answers look the same."),
)
CLASS_WEIGHTS = Table(
    "class weighting",
    Choice("none", "By pictures", "Every picture counts the same; classes with many pictures count more."),
    Choice("balanced", "Balanced", "Pictures of rare classes count more, so that each class counts the same."),
)
FITS = Table(
    "fit",
    Choice("crop", "Cut out the middle square", "Keeps shapes as they are; the edges of long pictures are lost."),
    Choice("squash", "Squeeze into a square", "Keeps the whole picture; long pictures get distorted."),
)
POOLS = Table(
    "pooling",
    Choice("default", "As the model was pretrained", "The usual choice."),
    Choice("token", "Class token", "Only the token that the network keeps for the answer; some transformers have one."),
    Choice("avg", "Average", "Each feature's average over the picture: how much of it there is."),
    Choice(
        "max", "Largest", "Each feature's largest value: whether it is anywhere, for small things in large pictures."
    ),
    Choice("avgmax", "Mean of average and largest", "Something of both."),
    Choice("catavgmax", "Average and largest", "Both, side by side: twice as many numbers for the head."),
)
MONITORS = Table(
    "monitor", more=lambda: (Choice(score.name, score.label, score.help) for score in scores.every().values())
)
CACHES = Table(
    "cache setting",
    Choice("on", "On", "The frozen part looks at every picture once; epochs then take a fraction of the time."),
    Choice("off", "Off", "Every epoch sends every picture through the whole network."),
)
PREFIXES = Table(
    "engine of the frozen part",
    Choice("auto", "Fastest for the job", "PyTorch for small jobs; for larger ones what is faster, measured."),
    Choice("eager", "PyTorch", "No conversion."),
    Choice("openvino", "OpenVINO", "Converts once, in seconds; up to twice as fast, depending on the model."),
    Choice("onnxruntime", "ONNX Runtime", "Slower to convert than OpenVINO. Only if it is installed."),
)
AUTOCASTS = Table(
    "step precision",
    Choice("auto", "Fastest", "float32, or bfloat16 in long phases if that was measured to be faster here."),
    Choice("off", "float32", "The full precision, always."),
    Choice("on", "bfloat16", "Half the precision; faster only on processors and graphics cards made for it."),
)
COMPILES = Table(
    "compiler setting",
    Choice("off", "Off", "No compiling."),
    Choice("on", "Try", "Compiles with torch.compile, which takes a minute, and keeps it if steps became faster."),
)
PRECISIONS = Table(
    "precision",
    Choice("float16", "Half", "Half the disk; the difference is far below what a score can show."),
    Choice("float32", "Full", "Exactly the numbers of uncached training; twice the disk."),
)
FLIPS = Table(
    "mirroring",
    Choice("none", "Never", "For digits, text, and wherever left and right mean something."),
    Choice("horizontal", "Left and right", "For photographs: a cat that looks the other way is a cat."),
    Choice("vertical", "Up and down", "Rarely alone."),
    Choice("both", "Both ways", "For pictures from above or through a microscope, where no side is up."),
)
POLICIES = Table(
    "automatic policy",
    Choice("none", "None", "Only the switches above."),
    Choice("trivial", "TrivialAugment", "One further random change per view, of any kind and strength."),
    Choice("rand", "RandAugment", "A few further random changes per view, all of one strength."),
)
PRESETS = Table(
    "preset",
    Choice("quick", "Quick", "Only the head learns, few epochs. A first answer in under a minute on small data sets."),
    Choice("balanced", "Balanced", "The head first, then the last stage with it. A better model for some minutes."),
    Choice(
        "best",
        "Best",
        "More of the network learns, for longer, from twice the changed copies. The best model, slowest.",
    ),
)
