"""`streamlit run` with the libraries of the pages loaded beforehand: the first reader does not wait for them."""

import sys

import altair
import pandas.io.formats.style
from streamlit.web import cli

import orchestration.reports.export

LOADED = (altair, pandas.io.formats.style, orchestration.reports.export)

if __name__ == "__main__":
    sys.argv = ["streamlit", "run", *sys.argv[1:]]
    sys.exit(cli.main())
