"""Texts that are hard to cut into tokens: fixed ones, and seeded random mixtures of scripts."""
import random

FIXED = [
    "", "a", " a", "  a", "a  b", "Hello, world!", "The quick brown fox jumps over the lazy dog.", "   leading",
    "trailing   ", "\n", "\n\n\n", "a\n\nb", "a \n b", "\t\ttab\t", "a\r\nb\r\n\r\n", "  \n  \n", "x"+" "*37+"y",
    " "*100, "\n"*50, "\t"*33, "don't won't I'm you're they've we'll he'd it's",
    "DON'T I'M YOU'RE THEY'VE WE'LL IT'S", "'s 't 're 've 'm 'll 'd", "’s don’t", "0123456789", "1 22 333 4444 55555",
    "3.14159 1,000,000 1e-10", "٠١٢٣ ४५६ Ⅷ ½ ² ①", "abc123def456",
    "#!/usr/bin/env python\ndef f(x):\n    return x**2  # comment\n", "if (a==b) { c += d->e; } /* x */ //////", "😀",
    "😀😃😄", "👩‍👩‍👧‍👦 family", "👍🏽 🇧🇷🇵🇹🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️‍🔥 ✈︎ ✈️", "é e\u0301 n\u0303 a\u0308\u0304",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞", "Ελληνικά γλώσσα",
    "Русский язык, ёлка", "עברית שָׁלוֹם", "العربية مرحبا بالعالم ﷺ", "हिन्दी नमस्ते दुनिया", "বাংলা",
    "தமிழ் வணக்கம்", "ไทยสวัสดีชาวโลก", "ភាសាខ្មែរ", "ລາວ", "မြန်မာ", "བོད་ཡིག", "ქართული", "Հայերեն", "አማርኛ",
    "한국어 안녕하세요", "ㄱㄴㄷ 각", "日本語のテキスト、カタカナ。ｶﾀｶﾅ", "中文字符，你好！𠮷𠀀", "ᏣᎳᎩ ᓀᐦᐃᔭᐍᐏᐣ", "𝕳𝖊𝖑𝖑𝖔 𝔘𝔫𝔦", "𐍈𐌰𐌹 𓀀𓁐", "\u0000",
    "a\u0000b", "\u0001\u0002\u001f\u007f", "\u0085\u00a0\u2003\u2028\u2029\u3000x", "a\u00a0b\u00a0\u00a0c",
    "a\u2003\u2003b \u3000 c", "\u200b\u200c\u200d\ufeff", "\ufffd\ufffe\uffff", "\U0010ffff\ue000",
    "<|im_start|>user\nHi<|im_end|>", "<|im_start|>  x <|im_end|>\n<|endoftext|>y", "<|endoftext|><|endoftext|>",
    "<|im_sta", "<|im_start|", "<repo_name>a/b<file_sep>c", "<s>a</s><unk>", "<0x0A>", "Ġthe ▁the Ċ", "▁▁ a ▁",
    "ſ 'ſ 'S K K", "ﬁ ﬂ ﬀ", "İstanbul ıi ß ẞ", "$€£¥ ©®™ №", "«quote» “x” ‘y’ „z“ …—–-", "!!!???...,,,;;;",
    "(((())))[[[]]]{{{}}}", "~`@#$%^&*_+-=|\\:\"<>?/", "http://example.com/a?b=c&d=e#f", "user@example.com", "a"*120,
    "ab"*60, "é"*60, "你"*40, "😀"*20, "1"*50, "!"*100, " !"*50, "a\n"*50, "\n "*40, "  \n\t \r\n",
    "aa aaa aaaa  aaaaa", "word\u0301word", "\u0301\u0301", "\u0627\u064e\u0628", "\u1100\u1161\u11a8", "x\u20dd",
    "1\ufe0f\u20e3", "a.b.c", "I'LL'VE", "'", "''", "'' '", "' s", "\n'\n", "a\n\n\n b", "Hi <|user|>\nx<|end|>  y",
    "<start_of_turn>user\nx<end_of_turn>\n", "[INST] x [/INST]",
]

# first and last character of blocks of Unicode; the common ones several times
RANGES = [
    (32,126), (0xa0,0x24f), (0x300,0x36f), (0x370,0x52f), (0x590,0x6ff), (0x900,0xdff), (0xe00,0xeff),
    (0x1000,0x109f), (0x2000,0x206f), (0x20a0,0x214f), (0x2150,0x218f), (0x2460,0x24ff), (0x3000,0x30ff),
    (0x4e00,0x4fff), (0xac00,0xad00), (0xfe00,0xfe0f), (0xff00,0xffef), (0x1f300,0x1f6ff), (0x1f1e6,0x1f1ff),
    (0x10000,0x1007f), (9,13), (32,32), (48,57), (97,122), (65,90),
]


def texts(mixtures, seed=20261122):
    draw = random.Random(seed)
    mixed = ["".join(chr(draw.randint(*draw.choice(RANGES))) for _ in range(draw.randint(1, 40))) for _ in range(mixtures)]
    return FIXED + mixed
