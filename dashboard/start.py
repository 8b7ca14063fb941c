"""Streamlit, with the libraries of the pages loaded before anybody opens one; arguments are those of `streamlit run`."""

import sys

import altair
import pandas.io.formats.style
from streamlit.web import cli

import orchestration.export

LOADED = (altair, pandas.io.formats.style, orchestration.export)

if __name__ == "__main__":
    sys.argv = ["streamlit", "run", *sys.argv[1:]]
    sys.exit(cli.main())
