"""Writes the handbook: `python -m service.handbook FOLDER [HTML_FOLDER]`."""

import sys
from collections.abc import Mapping
from pathlib import Path

from service.handbook.pages import html_page, markdown_pages
from service.knowledge.load import load


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write the files, and take away what is in the folder and no longer part of the handbook."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in files:
            old.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(folder: Path, html_folder: Path | None = None) -> None:
    """Write the Markdown pages and pictures, and where wanted the same as HTML."""
    files = markdown_pages(load())
    write(files, folder)
    if html_folder:
        pages = {name: text for name, text in files.items() if name.endswith(".svg")}
        pages |= {f"{name[:-3]}.html": html_page(text) for name, text in files.items() if name.endswith(".md")}
        write(pages, html_folder)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
