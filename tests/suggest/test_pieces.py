import pytest

from suggest.pieces import MOST, questions


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("怎么申请退款？几天能到账？", 2),
        ("怎么申请退款，另外我要开一张发票", 2),
        ("我想退款，要怎么弄，还有发票什么时候开", 2),
        ("退款 怎么 弄 啊 发票 又 什么时候 开", 2),
        ("快递到哪了，顺便帮我改一下地址", 2),
        ("where's my parcel and how do i send it back", 2),
        ("How do I return it? And who pays for that?", 2),
        ("i want a refund and i also need an invoice", 2),
        ("the code doesn't come and now my login is locked too how long is that", 2),
        ("怎么申请退款", 1),
        ("我的包裹三天没动静了，怎么回事", 1),
        ("嗯好的，那退款多久到账", 1),
        ("I paid last week, so where is my parcel?", 1),
        ("i want to know how much would you charge me", 1),
        ("which page shows what i may still take out", 1),
    ],
)
def test_how_many_questions_there_are(text: str, count: int):
    found = questions(text)
    assert len(found) == count
    assert found == [text] or all(part.strip() for part in found)


def test_a_statement_goes_with_the_question_after_it():
    assert questions("我想退款，要怎么弄，还有发票什么时候开") == ["我想退款，要怎么弄", "还有发票什么时候开"]


def test_a_text_with_very_many_questions_stays_whole():
    text = "怎么退款？多久到账？发票怎么开？怎么寄回去？"
    assert len("？".join(questions(text)).split("？")) > MOST and questions(text) == [text]
