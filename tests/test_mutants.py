"""Q1: each rule broken once. The oracle must disagree with the broken models on some history.

`make test-slow` prints the table of mutants.
"""

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from tests import (
    test_classes,
    test_false_churn,
    test_history,
    test_holes,
    test_kpi,
    test_lists,
    test_monthly,
    test_portfolio,
    test_retention,
    test_states,
)
from tests.histories import churning_lakes, deliveries, lakes
from tests.mutants import (
    CHURN_MUTANTS,
    CLASS_MUTANTS,
    HISTORY_MUTANTS,
    HOLE_MUTANTS,
    KPI_MUTANTS,
    LIST_MUTANTS,
    MONTHLY_MUTANTS,
    PORTFOLIO_MUTANTS,
    RETENTION_MUTANTS,
    STATE_MUTANTS,
)
from tests.working_lakes import working_lakes

CASES = [(lakes, test_kpi.differences, *mutant) for mutant in KPI_MUTANTS]
CASES += [(test_classes.sales, test_classes.differences, *mutant) for mutant in CLASS_MUTANTS]
CASES += [(test_holes.rhythms, test_holes.differences, *mutant) for mutant in HOLE_MUTANTS]
CASES += [(lakes, test_states.differences, *mutant) for mutant in STATE_MUTANTS]
CASES += [(churning_lakes, test_false_churn.differences, *mutant) for mutant in CHURN_MUTANTS]
CASES += [(deliveries, test_history.differences, *mutant) for mutant in HISTORY_MUTANTS]
CASES += [(lakes, test_monthly.differences, *mutant) for mutant in MONTHLY_MUTANTS]
CASES += [(working_lakes, test_lists.differences, *mutant) for mutant in LIST_MUTANTS]
CASES += [(lakes, test_retention.differences, *mutant) for mutant in RETENTION_MUTANTS]
CASES += [(lakes, test_portfolio.differences, *mutant) for mutant in PORTFOLIO_MUTANTS]
SEARCH = settings(
    max_examples=2000,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_the_rules_to_break_are_where_they_are_said_to_be(models):
    texts = {model.name: model.sql for model in models.models}
    assert [rule for _, _, rule, model, text, _ in CASES if text not in texts[model]] == []


@pytest.mark.fault("Q1")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("histories", "differences", "rule", "model", "text", "wrong"),
    CASES,
    ids=[case[2].replace(" ", "_") for case in CASES],
)
def test_a_broken_rule_is_noticed(models, histories, differences, rule, model, text, wrong):
    find(histories(), lambda lake: bool(differences(models, lake, replaced=(model, text, wrong))), settings=SEARCH)
