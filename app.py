"""Fine-tuning in the browser: page configuration and navigation. Start it with ``streamlit run app.py``."""

import streamlit as st

from pages.components import shell

st.set_page_config(page_title="Fine-tune", page_icon=":material/model_training:", layout="wide")
shell.run()
