"""A web page as somebody without any knowledge of the program sees it: words, forms, and what can be chosen in them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class PageChoice:
    """Something to tick. `apart` when the page sets it apart from the real answers (a way not to answer)."""

    name: str
    value: str
    label: str = ""
    apart: bool = False


@dataclass
class PageForm:
    """A form with its hidden fields, its choices and its text boxes by name."""

    action: str
    method: str
    hidden: dict[str, str] = field(default_factory=dict)
    choices: list[PageChoice] = field(default_factory=list)
    boxes: list[str] = field(default_factory=list)

    @property
    def answers(self) -> list[PageChoice]:
        """The choices that answer the question, in the page's order."""
        return [choice for choice in self.choices if not choice.apart]


@dataclass
class Page:
    """What there is on a page."""

    heading: str = ""
    forms: list[PageForm] = field(default_factory=list)


def read_page(html: str) -> Page:
    """The first heading and the forms of a page."""
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
        given = {name: value or "" for name, value in attrs}
        if tag == "h1":
            self._in_heading = not self.page.heading
        elif tag == "form":
            self.page.forms.append(PageForm(given.get("action", ""), given.get("method", "get").lower()))
        elif tag == "div" and "choices" in given.get("class", "").split():
            self._apart = "apart" in given["class"].split()
        elif tag in ("input", "textarea", "button") and self.page.forms:
            self._control(self.page.forms[-1], tag, given)

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

    def _control(self, form: PageForm, tag: str, given: dict[str, str]) -> None:
        kind, name = given.get("type", "text"), given.get("name", "")
        if tag == "button" or not name:
            return
        if kind == "hidden":
            form.hidden[name] = given.get("value", "")
        elif kind in ("radio", "checkbox"):
            self._choice = PageChoice(name, given.get("value", "on"), apart=self._apart)
            form.choices.append(self._choice)
        else:
            form.boxes.append(name)
