"""The figures of played demo calls."""

from statistics import median, quantiles

from tests.server.demo_run import DemoRun


def report(runs: list[DemoRun]) -> dict[str, float | int]:
    questions = [question for run in runs for question in run.questions]
    found = [question for question in questions if question.first_correct is not None]
    lags = [max(0.0, question.first_correct or 0.0) for question in found]
    return {
        "questions": len(questions),
        "right_among_cards": len(found),
        "right_first": sum(question.right_first for question in found),
        "lag_p50": median(lags),
        "lag_p95": quantiles(lags, n=20, method="inclusive")[-1],
        "early_raised": sum(run.early_raised for run in runs),
        "early_withdrawn": sum(run.early_withdrawn for run in runs),
        "cards_without_question": sum(len(run.other_cards) for run in runs),
    }
