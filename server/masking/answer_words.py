"""Words around passwords and secret answers: what asks for one, what leads to one, what is no answer. Data only."""

from server.masking.lexicon import word_set

QUESTION = (
    r"密保|安全问题|安保问题|安全提问|答案|设置的问题|座右铭|口头禅|问候语|暗语|"
    r"[设选留填][置的了]{0,3}.{0,4}(?:问题|问答|提示)|预留的?(?:信息|问题|内容|短语|句子|话|答案)|备用问题|"
    r"(?:生肖|星座|籍贯|祖籍|幸运数字|曾用名|英文名|偶像|初恋)(?:是|叫)?(?:什么|哪|谁|多少)|"
    r"(?:父亲|母亲|爸爸?|妈妈?|爷爷|奶奶|外公|外婆|姥姥|姥爷|丈夫|妻子|老公|老婆|配偶|伴侣|爱人|哥哥|姐姐|弟弟|妹妹"
    r"|孩子|儿子|女儿)的?(?:名字|姓名|生日|职业|出生|小名|家乡|老家|籍贯|姓)|"
    r"(?:蜜月|结婚|相识|认识|求婚|婚礼).{0,8}(?:哪|什么|地)|"
    r"密码提示|提示问题|验证问题|母亲.{0,4}(?:姓|名|叫)|父亲.{0,4}(?:姓|名|叫)|(?:爸爸|妈妈|外婆"
    r"|奶奶|配偶|爱人|"
    r"孩子|儿子|女儿|宠物|狗|猫|班主任|老师|校长|同桌|偶像|好友|初恋).{0,6}(?:姓|名|叫什么)|第一(?:只|个|辆|份"
    r"|部|家|次|位|所)"
    r".{0,8}(?:宠物|车|工作|公司|单位|手机|老师|学校|名|叫|哪|什么)|最(?:喜欢|爱|讨厌|难忘|敬佩|崇拜"
    r"|要好)的?.{0,10}(?:什么|谁|哪|是|名)|[您你].{0,6}最(?:喜欢|爱|讨厌|难忘|敬佩|崇拜|要好)|"
    r"(?:小学|初中|中学|高中|大学).{0,6}(?:名|叫|哪|什么|班主任|老师)|哪.{0,6}出生|毕业(?:于|的.学)|(?:小名"
    r"|绰号|外号|乳名|出生地|出生城市|童年)"
    r"|(?:security|secret|challenge|recovery|verification|backup) (?:question|answer|hint)|your question|question "
    r"(?:you|is|was)|birth ?place|place of birth|(?:name|make|model|colou?r) of your|middle name|born in"
    r"|(?:hero|idol|lucky number|dream job|anniversary"
    r"|(?:old|eld)est (?:child|cousin|sibling|nephew|niece|son|daughter))\b"
    r"|where did you (?:meet|grow|go to|get married|honeymoon)|street (?:did )?you|(?:first|last) name of your"
    r"|maiden name|first (?:\w+ )?(?:pet|car|school|teacher|job|employer|boss|house|street|phone|concert|dog"
    r"|cat|girlfriend"
    r"|boyfriend|kiss)|(?:childhood|best) friend|nickname|(?:favou?rite) \w+|memorable|(?:the|your) answer\b"
    r"|(?:letters?|characters?|digits?) (?:number )?"
    r"(?:one|two|three|four|five|six|seven|eight|\d)\b|(?:first|second|third|last|fourth) (?:and \w+ "
    r")?(?:letters?|characters?)|secret (?:answer"
    r"|question|word|phrase)"
    r"|security (?:answer|question|word|phrase)|(?:pet|dog|cat|teacher|school|father|mother|grandmother"
    r"|grandfather|spouse"
    r"|sibling|brother|sister)'?s? (?:\w+ )?name|(?:primary|elementary|high|secondary) school|grew up|grow up"
    r"|(?:city|town|place|hospital) (?:of birth|where|were|you)|where (?:were you|was your \w+) born|mascot"
    r"|honeymoon|meet your \w+"
)
"""Questions whose answer is a secret by itself."""

BUSINESS = r"理财|产品|服务|功能|方式|还款|套餐|活动|优惠|\b(?:product|plan|service|feature|offer|branch|payment)s?\b"
SECURITY = r"密保|安全|密码|预留|设置|设的|验证|核[实对验]|security|secret|memorable|password|verify|question"

STATUS = (
    r"忘|记得|记不|收到|收没收|到了|改过|改了|修改|重置|找回|过期|输错|错[了误]|锁|几位|有没有|是不是|正确"
    r"|对[了的吗]|怎么|为什么|"
    r"设置[了过吗好]|设置的吗|本人|自己|谁|登录?不|输入|打开|管用|要\S{0,3}位|以上|至少|必须|应该|同一|一样|"
    r"^(?:(?:and|so|okay|ok) )?(?:is|are|was|do|does|did|have|has|should|would)\b|"
    r"\b(?:remember|forg[eo]t|forgotten|receive|received|got|get the|did|when|changed?|reset|expired?|how "
    r"(?:many|long)|where"
    r"|why|wrong|incorrect|locked|work(?:s|ing)?|written|screen|website|sent|send you|page|enter|same"
    r"|different|should|must|at least)\b"
)
"""Asks how things stand with a password, not for the password."""

CONTENT = (
    r"念|报|说一|说下|说出|告诉|提供|是多少|是什么|叫什么|叫啥|讲|读|给我|发[给一下我来]|核[实对验]|回答|答案"
    r"|拼|多少|重复|是哪|再说|"
    r"\b(?:what(?:'s| is| was| were)|tell me|read|spell|say|give me|provide|confirm|verify|share|may i have|can i have"
    r"|could i have|can i get|letters?|characters?|please)\b"
    r"|\bwhat (?:\w+ )?(?:password|pin|word|phrase|passphrase)\b"
)
"""Asks for the words themselves."""

NO_ANSWER_ZH = (
    r"的(?:名字|姓名|生日|问题|名)$|没|[吗啥]|旁边|有人|保密|不(?:知|记|清|方便|想|会|能|对|是|用|行|要|需|太|好|敢|愿|告|懂|明|可|同|给|让"
    r"|说|信|放|应"
    r"|一定|确定|管|了|到|见|着|住|起|出|上|去|来|了解|过|"
    r"舒|合|具|必|晓得|大|怎|便|支|安)|忘|什么|怎么|为什么|哪[个里一位种]?|多少|几位|等[一下会等]|稍[等后]"
    r"|看看|我[看找查试想记问去再在先要需]|想想|想一|"
    r"帮我|能否|可以|请问|重置|重新|修改|改[一下成了]|锁|过期|刚才|已经|还[没是有在要]|收到|来了|登[录陆不]"
    r"|告诉|提供|知道|清楚|"
    r"安全吗|骗|为啥|干嘛|需要|必须|你们|您们|您说|你说|谢谢|再见|麻烦|客服|明白|稍候|方便|反诈|显示|提示"
    r"|输[入完好错了]|"
    r"[发按点打][了完过到]|弄|办理|好[了吧的]"
)
DOMAIN_ZH = (
    r"手机|短信|密码|验证码|系统|页面|银行卡|卡[里上号]|账户|账单|转账|还款|贷款|利息|利率|额度|逾期|业务|网点"
    r"|订单|申请|积分|余额|"
    r"电话|信用卡|扣[款了费]|钱|手续费|软件|网站|app|APP|身份证|查[一询下]|开[通户]|[今明昨]天|上午|下午"
    r"|[一二三四五六七八九十]位[的数]?|位数"
)
ACK_ZH = (
    r"(?:嗯|哦|噢|啊|呃|额|那个|好|好的|好吧|行|可以|[输按弄填]?[完好]了|对|对的|是|是的|是啊|没错|有|有的"
    r"|收到|收到了|记得|记得的|知道|知道的|知道了|"
    r"明白|明白了|听到了|来了|找到了|喂|你好|您好|能|能的|当然|没有|没|哎|唉|OK|ok|稍等|谢谢|[\s,，。.!！?？、…~～])*"
)
LEAD_ZH = (
    r"(?:嗯|哦|噢|啊|呃|额|那就是|那个|这个|那|我?再?想(?:想|一想|一下)[看啊哈呃]?|让我想想[啊哈]?|一句[话诗]|姓(?=\S)|等[一]?下|我看看"
    r"|应该就|好的?(?!好)|好吧|行|可以|对|记得|知道|收到了?|找到了?|想起来了?|记起来了?|来了"
    r"|有的?|就|应该|好像|可能|大概|"
    r"我(?:记得|想(?![想一])|觉得|设的|用的|的)|它?叫做?|答案|口令|密码|密保|名字|暗号|验证码|安全码|的|是|为"
    r"|:|：|[\s,，。.!！、…])*"
)
TRAIL_ZH = (
    r"(?:[\s,，。.!！?？、…~～]|对不对|对吗|对吧|是吧|是吗|谢谢|就这个|就是这个|这个|你帮我查一下|您帮我查一下"
    r"|你看看?|没错|吧$|啊$|呀$|哈$)*$"
)
BRINGS_ZH = (
    r"(?:想起来了|记起来了|找到了|(?:妈妈?|爸爸?|母亲|父亲|老师|班主任|[狗猫]|宠物|[他她它]|老婆|老公|爱人|外婆|奶奶|爷爷"
    r"|朋友|同桌|学校|小学|中学|大学|最?喜欢的?)(?:的?名字|当时|以前)?(?:就|应该|好像)?[是叫姓]|(?:应该|好像|可能|答案|名字|口令|密码|大概)(?:就|应该)?[是叫])[\s,，:：]*"
)
TURN_ZH = r"(?:对了|哦|(?:就|它)是|叫做?|[是叫])"
"""After a stall, what brings the answer (我想想…应该是…)."""

ENDS_ZH = (
    r"[，,。！!？?；;\n]|\.(?=\s|$)|怎么|为什么|为啥|对吗|对不对|对吧|是吗|是吧|行吗|可以吗|但是|可是|然后"
    r"|现在|老是|老提示|一直|"
    r"[你您]帮|帮我|麻烦|谢谢|我再|结果|这个密码|还是[登不提]|[登进打]不[上了去开]|登录|错了|不对|不行|\[| 你| 您| 我"
)
"""Where an announced Chinese password is over."""

NOT_ZH = (
    r"大小写|新的|别的|功|其他|另外|简单|复杂|容易"
    r"|[不没错哪谁怎在被要需必由有无才否通发输设改重啊呢吗的了吧嘛呀么]|对[的吗了]|正确|忘|什么|啥|多少|几|自己"
    r"|默认|初始|一样|同一|你|您|我[们自要想忘再去来记]|"
    r"个人|安全|可以|能|会|应该|重要|保密|(?:\d+|[两三四五六七八九十]+)(?:位|个[数字])|用来|为了|数字|字母"
    r"|系统|银行|必|过期|随机|唯一|收|直接|之前的|以前的|原来|后来|"
    r"[为是](?!\S{2})|一[下个次直样串组]|老|请|给|出|还|就|这|那|好|登|用的|找|换|锁|指|绝|绑|独|单|长|短|空"
)
"""What follows 密码是 without being one."""

STALL_EN = word_set(
    """
    don't can't won't didn't haven't hasn't isn't wasn't doesn't couldn't wouldn't shouldn't i'll i'm i've i'd cannot
    forgot forget forgotten remember wait hold moment second sec minute look looking check checking find finding know
    sure sorry why what which where when who how can could would should do does did have need want tell telling give
    receive received get getting got send sent come came coming arrive arrived reset change changed lock locked work
    working try trying tried help password passcode account website app email phone screen please hello never not no
    yet again ask asking wrong set written write comfortable supposed share asked give giving let read see seeing say
    hang bear tick ticks jiffy grab grabbing lemme gimme fetch dunno idea clue blank slipped
    typed type entered enter online bank telling message text letter are am you your we they there here nothing still
    """
)
"""Words of talk, which no short secret answer has."""
ACK_EN = word_set(
    "yes yeah yep yup no nope okay ok sure right correct fine alright hi hello thanks thank you please of course um uh "
    "mm hmm go ahead ready done did finished entered that all good great seems lovely cool perfect brilliant "
    "exactly indeed cheers huh know twice got it is that's it's i do did have a "
    "the one sec so well oh"
)
ASKS_EN = word_set("is are am was will isn't may must shall")
"""First words of a question."""
LEAD_EN = (
    r"(?:(?:oh|ok|okay|sure|yes|yeah|yep|so|well|um|uh|er|right|fine|no|and|it says"
    r"|(?:it'?s|it is|it was|was|is) an?|it's|its|it is|it was|that's|that is|that was|that'd be"
    r"|that would be|it'?s|is|was|i think(?: that)?|i believe|i guess|maybe|probably|should "
    r"be|must be|would be"
    r"|may be|might be|it should be|it would be|it might be|i (?:use|used|chose|picked|put|said|set)|called|of course"
    r"|she was|he was|i remember|got it|all right"
    r"|(?:(?:my|the|our|her|his|its)\s+)?(?:\w+\s+){0,2}?(?:password|passphrase|pin|code|answer|word|name|question)\s*"
    r"(?:is|was|'s|[:=]))(?![a-z'])"
    r"|[\s,.:;=!-])*"
)
TURN_EN = (
    r"(?:\b(?:set (?:it|that) (?:to|as)|using|use|used|chose|picked|is|was|it's|that's|called|named|be|were)\b"
    r"|[:=])\s*"
)
"""What brings the answer in a sentence (my first dog was called …)."""
TRAIL_EN = (
    r"(?:[\s,.!?]|\b(?:please|thanks|thank you|thx|i think|i believe|i guess|right|correct|is that right|is it"
    r"|okay|ok|hope that helps"
    r"|that's it|that is it)\b)*$"
)
ENDS_EN = (
    r"[,;!?](?=\s|$)|\.(?=\s|$)|\n|\[|\s(?:but|because|since|which|can you|could you|please|thanks|thank you|why"
    r"|(?:and|so|or|when|if) (?:it|i|i'm|i've|my|the|then|now|you|that|this|we|he|she|can|still|also|nothing"
    r"|what|your)\b"
    r"|(?:yesterday|today|tonight|recently|earlier|before|again|already|ago|last (?:night|week|month|year)"
    r"|this morning)"
    r"|it (?:won't|doesn't|keeps|says|still|is|isn't)|is (?:that|it|this)|isn't|doesn't|does|won't|right$"
    r"|correct$|now$|though$"
    r"|i (?:can't|think|believe|keep|tried|still|am|have|need|want))(?![a-z'])"
)
"""Where an announced English password is over."""
GOES_BEFORE = word_set(
    "log access get use open sign see be do make transfer view enter reset change protect keep unlock reach "
    "let go check "
    "something someone work stay continue proceed verify confirm have"
)
"""Verbs after `password to` that say what it is for."""
