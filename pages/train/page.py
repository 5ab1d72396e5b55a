"""Train: start a training, watch it learn or fail, make a model of it. The work is done by processes of their own."""

import streamlit as st

from gan_core.runs import lifecycle, status
from pages.train import form, run_list, run_view
from pages.ui import gallery, share, url_params
from pages.ui.limits import limits

NEW, WATCH = "New training", "Runs"

st.title("Train", anchor=False)
st.write(
    "GANs are easy to build and hard to train. Here one learns while you watch: on digits, on clothes, or on pictures"
    " of your own. Losses tell little, so look at the pictures; what goes wrong is said in plain words, with a remedy."
)
if not limits().owner:
    gallery.nothing(
        "Not on a shared demo",
        "Training takes a machine for minutes or hours, so it is switched off where strangers share one. On a machine"
        " of your own, `python -m gan_core app` opens this page with everything on it.",
    )
    st.page_link("pages/how_it_works/page.py", label="Play the game of two networks here", icon=":material/school:")
    st.stop()

root = lifecycle.runs_root()
known = {each.name: each for each in status.list_runs(root)}
run_list.open_what_was_started()
url_params.say(
    url_params.check(
        {"view": url_params.one_of((NEW, WATCH)), "run": url_params.one_of(known), "against": url_params.one_of(known)}
    )
)
run_list.gone_and_back()

if "view" not in st.session_state:  # no default of the widget's: it changes with the first run
    asked = st.query_params.get("view")
    st.session_state["view"] = asked if asked in (NEW, WATCH) else WATCH if known else NEW
view = st.segmented_control(
    "What to do", (NEW, WATCH), key="view", required=True, bind="query-params", label_visibility="collapsed"
)
if view == WATCH and not known:
    gallery.nothing("No run yet", "Start a training, and it appears here, on this page in any tab.")
elif view == WATCH:
    chosen, against = run_list.choose(root, known)
    run_view.board(chosen.folder, against.folder if against else None)
    state = {"view": WATCH, "run": chosen.name, "against": against.name if against else None}
    share.share(
        url_params.share_link("train", "", state), "This link opens this run, for whoever reaches this machine:"
    )
else:
    form.ask(root, busy=any(each.is_active for each in known.values()))
    about = "This link opens the form for a new training. What is set in it, data included, stays here:"
    share.share(url_params.share_link("train", "", {"view": NEW}), about)
