#!/usr/bin/env python3
# Copyright the Strata authors. Distributed under the Boost Software License, Version 1.0.
"""build.py FOLDER: makes the documentation site in FOLDER/site.

The pages are README.md, those of docs/, and one for each source that these link to. They are copied
to FOLDER/pages, with links that hold there, and made into a site by mkdocs.
"""

import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import sys

import figures
import headers

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
docs = root / "docs"
fence = re.compile(r"(^ *```.*?^ *```[^\S\n]*\n)", re.M | re.S)
languages = {".cpp": "cpp", ".hpp": "cpp", ".py": "python", ".sh": "sh"}


def read(file):
    return file.read_text(encoding="utf-8")


def outside_code(change, text):
    """The text with `change` made to all but its code blocks."""
    return "".join(part if at % 2 else change(part) for at, part in enumerate(fence.split(text)))


def as_mkdocs_reads_it(text):
    """Lists and tables as Git hosts read them: right after a paragraph, and indented by two."""
    text = re.sub(r"^ {2,3}(?=\S)", "    ", text, flags=re.M)
    return re.sub(r"^((?!\||[-*] |\d+\. | )\S.*\n)(?=[-*] |\d+\. |\|)", r"\1\n", text, flags=re.M)


class Site:
    def __init__(self, folder):
        self.pages = folder / "pages"
        self.sources = set()  # those that pages link to

    def write(self, page, text):
        page = self.pages / page
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")

    def place_of(self, file):
        """Where a file or a folder of the repository is on the site."""
        is_copied = file.suffix == ".md" or docs / "images" in file.parents
        if file.is_relative_to(docs) and is_copied or file == docs / "figures.json":
            return file.relative_to(docs).as_posix()
        if file.is_dir() and (file / "README.md").exists():
            return self.place_of(file / "README.md")
        if file == root / "README.md":
            return "README.md"
        self.sources.add(file)
        return f"sources/{file.relative_to(root).as_posix()}.md"

    def add_page(self, file):
        place = self.place_of(file)

        def with_target(link):
            target, _, anchor = link[2].partition("#")
            if not target or re.match(r"\w+:", target):
                return link[0]
            there = self.place_of((file.parent / target).resolve())
            there = os.path.relpath(there, os.path.dirname(place) or ".")
            return f"{link[1]}({there}{'#' * bool(anchor)}{anchor})"

        def change(text):
            return as_mkdocs_reads_it(re.sub(r"(\])\(([^)\s]+)\)", with_target, text))

        text = outside_code(change, read(file))
        if place == "decisions/README.md":
            text += "\n" + "\n".join(self.decisions())
        if place == "figures.md":
            text = text.replace(
                "\n\n", "\n\n[Filter and sort them](figures-to-filter.html).\n\n", 1)
        self.write(place, text)

    @staticmethod
    def decisions():
        for file in sorted((docs / "decisions").glob("0*.md")):
            yield f"- [{read(file).splitlines()[0].lstrip('# ')}]({file.name})"

    def add_source(self, file):
        """A page with a source, or with all those of a folder."""
        name = file.relative_to(root).as_posix()
        text = f"# {name}\n"
        for each in sorted(file.iterdir()) if file.is_dir() else [file]:
            if each != file:
                text += f"\n## {each.name}\n"
            text += f"\n```{languages.get(each.suffix, 'text')}\n{read(each).rstrip()}\n```\n"
        self.write(f"sources/{name}.md", text)

    def navigation(self, text):
        """The configuration with the pages for each pattern; all pages of docs/ must be there."""
        there = sorted(page.relative_to(self.pages).as_posix() for page in self.pages.rglob("*.md"))
        named = set()

        def pages(line):
            before, _, pattern = line[0].rpartition("- ")
            title, _, pattern = pattern.rpartition(": ")
            found = [page for page in there if fnmatch.fnmatch(page, pattern)]
            named.update(found)
            if "*" not in pattern:
                return line[0]
            if title and len(found) != 1:
                return f"{before}- {title}:\n" * bool(found) + "\n".join(
                    f"{before}    - {page}" for page in found)
            return "\n".join(f"{before}- {title}{': ' * bool(title)}{page}" for page in found)

        settings, nav = text.split("\nnav:\n")
        nav = re.sub(r"^ +- .*\.md$", pages, nav, flags=re.M)
        missing = [page for page in there if page not in named and not page.startswith("sources/")]
        if missing:
            raise SystemExit("docs/site/mkdocs.yml: not in the navigation: " + ", ".join(missing))
        return f"{settings}\nnav:\n{nav}"


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    folder = pathlib.Path(sys.argv[1]).resolve()
    for made in ("pages", "site"):
        shutil.rmtree(folder / made, ignore_errors=True)
    site = Site(folder)
    for page in [root / "README.md", *sorted(docs.rglob("*.md"))]:
        site.add_page(page)
    for page, text in headers.pages().items():
        site.write(page, text)
    for source in sorted(site.sources):
        site.add_source(source)
    shutil.copytree(docs / "images", site.pages / "images", dirs_exist_ok=True)
    shutil.copy(docs / "figures.json", site.pages)
    for file in ("icon.svg", "site.css", "site.js"):
        shutil.copy(here / file, site.pages)
    site.write("figures-to-filter.html", figures.page())
    settings = folder / "mkdocs.yml"
    settings.write_text(site.navigation(read(here / "mkdocs.yml")), encoding="utf-8")
    result = subprocess.run(["mkdocs", "build", "--strict", "--config-file", settings],
                            stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise SystemExit(result.stderr)


if __name__ == "__main__":
    main()
