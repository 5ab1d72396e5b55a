"""Samples: any generator, many seeds; two pictures and the way between them; two models side by side; the critic."""

import streamlit as st

from gan_core.errors import InputError
from pages.samples import drawing
from pages.ui import downloads, gallery, model_cache, share, url_params, widgets

ANY = "any"
NONE = "none"
OPENING = "mnist-dcgan"
STEPS = 9

st.title("Samples", anchor=False)
st.write("One seed, one picture: what each network draws when it is given nothing but random numbers.")

known = model_cache.catalogue()
if not known:
    gallery.nothing(
        "No models yet",
        "The folder of checkpoints is empty. Train a model with `python -m gan_core train`, publish it with"
        " `python -m gan_core export`, and it appears here.",
    )
    st.stop()

names = list(known)
every_class = {label for each in known.values() for label in each.description.classes}
url_params.say(
    url_params.check(
        widgets.checks()
        | {
            "model": url_params.one_of(names),
            "against": url_params.one_of([NONE, *names]),
            "label": (lambda text: text in every_class | {ANY}, "a label of the model"),
            "critic": url_params.one_of(["true", "false"]),
            "pick": drawing.pick_check(),
        }
    )
    + url_params.check_weights(known)
)

# What to draw --------------------------------------------------------------------------------------------------------

opening = names.index(OPENING) if OPENING in names else 0
with st.container(border=True), st.grid(4, min_column_width=200):
    widgets.keep_valid("model", names)
    name = st.selectbox("Model", names, opening, key="model", bind="query-params")
    seed = widgets.seed_with_dice()
    count = widgets.count()
    truncation = widgets.truncation()
    checkpoint = known.get(name) or known[names[opening]]
    classes = checkpoint.description.classes if checkpoint.family.condition == "label" else ()
    label = ANY
    if classes:
        widgets.keep_valid("label", [ANY, *classes])
        label = st.selectbox("Label", [ANY, *classes], key="label", bind="query-params", help="Draw only these.")
    others = [NONE, *(each for each in names if each != checkpoint.name)]
    widgets.keep_valid("against", others)
    against = st.selectbox("Compare with", others, key="against", bind="query-params", help="The same seeds, there.")
    asked = st.toggle("Critic's opinion", key="critic", bind="query-params")
st.caption(drawing.describe(checkpoint))

state = {
    "model": checkpoint.name, "seed": seed, "count": count, "truncation": truncation,
    "label": label if classes and label != ANY else None, "against": against if against != NONE else None,
    "critic": "true" if asked else None, "pick": drawing.picked(count),
}  # fmt: skip
link = url_params.share_link("samples", checkpoint.weights_hash, state)
order = drawing.Order(checkpoint, widgets.seeds_from(seed, count), drawing.index(classes, label), truncation, link)

# The pictures --------------------------------------------------------------------------------------------------------

try:
    verdict = drawing.verdict(order) if asked else None
    pictures = drawing.draw(order, verdict)
    picks = drawing.picked(len(pictures))
    if against != NONE:
        left, right = st.columns(2)
        with left:
            st.subheader(checkpoint.name, anchor=False)
            gallery.show(pictures, f"{len(pictures)} pictures by {checkpoint.name}", chosen=picks)
        with right:
            other = drawing.Order(
                known[against], order.seeds, drawing.same_label(known[against], label), truncation, link
            )
            st.subheader(against, anchor=False)
            gallery.show(drawing.draw(other), f"The same seeds by {against}")
    else:
        gallery.show(pictures, f"{len(pictures)} pictures by {checkpoint.name}", chosen=picks)
    if verdict:
        st.info(verdict.words, icon=":material/gavel:")
except InputError as error:
    st.error(str(error))
    st.stop()
with st.container(horizontal=True):
    downloads.download(pictures, f"{checkpoint.name}-{seed}")
    share.share(link, copies=share.copies_of(pictures))

# The way between two -------------------------------------------------------------------------------------------------

st.header("From one to another", anchor=False)
st.write("Pick two pictures by their numbers, and the network draws what lies between them.")
drawing.pick(len(pictures))
if len(picks) == 2:
    between, pngs = drawing.between(order, picks, STEPS)
    way = f"The way from picture {picks[0]} to picture {picks[1]}"
    gallery.show(between, f"{way} in {STEPS} steps", "row")
    gallery.moving(downloads.animation(pngs, 1), pngs[0], f"{way}, there and back, as an animation")
    downloads.offer(
        "Animation (WebP)", lambda: downloads.animation(pngs), f"{checkpoint.name}-walk.webp", "image/webp",
        width="content", icon=":material/movie:",
    )  # fmt: skip
else:
    st.caption("Nothing is picked yet." if not picks else "One is picked; pick a second.")
