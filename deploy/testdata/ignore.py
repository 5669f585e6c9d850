"""Prints as JSON which files Prefect leaves out by some ignore files. Run it with the Python of a Prefect:

python ignore.py > ignore.json
"""

import json
import pathlib
import tempfile

from prefect.utilities.filesystem import filter_files

PATHS = """a.py a.pyc b/a.py b/a.pyc b/c/a.py b/c/d.txt env/x.py env/keep.py src/env/y.py .env .hidden/z.py foo foo.d/bar
docs/a.md docs/b/a.md docs/b/c.md data/1.csv data/10.csv data/x.csv data/keep/1.csv #odd !odd [x].py ä.py 'sp ace.py
deep/1/2/3/4.py deep/3/4.py logs/debug.log logs/a/debug.log build/out build/keep/out""".replace("\n", " ").split(" ")

RULES = [
    "", "# nothing\n\n", "*.pyc\n", "*.py[co]\n", "env/\n", "/env/\n", "env\n", "/foo\n", "foo\n", "foo*\n", "b/*\n", "b/**\n", "**/a.py\n", "docs/**/a.md\n",
    "docs/*.md\n", "*\n", "*\n!a.py\n", "*\n!*/\n!*.py\n", "**\n", "**/\n", "*/\n", "/*\n!/b\n", "env/\n!env/keep.py\n", "env/*\n!env/keep.py\n",
    "!env/keep.py\nenv/\n", "data/[0-9].csv\n", "data/[!0-9].csv\n", "data/[^x]*.csv\n", "data/?.csv\n", "data/**/*.csv\n!data/keep/\n",
    "\\#odd\n", "\\!odd\n", "\\[x\\].py\n", "[x].py\n", "[x\n", "ä.*\n", "a.py  \n", " a.py\n", "a.py\r\nfoo\r\n", "deep/**/4.py\n", "deep/**/3/\n", "/\n", "**/b/**\n",
    "logs/debug.log\n", "build/\n!build/keep/\n", "build\n!build/keep/out\n", "*.py\n!b/\n", "b/c\n!b/c/a.py\n", "a.p?\n", "**a.py\n", "b/**/\n", "***\n", ".*\n", "./a.py\n",
]


def main():
    cases = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path in PATHS:
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("x")
        for rules in RULES:
            kept = filter_files(str(root), rules.splitlines(keepends=True))
            cases.append({"rules": rules, "left_out": sorted(p for p in PATHS if p not in kept)})
    print(json.dumps({"paths": PATHS, "cases": cases}, indent=1, ensure_ascii=False))


main()
