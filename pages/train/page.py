"""The page Train: start a training, watch it, and make a model of it. Trainings are processes of their own."""

import streamlit as st

from gan_core.runs import status, storage
from pages.train import form, moved_data, run_list, run_view
from pages.ui import gallery, share, url_params, url_rules
from pages.ui.limits import current_limits

NEW_VIEW, RUNS_VIEW = "New training", "Runs"

st.title("Train", anchor=False)
st.write(
    "GANs are easy to build and hard to train. Here one learns while you watch: on digits, on clothes, or on pictures"
    " of your own. Losses say little, so look at the pictures; what goes wrong is explained, and a remedy is offered."
)
if not current_limits().is_owner:
    gallery.show_empty_state(
        "Not on a shared demo",
        "Training takes a machine for minutes or hours, so it is switched off where strangers share one. On a machine"
        " of your own, `python -m gan_core app` opens this page with everything on it.",
    )
    st.page_link("pages/how_it_works/page.py", label="Play the game of two networks here", icon=":material/school:")
    st.stop()

root = storage.runs_root()
runs = {run.name: run for run in status.list_runs(root)}
run_list.select_started_run()
link_rules = {
    "view": url_rules.choice((NEW_VIEW, RUNS_VIEW)),
    "run": url_rules.choice(runs),
    "against": url_rules.choice(runs),
}
url_params.check_link("train", link_rules)
run_list.show_notices()

if "view" not in st.session_state:  # not the widget's default: that would change when the first run appears
    requested_view = st.query_params.get("view")
    default_view = RUNS_VIEW if runs else NEW_VIEW
    st.session_state["view"] = requested_view if requested_view in (NEW_VIEW, RUNS_VIEW) else default_view
view = st.segmented_control(
    "What to do", (NEW_VIEW, RUNS_VIEW), key="view", required=True, bind="query-params", label_visibility="collapsed"
)
if view == RUNS_VIEW and not runs:
    gallery.show_empty_state("No run yet", "Start a training, and it appears here, on this page in any tab.")
elif view == RUNS_VIEW:
    selected, against = run_list.run_picker(root, runs)
    moved_data.moved_data_form(selected, root)
    run_view.run_dashboard(selected.folder, against.folder if against else None)
    state = {"view": RUNS_VIEW, "run": selected.name, "against": against.name if against else None}
    share.share_popover(
        url_params.build_link("train", state), "This link opens this run, for everyone who can reach this machine:"
    )
else:
    form.training_form(root, busy=any(run.is_active for run in runs.values()))
    share.share_popover(
        url_params.build_link("train", {"view": NEW_VIEW}),
        "This link opens the form for a new training. What is set in it, data included, is not in the link:",
    )
