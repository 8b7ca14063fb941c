"""Q1: each rule broken once. The oracle must disagree with the broken models on some history.

`pytest tests/test_mutants.py -v` prints the table of mutants.
"""

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from tests import test_kpi, test_monthly, test_states
from tests.histories import lakes
from tests.mutants import KPI_MUTANTS, MONTHLY_MUTANTS, STATE_MUTANTS

CASES = [(test_kpi.differences, *mutant) for mutant in KPI_MUTANTS]
CASES += [(test_states.differences, *mutant) for mutant in STATE_MUTANTS]
CASES += [(test_monthly.differences, *mutant) for mutant in MONTHLY_MUTANTS]
SEARCH = settings(
    max_examples=500,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize(
    ("differences", "rule", "model", "text", "wrong"), CASES, ids=[case[1].replace(" ", "_") for case in CASES]
)
def test_a_broken_rule_is_noticed(models, differences, rule, model, text, wrong):
    find(lakes(), lambda lake: bool(differences(models, lake, replaced=(model, text, wrong))), settings=SEARCH)
