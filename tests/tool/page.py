"""page.py PAGE: a page of `strata report` is well-formed, loads nothing, and can be read aloud."""
import html.parser
import json
import re
import sys

VOID = {"meta", "input", "br", "link", "img"}
text = open(sys.argv[1], encoding="utf-8").read()


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.named, self.all, self.content = [], set(), set(), [], {}

    def handle_starttag(self, tag, attributes):
        names = [name for name, value in attributes]
        assert len(set(names)) == len(names), f"{tag} has an attribute twice: {names}"
        values = dict(attributes)
        self.all.append((tag, values))
        for name, value in attributes:
            assert not name.startswith("on"), f"{tag} has the script {name}"
            assert name not in ("src", "srcset", "data", "action", "style"), f"{tag} has {name}"
            assert name != "href" or value.startswith("#"), f"a link to {value}"
        if "id" in values:
            assert values["id"] not in self.ids, f"two elements are {values['id']}"
            self.ids.add(values["id"])
        for name in ("aria-labelledby", "aria-describedby"):
            self.named.update(values.get(name, "").split())
        if values.get("href", "").startswith("#"):
            self.named.add(values["href"][1:])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.content[self.open[-1]] = self.content.get(self.open[-1], "") + data


page = Page()
page.feed(text)
page.close()
tags = [tag for tag, values in page.all]
assert not page.open, f"not closed: {page.open}"
assert page.named <= page.ids, f"no such id: {page.named - page.ids}"
assert tags.count("h1") == 1 and tags.count("title") >= 1 and tags.count("main") == 1
assert tags.count("script") == 2, "a script that is not the page's"
assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|WebSocket|import\(", text)
addresses = set(re.findall(r"https?://[^\s\"'<]*", text))
assert addresses <= {"http://www.w3.org/2000/svg"}, addresses
assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", text), "a control"
for tag, values in page.all:
    if tag == "svg" and values.get("role") == "img":
        assert "aria-label" in values or "aria-labelledby" in values, "a picture without a name"
    if tag == "th":
        assert values.get("scope") in ("row", "col"), "a head of no row and no column"
charts = json.loads(re.search('id="data">(.*?)</script>', text, re.S).group(1))
for chart in charts:
    assert 1 <= len(chart["whole"]) <= 513
    sums = [sum(parts) for parts in zip(*chart["areas"])] or [0] * len(chart["whole"])
    assert sums == chart["whole"], f"{chart['id']}: the areas are not the whole"
print(len(text.encode()), len(charts), tags.count("table"))
