"""Lines of frequent words of several languages, from which the recorders train their small vocabularies."""
import random

import hard_texts

WORDS = ("the of and to in is it you that he was for on are with as his they be at one have this from or had by hot word but "
         "what some we can out other were all there when up use your how said an each she which do their time if will way "
         "Москва и в не на я быть он с что der die und das nicht le la les des que não uma para 的 是 不 了 在 人 有 我 "
         "hello Hello world def return self import public static void int x y 1 12 123 2026 é ü ñ 😀 don't it's we'll I'm").split()


def corpus(seed):
    draw = random.Random(seed)
    lines = [" ".join(draw.choices(WORDS, k=draw.randint(3, 12))) + draw.choice(".,!?\n  ") for _ in range(1500)]
    return lines + [text for text in hard_texts.FIXED if 0 < len(text) < 100 and "\0" not in text]


def made_words(seed):
    """Lines of words put together from syllables, which give a unigram model something to find."""
    draw = random.Random(seed)
    syllables = "ba co di fe gu ha in jo ka lo ma ne on pa qui ro sa te un vo wi xe ção mente tion ing ed er re ça nh lh ão éè über straße".split()
    words = ["".join(draw.choices(syllables, k=draw.randint(1, 5))) for _ in range(900)]
    return [" ".join(words[int(draw.random() ** 3 * len(words))] for _ in range(draw.randint(3, 12))) for _ in range(3000)]
