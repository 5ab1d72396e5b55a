"""General English words that say something about a prompt, whatever a model was trained on."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NUMBER_WORDS = words(
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen twenty thirty forty"
    " fifty hundred thousand dozen dozens couple several many few both multiple various lots"
)
GROUP_WORDS = words(
    "bunch bouquet pile piles stack heap group row rows crowd field fields meadow garland wreath lot assortment"
)
MAX_COUNT = 50  # a higher number is a name, a size or a year: "501 jeans"
UNIT_WORDS = words("size sizes age aged us uk eu no number nr year years model")  # before or after a figure

NEGATIONS = words(
    "not no without never neither nor none except excluding minus isnt arent wasnt werent dont doesnt didnt cant cannot"
    " wont shouldnt mustnt hasnt havent aint"
)

CONJUNCTIONS = words("and or plus but")
PREPOSITIONS = words(
    "on in at by under over above below beside besides behind near next between against inside outside into onto from"
    " to through around among across along with for of within upon holding wearing riding eating sitting standing"
    " playing carrying during before after"
)
# What stands after one of these is a thing of its own where it has an article or a colour: "a shirt with a tie".
COMPANION_PREPOSITIONS = words(
    "with on beside besides near next under over above below behind against between holding wearing carrying"
)
DETERMINERS = words("a an the this that these those my your his her its our their some any another each")

STOP_WORDS = DETERMINERS | words(
    "i me you he she it we they them us who whom whose which what there here is am are was were be been being do does"
    " did done have has had having will would can could should shall may might must let lets please thanks thank hello"
    " hi hey want wants wanted need needs like love draw drawn paint painted show shown make made create generate give"
    " get got see look looking looks take find picture pictures photo photos photograph photography image images"
    " product portrait drawing render shot closeup close up one single just only really very quite too also so such"
    " rather more most much little bit simple nice beautiful lovely pretty cute cool awesome amazing great good best"
    " perfect gorgeous stunning wonderful fine new piece item kind type sort style colour color coloured colored"
    " colours colors looking thing things something anything somebody someone maybe perhaps if then than when while"
    " because about all every own other same pair pairs coming called named detailed realistic beautifully hd 4k high"
    " quality highly resolution painting"
)

BASIC_COLOUR_WORDS = words(
    "black white grey gray red green blue yellow orange brown pink purple violet beige cream crimson scarlet maroon"
    " burgundy navy turquoise teal cyan magenta golden gold silver ivory lilac lavender indigo peach coral salmon khaki"
    " olive mauve fuchsia charcoal bronze copper multicolour multicolor multicoloured multicolored colourful colorful"
    " rainbow aqua mint lime emerald ruby sapphire amber ebony reddish bluish"
    " greenish yellowish pinkish purplish whitish blackish"
)
BACKGROUND_WORDS = words("background backdrop")
COLOUR_MODIFIERS = words("light dark deep pale bright pastel neon hot vivid dull soft")

ALL_WORDS = NUMBER_WORDS | GROUP_WORDS | NEGATIONS | CONJUNCTIONS | PREPOSITIONS | STOP_WORDS | BASIC_COLOUR_WORDS
