"""The words of the trade, each in a few plain sentences: one place that forms, pages and the Glossary page read.

A term names the settings that it explains; their defaults, ranges and choices stay in ``settings``.
"""

from dataclasses import dataclass
from functools import cache

from ftcore import settings as s
from ftcore.errors import SettingsError
from ftcore.settings import fields


@dataclass(frozen=True)
class Term:
    """One entry.

    Args:
        name: Its anchor on the page: a-z and hyphens; never changed.
        title: What people call it.
        text: Two to four plain sentences.
        related: Names of other terms.
        settings: Keys of the settings that it explains, as ``settings.fields`` has them.
    """

    name: str
    title: str
    text: str
    related: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explained:
    """A setting as the glossary lists it.

    Args:
        key: As ``settings.with_value`` takes it.
        label: What forms call it.
        help: Its one sentence.
        default: In words.
        range: In words, empty where any text will do.
        choices: Label and sentence of each choice, empty where it is no choice.
    """

    key: str
    label: str
    help: str
    default: str
    range: str
    choices: tuple[tuple[str, str], ...]


def find(name: str) -> Term:
    """The term of a name. Raises SettingsError if there is none."""
    if name not in TERMS:
        raise SettingsError(f"The glossary has no term {name!r}.", fix="Search the glossary for another word.")
    return TERMS[name]


def of_setting(key: str) -> Term | None:
    """The term that explains a setting, or None where nobody has written one yet."""
    return _by_setting().get(key)


def search(text: str) -> list[Term]:
    """Terms by title that hold every word of ``text``, those with a match in the title first; all for an empty text."""
    wanted = text.casefold().split()

    def holds(term: Term) -> bool:
        labels = " ".join(explained(key).label for key in term.settings)
        content = f"{term.title} {term.text} {labels}".casefold()
        return all(word in content for word in wanted)

    def rank(term: Term) -> tuple[bool, str]:
        return (not all(word in term.title.casefold() for word in wanted), term.title.casefold())

    return sorted(filter(holds, TERMS.values()), key=rank)


def explained(key: str) -> Explained:
    """Default, range and choices of a setting, in words."""
    field = fields.of(key)
    table = field.choices
    return Explained(
        key=key,
        label=field.label,
        help=field.help,
        default=s.in_words(key, field.default),
        range=s.range_in_words(key),
        choices=tuple((table[name].label, table[name].help) for name in table) if table is not None else (),
    )


@cache
def _by_setting() -> dict[str, Term]:
    return {key: term for term in TERMS.values() for key in term.settings}


def _terms(*terms: Term) -> dict[str, Term]:
    return {term.name: term for term in terms}


TERMS: dict[str, Term] = _terms(
    # pictures
    Term(
        "data-set",
        "Data set",
        "A collection of pictures, each with the answer that the model is to give. It is divided into training, "
        "validation and test pictures. How well a model becomes depends more on the pictures than on any setting.",
        ("class", "training-pictures", "label"),
    ),
    Term(
        "class",
        "Class",
        "One of the things that the model tells apart, such as *ripe* and *unripe*. A model can only ever name "
        "classes that it was shown; of anything else it names the one that looks most alike.",
        ("label", "class-weights", "head"),
    ),
    Term(
        "task",
        "Task",
        "What the model is to say about a picture: one class, several classes at once, or numbers such as a weight. "
        "It follows from the labels, and decides which losses and scores make sense.",
        ("label", "loss", "outputs-for-two-classes", "huber-loss"),
    ),
    Term(
        "label",
        "Label",
        "The answer that a person gave for a picture, usually its class. The model learns labels as they are, "
        "mistakes included; a few wrong ones do little harm in training and much harm among test pictures.",
        ("class", "label-smoothing"),
    ),
    Term(
        "training-pictures",
        "Training pictures",
        "The pictures that the model learns from. It sees each of them once in every epoch. Scores on them say "
        "little, because a model can learn them by heart.",
        ("validation-pictures", "test-pictures", "epoch", "overfitting"),
    ),
    Term(
        "validation-pictures",
        "Validation pictures",
        "Pictures that the model never learns from. After every epoch they tell how it is going, and which epoch was "
        "the best. As choices are made by them, the score on them is a little too good.",
        ("training-pictures", "test-pictures", "monitor"),
    ),
    Term(
        "test-pictures",
        "Test pictures",
        "Pictures that are locked away until the end and decide nothing. The score on them is the honest one: what to "
        "expect of pictures that the model has never seen. Each further look at it makes it a little less honest.",
        ("validation-pictures", "interval"),
    ),
    Term(
        "leak",
        "Leak",
        "The same picture, or nearly the same, among both training and test pictures. The model then recognises "
        "instead of understanding, and the test score promises too much.",
        ("test-pictures", "overfitting"),
    ),
    # the network
    Term(
        "network",
        "Network",
        "A chain of layers that turns the pixels of a picture into an answer. Early layers see edges and colours, "
        "later ones shapes, the last ones whole things. What each layer does is decided by its parameters.",
        ("parameter", "backbone", "head", "layer-group"),
        ("model.name",),
    ),
    Term(
        "parameter",
        "Parameter",
        "One of the millions of numbers inside a network; learning means changing them. They are also called weights. "
        "A network with more parameters can see more, needs more pictures and takes longer.",
        ("network", "pretrained", "optimiser"),
    ),
    Term(
        "pretrained",
        "Pretrained",
        "A network that has already learned from millions of pictures, mostly photographs. It knows edges, textures "
        "and shapes, so that yours only has to learn what is special about your pictures. Without that, hundreds of "
        "times as many pictures are needed.",
        ("fine-tuning", "backbone", "own-weights"),
        ("model.pretrained",),
    ),
    Term(
        "fine-tuning",
        "Fine-tuning",
        "Going on with the training of a pretrained network on pictures of your own. Small steps keep what it knows; "
        "steps that are too large make it forget.",
        ("pretrained", "freezing", "learning-rate", "forgetting"),
    ),
    Term(
        "forgetting",
        "Forgetting",
        "A network that learns too fast from too few pictures loses what it knew from millions of others. Freezing "
        "its early layers, a small learning rate and a warm-up are the means against it.",
        ("freezing", "learning-rate", "warm-up", "l2-sp"),
    ),
    Term(
        "backbone",
        "Backbone",
        "All of the network but its last layer: the part that sees. It is taken over from pretraining, and turns each "
        "picture into a list of features.",
        ("head", "features", "pretrained"),
    ),
    Term(
        "head",
        "Head",
        "The last layer of the network, which turns features into your classes. It is new for every data set and "
        "begins with random numbers, so it always learns, and at the highest rate.",
        ("backbone", "freezing", "features"),
    ),
    Term(
        "outputs-for-two-classes",
        "Outputs for two classes",
        "Two classes can be told apart by two outputs, one for each, or by one that says how much the picture looks "
        "like the second. The answers look the same and are about equally good.",
        ("class", "head"),
        ("model.binary",),
    ),
    Term(
        "head-layers",
        "Hidden layers of the head",
        "A head may have a layer or two of its own between the features and the answer. It can then combine features, "
        "which helps when nothing but the head learns, and it learns by heart more easily.",
        ("head", "dropout"),
        ("model.head_layers", "model.head_width", "model.head_dropout"),
    ),
    Term(
        "features",
        "Features",
        "The list of numbers by which the backbone describes a picture. Pictures that look alike have similar "
        "features; the head, the map of pictures and the search for copies all work on them.",
        ("backbone", "head"),
    ),
    Term(
        "own-weights",
        "Own weights",
        "Parameters of a network that come from a file of yours or from an earlier run instead of from pretraining. "
        "Train further where a run ended, or carry what it learned to other pictures.",
        ("pretrained", "parameter"),
        ("model.start",),
    ),
    Term(
        "image-size",
        "Image size",
        "The side of the square, in pixels, to which every picture is resized before the network sees it. Twice the "
        "side means four times the pixels and about four times the time. Go up when what matters is small in the "
        "picture.",
        ("fit", "network"),
        ("model.image_size",),
    ),
    Term(
        "fit",
        "Fit",
        "Networks read squares, pictures are seldom square. Either the middle is cut out, which loses the edges, or "
        "the whole picture is squeezed, which distorts shapes.",
        ("image-size",),
        ("model.fit",),
    ),
    Term(
        "pooling",
        "Pooling",
        "Layers see a picture as a grid of places; pooling makes one list of features of it. The average asks how "
        "much of something there is, the maximum whether it is anywhere.",
        ("features", "head"),
        ("model.pool",),
    ),
    Term(
        "licence",
        "Licence",
        "What the makers of pretrained weights allow you to do with them. Some forbid commercial use; the code around "
        "them may have another licence.",
        ("pretrained",),
    ),
    # freezing
    Term(
        "freezing",
        "Freezing",
        "Layers that are frozen keep their parameters as they are. What a frozen layer knows cannot be forgotten, and "
        "it has to look at each picture only once, which makes training many times faster. The fewer pictures you "
        "have, and the more they are like photographs, the more may be frozen.",
        ("computed-once", "layer-group", "gradual-unfreezing", "forgetting"),
        ("freeze.preset",),
    ),
    Term(
        "layer-group",
        "Layer group",
        "Layers at one depth of the network, frozen or trained together. Group by group one decides how much of the "
        "network may change, counted from the head.",
        ("freezing", "layer-decay"),
    ),
    Term(
        "gradual-unfreezing",
        "Gradual unfreezing",
        "First the head learns alone, then one further part of the network after the other. By the time the deeper "
        "layers may move, the head is no longer random and does not pull them in wrong directions.",
        ("freezing", "phase", "head"),
        ("freeze.gradual",),
    ),
    Term(
        "phase",
        "Phase",
        "A stretch of epochs in which the same part of the network learns. Each phase has an optimiser of its own and "
        "goes through the learning rate's schedule from the beginning.",
        ("gradual-unfreezing", "schedule", "epoch"),
        (
            "freeze.unfreeze",
            "freeze.every",
            "freeze.phases",
        ),
    ),
    Term(
        "layer-decay",
        "Rate decay per layer group",
        "Early layers see what all pictures have in common and should change less than late ones. With a decay of 0.8 "
        "each group learns at 0.8 times the rate of the group after it; with 1 all learn alike.",
        ("learning-rate", "layer-group"),
        ("freeze.layer_decay",),
    ),
    Term(
        "body-share",
        "Rate of pretrained layers",
        "The head is new and has everything to learn; the layers before it know most of it already. So they learn at a "
        "share of the head's rate, usually a fifth. With 1 they learn as fast as the head and forget more.",
        ("learning-rate", "layer-decay", "forgetting"),
        ("freeze.body_share",),
    ),
    Term(
        "batch-norm",
        "Batch normalisation",
        "A layer that keeps running averages of what it sees and shifts its input by them. In frozen layers these "
        "averages stay as they are: else a frozen network would still change.",
        ("freezing", "batch-size"),
        ("freeze.batch_norm",),
    ),
    Term(
        "lora",
        "Low-rank adapter",
        "A small addition beside a frozen layer that learns in its place. It has a hundredth of the layer's "
        "parameters, costs little memory, and is merged into the layer when the model is taken away.",
        ("freezing", "parameter"),
        ("freeze.lora_rank", "freeze.lora_alpha"),
    ),
    # views
    Term(
        "view",
        "View",
        "A changed copy of a training picture: turned a little, brighter, cut closer. The model learns from views "
        "that such changes do not matter. Validation and test pictures are never changed.",
        ("augmentation", "overfitting", "fresh-views"),
        ("augment.views",),
    ),
    Term(
        "augmentation",
        "Augmentation",
        "Making changed copies of the training pictures, so that few pictures go further. Every change must leave the "
        "answer true: a mirrored cat is a cat, a mirrored *b* is a *d*.",
        ("view", "mirroring", "overfitting"),
        ("augment.strength",),
    ),
    Term(
        "fresh-views",
        "Fresh views",
        "New views in every epoch instead of a fixed number that is drawn once. They teach a little more, but frozen "
        "layers then have to look at every picture again in each epoch.",
        ("view", "computed-once"),
        ("augment.fresh",),
    ),
    Term(
        "mirroring",
        "Mirroring",
        "Showing half of the views with left and right, or up and down, exchanged. Right for most photographs; wrong "
        "for text, digits, and wherever the side is the answer.",
        ("augmentation",),
        ("augment.flip",),
    ),
    Term(
        "turn-shift-zoom",
        "Turning, shifting, zooming",
        "Views in which the thing stands a little askew, beside the middle, nearer or farther. They teach that its "
        "place and its size are not the answer. Turn by 180 degrees where no side is up, as under a microscope.",
        ("augmentation", "mirroring"),
        ("augment.rotate", "augment.shift", "augment.zoom"),
    ),
    Term(
        "light-and-colour",
        "Light and colour",
        "Views that are brighter, darker, paler or more colourful. They teach that the light of the day is not the "
        "answer. Keep the amount low where a shade is what tells the classes apart.",
        ("augmentation",),
        ("augment.colour",),
    ),
    Term(
        "blur-and-noise",
        "Blur and noise",
        "Views that are out of focus or grainy. Useful where the model will meet worse cameras than the one that took "
        "your pictures.",
        ("augmentation",),
        ("augment.blur", "augment.noise"),
    ),
    Term(
        "cutout",
        "Cutout",
        "Views in which a grey square hides a part of the picture. The model cannot lean on a single detail and "
        "learns to use the whole.",
        ("augmentation", "dropout"),
        ("augment.cutout",),
    ),
    Term(
        "augmentation-policy",
        "Automatic policy",
        "A ready recipe that applies further random changes, chosen by researchers on photographs. It saves trying "
        "out switches; it may do things to your pictures that change the answer, so look at the preview.",
        ("augmentation",),
        ("augment.policy", "augment.rand_ops", "augment.rand_magnitude"),
    ),
    Term(
        "mixup",
        "Mixup and CutMix",
        "Two training pictures are laid over each other, or a piece of one is pasted into the other, and the answer "
        "is mixed in the same shares. The model becomes less sure of itself and learns less by heart. It helps in "
        "long trainings and hardly in short ones.",
        ("augmentation", "label-smoothing", "overfitting"),
        (
            "train.mixup",
            "train.cutmix",
            "train.mixup_switch_prob",
        ),
    ),
    # training
    Term(
        "epoch",
        "Epoch",
        "One pass over all training pictures. After it the model is checked on the validation pictures. Too few "
        "epochs and it has not learned enough, too many and it learns by heart; the best one is kept.",
        ("step", "overfitting", "patience"),
        ("train.epochs",),
    ),
    Term(
        "step",
        "Step",
        "The model answers for one batch of pictures, and its parameters are moved so that the answers would have "
        "been a little better. An epoch has as many steps as there are batches.",
        ("batch-size", "learning-rate", "gradient"),
    ),
    Term(
        "batch-size",
        "Batch size",
        "How many pictures go into one step. Large batches give steady steps and need more memory; small ones are "
        "noisy, which is not always bad. With another batch size another learning rate suits best.",
        ("step", "learning-rate"),
        ("train.batch_size",),
    ),
    Term(
        "learning-rate",
        "Learning rate",
        "How far the parameters move in each step. It is the setting that matters most: ten times too high and "
        "training explodes, ten times too low and nothing happens. Change it by factors of two or three, not by "
        "adding.",
        ("learning-rate-finder", "schedule", "optimiser", "exploding"),
        ("train.lr",),
    ),
    Term(
        "learning-rate-finder",
        "Learning-rate finder",
        "Tries a hundred rates from tiny to huge, one step each, and watches the loss. The rate at which the loss "
        "falls fastest is a good one to train with. The trial uses a copy of the model, so the run that follows does "
        "not notice it.",
        ("learning-rate", "loss"),
    ),
    Term(
        "optimiser",
        "Optimiser",
        "The rule by which parameters are moved: how far, in which direction, with how much memory of earlier steps. "
        "AdamW is a safe choice; the others want other learning rates.",
        ("learning-rate", "weight-decay", "gradient"),
        ("train.optimizer", "train.eps"),
    ),
    Term(
        "momentum",
        "Momentum",
        "A share of each step goes on into the next, as a ball keeps rolling. Steps in one direction add up and those "
        "to and fro cancel out. At 0.9 a step is about ten times as long in the end, so more momentum wants a lower "
        "learning rate.",
        ("optimiser", "gradient", "learning-rate"),
        ("train.momentum", "train.nesterov"),
    ),
    Term(
        "moving-average-of-gradients",
        "Memory of the optimiser (beta, alpha)",
        "Adam and its kin remember the direction of past gradients and their size, and RMSprop their size alone. At "
        "0.9 they look back over about ten steps, at 0.999 over a thousand. In a run of few steps a shorter memory of "
        "the size can help.",
        ("optimiser", "momentum", "gradient"),
        ("train.beta1", "train.beta2", "train.rmsprop_alpha"),
    ),
    Term(
        "schedule",
        "Schedule",
        "How the learning rate changes over the run. Large steps at first find the region, small ones at the end find "
        "the spot. It is drawn on the Settings page before you start.",
        ("learning-rate", "warm-up", "phase"),
        ("train.schedule",),
    ),
    Term(
        "step-schedule",
        "Steps (schedule)",
        "A schedule in which the learning rate stays, then falls at once, then stays again. How often it falls and how "
        "far is set. It is the oldest schedule and easy to read in a chart.",
        ("schedule", "plateau", "learning-rate"),
        ("train.step_parts", "train.step_factor"),
    ),
    Term(
        "one-cycle",
        "One cycle (schedule)",
        "A schedule that climbs from a low rate to the learning rate and then falls far below where it began. It "
        "bears high rates and needs no warm-up. How long it climbs, where it begins and where it ends is set.",
        ("schedule", "warm-up", "learning-rate"),
        ("train.one_cycle_pct_start", "train.one_cycle_div_factor", "train.one_cycle_final_div_factor"),
    ),
    Term(
        "warm-up",
        "Warm-up",
        "The first steps, in which the learning rate climbs from almost nothing. The new head is random at first, and "
        "large steps by its word would do harm.",
        ("schedule", "forgetting"),
        ("train.warmup",),
    ),
    Term(
        "plateau",
        "Lower the rate when it stalls",
        "A schedule that watches the validation pictures: when several epochs in a row bring nothing better, the "
        "learning rate falls to a share of what it was. Smaller steps often find a way on where larger ones went past "
        "it.",
        ("schedule", "learning-rate", "patience"),
        ("train.plateau_factor", "train.plateau_patience"),
    ),
    Term(
        "gradient",
        "Gradient",
        "For every parameter, the direction in which the loss grows. A step goes the other way. Its length says how "
        "steep the ground is.",
        ("step", "gradient-clipping"),
    ),
    Term(
        "gradient-clipping",
        "Gradient clipping",
        "Shortens gradients that are longer than a limit. A single odd batch then cannot throw the model far off. It "
        "is a seat belt: without effect as long as nothing happens.",
        ("gradient", "exploding"),
        ("train.clip",),
    ),
    Term(
        "exploding",
        "Exploding",
        "The loss grows without end, because each step overshoots more than the one before. The cure is a lower "
        "learning rate, more warm-up, or gradient clipping.",
        ("learning-rate", "warm-up", "gradient-clipping"),
    ),
    Term(
        "loss",
        "Loss",
        "One number for how wrong the model is, and how sure of it; training makes it small. Unlike accuracy it also "
        "changes when an answer stays the same and only becomes surer.",
        ("accuracy", "focal-loss", "label-smoothing"),
        ("train.loss",),
    ),
    Term(
        "focal-loss",
        "Focal loss",
        "A loss that looks away from pictures which are right already, so that rare and hard ones count more. Its "
        "strength says how far: 0 is plain cross entropy, 2 is usual.",
        ("loss", "class-weights"),
        ("train.focal_gamma",),
    ),
    Term(
        "huber-loss",
        "Huber loss",
        "A loss for numbers: small errors count by their square, large ones only in proportion, so that a few wrong "
        "labels or odd pictures do not pull everything their way. Its border says where large begins.",
        ("loss",),
        ("train.huber_delta",),
    ),
    Term(
        "class-weights",
        "Class weights",
        "Where one class has a hundred times the pictures of another, a model does well by never naming the rare one. "
        "Balanced weights make each class count the same. The rare class is then found more often, and named wrongly "
        "more often too.",
        ("class", "focal-loss", "recall"),
        ("train.class_weights",),
    ),
    Term(
        "label-smoothing",
        "Label smoothing",
        "The model is told to be 95 % sure of a label instead of 100 %. It then gives safer percentages and is hurt "
        "less by labels that are wrong.",
        ("label", "calibration", "loss"),
        ("train.label_smoothing",),
    ),
    # against learning by heart
    Term(
        "overfitting",
        "Learning by heart (overfitting)",
        "The model gets better on training pictures and worse on others: it remembers instead of understanding. More "
        "pictures help most; then views, freezing more, fewer epochs, and the settings against it.",
        ("view", "freezing", "dropout", "weight-decay"),
    ),
    Term(
        "underfitting",
        "Not learning enough (underfitting)",
        "The model is not good even on the training pictures. More epochs, a higher learning rate, freezing less or a "
        "larger network are the means against it.",
        ("overfitting", "learning-rate", "freezing"),
    ),
    Term(
        "dropout",
        "Dropout",
        "In each training step a random share of the features is hidden from the head, so that it cannot lean on a "
        "few of them. When the model is used, nothing is hidden.",
        ("overfitting", "head", "drop-path"),
        ("model.dropout",),
    ),
    Term(
        "drop-path",
        "Drop path",
        "In each training step whole layers are skipped at random. It works against learning by heart in deep "
        "networks of which much is trained; frozen layers are never skipped.",
        ("dropout", "overfitting"),
        ("model.drop_path",),
    ),
    Term(
        "weight-decay",
        "Weight decay (L2)",
        "Each step pulls all parameters a little towards zero, so that only those stay large that are really needed. "
        "It works against learning by heart. Values from 0.001 to 0.1 are usual.",
        ("overfitting", "l1", "l2-sp"),
        ("train.weight_decay",),
    ),
    Term(
        "l1",
        "L1 penalty",
        "A pull towards zero of the same strength for small and large parameters, so that many become exactly zero. "
        "Rarely needed beside weight decay.",
        ("weight-decay",),
        ("train.l1",),
    ),
    Term(
        "l2-sp",
        "Pull towards the pretrained weights (L2-SP)",
        "Weight decay pulls towards zero; this pulls towards what the network knew before. It lets deep layers learn "
        "without forgetting.",
        ("weight-decay", "forgetting"),
        ("train.l2_sp",),
    ),
    Term(
        "ema",
        "Weight averaging (EMA)",
        "Beside the model that learns, a moving average of its parameters is kept, and that average is the model you "
        "get. It smooths out the zigzag of the last steps, and pays off in longer runs.",
        ("parameter", "step"),
        ("train.ema", "train.ema_warmup"),
    ),
    Term(
        "monitor",
        "Best epoch by",
        "The number, measured on validation pictures, that decides which epoch was the best; that epoch's model is "
        "the one you get. Accuracy asks how many answers are right, the loss also how sure they are.",
        ("validation-pictures", "accuracy", "loss", "patience"),
        ("train.monitor",),
    ),
    Term(
        "patience",
        "Patience (early stopping)",
        "How many epochs in a row may bring nothing better before training stops by itself. It saves time when you "
        "have asked for more epochs than are needed; the best epoch is kept in any case.",
        ("epoch", "monitor"),
        ("train.patience",),
    ),
    # how the work is done
    Term(
        "computed-once",
        "Computed once (cache)",
        "A frozen layer gives the same answer to the same picture in every epoch. So the frozen part looks at each "
        "picture a single time, what it saw is kept on disk, and epochs start from there: the same model, many times "
        "faster. What is kept can be deleted at any time and is shared by all runs.",
        ("freezing", "view", "kept-precision"),
        ("engine.cache", "engine.cache_gb"),
    ),
    Term(
        "prefix-engine",
        "Engine of the frozen part",
        "The program that computes the frozen part. PyTorch begins at once; OpenVINO and ONNX Runtime first convert "
        "it, which takes seconds and pays off for many pictures. Answers agree to a thousandth.",
        ("computed-once", "freezing"),
        ("engine.prefix",),
    ),
    Term(
        "step-precision",
        "Precision of steps",
        "Numbers can be computed with 32 bits or, on processors made for it, with 16 bits and about twice as fast. "
        "What is faster here is measured; the model is as good either way.",
        ("compiling", "kept-precision"),
        ("engine.autocast",),
    ),
    Term(
        "compiling",
        "Compiling",
        "PyTorch can rewrite the training step for this very processor. That takes a minute and is kept only if steps "
        "became faster.",
        ("step-precision",),
        ("engine.compile",),
    ),
    Term(
        "kept-precision",
        "Precision of what is kept",
        "What frozen layers saw is kept on disk with 16 or 32 bits per number. Half the bits take half the disk, and "
        "the difference is far below what a score can show.",
        ("computed-once",),
        ("engine.precision",),
    ),
    Term(
        "threads",
        "Processor threads",
        "How many cores of the processor work at once. Fewer leave room for other programs and make training slower.",
        ("step",),
        ("train.threads",),
    ),
    Term(
        "seed",
        "Seed",
        "Where the random numbers of a run start: the order of the pictures, the changes in views, the first values "
        "of the head. The same seed gives the same numbers again. Two seeds differ by luck; compare settings by more "
        "than one seed before you believe a small difference.",
        ("run", "interval"),
        ("seed",),
    ),
    Term(
        "run",
        "Run",
        "One training with its settings, curves, scores and model. It goes on when you close the page, can be stopped "
        "and resumed, and stays in the list of runs until you delete it.",
        ("epoch", "seed", "preset"),
    ),
    Term(
        "preset",
        "Preset",
        "A name for a whole set of settings that fits your pictures. It is a start: every value may be changed "
        "afterwards, and the differences from it can be listed.",
        ("run",),
    ),
    # scores
    Term(
        "accuracy",
        "Accuracy",
        "The share of pictures for which the answer is right. Where one class has 90 % of the pictures, 90 % is what "
        "one gets without looking: then see the scores class by class.",
        ("recall", "interval", "loss"),
    ),
    Term(
        "recall",
        "Precision and recall",
        "Recall of a class: of the pictures that are truly of it, how many were found. Precision: of those that the "
        "model called so, how many truly are. One can be raised at the price of the other; F1 is a mean of both.",
        ("accuracy", "confusion", "class-weights"),
    ),
    Term(
        "confusion",
        "Confusion matrix",
        "A table of true classes against answers. The diagonal holds what is right; every other cell says which class "
        "was taken for which, and how often.",
        ("recall", "class"),
    ),
    Term(
        "interval",
        "Interval (95 %)",
        "A score on a hundred pictures could have come out a few per cent otherwise with another hundred. In 95 of "
        "100 cases the true value lies in the interval. If the intervals of two models overlap widely, either may be "
        "the better one.",
        ("test-pictures", "seed"),
    ),
    Term(
        "calibration",
        "Calibration",
        "Whether percentages mean what they say: of all answers given with 80 %, about 80 of 100 should be right. "
        "Networks tend to be too sure of themselves.",
        ("label-smoothing", "loss"),
    ),
    Term(
        "bundle",
        "Bundle",
        "What you take away: weights, classes, how pictures are prepared, and scores, in one ZIP file. It holds "
        "everything that is needed to use the model elsewhere.",
        ("run", "parameter"),
    ),
)
