"""docs/operations.md has a heading for each code that an error can have."""

import re

from tests.conftest import ROOT

CODE = re.compile(r'code="(\w+)"|code = "(\w+)"|f?"(unreadable|format|bug|damaged|stopped): |pulse: (stopped|bug)')


def test_each_code_of_an_error_is_a_heading():
    used = {
        word
        for path in (ROOT / "orchestration").rglob("*.py")
        for found in CODE.findall(path.read_text())
        for word in found
        if word
    }
    assert {"encoding", "cut", "disk", "lease", "damaged", "stopped", "bug"} <= used
    headings = set(re.findall(r"^### (\w+)$", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE))
    assert used <= headings, used - headings
    assert headings <= used, headings - used
