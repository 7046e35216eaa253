"""Words and characters that the rules know: data only."""


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
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
EN_FILLERS = word_set(
    """
    uh um er erm ah and then dash hyphen space comma dot point okay so it's its that's plus no sorry wait actually
    correction
    """
)

ZH_FILLERS = (
    "那个",
    "然后",
    "就是",
    "空格",
    "横杠",
    "还有",
    "后面",
    "不对",
    "错了",
    "嗯",
    "呃",
    "啊",
    "哦",
    "额",
    "杠",
    "减",
    "再",
)

ZH_UNITS = frozenset("元块圆个月年天日号岁期次笔折倍点分秒小周张条款位遍人件层楼室章节页毛角段项级届名家种套份斤米公里")
ZH_MONEY_TIME = ("元", "块", "圆", "万", "个月", "个星期", "分钟", "小时", "天", "年", "秒", "期", "岁", "毛", "个小时")
EN_UNITS = word_set(
    """
    dollar dollars pound pounds euro euros buck bucks percent month months year years day days week weeks hour
    hours minute minutes second seconds am pm a.m p.m o'clock k usd gbp eur yuan rmb cents people times business
    st nd rd th miles km kg moment sec more of
    """
)

# What a keyword names; `other` numbers (orders, contracts, expiry dates) are not secrets.
KEYWORDS = {
    "code": (
        "验证码 校验码 动态码 短信码 激活码 确认码 动态口令 动态密码 短信密码 一次性密码 一次性口令 识别码 "
        "授权码 认证码 核验码 "
        "登录码 令牌 随机码 六位码",
        r"verification (?:code|number)|security code|passcode|pass code|one[- ]time|otp|auth(?:entication)? "
        r"code|sms code"
        r"|yzm|2fa|two[- ]factor|authenticator|token|codes?(?! ?(?:word|phrase))",
    ),
    "password": (
        "密码 口令 密保 暗号 通行码 安全词 安全问题 密语 暗语 密钥 私钥 助记词 预留信息",
        r"pass ?words?|pass ?phrase|passwd|pass ?key|psw|pwd?|pass(?=\s*(?:[:：=]|is\b|was\b))|mima|mm(?=\s*[:：=是])"
        r"|pin(?:(?: number| code)?|码)|(?:recovery|seed|backup) phrase|private key|(?:security|secret) questions?"
        r"|(?:security|secret|memorable|safe|code|magic|access|secure)[ -]?"
        r"(?:words?|phrase|answers?|name|place|date|key|info(?:rmation)?)|codeword|keyword|maiden name",
    ),
    "cvv": (
        "安全码 三位码 后三码 末三码 三位数字 背后三位 背面数字 背面的数字 签名条 签名处 "
        "背面三位 后三位 末三位 背面的三位 最后三位 背面后三位 三位安全码 三位数 背面 三个数字 签名栏",
        r"cvv2?|cvc2?|cvn2?|c ?v ?[vc]|cid|cvd|csc|sec code|signature panel|back (?:three|3)"
        r"|(?:four|4) (?:digits? )?on the front|security (?:code|digits) on the|(?:three|3) (?:digits? )?on the back"
        r"|code on the back"
        r"|(?:three|3)[- ]digit|last (?:three|3)(?: digits)?|signature strip|card verification|code on the front",
    ),
    "id_number": (
        "身份证 证件号 身份号码 身份证号 护照 驾驶证 驾照 证件 通行证 居住证 居留证 社保号 社会保障号 军官证 "
        "士兵证 户口本 台胞证 "
        "回乡证 公民身份",
        r"ssn|social(?: security| insurance)?(?: number)?|driv(?:er'?s?|ing) licen[cs]e|passport|national "
        r"(?:insurance|id)"
        r"|ni (?:number|no)|nino|identity(?: card)?|identification|id(?: card)?(?: number)?|licen[cs]e(?! "
        r"plate)|green card"
        r"|(?:(?:work|residence|resident) )?permit|tax(?:payer)? id|itin|nhs number|medicare|aadhaar|hkid|sfzh?",
    ),
    "bank_card": (
        "卡号 银行卡 信用卡 借记卡 储蓄卡 账号 还款卡 工资卡 帐号 账户号 这张卡 那张卡",
        r"card number|card|long number|account number|account|iban|visa|mastercard|amex|sort code|cc|account no"
        r"|unionpay|routing number|kh(?=\s*[:：=是])",
    ),
    "phone": (
        "手机号 手机 电话 号码 座机 联系方式 微信 预留号",
        r"phone'?s?|mobile|cell|number|telephone|tel|fax|call|text|reach|ring|call me|desk|office|messages to"
        r"|answering|registered|sjh?|wechat|whatsapp",
    ),
    "other": (
        "订单 单号 合同 编号 流水 工号 条款 型号 版本 快递 运单 发票 票号 分机 房间 协议 批次 章程 航班 车次 "
        "有效期 到期 物流 支票 "
        "书号 序列号 保单 理赔 案件 受理 工单 存单 凭证 回单 交易号 批号 条码 学号 会员号 客户号 设备号 车牌 "
        "执照 邮编 邮政编码 "
        "用户名 登录名 昵称 "
        "基金 股票 代码 错误码 优惠码 兑换码 邀请码 二维码 取件码 机构号 网点号 门店号 档案号 终端号 商户号 "
        "柜员号 登记号 注册号 备案号 房号 座位号 桌号 窗口号 顺丰 圆通 中通 申通 韵达 余额 金额 生日 出生日期 "
        "门牌 排队号",
        r"order(?: number)?|ref(?:erence)?(?: number| no)?|ticket(?: number)?|case(?: number)?|tracking(?: number)?"
        r"|article|section|room|flight|suite|apt|zip(?: code)?|box|extension|ext|contract(?: number)?|version|clause"
        r"|invoice(?: number| no)?|isbn|che(?:ck|que) (?:number|no)|serial(?: number| no)?|imei|sku|model(?: number)?"
        r"|batch|booking|reservation|confirmation (?:number|code)|policy(?: number)?|claim(?: number)?|parcel"
        r"|consignment|waybill|receipt|transaction(?: id| number)?|member(?:ship)?(?: number| id)?|customer number"
        r"|user ?name|login name"
        r"|(?:employee|user|caller|staff|agent|badge) (?:number|id|no)|post ?code|part number|meter"
        r"|(?:error|promo|dress|area|country|discount|swift|branch|product|qr|bar|voucher|coupon|gift|status|referral"
        r"|reason|merchant|booking|colou?r|source|tracking|store) ?codes?"
        r"|exp|expir(?:y|es|ation)(?: date)?|valid (?:thru|through|until|from)|date of birth|dob|birthday"
        r"|balance|amount"
        r"|vin|(?:licen[cs]e |number |registration )?plate(?: number)?|ups|fedex|dhl|usps|royal mail|courier"
        r"|shipment|(?:room|house|seat|gate|bus|train|queue|page|street"
        r"|unit) number",
    ),
}

ZH_ASK = (
    r"念|报|说|告诉|提供|发|输|核实|核对|核验|确认|多少|什么|几|吗|请|麻烦|填|给我|读|讲|告知|留|？|\?|方便|重复|哪"
)
EN_ASK = (
    r"\?|please|can|could|may|what|which|tell|give|read|provide|verify|confirm|enter|go ahead|need|have|your|say|share"
)
FORBID = (
    r"不要|不用|不需|无需|别[说报念]|切勿|别告|不能告|请勿|任何人|泄露|泄漏|不会(?:问|向|索)|do(?:n't"
    r"| not) (?:share|tell|say|give|need)|no need|never|anyone|problem|trouble|issue"
    r"|(?:i'll|i will|we'll|we will|going to) send|been (?:sent|reset|changed)"
)
GENERIC_ASK = (
    r"[六四三几386]位|数字|后六位|[念报读]一?[下遍给]|[再重].{0,3}[念报说读]|您说|您讲|请[说讲念报]|继续"
    r"|下一[位个]|还有呢|还有.?[位几]|后面[几的呢]|剩下|还差|少了?.?位|漏了|没听清|慢(?:一?点|慢)|"
    r"还少|最后[一两]位|[只才]有.{1,2}位|不够|不完整|没[说念报]完|only (?:\w+ )?digits?|(?:one|a) digit short|last one"
    r"|go ahead|read (?:it|that|them)|last six|digits|say (?:it|that) again|repeat|once more|listening|what are they|"
    r"what (?:does|did) (?:it|the \w+) say|next (?:letter|digit|character|part)|spell (?:it|that)|carry on"
    r"|keep going|the rest|two more|one more|missing|第[一二三四五六七八]位|"
    r"and (?:the|your) (?:\w+th|first|second|third|last|next)\b|"
    r"didn't (?:catch|get) (?:that|the)|slow(?:er| down)|say again|pardon"
)
RETRY = (
    r"再试|不匹配|[不没]对[上得]?|不正确|不一致|doesn't match|isn't (?:right|matching|correct)|not (?:right"
    r"|matching|correct)|"
    r"try (?:it |that )?again|another one"
)
"""Says that an answer was wrong, after which comes another."""
COUNT_ASK = r"有几个|几位|多少位|几个(?:数|字|字母)|多长|how many|how long|number of (?:digits|characters|letters)"
"""Asks how long a code is, not for it."""
LAST_FOUR = r"尾号|[后末][四4]位|末尾四|last (?:four|4)\b|(?:four|4) (?:last|final) digits|final (?:four|4)\b|ending"
LINE_CHECK = r"喂|听得?[到见清]\S{0,3}[吗么？?]|在[吗听]|还在[吗么]|can you hear me|are you (?:still )?there|you there"
"""Says nothing but that the line still stands."""
CODE_TALK = (
    r"验证码|校验码|动态码|激活码|短信|过期了|失效|新的|收到的|重新?发|又[来收发]|刚[发收]|报给[你您]|念给[你您]|要我[报念说]"
    r"|\bcodes?\b(?<!zip code)(?<!postal code)|\bsms\b|\bexpired\b|\bnew one\b|\bresen[dt]\b|\bre-?sent\b"
    r"|\btexted\b|just (?:got|came)|\b(?:tell|give|read) (?:it to )?you\b|\bverification\b"
)
"""Talk of a code, in which digits may come that nobody asked for."""
BRINGS_CODE = (
    r"(?:是|为|[:：]|收到[了的]?|来了|来的|发了|发的|显示|写的?|说的?|叫|报|念"
    r"|\b(?:is it|is|was|are|it's|it says|says|got|received|have|sent|this|that|with|mean|say|saying|enter))[\s,，是]*$"
)
"""What brings such digits."""
PRODUCT = (
    r"(?:i?phone|ipad|ipod|ios|ipados|macos|mac|macbook|windows|win|android|galaxy|mate|pixel|redmi|xiaomi|huawei|oppo"
    r"|vivo|honor|nova|note|thinkpad|matebook|office|excel|chrome|firefox|safari|edge|web|html|http|usb|covid|model|version"
    r"|ver|v|room|flat|unit|apt|apartment|suite|floor|block|gate|tower|building|level|zone|phase|tier|step|terminal|route"
    r"|class|grade|day|week|chapter|section|line|page|boeing|airbus|peugeot|audi|mazda|tesla|xbox|ps|playstation"
    r"|order|ref|case|ticket|invoice|error|err|img|dsc|file|gpt|chatgpt|rtx|gtx|core|ryzen|wifi)[-_ ]?\d"
    r"|\d+(?:st|nd|rd|th|am|pm|usd|cny|rmb|eur|gbp|gb|mb|kb|kg|km|mm|cm|ml|min|mins|hrs?|days?|months?|years?|kwh|mbps)$"
)
"""Names of things with figures in them."""
NEXT_QUESTION = (
    r"吗|什么|哪|多少|几[个期位天]|呢|？|\?|怎么|还是|有没有|是不是|要不要|"
    r"\b(?:what|which|where|when|who|how|would you|do you|did you|are you|is there|have you|anything)\b"
)
"""Any question."""
EXTENSION = r"(?:转|分机号?|\bext(?:ension)?\.?|\bx|内线|\bfrom)\s*(?:number|is|:|：)?\s*$"
"""What stands before an extension."""
TAIL = (
    r"(?:尾号|后四位|末四位|后4位|末尾|"
    r"ending(?: in| with)?|ends(?: in| with)?|(?:trailing|finishing) in|ending with digits|"
    r"last (?:four|4)(?: digits)?)[是为: ：]{0,2}(?:are|is)?\s*$"
)
HOTLINE = (
    r"95\d{3,6}|96\d{3,4}|12[135]\d{2}|11[68]\d{3}|0[38]0[08]\d{4,7}|0[38]4[345]\d{6,7}|"
    r"1[012]\d|100(?:86|10|00|99|50)|1008611|1015\d|106\d{2}|400\d{7}|1?8(?:00|88|77|66|55|44|33)\d{7}|911|999"
)
ANNOUNCE = (
    r"[报念说]一?下|我[念报]|[你您](?:记|听)|记一下|听好|take (?:this|it) down|here (?:it is|goes|you go)|ready\b|"
    r"write (?:it|this) down|let me read"
)

BACKCHANNEL = (
    r"(?:嗯|哦|好|好的|是|对|对的|行|可以|继续|您继续|请继续|请讲|您说|请说|啊|哎|唉|没事|不着急|稍等|明白|收到|然后呢|"
    r"后面呢|不急|慢慢来|您?慢慢[说找想]|没关系|没问题|您讲|知道了|mm|hmm|mm-?hmm|uh|huh|uh-?huh|okay|ok|yes"
    r"|yeah|yep|right|sure|go on|go ahead|got it|alright|"
    r"continue|great|thanks|thank you|take your time|no problem|no worries|of course|whenever you're ready"
    r"|i'll wait|i'm listening|and|then|[\s,，。.!！?？、…-])*"
)
ZH_TALK = (
    r"[我你您他她没不吗呢怎什为等找看收稍好嗯可行谢哪忘银短信还过已了知道问请对啊晚能会要想先再在有到来那么给多天个钱款费额]"
    r"|是的|密码|验证"
)
EN_TALK = word_set(
    """
    i i'm you he she we they they're me my your not no what why how when where sorry wait hold moment second yes
    yeah yep okay ok sure forgot remember received get got send sent nothing please thanks thank hello hi one
    just can could would reset again need check checking looking let here there still never was were do does
    right correct is it know think want hmm um uh text message phone app come came yet through to for with of in
    on at this that them has had any some all but because before after about from up out down if will shall
    already try trying say says said it'll he's she's who which time number email site website page screen
    """
)
LEAD_IN = (
    r"(?:it (?:says|reads)|my |the |it|'s|is|it's|its|that's|password|code|pin|sure|okay|ok|yeah|yes|so|well|um|uh"
    r"|,|:|\.|\s)*"
)
EN_NOT_PASSWORD = word_set(
    """
    wrong not incorrect expired blocked locked invalid the a an my too it is please was been being for and or
    that changed reset correct right set no so very really still ok okay in on to of with doesn't isn't working
    required needed forgotten gone safe weak strong now just also already never always again please yesterday today
    anymore though reset help change settings hint page option question stolen lost broken seen taken shown given sent
    set written hidden left kept told found made case empty blank fine good bad old new short long simple complex
    what how who where when why if available
    different same similar unique supposed yet all only both one of about like between more less at by
    under from
    """
)

# Characters by name, as passwords are spelled.
EN_CASES = r"capitals?|caps?|upper[ -]?case|lower[ -]?case|all (?:caps|lower|one word)|big|small"
ZH_CASES = r"大写的?|小写的?|大(?=\s*[A-Za-z](?![A-Za-z]))|小(?=\s*[A-Za-z](?![A-Za-z]))|(?:全部?|都是)[大小]写"
EN_SYMBOLS = (
    r"dash|hyphen|under ?score|dot|full stop|period|at sign|at symbol|hash(?:tag)?(?: sign)?|pound sign|asterisk|star"
    r"|exclamation(?: mark| point)?|bang|percent(?: sign)?|ampersand|plus(?: sign)?|equals?(?: sign)?"
    r"|(?:forward |back )?slash|backslash|dollar(?: sign)?|caret|tilde|colon|semi ?colon|question mark|apostrophe"
    r"|(?:open |close )?(?:bracket|parenthesis)|no spaces?|minus"
)
ZH_SYMBOLS = (
    r"下划线|下横线|井号键?|井字|星号键?|感叹号|叹号|惊叹号|问号|减号|横杠|横线|中划线|短横|点|艾特|圈[aA]"
    r"|at符号|美元符号?|美刀|"
    r"百分号|反?斜杠|反?斜线|等号|加号|句号|逗号|空格|和号|与号|波浪号|波浪线|冒号|分号|[左右]?括号|引号|单引号|杠"
)
NATO = (
    r"alpha|alfa|bravo|charlie|delta|echo|foxtrot|golf|hotel|india|juliet|juliett|kilo|lima|mike|november|oscar|papa"
    r"|quebec|romeo|sierra|tango|uniform|victor|whiskey|whisky|x-?ray|yankee|zulu"
)
