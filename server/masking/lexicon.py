"""Words and characters that the rules know: data only."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ZH_DIGITS = dict(zip("零〇幺一二两三四五六七八九", "0011223456789", strict=True)) | dict(
    zip("洞拐勾壹贰叁肆伍陆柒捌玖", "079123456789", strict=True)
)
ZH_POWERS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10_000, "亿": 100_000_000}

ZH_SLIPS = {
    char: digit
    for digit, chars in {
        "0": "灵铃凌领另林",
        "1": "妖腰要邀医衣依以已亿",
        "2": "儿而尔耳贰",
        "3": "山伞散",
        "4": "思死司斯是时事市",
        "5": "无午舞吴武屋",
        "6": "留刘流溜牛",
        "7": "气其起奇齐妻栋动冻",
        "8": "吧把爸巴拔罢霸",
        "9": "酒就久旧救舅",
    }.items()
    for char in chars
}
"""What a recognizer writes for a spoken digit: believed only among digits."""
ZH_LEADING_SLIPS = frozenset("灵铃凌领林妖腰邀酒山伞气舞吴栋")

EN_DIGITS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "niner": "9", "nought": "0", "naught": "0",
}  # fmt: skip
EN_SLIPS = {
    "oh": "0", "o": "0", "won": "1", "to": "2", "too": "2", "tree": "3", "free": "3", "for": "4", "fore": "4",
    "fife": "5", "sex": "6", "sicks": "6", "ate": "8", "nein": "9", "mine": "9", "wine": "9", "hero": "0",
}  # fmt: skip
EN_TEENS = {
    "ten": "10", "eleven": "11", "twelve": "12", "thirteen": "13", "fourteen": "14", "fifteen": "15",
    "sixteen": "16", "seventeen": "17", "eighteen": "18", "nineteen": "19",
}  # fmt: skip
EN_TENS = {
    "twenty": "2", "thirty": "3", "forty": "4", "fourty": "4", "fifty": "5", "sixty": "6", "seventy": "7",
    "eighty": "8", "ninety": "9",
}  # fmt: skip
EN_BIG = frozenset({"hundred", "thousand", "million", "billion", "grand"})
EN_REPEAT = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
EN_FILLERS = _words(
    """
    uh um er erm ah and then dash hyphen space comma dot point okay so it's its that's plus
    """
)

ZH_FILLERS = ("那个", "然后", "就是", "空格", "横杠", "还有", "后面", "嗯", "呃", "啊", "哦", "额", "杠", "减", "再")

ZH_UNITS = frozenset("元块圆个月年天日号岁期次笔折倍点分秒小周张条款位遍人件层楼室章节页毛角段项级届名家种套份斤米公里")
ZH_MONEY_TIME = ("元", "块", "圆", "万", "个月", "个星期", "分钟", "小时", "天", "年", "秒", "期", "岁", "毛", "个小时")
EN_UNITS = _words(
    """
    dollar dollars pound pounds euro euros buck bucks percent month months year years day days week weeks hour
    hours minute minutes second seconds am pm a.m p.m o'clock k usd gbp eur yuan rmb cents people times business
    st nd rd th miles km kg moment sec more of
    """
)

# What a keyword names; `other` numbers (orders, contracts, articles) are not secrets.
KEYWORDS = {
    "code": (
        "验证码 校验码 动态码 短信码 激活码 确认码 动态口令 口令 动态密码 短信密码 一次性密码 识别码",
        "verification code|security code|passcode|pass code|one[- ]time|otp|auth(?:entication)? code|sms code|code",
    ),
    "password": ("密码", r"passwords?|passphrase|pin|pin number|pin code"),
    "cvv": (
        "安全码 背面三位 后三位 末三位 背面的三位 最后三位 背面后三位 三位安全码 三位数",
        r"cvv2?|cvc2?|cvn2?|security code on the|(?:three|3) digits? on the back|code on the back|(?:three|3)[- ]digit",
    ),
    "id_number": (
        "身份证 证件号 身份号码 身份证号 护照 驾驶证 证件",
        r"ssn|social(?: security)?|driver'?s licen[cs]e|passport|national insurance|id number|licen[cs]e number",
    ),
    "bank_card": (
        "卡号 银行卡 信用卡 借记卡 储蓄卡 账号 还款卡 工资卡 帐号 账户号 这张卡 那张卡",
        r"card number|card|long number|account number|account|iban|visa|mastercard|amex|sort code|cc|account no",
    ),
    "phone": (
        "手机号 手机 电话 号码 座机 联系方式 微信 预留号",
        r"phone'?s?|mobile|cell|number|telephone|tel|fax|call|text|reach|ring|call me|desk|office|messages to"
        r"|answering|registered",
    ),
    "other": (
        "订单 单号 合同 编号 流水 工号 条款 型号 版本 快递 运单 发票 票号 分机 房间 协议 批次 章程 航班 车次",
        r"order(?: number)?|reference(?: number)?|ref|ticket(?: number)?|case(?: number)?|tracking(?: number)?|invoice"
        r"|article|section|room|flight|suite|apt|zip(?: code)?|box|extension|ext|postcode|contract|version|clause"
        r"|employee number|post ?code|zipcode|error code|promo code|dress code",
    ),
}

ZH_ASK = (
    r"念|报|说|告诉|提供|发|输|核实|核对|核验|确认|多少|什么|几|吗|请|麻烦|填|给我|读|讲|告知|留|？|\?|方便|重复|哪"
)
EN_ASK = (
    r"\?|please|can|could|may|what|which|tell|give|read|provide|verify|confirm|enter|go ahead|need|have|your|say|share"
)
FORBID = r"不要|切勿|别告|不能告|请勿|任何人|泄露|泄漏|不会(?:问|向|索)|do(?:n't| not) share|never|anyone"
GENERIC_ASK = (
    r"[六四三几386]位|数字|后四位|后六位|[念报读]一?[下遍给]|[再重].{0,3}[念报说读]|您说|您讲|请[说讲念报]|继续|"
    r"go ahead|read (?:it|that|them)|last (?:four|4|six)|digits|say (?:it|that) again|repeat|once more|listening"
)
TAIL = (
    r"(?:尾号|后四位|末四位|后4位|末尾|"
    r"ending(?: in| with)?|ends(?: in| with)?|(?:trailing|finishing) in|ending with digits|"
    r"last (?:four|4)(?: digits)?)[是为: ：]{0,2}(?:are|is)?\s*$"
)
HOTLINE = (
    r"95\d{3,6}|96\d{3,4}|12[135]\d{2}|"
    r"1[012]\d|100(?:86|10|00|99|50)|1008611|1015\d|106\d{2}|116114|[48]00\d{7}|911|999"
)
ANNOUNCE = (
    r"[报念说]一?下|我[念报]|[你您](?:记|听)|记一下|听好|take (?:this|it) down|here (?:it is|goes|you go)|ready\b|"
    r"write (?:it|this) down|let me read"
)

BACKCHANNEL = (
    r"(?:嗯|哦|好|好的|是|对|对的|行|可以|继续|您继续|请继续|请讲|您说|请说|啊|哎|唉|没事|不着急|稍等|明白|收到|然后呢|"
    r"后面呢|您讲|知道了|mm|hmm|mm-?hmm|uh|huh|uh-?huh|okay|ok|yes|yeah|yep|right|sure|go on|go ahead|got it|alright|"
    r"continue|great|thanks|thank you|take your time|and|then|[\s,，。.!！?？、…-])*"
)
ZH_TALK = (
    r"[我你您他她没不吗呢怎什为等找看收稍好嗯可行谢哪忘银短信还过已了知道问请对啊晚能会要想先再在有到来那么给多天个钱款费额]"
    r"|是的|密码|验证"
)
EN_TALK = _words(
    """
    i i'm you he she we they they're me my your not no what why how when where sorry wait hold moment second yes
    yeah yep okay ok sure forgot remember received get got send sent nothing please thanks thank hello hi one
    just can could would reset again need check checking looking let here there still never was were do does
    right correct is it know think want hmm um uh text message phone app come came yet through to for with of in
    on at this that them has had any some all but because before after about from up out down if will shall
    already try trying say says said it'll he's she's who which time number email site website page screen
    """
)
LEAD_IN = r"(?:my |the |it|'s|is|it's|its|that's|password|code|pin|sure|okay|ok|yeah|yes|so|well|um|uh|,|:|\.|\s)*"
EN_NOT_PASSWORD = _words(
    """
    wrong not incorrect expired blocked locked invalid the a an my too it is please was been being for and or
    that changed reset correct right set no so very really still ok okay in on to of with doesn't isn't working
    required needed forgotten gone safe weak strong now just also already never always
    """
)
