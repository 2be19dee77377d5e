"""Start: what this is, two ways in, and my runs."""

import streamlit as st

from pages.components import shell
from pages.components.dataset import import_job
from pages.components.run import run_list


@shell.page
def show() -> None:
    """A welcome, two ways in, and the latest runs."""
    st.title("Teach a computer to see what you see")
    st.markdown(
        "Bring pictures sorted into classes, such as *ripe* and *unripe*. A network that has already seen millions of "
        "pictures learns yours in minutes, on this computer, without a graphics card. You watch it learn, see honestly "
        "how good it is, try it, and take the finished model with you."
    )
    st.image(
        str(shell.FOLDER / "components" / "workflow.svg"),
        width="stretch",
        alt="The way from pictures to a model: Dataset, Model, Settings, Train, Try.",
    )

    left, right = st.columns(2)
    with left, st.container(border=True):
        st.markdown("##### :material/bolt: Try it with sample pictures")
        st.markdown("1,797 small pictures of handwritten digits. Every step is filled in for you; just press on.")
        if st.button("Start with the digits", type="primary", key="start_sample"):
            import_job.submit_sample("digits")
    with right, st.container(border=True):
        st.markdown("##### :material/photo_library: Use my own pictures")
        st.markdown("A ZIP or a folder with one folder per class. Nothing leaves this computer.")
        if st.button("Choose my pictures", key="start_own"):
            shell.go("dataset", dataset=None, run=None, **{"import": None})

    st.subheader("My runs")
    run_list.show(n_shown=5)


show()
