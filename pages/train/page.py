"""Train: start a training, watch it learn or fail, make a model of it. The work is done by processes of their own."""

import streamlit as st

from gan_core.runs import lifecycle, status
from pages.train import form, run_list, run_view
from pages.ui import gallery, share, url_params, url_rules
from pages.ui.limits import current_limits

NEW_VIEW, RUNS_VIEW = "New training", "Runs"

st.title("Train", anchor=False)
st.write(
    "GANs are easy to build and hard to train. Here one learns while you watch: on digits, on clothes, or on pictures"
    " of your own. Losses tell little, so look at the pictures; what goes wrong is said in plain words, with a remedy."
)
if not current_limits().is_owner:
    gallery.show_empty_state(
        "Not on a shared demo",
        "Training takes a machine for minutes or hours, so it is switched off where strangers share one. On a machine"
        " of your own, `python -m gan_core app` opens this page with everything on it.",
    )
    st.page_link("pages/how_it_works/page.py", label="Play the game of two networks here", icon=":material/school:")
    st.stop()

root = lifecycle.runs_root()
runs = {run.name: run for run in status.list_runs(root)}
run_list.select_started_run()
link_rules = {
    "view": url_rules.choice((NEW_VIEW, RUNS_VIEW)),
    "run": url_rules.choice(runs),
    "against": url_rules.choice(runs),
}
url_params.check_link("train", link_rules)
run_list.show_notices()

if "view" not in st.session_state:  # no default of the widget's: it changes with the first run
    requested_view = st.query_params.get("view")
    st.session_state["view"] = (
        requested_view if requested_view in (NEW_VIEW, RUNS_VIEW) else RUNS_VIEW if runs else NEW_VIEW
    )
view = st.segmented_control(
    "What to do", (NEW_VIEW, RUNS_VIEW), key="view", required=True, bind="query-params", label_visibility="collapsed"
)
if view == RUNS_VIEW and not runs:
    gallery.show_empty_state("No run yet", "Start a training, and it appears here, on this page in any tab.")
elif view == RUNS_VIEW:
    selected, against = run_list.run_picker(root, runs)
    run_view.run_dashboard(selected.folder, against.folder if against else None)
    state = {"view": RUNS_VIEW, "run": selected.name, "against": against.name if against else None}
    share.share_popover(
        url_params.build_link("train", state), "This link opens this run, for whoever reaches this machine:"
    )
else:
    form.training_form(root, busy=any(run.is_active for run in runs.values()))
    description = "This link opens the form for a new training. What is set in it, data included, stays here:"
    share.share_popover(url_params.build_link("train", {"view": NEW_VIEW}), description)
