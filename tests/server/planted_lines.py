"""What is said in the conversations full of secrets: of the chat who writes what, of the calls which leg says what."""

from tests.server.planted import Secret

CARD, ID, PHONE = "6225 7611 8903 4716", "11010519491231002X", "１３８７６５４３２０９"
TYPED_CARD, TYPED_CODE = "6228481234567890128", "604918"
"""What an agent types to the customer: it goes out, and is kept masked."""
NOTE = "客户卡 4539148803436467，身份证 440524198001010014，验证码 771503，已挂失"
FACTS = {"phone": "13922223333", "卡 5105105105105100": "白金卡", "验证码": "660127", "备注": "客户很着急"}
"""What a machine tells beside a conversation."""
CHAT = [
    ("customer", f"我的卡号是{CARD}，银行卡丢了怎么挂失"),
    ("customer", f"身份证{ID}，怎么提前还款，要手续费吗"),
    ("customer", f"手机{PHONE}，打不通就算了"),
    ("agent", "请把收到的短信验证码发给我"),
    ("customer", "735 809"),
    ("agent", "再请告诉我另一张卡的卡号"),
    ("customer", "前面是 6217 0038"),
    ("customer", "后面 9174 2056 331"),
    ("agent", "登录密码是什么"),
    ("customer", "Moon2Rabbit!"),
]
MANDARIN = [
    ("agent", "请报一下您的卡号"),
    ("customer", "六二二八四八零四"),
    ("customer", "零二五六四八九零"),
    ("customer", "零一八"),
    ("agent", "身份证号码报一下"),
    ("customer", "四四零五二四幺九八零"),
    ("customer", "零幺零幺零零幺七"),
    ("agent", "预留手机号是多少"),
    ("customer", "幺三五七九二四六八幺三"),
    ("agent", "麻烦把短信验证码念给我"),
    ("customer", "九零四七幺五"),
    ("agent", "登录密码是什么"),
    ("customer", "小猫八月"),
]
ENGLISH = [
    ("agent", "could you read me the card number please"),
    ("customer", "four five three nine one four eight"),
    ("customer", "eight oh three four three six four six seven"),
    ("agent", "and the one time code"),
    ("customer", "double three seven oh nine five"),
    ("agent", "what is your password"),
    ("customer", "purple giraffe eleven"),
]
OPEN = {
    "zh": ("我的银行卡丢了怎么挂失", "能提前还款吗要不要手续费"),
    "en": ("my card was stolen what should i do", "how long does that take"),
}
SECRETS = [
    *(Secret(name, text) for name, text in [("card", CARD), ("identity number", ID), ("phone", PHONE)]),
    *(Secret("typed", text) for role, text in CHAT[4:] if role == "customer" and "面" not in text),
    *(Secret("note", text) for text in ("4539148803436467", "440524198001010014", "771503")),
    *(Secret("fact", text) for text in ("13922223333", "5105105105105100", "660127")),
    *(Secret("split card", text) for text in ("62170038", "91742056331")),
    *(Secret("spoken", text) for role, text in [*MANDARIN, *ENGLISH] if role == "customer" and text != "零一八"),
]
TYPED = [Secret("typed to the customer", TYPED_CARD), Secret("typed to the customer", TYPED_CODE)]
REFERENCE = "13900007777"
"""A phone number that another system uses as the customer's reference, the call's id and a context value."""
