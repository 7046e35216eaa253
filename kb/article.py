"""One entry of a knowledge base."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Article(BaseModel):
    """A reply and the ways customers ask for it. Keys that are not named here are kept as they are.

    Only `id`, `answer` and one of `title` or `questions` are required.
    """

    model_config = ConfigDict(extra="allow", frozen=True, str_strip_whitespace=True)

    id: Filled
    title: str = ""
    questions: tuple[Filled, ...] = ()
    answer: Filled
    """What the agent says."""
    answer_text: str | None = None
    """What is sent as text, where that differs from what is said."""
    intent: str | None = None
    tags: tuple[str, ...] = ()
    lang: str = "zh"
    version: int = 1

    @model_validator(mode="after")
    def _has_phrasing(self) -> "Article":
        if not self.title and not self.questions:
            raise ValueError("give a title or at least one question")
        return self

    @property
    def phrasings(self) -> tuple[str, ...]:
        """Every way to ask, the title first, without repeats."""
        return tuple(dict.fromkeys(text for text in (self.title, *self.questions) if text))

    @property
    def name(self) -> str:
        """What the article is shown as: its title, or its first question."""
        return self.phrasings[0]

    @property
    def reply(self) -> str:
        """The text an agent says."""
        return self.answer

    @property
    def reply_to_send(self) -> str:
        """The text that goes out in a chat."""
        return self.answer_text or self.answer
