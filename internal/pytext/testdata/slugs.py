"""Writes slugs.tsv beside itself: names, and what python-slugify makes of them.

The first names are such as people give to flows. Then come the letters, numbers and symbols of the first plane, many to
a name: every one of the alphabets, every eighth of the Chinese characters and the Korean syllables.

    pip install python-slugify==9.2.0 text-unidecode==1.3
    python3 internal/pytext/testdata/slugs.py
"""

import pathlib
import unicodedata

from slugify import slugify

NAMES = """
My Flow
Übung für Größe
данные из Москвы
Ежедневный отчёт
Подъезд
日報 東京
中文流程
一
한국어 보고서
اليومية
דוח יומי
ημερήσια αναφορά
हिन्दी रिपोर्ट
ภาษาไทย
しつちっ
シツチッ
naïve café
Åse & Søn
it's
it''s 1,000,000
1,2,3,4 and 5,x
A&amp;B
&eacute;t&eacute;
&#65;&#x42;
Zażółć gęślą jaźń
€ 5
½
ⓐⓑⓒ
K
😀 run
Đà Nẵng
Київ Єва
ფლოუ
հոսք
x_1.y/z
--a--b--
ﬁne
①②
Tiếng Việt
ÇĞİŞ
ʰa
ha
١٢٣
a‐b—c
’quoted’
+++
'
""".strip().split("\n")


def wanted(point):
    many = 0x3400 <= point < 0xA4D0 or 0xAC00 <= point < 0xD7B0
    return unicodedata.category(chr(point))[0] in "LNPS" and (not many or point % 8 == 7)


def main():
    letters = [chr(point) for point in range(0xA0, 0xFFFE) if wanted(point)]
    names = NAMES + ["x".join(letters[i : i + 16]) for i in range(0, len(letters), 16)]
    with open(pathlib.Path(__file__).parent / "slugs.tsv", "w", encoding="utf-8") as out:
        for name in names:
            out.write(f"{name}\t{slugify(name)}\n")


main()
