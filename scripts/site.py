"""Hooks of mkdocs.yml: the site is the repository's own pages, each at its place, so that a link leads to the same thing in both.

A file that a page leads to comes along as it is; a folder is a page with the names that are in it.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).resolve().parents[1]
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/README.md", "bench/results.md", "docs/*.md", "docs/adr/*.md"]
LINK = re.compile(r"(\]\()(?!https?:|#)([^)#\s]+)")


def pages() -> list[Path]:
    """Every page, in the order of the list, then by name."""
    return [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The decisions in the menu: there is a new one every week."""
    config.nav = [
        *(config.nav or []),
        {"Decisions": [str(page.relative_to(ROOT)) for page in pages() if page.parent.name == "adr"]},
    ]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """The pages, and what they lead to."""
    found, places = pages(), set[Path]()
    for page in found:
        places |= {(page.parent / link).resolve() for _, link in LINK.findall(page.read_text(encoding="utf-8"))}
    kept = {path: File(str(path.relative_to(ROOT)), str(ROOT), config.site_dir, use_directory_urls=False) for path in found}
    for path in sorted(places - set(found)):
        place = str(path.relative_to(ROOT))
        if path.is_dir():
            names = "".join(f"- `{one.name}{'/' * one.is_dir()}`\n" for one in sorted(path.iterdir()) if one.name[0] not in "._")
            kept[path] = File.generated(
                config, f"{place}/index.md", content=f"# {place}\n\n{names}", inclusion=InclusionLevel.NOT_IN_NAV
            )
        elif path.is_file():
            kept[path] = File(place, str(ROOT), config.site_dir, use_directory_urls=False)
    return Files([*(one for one in files if one.src_dir != config.docs_dir), *kept.values()])


def on_page_markdown(markdown: str, *, page: Any, **_: object) -> str:
    """Links to folders lead to their pages."""
    here = (ROOT / page.file.src_uri).parent
    return LINK.sub(lambda found: found[0] + ("/index.md" if (here / found[2]).is_dir() else ""), markdown)
