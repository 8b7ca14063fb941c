"""Each page of the dashboard once and once more, in this process; what its queries took, as JSON on the last line."""

import json
import sys
import time
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from benchmarks.serving import FOLDER
from dashboard import reading

asked: list[float] = []
rows = reading.rows


def timed(*given: Any) -> list[dict]:
    began = time.monotonic()
    found = rows(*given)
    asked.append(time.monotonic() - began)
    return found


def opened(page: str, outlet: str) -> float:
    app = AppTest.from_file(str(FOLDER / "app.py"), default_timeout=120)
    app.query_params.update({"language": "en", **({"outlet": outlet} if page == "outlet" else {})})
    app._page_hash = calc_hash(page)
    began = time.monotonic()
    app.run()
    assert not app.exception, app.exception
    return time.monotonic() - began


def main() -> None:
    reading.rows = timed  # type: ignore[assignment]
    outlet, *pages = sys.argv[1:]
    found = []
    for page in pages:
        asked.clear()
        script = opened(page, outlet)
        queries, seconds = len(asked), sum(asked)
        again = opened(page, outlet)
        found.append(
            {"page": page or "overview", "queries": queries, "seconds": seconds, "script": script, "again": again}
        )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
