"""Which edits say the same, and that nothing of one customer stays in what they say."""

from suggest.wordings import Edit, unfilled, wordings

REPLY = "您好，提前还款不收违约金，3 个工作日内到账。"
BETTER = "您好，提前还款是免费的，不收违约金，3 个工作日内到账。"


def edits(*texts: str, by: str = "ab") -> list[Edit]:
    return [Edit(text, by[n % len(by)], float(n)) for n, text in enumerate(texts)]


def test_three_like_edits_by_two_agents_are_one_wording():
    found = wordings(edits(BETTER, BETTER + "！", BETTER, "完全是另外一句话，和它没有关系。"), [REPLY])
    assert [(w.count, w.agents, w.last_at) for w in found] == [(3, 2, 2.0)]
    assert found[0].text == BETTER, "a number of the reply stays"


def test_fewer_edits_or_one_agent_propose_nothing():
    assert wordings(edits(BETTER, BETTER), [REPLY]) == []
    assert wordings(edits(BETTER, BETTER, BETTER, by="a"), [REPLY]) == []
    assert wordings(edits(REPLY + "。", REPLY + " ", REPLY), [REPLY]) == [], "the same words are no new wording"


def test_numbers_are_ignored_and_do_not_get_into_the_wording():
    texts = [f"{BETTER}尾号{n}的卡已经登记好了" for n in (1234, 5678, 9012)]
    found = wordings(edits(*texts), [REPLY])
    assert [w.text for w in found] == [f"{BETTER}尾号{{number}}的卡已经登记好了"]


def test_slots_come_back():
    template = "{customer_name}您好，本期应还 {amount} 元。"
    shown = "王女士您好，本期应还 1200 元。"
    assert (
        unfilled("王女士您好，您本期要还 1200 元哦。", template, shown)
        == "{customer_name}您好，您本期要还 {amount} 元哦。"
    )
    assert unfilled("随便", "没有槽", "没有槽") == "随便"
    assert unfilled("随便", template, "对不上的") == "随便"
