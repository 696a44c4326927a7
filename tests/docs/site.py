#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""site.py BUILD_SCRIPT FOLDER: builds the documentation site in FOLDER, and looks at its pages.

- mkdocs has nothing to warn of, and the navigation has every page of docs/.
- Each link leads to a page or file of the site, and to a place that is there.
- Links lead from the start to every page.
- A page loads nothing from elsewhere.
- The page of figures has each figure of docs/figures.md, and docs/figures.json has them too.
- A page of docs/ that is not in the navigation fails the build.
Exit code 77: skipped, since mkdocs-material is not there.
"""

import html
import html.parser
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

script, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
failures = []


class Page(html.parser.HTMLParser):
    """The places of a page, where it links to, and what it loads."""

    def __init__(self, file):
        super().__init__()
        self.places, self.links, self.loads = set(), [], []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        self.places.update(of[name] for name in ("id", "name") if of.get(name))
        if tag == "a" and "href" in of:
            self.links.append(of["href"])
        elif tag == "link" and of.get("rel") not in ("canonical", "next", "prev"):
            self.loads.append(of["href"])
        elif of.get("src"):
            self.loads.append(of["src"])


def built(script, folder):
    return subprocess.run([sys.executable, script, folder], capture_output=True, text=True)


def check_pages(site):
    pages = {file: Page(file) for file in sorted(site.rglob("*.html"))}
    if len(pages) < 80:
        failures.append(f"{len(pages)} pages only")
    reached, following = set(), [site / "index.html"]
    while following:
        file = following.pop()
        if file in reached:
            continue
        reached.add(file)
        for link in pages[file].links + pages[file].loads:
            target = urllib.parse.urlsplit(link)
            if link.startswith("mailto:") or (target.scheme and link in pages[file].links):
                continue
            if target.scheme or target.netloc:
                failures.append(f"{file.relative_to(site)} loads {link}")
                continue
            path = urllib.parse.unquote(target.path)
            there = (file.parent / path).resolve() if path else file
            if there.is_dir():
                there = there / "index.html"
            anchor = urllib.parse.unquote(target.fragment)
            if not there.is_file():
                failures.append(f"{file.relative_to(site)}: no file {link}")
            elif there.suffix == ".html":
                following.append(there)
                if anchor and anchor not in pages[there].places:
                    failures.append(f"{file.relative_to(site)}: no place {link}")
    failures.extend(f"no link leads to {file.relative_to(site)}" for file in pages
                    if file not in reached and file.name != "404.html")
    for style in site.rglob("*.css"):
        for url in re.findall(r"url\(['\"]?(https?:[^)]*)", style.read_text(encoding="utf-8")):
            failures.append(f"{style.relative_to(site)} loads {url}")


def check_figures(site, root):
    """Each figure of the page is in the line of its contender, below the title of its workload."""
    printed = (root / "docs" / "figures.md").read_text(encoding="utf-8")
    lines = {}
    for part in re.split(r"^== ", printed, flags=re.M)[1:]:
        title = re.split(": | an operation", part)[0]
        for line in part.splitlines():
            lines.setdefault((title, re.split(r"\s{2,}|, ns an", line.strip())[0]), []).append(line)
    page = (site / "figures-to-filter.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr[^>]*><td>(.*?)<td>(.*?)<td data-value=([\d.]+)>([\d.]+)(?: <small>± "
                      r"([\d.]+)</small>)?<td>", page)
    for workload, contender, value, shown, spread in rows:
        table, name = html.unescape(workload).split(": ")[0], html.unescape(contender)
        said = re.findall(r"(\d[\d.]*)(?:±([\d.]+))?(?=\s|$)",
                          " ".join(lines.get((table, name), [])))
        wanted = (float(value), float(spread) if spread else None)
        if wanted not in [(float(a), float(b) if b else None) for a, b in said] \
                or abs(float(shown) - float(value)) > 0.05 * float(value):
            failures.append(f"docs/figures.md does not say {shown} of {contender} in {workload}")
    # But for what follows from others: how far ours are from the best general allocator.
    tables = printed.split("== goals")[0]
    own = re.sub(r"^\S.* /\s.*$", "", tables, flags=re.M)
    spreads = len(re.findall("±[.\\d]", own))
    on_page = sum(bool(row[4]) for row in rows)
    if spreads != on_page or len(rows) < 1000:
        failures.append(f"the page has {on_page} spreads of {spreads}, and {len(rows)} figures")
    files = [root / name for name in ("tests/benchmarks/figures.py", "docs/figures.json",
                                      "docs/figures.md")]
    result = subprocess.run([sys.executable, *files, "--check"], capture_output=True, text=True)
    if result.returncode != 0:
        failures.append(result.stderr.strip())


def check_new_page():
    """In a copy of what the site is made from, outside the tree, with one more page."""
    root = script.resolve().parent.parent.parent
    with tempfile.TemporaryDirectory() as work:
        copy = pathlib.Path(work) / "copy"
        for part in ("docs", "include", "src", "tests"):
            shutil.copytree(root / part, copy / part,
                            ignore=shutil.ignore_patterns("build", "__pycache__", "node_modules"))
        for part in ("README.md", "LICENSE"):
            shutil.copy(root / part, copy)
        (copy / "docs" / "forgotten.md").write_text("# Forgotten\n", encoding="utf-8")
        result = built(copy / "docs" / "site" / "build.py", pathlib.Path(work) / "site")
    if result.returncode == 0 or "not in the navigation: forgotten.md" not in result.stderr:
        failures.append(f"a page that is not in the navigation: {result.stderr or 'was built'}")


def main():
    if not shutil.which("mkdocs") or "material" not in subprocess.run(
            ["mkdocs", "build", "--help"], capture_output=True, text=True).stdout:
        sys.exit(77)
    result = built(script, folder)
    if result.returncode != 0:
        sys.exit(result.stderr)
    check_pages((folder / "site").resolve())
    check_figures(folder / "site", script.resolve().parent.parent.parent)
    check_new_page()
    if failures:
        sys.exit("\n".join(dict.fromkeys(failures)))


main()
