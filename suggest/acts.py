"""What somebody does by saying something: asks, answers, or only keeps the talk going. By form, for any business."""

import re

from kb.text import clauses, normalise, search_form, strip_fillers, syllables

LEAST_NEW = 2
"""New words, as `new_words` counts them, from which a text says something."""

_NODS_ZH = (
    "没关系|不客气|没问题|没别的|没什么|没其他|就这些|就这样|那就好|这么回事|"
    "可以|知道|明白|清楚|收到|谢谢|多谢|感谢|辛苦|麻烦|再见|拜拜|不错|不用|不要紧|这样子|这样|原来|如此|看到|看见|找到|"
    "打开|点开|进去|弄好|这儿|这里|那儿|试试|看看|瞧瞧|想想|记住|记下|稍等|等等|等会儿|一下|一会儿?|慢慢|"
    "其他的?|确实|当然|应该|理解|没有|没事|没啥|没了|你们|您们|喂|"
    "[好是的对行嗯哼哈哦噢喔啊呀呃额唉哎诶了吧呢嘛啦嘞咯那就都也还很挺真懂你您我先再去来在等查弄拍填点找听见记说看试想]"
)
_NODS_EN = (
    "ok|okay|yes|yeah|yep|yup|no|nope|nah|right|sure|fine|good|great|cool|nice|perfect|lovely|wonderful|brilliant|alright|"
    "all|well|oh|ah|aha|uh|um|mm|mmm|mhm|hm|hmm|huh|i|see|got|it|that|thats|is|was|understood|understand|thanks|thank|"
    "you|cheers|bye|goodbye|a|lot|lots|very|much|so|then|the|now|just|one|moment|second|sec|hold|on|wait|take|your|time|go|"
    "ahead|problem|worries|worry|not|at|of|course|there|here|im|ill|let|me|check|look|looking|try|do|please|thing|"
    "everything|nothing|else|kind|out|for|dear|too|really|exactly|correct|true|and|to|be|am|its|dont|thatll|youre|"
    "welcome|same|this|but|yet|already|back|in|up|doing|hang|only|again|bit|ll|s|re|m|t"
)
_NOD = re.compile(rf"(?:{_NODS_ZH})|\b(?:{_NODS_EN})\b")
_TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|\w+")

_ASKS_ZH = re.compile(
    r"(?:吗|么|呢|[^不]不|[^没有]没|是吧|对吧)[啊呀哦]?$|什么|啥|怎么|怎样|咋|如何|哪|多少|多久|多长|多大|多高|多快|多远|为何|谁|何时|"
    r"(?<![十好])几(?!乎|年前|天前|次了)|"
    r"([\u4e00-\u9fff])[不没]\1|可不可|能不|要不要|有没有|吗|可否|能否|是否"
)
_OPEN_EN = r"\b(?:i|we|you|he|she|they|there|this|these|my|your|our|somebody|someone|anyone|any|it|that|the|a|an)\b"
_ASKS_EN = re.compile(
    r"\b(?:what|how|when|where|why|which|who|whose)(?:'?(?:s|re|d|ll))?\b|"
    rf"\b(?:is|are|was|were|can|could|will|would|should|may|must|shall|does|did|"
    rf"isn't|aren't|can't|couldn't|won't|wouldn't|shouldn't|don't|doesn't|didn't)\s+{_OPEN_EN}|"
    r"\bdo\s+(?:i|we|you|they|your|my)\b|\bha(?:s|ve)(?:n't)?\s+(?:i|we|you|he|she|they)\b|"
    r"^(?:(?:and|but|so|or|then|also|well|okay|ok|oh|right)\W+)*"
    r"(?:is|are|was|were|can|could|will|would|should|may|must|does|did|isn't|aren't|can't|won't|doesn't|didn't)\b"
)
_STATES_EN = re.compile(
    r"\b(?:i|we|you|he|she|it|they|that|this|there|one)\s+(?:is|are|was|were|can|could|will|would|should|may|"
    r"must|does|did|can't|couldn't|won't|wouldn't|don't|doesn't|didn't)\s"
)
_WANTS = re.compile(
    r"帮我|给我|替我|我想|我要|想要|教我|告诉我|"
    r"\b(?:i want|i need|i'd like|i would like|i wanna|tell me|show me|help me|give me|send me|get me|stop)\b"
)
_DEMANDS = re.compile(r"[说讲报念]一下|说说|核对一下|描述一下|提供|告诉|\b(?:tell me|give me|let me know|may i have)\b")
_LEADS_ON = re.compile(r"那|可是|但是|要是|如果|万一|还有|(?:and|but|so|then|what about|how about|what if|or)\b")
_ASSENT = re.compile(
    r"^(?:(?:好的?|行|对的?|是的?|知道了?|明白了?|嗯)[，,。 ]+|(?:ok|okay|yes|right|sure)\b[,. ]*)+", re.IGNORECASE
)
_FIGURES = re.compile(r"[\d\s.,%]+")
_SENTENCE = re.compile(r"[^。！？.!?\n]+[。！？.!?\n]*")


def asks(text: str) -> bool:
    """Whether a text is a question by its form: a question word, an inversion, a question mark."""
    if "?" in text or "？" in text:
        return True
    if _ASKS_ZH.search(strip_fillers(normalise(text))):
        return True
    # Not the normal form: "it's" is no "its".
    plain = _plain(text)
    return bool(_ASKS_EN.search(_STATES_EN.sub(" ", plain)))


def wants(text: str) -> bool:
    """Whether a text is a question or asks for something to be done."""
    return asks(text) or bool(_WANTS.search(_plain(text)))


def asked(said: str) -> bool:
    """Whether what one side `said` last waits for an answer."""
    sentences = _SENTENCE.findall(said.strip())
    last = sentences[-1] if sentences else ""
    return bool(last) and (asks(last) or bool(_DEMANDS.search(_plain(last))))


def is_answer(text: str, said: str) -> bool:
    """Whether a text answers what the agent just `said`: that was a question, and the text is none."""
    return asked(said) and not asks(text)


def is_backchannel(text: str, said: str = "") -> bool:
    """Whether a text only keeps the talk going ("嗯，好的", "okay, got it"), gives back what the agent just `said`, or
    has too little in it to look anything up: a sound, a number."""
    rest = search_form(text)
    if len(rest) < 2 or _FIGURES.fullmatch(rest) or not _NOD.sub("", _bare(text)).strip():
        return True
    return bool(said) and not wants(text) and new_words(text, said) < LEAST_NEW


def leads_on(text: str) -> bool:
    """Whether a text begins like one that goes on from the turns before it: "那…", "and what if…"."""
    return bool(_LEADS_ON.match(strip_fillers(normalise(text))))


def nods_gone(text: str) -> str:
    """A text without the assent that it begins with and the clauses that only nod; as it is if nothing else is left."""
    kept = [clause for clause in clauses(text) if not is_backchannel(clause)]
    if not kept:
        return text
    rest = text if len(kept) == len(clauses(text)) else "，".join(kept)
    return _ASSENT.sub("", rest) or rest


def new_words(text: str, said: str) -> int:
    """Chinese characters of a text that neither nod nor sound like any that the other side `said`; other words count
    twice."""
    known = set(syllables(search_form(said)))
    left = [token for token in _TOKEN.findall(search_form(_bare(text))) if not known & set(syllables(token))]
    return sum(1 if "\u3400" <= token <= "\u9fff" else 2 for token in _TOKEN.findall(_NOD.sub(" ", " ".join(left))))


def _plain(text: str) -> str:
    return text.lower().replace("’", "'")


def _bare(text: str) -> str:
    return normalise(_plain(text).replace("'", ""))
