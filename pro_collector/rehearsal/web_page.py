"""Parses a web page as its reader sees it, without knowledge of the program: heading, forms, and their choices."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class PageChoice:
    """A radio button or checkbox. `apart`: the page separates it from the real answers (a way not to answer)."""

    name: str
    value: str
    label: str = ""
    apart: bool = False


@dataclass
class PageForm:
    """A form with its hidden fields, its choices, and the names of its text boxes."""

    action: str
    method: str
    hidden: dict[str, str] = field(default_factory=dict)
    choices: list[PageChoice] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)

    @property
    def answers(self) -> list[PageChoice]:
        """The choices that answer the question, in the order of the page."""
        return [choice for choice in self.choices if not choice.apart]


@dataclass
class Page:
    """A page: its first heading and its forms."""

    heading: str = ""
    forms: list[PageForm] = field(default_factory=list)


def read_page(html: str) -> Page:
    """Parse the first heading and the forms of a page."""
    reader = _Reader()
    reader.feed(html)
    reader.page.heading = " ".join(reader.page.heading.split())
    for form in reader.page.forms:
        for choice in form.choices:
            choice.label = " ".join(choice.label.split())
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._in_heading = self._apart = False
        self._choice: PageChoice | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "h1":
            self._in_heading = not self.page.heading
        elif tag == "form":
            self.page.forms.append(PageForm(attributes.get("action", ""), attributes.get("method", "get").lower()))
        elif tag == "div" and "choices" in attributes.get("class", "").split():
            self._apart = "apart" in attributes["class"].split()
        elif tag in ("input", "textarea", "button") and self.page.forms:
            self._control(self.page.forms[-1], tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "h1":
            self._in_heading = False
        elif tag == "label":
            self._choice = None

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.page.heading += data
        if self._choice is not None:
            self._choice.label += data

    def _control(self, form: PageForm, tag: str, attributes: dict[str, str]) -> None:
        kind, name = attributes.get("type", "text"), attributes.get("name", "")
        if tag == "button" or not name:
            return
        if kind == "hidden":
            form.hidden[name] = attributes.get("value", "")
        elif kind in ("radio", "checkbox"):
            self._choice = PageChoice(name, attributes.get("value", "on"), apart=self._apart)
            form.choices.append(self._choice)
        else:
            form.boxes.append(name)
