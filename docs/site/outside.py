"""A hook of MkDocs for links that leave docs/: documents of the root become pages, other files are copied to the site.

So the same links work in the repository and on the site. Headings get the anchors that they have on GitHub.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

ROOT = Path(__file__).parent.parent.parent
LINK = re.compile(r"(?<=\]\()[^)\s:]+(?=\))")
"""Where a link without a scheme leads."""


def on_config(config: MkDocsConfig) -> None:
    config.mdx_configs["toc"]["slugify"] = slugify(case="lower")


def on_files(files: Files, config: MkDocsConfig) -> None:
    documents = sorted(ROOT.glob("*.md"))
    linked = (target for path in (*documents, *ROOT.glob("docs/**/*.md")) for target in _targets(path))
    for path in dict.fromkeys([*documents, *linked]):
        if path.is_file() and not path.is_relative_to(config.docs_dir):
            files.append(File.generated(config, _on_the_site(path), abs_src_path=str(path)))


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    source = Path(page.file.abs_src_path or "")
    here = posixpath.dirname(page.file.src_uri)

    def led(link: re.Match[str]) -> str:
        file, mark, anchor = link[0].partition("#")
        target = _target(source, file)
        return f"{posixpath.relpath(_on_the_site(target), here)}{mark}{anchor}" if file and target.exists() else link[0]

    return LINK.sub(led, markdown)


def _targets(source: Path) -> list[Path]:
    """The files that a document links to."""
    return [_target(source, link.partition("#")[0]) for link in LINK.findall(source.read_text(encoding="utf-8"))]


def _target(source: Path, link: str) -> Path:
    """The file that a link leads to; of a folder its README."""
    target = (source.parent / link).resolve()
    return target / "README.md" if (target / "README.md").is_file() else target


def _on_the_site(path: Path) -> str:
    """Where a file of the repository is on the site."""
    place = path.relative_to(ROOT).as_posix()
    return "index.md" if place == "README.md" else place.removeprefix("docs/")
