"""Plotly charts that change while one looks at them.

``st.plotly_chart`` takes its identity from the whole figure, so every update mounts a new chart: it blinks and zoom is
lost. Two small components mend that: one brings plotly.js to the browser once, the other keeps its element and calls
``Plotly.react`` on it.
"""

import plotly.graph_objects as go
import plotly.offline
import streamlit as st

_LIBRARY_JS = "export default function () {}\n"
_CHART_JS = """
export default function ({ parentElement, data }) {
  let plot = parentElement.querySelector(".live-plot");
  if (!plot) {
    plot = document.createElement("div");
    plot.className = "live-plot";
    plot.setAttribute("role", "img");
    parentElement.appendChild(plot);
    window.livePlotMounts = (window.livePlotMounts || 0) + 1;
  }
  plot.setAttribute("aria-label", data.alt);
  const figure = JSON.parse(data.figure);
  const style = getComputedStyle(parentElement);
  const text = style.getPropertyValue("--st-text-color").trim() || style.color;
  const line = "#80808033";  // light on both themes, like the charts of finished runs
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line };
  const layout = Object.assign({}, figure.layout, {
    template: undefined,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, family: style.getPropertyValue("--st-font").trim() || "sans-serif" },
    xaxis: Object.assign({ showgrid: false }, axis, figure.layout.xaxis),
    yaxis: Object.assign({}, axis, figure.layout.yaxis),
  });
  plot.style.minHeight = figure.layout.height + "px";
  const draw = () => {
    if (window.Plotly) window.Plotly.react(plot, figure.data, layout, { displayModeBar: false, responsive: true });
    else plot.waiting = setTimeout(draw, 50);
  };
  clearTimeout(plot.waiting);
  draw();
}
"""


@st.cache_resource(show_spinner=False)
def _library_js() -> str:
    return plotly.offline.get_plotlyjs() + "\n" + _LIBRARY_JS


_library = st.components.v2.component("live_plotly_library", js=_library_js())
_chart = st.components.v2.component("live_plotly_chart", js=_CHART_JS, isolate_styles=False)


def load_library() -> None:
    """Bring plotly.js to the browser. Call once per page, outside any fragment."""
    _library(key="live_library", height=1)


def chart(figure: go.Figure, *, key: str, alt: str) -> None:
    """Draw, or update in place, a chart inside a fragment. ``alt`` says what it shows to those who cannot see it."""
    _chart(key=key, data={"figure": figure.to_json(), "alt": alt}, height=int(figure.layout.height))
